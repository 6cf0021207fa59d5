//! Policies and `authorize` checks that fail, panic or never end, by every way that a call can come.

use bytes::Bytes;
use http::Request;
use mizan_core::{App, Cx, Decision, Error, Registry, client};
use mizan_forms::{Form, FormHandler, RegisterForm};
use mizan_http::MizanService;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use validator::Validate;

use crate::authentication::ByHeader;
use crate::harness::{Reply, call, get, input, post, with};

async fn ask(answer: &str) -> Result<Decision, std::io::Error> {
    match answer {
        "fails" => Err(std::io::Error::other("a secret of the store")),
        "panics" => panic!("a secret of the code"),
        "hangs" => std::future::pending().await,
        "missing" => Ok(Decision::not_found("there is no such post")),
        _ => Ok(Decision::Allow),
    }
}

/// Treats the name of the caller as the answer of the store.
async fn policy(cx: &Cx) -> Result<Decision, Error> {
    Ok(ask(cx.principal().id().unwrap_or_default()).await?)
}

#[client(query, auth = policy)]
async fn guarded() -> Result<u8, Error> {
    Ok(1)
}

async fn authorize(_: &Cx, input: &PostByAnswer) -> Result<Decision, std::io::Error> {
    ask(&input.answer).await
}

#[client(query, authorize = authorize)]
async fn post_by_answer(answer: String) -> Result<String, Error> {
    Ok(answer)
}

#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(name = "edit")]
struct Edit {
    #[field(param)]
    answer: String,
    title: String,
}

impl FormHandler for Edit {
    type Output = String;
    type Error = Error;

    async fn authorize(_: &Cx, params: &EditParams) -> Result<Decision, Error> {
        Ok(ask(&params.answer).await?)
    }

    async fn submit(self, _: &Cx) -> Result<String, Error> {
        Ok(self.title + &self.answer)
    }
}

fn app() -> App {
    Registry::new()
        .function::<Guarded>()
        .function::<PostByAnswer>()
        .form::<Edit>()
        .build()
        .unwrap()
}

fn service() -> MizanService<ByHeader> {
    let service = MizanService::builder(app()).authenticate(ByHeader);
    service.build().unwrap()
}

/// Checks a problem document: its status and code, and the id of an internal error.
fn assert_problem(problem: &Value, status: u16, code: &str) {
    assert_eq!(problem["status"], status, "{problem}");
    assert_eq!(problem["code"], code, "{problem}");
    assert_eq!(problem["error_id"].is_string(), status == 500, "{problem}");
    assert!(!problem.to_string().contains("secret"), "{problem}");
}

const FAILURES: [(&str, u16, &str); 4] = [
    ("fails", 500, "internal"),
    ("panics", 500, "internal"),
    ("hangs", 504, "deadline_exceeded"),
    ("missing", 404, "not_found"),
];

#[tokio::test(start_paused = true)]
async fn single_calls_report_failed_checks() {
    let service = service();
    for (answer, status, code) in FAILURES {
        let of = |request| with(request, &[("x-user", answer)]);
        let arguments = json!({ "answer": answer }).to_string();
        let by_get = format!("/api/mizan/call/post_by_answer?input={}", input(&arguments));
        for request in [
            of(get("/api/mizan/call/guarded")),
            of(post("/api/mizan/call/guarded", "")),
            get(&by_get),
            post("/api/mizan/call/post_by_answer", arguments),
        ] {
            let reply = call(&service, request).await;
            assert_eq!(reply.status, status);
            assert_problem(&reply.problem(), status, code);
        }
    }
    let reply = call(&service, get("/api/mizan/call/guarded")).await;
    assert_eq!(reply.json(), 1);
    service.wait_idle().await;
}

#[tokio::test(start_paused = true)]
async fn batches_and_pages_report_failed_checks() {
    let service = service();
    for (answer, status, code) in FAILURES {
        let user = [("x-user", answer)];
        let calls = json!([
            { "name": "guarded" },
            { "name": "post_by_answer", "input": { "answer": answer } },
            { "name": "post_by_answer", "input": { "answer": "fine" } },
        ]);
        let request = with(post("/api/mizan/batch", calls.to_string()), &user);
        let reply = call(&service, request).await;
        let text = std::str::from_utf8(&reply.body).unwrap();
        for line in text.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            match line["index"].as_u64().unwrap() {
                2 => assert_eq!(line["output"], "fine"),
                _ => assert_problem(&line["error"], status, code),
            }
        }
        assert_eq!(text.lines().count(), 3);

        let page = with(get("/a/page"), &user);
        let caller = service.caller(&page).await.unwrap();
        let problem = caller.call("guarded".to_owned(), Bytes::new()).await;
        let problem = serde_json::from_slice(&problem.unwrap_err()).unwrap();
        assert_problem(&problem, status, code);
    }
}

/// Posts the form of `edit` as a browser does.
async fn submit(service: &MizanService<ByHeader>, content_type: &str, body: String) -> Reply {
    let request = Request::post("/api/mizan/form/edit")
        .header("content-type", content_type)
        .body(http_body_util::Full::new(Bytes::from(body)))
        .unwrap();
    call(service, request).await
}

#[tokio::test(start_paused = true)]
async fn posted_forms_report_failed_checks() {
    let service = service();
    for (answer, status, code) in FAILURES {
        // A page that shows a rejected form again has 422, unless the server is at fault.
        let page_status = if status == 404 { 422 } else { status };
        let body = format!("answer={answer}&title=x");
        let reply = submit(&service, "application/x-www-form-urlencoded", body).await;
        let page = std::str::from_utf8(&reply.body).unwrap();
        assert_eq!(reply.status, page_status, "{page}");
        assert_eq!(page.contains("Error ID:"), status == 500, "{page}");
        assert!(!page.contains("secret"), "{page}");

        let values = json!({ "answer": answer, "title": "x" });
        for (function, body) in [
            ("edit.submit", values.clone()),
            ("edit.validate", json!({ "values": values })),
            ("edit.state", json!({ "answer": answer })),
        ] {
            let request = post(&format!("/api/mizan/call/{function}"), body.to_string());
            let reply = call(&service, request).await;
            assert_problem(&reply.problem(), status, code);
        }
    }
}
