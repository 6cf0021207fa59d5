//! Functions that return redirects.

use std::sync::Arc;

use bytes::Bytes;
use mizan_core::{Error, Principal, Redirect, Registry, RequestHead, client};
use serde_json::json;

#[client]
async fn leave(next: String) -> Result<Redirect, Error> {
    Ok(Redirect::to(next))
}

#[client(query)]
async fn latest() -> Result<Redirect, Error> {
    Ok(Redirect::to("/posts/7"))
}

fn registry() -> Registry {
    Registry::new()
        .function::<Leave>()
        .function::<Latest>()
        .redirect_origin("https://pay.example.com")
}

async fn leave_to(next: &str) -> Result<Bytes, Error> {
    let app = registry().build().unwrap();
    let cx = app.context(Principal::anonymous(), Arc::new(RequestHead::empty()));
    let input = json!({ "next": next }).to_string();
    let entry = app.function("leave").unwrap();
    let output = entry.dispatch(cx, input.into()).await.result?;
    assert_eq!(entry.redirect(&output).unwrap().location(), next);
    assert_eq!(app.function("latest").unwrap().redirect(b"7"), None);
    Ok(output)
}

#[test]
fn manifest_marks_the_output() {
    let manifest = registry().manifest().unwrap();
    assert_eq!(
        manifest.as_json()["functions"][0]["output"],
        json!({
            "type": "object",
            "properties": { "location": { "type": "string" } },
            "required": ["location"],
            "x-mizan-redirect": true,
        })
    );
}

#[tokio::test]
async fn dispatch_replies_with_the_location() {
    let output = leave_to("/posts?page=2").await.unwrap();
    assert_eq!(output, r#"{"location":"/posts?page=2"}"#);
    leave_to("https://pay.example.com/s/1").await.unwrap();
}

#[tokio::test]
async fn refuses_open_redirects_and_header_injection() {
    for next in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "https://pay.example.com@evil.example",
        "/a\r\nset-cookie: session=evil",
        "/a\u{0}",
        "",
    ] {
        let error = leave_to(next).await.unwrap_err();
        assert_eq!(error.code(), "internal", "{next:?}");
        assert!(error.id().is_some(), "{next:?}");
        assert!(!error.message().contains("evil"), "{next:?}");
    }
}

#[test]
fn falls_back_for_locations_of_requests() {
    for next in [
        "",
        "https://evil.example",
        "//evil.example",
        "/\\evil",
        "/a\nb",
    ] {
        assert_eq!(Redirect::local_or(next, "/home").location(), "/home");
    }
    assert_eq!(Redirect::local_or("/a?b#c", "/home").location(), "/a?b#c");
}

#[test]
fn rejects_redirects_that_no_client_follows() {
    #[derive(serde::Serialize, schemars::JsonSchema)]
    struct Outcome {
        next: Redirect,
    }
    #[client(input = OutcomeInput)]
    async fn outcome() -> Result<Outcome, Error> {
        Err(Error::not_found("there is none"))
    }
    #[client(input = MaybeInput)]
    async fn maybe() -> Result<Option<Redirect>, Error> {
        Ok(None)
    }
    #[client]
    async fn follow(to: Redirect) -> Result<(), Error> {
        let _ = to;
        Ok(())
    }
    #[client(context = "global")]
    async fn start() -> Result<Redirect, Error> {
        Ok(Redirect::to("/"))
    }
    let registry = Registry::new()
        .function::<OutcomeInput>()
        .function::<MaybeInput>()
        .function::<Follow>()
        .function::<Start>()
        .redirect_origin("example.com/");
    let problems = registry.build().unwrap_err().to_string();
    for problem in [
        "`next` in the type `Outcome` is a `Redirect`",
        "the output of `maybe` is a `Redirect`",
        "`to` in the input of `follow` is a `Redirect`",
        "the context `start` (",
        "invalid origin `example.com/` of redirects (mizan-core/tests/it/redirects.rs:",
    ] {
        assert!(problems.contains(problem), "{problem} is not in {problems}");
    }
}
