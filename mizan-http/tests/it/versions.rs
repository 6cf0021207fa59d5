//! Clients that were generated from an earlier version of a function.

use bytes::Bytes;
use http::Request;
use mizan_core::{App, Error, Registry, client};
use mizan_http::MizanService;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::harness::{call, get, post};

#[derive(Serialize, JsonSchema)]
struct Post {
    title: String,
}

#[client(query)]
async fn find(title: String) -> Result<Post, Error> {
    Ok(Post { title })
}

#[client]
async fn save(title: String) -> Result<Post, Error> {
    Ok(Post { title })
}

#[client(query)]
async fn unchanged(number: i32) -> Result<i32, Error> {
    if number < 0 {
        return Err(Error::not_found("no such number"));
    }
    Ok(number)
}

/// The version in which a title was a name.
#[derive(Deserialize, Serialize, JsonSchema)]
struct Named {
    name: String,
}

fn app() -> App {
    Registry::new()
        .function::<Find>()
        .function::<Save>()
        .function::<Unchanged>()
        .previous(
            "find",
            |Named { name }| Ok(Find { title: name }),
            |found| found.map(|Post { title }| Named { name: title }),
        )
        .previous(
            "save",
            |Named { name }| Ok(Save { title: name }),
            |saved| saved.map(|Post { title }| Named { name: title }),
        )
        .retire("save", "0badcafe")
        .build()
        .unwrap()
}

fn service_of(app: &App) -> MizanService {
    MizanService::builder(app.clone()).build().unwrap()
}

/// The contract of the kept version of a function.
fn previous(app: &App, name: &str) -> String {
    let contracts = &app.manifest().as_json()["previous"][name];
    contracts[0].as_str().unwrap().to_owned()
}

fn contract(app: &App, name: &str) -> String {
    let functions = app.manifest().as_json()["functions"].as_array().unwrap();
    let function = functions.iter().find(|function| function["name"] == name);
    function.unwrap()["contract"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn previous_version_answers_single_calls() {
    let app = app();
    let service = service_of(&app);
    let old = previous(&app, "save");
    let url = format!("/api/mizan/call/save?contract={old}");
    let reply = call(&service, post(&url, r#"{"name":"one"}"#)).await;
    assert_eq!(reply.json(), json!({ "name": "one" }), "{reply:?}");

    let old = previous(&app, "find");
    let url = format!("/api/mizan/call/find?contract={old}&input=%7B%22name%22%3A%22one%22%7D");
    let reply = call(&service, get(&url)).await;
    assert_eq!(reply.json(), json!({ "name": "one" }), "{reply:?}");

    let url = "/api/mizan/call/find?input=%7B%22title%22%3A%22one%22%7D";
    let reply = call(&service, get(url)).await;
    assert_eq!(reply.json(), json!({ "title": "one" }), "{reply:?}");
}

#[tokio::test]
async fn previous_version_answers_calls_in_a_batch_and_of_pages() {
    let app = app();
    let service = service_of(&app);
    let old = previous(&app, "find");
    let batch = json!([
        { "name": "find", "contract": old, "input": { "name": "one" } },
        { "name": "find", "input": { "title": "one" } },
        { "name": "find", "contract": "00000000", "input": { "name": "one" } },
        { "name": "gone", "contract": "00000000" },
        { "name": "gone" },
    ]);
    let reply = call(&service, post("/api/mizan/batch", batch.to_string())).await;
    let text = String::from_utf8(reply.body.to_vec()).unwrap();
    let mut lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    lines.sort_by_key(|line| line["index"].as_u64());
    assert_eq!(lines[0]["output"], json!({ "name": "one" }));
    assert_eq!(lines[1]["output"], json!({ "title": "one" }));
    for (index, code, is_outdated) in [
        (2, "invalid", true),
        (3, "unknown_function", true),
        (4, "unknown_function", false),
    ] {
        let error = &lines[index]["error"];
        assert_eq!(error["code"], code);
        assert_eq!(error["outdated_client"] == true, is_outdated, "{error}");
    }

    let request = Request::get("/page").body(()).unwrap();
    let caller = service.caller(&request).await.unwrap();
    let found = caller.call(format!("find?contract={old}"), r#"{"name":"one"}"#.into());
    assert_eq!(found.await.unwrap(), r#"{"name":"one"}"#);
    let gone = caller.call("gone?contract=00000000".to_owned(), Bytes::new());
    let problem: Value = serde_json::from_slice(&gone.await.unwrap_err()).unwrap();
    assert_eq!(problem["outdated_client"], true);
}

#[tokio::test]
async fn client_is_outdated_only_if_the_function_does_not_accept_its_call() {
    let app = app();
    let service = service_of(&app);
    let unchanged = contract(&app, "unchanged");
    for (target, input, code, is_outdated) in [
        (
            "unchanged?contract=00000000",
            r#"{"number":1}"#,
            None,
            false,
        ),
        (
            "unchanged?contract=00000000",
            r#"{"number":-1}"#,
            Some("not_found"),
            false,
        ),
        (
            "unchanged?contract=00000000",
            r#"{"number":"1"}"#,
            Some("invalid"),
            true,
        ),
        ("unchanged?contract=00000000", "{", Some("malformed"), true),
        (
            &format!("unchanged?contract={unchanged}"),
            "{}",
            Some("invalid"),
            false,
        ),
        ("unchanged", "{}", Some("invalid"), false),
        (
            "gone?contract=00000000",
            "{}",
            Some("unknown_function"),
            true,
        ),
        ("gone", "{}", Some("unknown_function"), false),
        ("save?contract=00000000", "{}", Some("invalid"), true),
        (
            "save?contract=0badcafe",
            "{}",
            Some("outdated_client"),
            true,
        ),
    ] {
        let reply = call(&service, post(&format!("/api/mizan/call/{target}"), input)).await;
        let Some(code) = code else {
            assert_eq!(reply.status, 200);
            continue;
        };
        let problem = reply.problem();
        assert_eq!(problem["code"], code, "{target} {input}");
        assert_eq!(
            problem["outdated_client"] == true,
            is_outdated,
            "{target} {input}"
        );
    }
    let reply = call(&service, get("/api/mizan/call/save?contract=00000000")).await;
    assert_eq!(reply.status, 405);
    assert_eq!(reply.problem()["outdated_client"], true);
    let reply = call(
        &service,
        post("/api/mizan/call/save?contract=0badcafe", "{}"),
    )
    .await;
    assert_eq!(reply.status, 410);
}
