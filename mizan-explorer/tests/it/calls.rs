//! Calls that a developer tries.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::application::Site;

/// Returns the name of the step in which a call failed, and its error code.
fn failure(trial: &Value) -> (&str, &str) {
    let steps = trial["steps"].as_array().unwrap();
    let failed = steps.iter().find(|step| step["state"] == "failed").unwrap();
    assert_eq!(trial["outcome"]["type"], "error");
    (
        failed["name"].as_str().unwrap(),
        trial["outcome"]["code"].as_str().unwrap(),
    )
}

#[tokio::test]
async fn calls_as_the_selected_principal_with_exact_numbers() {
    let site = Site::new();
    let input = r#"{"id": 9007199254740993}"#;
    let trial = site.try_call("post", input, Some("member")).await;
    let expected = json!({
        "type": "output",
        "json": r#""post 9007199254740993 for 7""#,
        "is_truncated": false,
    });
    assert_eq!(trial["outcome"], expected);
    let states = trial["steps"].as_array().unwrap().iter();
    let states: Vec<_> = states.map(|step| step["state"].as_str().unwrap()).collect();
    assert_eq!(
        states,
        ["passed", "skipped", "passed", "passed", "passed", "passed"]
    );
}

#[tokio::test]
async fn shows_the_queries_that_a_call_invalidated() {
    let site = Site::new();
    let input = r#"{"id": 1, "title": "new"}"#;
    let trial = site.try_call("rename", input, Some("staff")).await;
    assert_eq!(
        trial["stale"],
        json!([
            {"query": "post", "input": r#"{"id":1}"#, "is_returned": false},
            {"query": "posts", "input": null, "is_returned": false},
        ])
    );
}

#[tokio::test]
async fn names_the_step_that_refused() {
    let site = Site::new();
    for (function, input, principal, expected) in [
        ("post", r#"{"id": 1}"#, None, ("policy", "unauthenticated")),
        ("rename", "{}", Some("member"), ("policy", "forbidden")),
        (
            "rename",
            r#"{"id": "x"}"#,
            Some("staff"),
            ("decode", "invalid"),
        ),
        ("rename", "{", Some("staff"), ("decode", "malformed")),
        (
            "rename",
            r#"{"id": 1, "title": ""}"#,
            Some("staff"),
            ("validate", "invalid"),
        ),
        (
            "rename",
            r#"{"id": 2, "title": "new"}"#,
            Some("staff"),
            ("authorize", "forbidden"),
        ),
        ("fail", "{}", None, ("run", "internal")),
    ] {
        let trial = site.try_call(function, input, principal).await;
        assert_eq!(failure(&trial), expected, "{function} {input}");
        assert_eq!(trial["stale"], json!([]), "{function}");
    }
}

#[tokio::test]
async fn shows_the_causes_of_an_internal_error() {
    let trial = Site::new().try_call("fail", "{}", None).await;
    let error = &trial["outcome"];
    assert_eq!(error["causes"], json!(["the disk is full"]));
    assert_eq!(error["status"], 500);
    assert!(error["id"].is_string());
}

#[tokio::test]
async fn applies_rate_limits() {
    let site = Site::of(crate::application::builder().allow_remote_clients());
    let call = || async {
        let input = json!({"function": "once", "input": "{}", "principal": null});
        let mut request = Request::post("/_mizan/api/call/try_call")
            .header("content-type", "application/json")
            .header("cookie", "session=secret")
            .body(Body::from(input.to_string()))
            .unwrap();
        let peer = mizan_http::PeerAddr("192.0.2.1:4000".parse().unwrap());
        request.extensions_mut().insert(peer);
        let reply = site.send(request).await;
        serde_json::from_str::<Value>(&reply.body).unwrap()
    };
    let first = call().await;
    // The cookies of the browser are not those of the principal.
    assert_eq!(first["outcome"]["json"], "false");
    let second = call().await;
    assert_eq!(failure(&second), ("limit", "rate_limited"));
}

#[tokio::test]
async fn refuses_unknown_functions_and_principals() {
    let site = Site::new();
    for (function, principal, status, code) in [
        ("missing", None, StatusCode::NOT_FOUND, "not_found"),
        ("posts", Some("root"), StatusCode::FORBIDDEN, "forbidden"),
    ] {
        let input = json!({"function": function, "input": "{}", "principal": principal});
        let reply = site.call("try_call", &input).await;
        assert_eq!(reply.status, status);
        let problem: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!(problem["code"], code);
    }
}

#[tokio::test]
async fn calls_only_as_an_anonymous_caller_without_test_principals() {
    let site = Site::of(mizan_explorer::Explorer::builder(crate::application::app()));
    let input = json!({"function": "posts", "input": "{}", "principal": "member"});
    assert_eq!(
        site.call("try_call", &input).await.status,
        StatusCode::FORBIDDEN
    );
    let trial = site.try_call("posts", "{}", None).await;
    assert_eq!(trial["outcome"]["json"], "[]");
}

#[tokio::test]
async fn refuses_wrong_types_and_large_inputs() {
    let site = Site::new();
    let wrong = json!({"function": "posts", "input": {}, "principal": null});
    let reply = site.call("try_call", &wrong).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    let input = "x".repeat(8 << 20);
    let large = json!({"function": "posts", "input": input, "principal": null});
    let reply = site.call("try_call", &large).await;
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
}
