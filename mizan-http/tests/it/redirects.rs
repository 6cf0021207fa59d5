//! Functions and forms that return redirects.

use http::Request;
use mizan_core::{Cx, Error, Redirect, Registry, client};
use mizan_forms::{Form, FormHandler, RegisterForm};
use mizan_http::MizanService;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use validator::Validate;

use crate::forms_app::{multipart, text};
use crate::harness::{Reply, bodiless, call, get, post, with};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";
const NAVIGATION: &[(&str, &str)] = &[("sec-fetch-mode", "navigate"), ("accept", HTML)];

#[client(query)]
async fn latest() -> Result<Redirect, Error> {
    Ok(Redirect::to("/posts/7?a=b#c"))
}

#[client(query, cache = "public, max-age=60")]
async fn logo() -> Result<Redirect, Error> {
    Ok(Redirect::to("https://cdn.example.com/logo.png"))
}

#[client(affects(latest))]
async fn open(cx: &Cx, next: String) -> Result<Redirect, Error> {
    cx.set_cookie(cookie::Cookie::new("seen", "1"));
    Ok(Redirect::to(next))
}

/// A form that decides the page that follows.
#[derive(Form, Deserialize, JsonSchema, Validate)]
#[form(
    name = "sign_in",
    redirect = "/declared",
    limit = "2/hour by input.name"
)]
struct SignIn {
    name: String,
    next: Option<String>,
}

impl FormHandler for SignIn {
    type Output = Redirect;
    type Error = Error;

    async fn submit(self, cx: &Cx) -> Result<Redirect, Error> {
        cx.set_cookie(cookie::Cookie::new("user", self.name));
        Ok(match self.next {
            Some(next) => Redirect::to(next),
            None => Redirect::to("/welcome"),
        })
    }
}

fn service() -> MizanService {
    let registry = Registry::new()
        .function::<Latest>()
        .function::<Logo>()
        .function::<Open>()
        .form::<SignIn>()
        .redirect_origin("https://cdn.example.com");
    MizanService::new(registry.build().unwrap())
}

#[tokio::test]
async fn redirects_a_browser_that_opens_the_url() {
    let reply = call(&service(), with(get("/call/latest"), NAVIGATION)).await;
    assert_eq!(reply.status, 303);
    assert_eq!(reply.header("location"), Some("/posts/7?a=b#c"));
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    assert_eq!(reply.header("vary"), Some("accept, sec-fetch-mode"));
    assert!(reply.body.is_empty());
    let without_metadata = with(get("/call/latest"), &[("accept", HTML)]);
    assert_eq!(call(&service(), without_metadata).await.status, 303);
    let head = with(bodiless(Request::head("/call/latest")), NAVIGATION);
    assert_eq!(call(&service(), head).await.status, 303);
}

#[tokio::test]
async fn replies_to_code_with_json() {
    for headers in [
        &[][..],
        &[("accept", "*/*")],
        &[("accept", "application/json")],
        &[("sec-fetch-mode", "cors"), ("accept", HTML)],
    ] {
        let reply = call(&service(), with(get("/call/latest"), headers)).await;
        assert_eq!(reply.status, 200, "{headers:?}");
        assert_eq!(reply.json(), json!({ "location": "/posts/7?a=b#c" }));
        assert_eq!(reply.header("location"), None);
        assert_eq!(reply.header("vary"), Some("accept, sec-fetch-mode"));
    }
    let reply = call(&service(), post("/call/open", r#"{"next":"/a"}"#)).await;
    assert_eq!(reply.json(), json!({ "location": "/a" }));
    assert_eq!(reply.header("mizan-affects"), Some("latest"));
    assert_eq!(reply.header("set-cookie"), Some("seen=1"));
}

#[tokio::test]
async fn caches_distinguish_browsers_from_code() {
    for (headers, status) in [(NAVIGATION, 303), (&[][..], 200)] {
        let reply = call(&service(), with(get("/call/logo"), headers)).await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("cache-control"), Some("public, max-age=60"));
        assert_eq!(reply.header("vary"), Some("accept, sec-fetch-mode"));
    }
}

#[tokio::test]
async fn repeated_call_with_the_same_key_returns_the_same_redirect() {
    let service = service();
    let send = || {
        let request = post("/call/open", r#"{"next":"/a"}"#);
        with(
            request,
            &[("idempotency-key", "0123456789abcdef"), NAVIGATION[0]],
        )
    };
    for _ in 0..2 {
        let reply = call(&service, send()).await;
        assert_eq!(reply.status, 303);
        assert_eq!(reply.header("location"), Some("/a"));
        assert_eq!(reply.header("mizan-affects"), Some("latest"));
        assert_eq!(reply.header("set-cookie"), Some("seen=1"));
    }
}

#[tokio::test]
async fn refuses_redirects_to_other_sites() {
    for next in [
        "https://evil.example",
        "//evil.example",
        "https://cdn.example.com@evil.example",
        "/\r\nset-cookie: a=b",
        "javascript:alert(1)",
    ] {
        let body = json!({ "next": next }).to_string();
        let reply = call(&service(), with(post("/call/open", body), NAVIGATION)).await;
        assert_eq!(reply.failure(), (500, "internal".to_owned()), "{next:?}");
        assert_eq!(reply.header("location"), None);
        assert!(!String::from_utf8_lossy(&reply.body).contains("evil"));
    }
}

async fn submit(service: &MizanService, name: &str, next: Option<&str>) -> Reply {
    let mut parts = vec![
        text("name", name),
        text("__page", "/sign-in"),
        text("__next", "/posted"),
    ];
    parts.extend(next.map(|next| text("next", next)));
    call(service, multipart("/form/sign_in", &parts)).await
}

#[tokio::test]
async fn a_form_without_javascript_opens_the_redirect_that_it_returns() {
    let service = service();
    let reply = submit(&service, "ada", None).await;
    assert_eq!(reply.status, 303);
    assert_eq!(reply.header("location"), Some("/welcome"));
    assert_eq!(reply.header("set-cookie"), Some("user=ada"));
    let reply = submit(&service, "bob", Some("/rooms?page=2")).await;
    assert_eq!(reply.header("location"), Some("/rooms?page=2"));
}

#[tokio::test]
async fn a_form_without_javascript_opens_no_other_site() {
    for next in ["https://evil.example", "//evil.example", "/\\evil.example"] {
        let reply = submit(&service(), "ada", Some(next)).await;
        assert_eq!(reply.status, 500, "{next}");
        assert_eq!(reply.header("location"), None);
    }
}

/// The same count limits posts without JavaScript and calls.
#[tokio::test]
async fn limits_submissions_of_a_form() {
    let service = service();
    assert_eq!(submit(&service, "ada", None).await.status, 303);
    let values = r#"{"name":" ADA ","next":null}"#;
    let reply = call(&service, post("/call/sign_in.submit", values)).await;
    assert_eq!(reply.json(), json!({ "location": "/welcome" }));

    let reply = submit(&service, "ada", None).await;
    assert_eq!(reply.status, 429);
    let seconds: u64 = reply.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=1800).contains(&seconds), "{seconds}");
    assert_eq!(reply.header("set-cookie"), None);
    let reply = call(&service, post("/call/sign_in.submit", values)).await;
    assert_eq!(reply.failure(), (429, "rate_limited".to_owned()));
    assert!(reply.header("retry-after").is_some());

    assert_eq!(submit(&service, "bob", None).await.status, 303);
    let validation = r#"{"values":{"name":"ada"}}"#;
    let reply = call(&service, post("/call/sign_in.validate", validation)).await;
    assert_eq!(reply.status, 200, "validation while typing is not limited");
}
