//! The context of a call.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use cookie::Cookie;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use mizan_core::adapter::CallReply;
use mizan_core::{
    App, Cx, Error, Identity, Invalidation, Principal, Registry, RequestHead, client,
};

use crate::dispatch;

/// State whose value must not appear in debug output.
struct Database(&'static str);

#[client]
async fn sign_in(cx: &Cx) -> Result<Vec<String>, Error> {
    let read = |name: &str| cx.cookie(name).map(|cookie| cookie.value().to_owned());
    cx.set_cookie(
        Cookie::build(("session", "new-secret"))
            .http_only(true)
            .build(),
    );
    cx.set_cookie(Cookie::new("theme", "dark"));
    cx.set_header(
        HeaderName::from_static("x-step"),
        HeaderValue::from_static("one"),
    );
    cx.set_header(
        HeaderName::from_static("x-step"),
        HeaderValue::from_static("two"),
    );
    cx.affects("current_user");
    cx.affects(format!("posts_of_{}", 7));
    Ok(["session", "second", "absent"]
        .map(|name| read(name).unwrap_or_default())
        .to_vec())
}

#[client(query)]
async fn look(cx: &Cx) -> Result<Vec<String>, Error> {
    let head = cx.head();
    Ok(vec![
        head.method().to_string(),
        head.uri().to_string(),
        head.client_addr()
            .map(|addr| addr.to_string())
            .unwrap_or_default(),
        head.extensions()
            .get::<u8>()
            .copied()
            .unwrap_or_default()
            .to_string(),
        cx.state::<Database>().0.to_owned(),
        cx.try_state::<String>().is_some().to_string(),
    ])
}

#[client(query)]
async fn wait(cx: &Cx) -> Result<(), Error> {
    cx.cancellation().cancelled().await;
    Ok(())
}

fn app() -> App {
    Registry::new()
        .state(Database("db-secret"))
        .function::<SignIn>()
        .function::<Look>()
        .function::<Wait>()
        .build()
        .unwrap()
}

fn head() -> RequestHead {
    let (mut parts, ()) = Request::post("/call/sign_in?token=query-secret")
        .header("cookie", "session=old-secret; second=2")
        .header("cookie", "session=shadowed; broken")
        .header("authorization", "Bearer header-secret")
        .body(())
        .unwrap()
        .into_parts();
    parts.extensions.insert(7_u8);
    RequestHead::new(parts, Some(IpAddr::from([192, 0, 2, 1])))
}

async fn call(name: &str) -> CallReply {
    let app = app();
    let cx = app.context(Principal::anonymous(), Arc::new(head()));
    app.function(name).unwrap().dispatch(cx, Bytes::new()).await
}

#[tokio::test]
async fn returns_cookies_headers_and_invalidations() {
    let reply = call("sign_in").await;
    assert_eq!(reply.result.unwrap(), r#"["old-secret","2",""]"#);
    let cookies: Vec<_> = reply.head.cookies.iter().map(Cookie::to_string).collect();
    assert_eq!(cookies, ["session=new-secret; HttpOnly", "theme=dark"]);
    let headers = HeaderMap::from_iter([(
        HeaderName::from_static("x-step"),
        HeaderValue::from_static("two"),
    )]);
    assert_eq!(reply.head.headers, headers);
    assert_eq!(
        reply.head.affects,
        ["current_user", "posts_of_7"].map(Invalidation::of)
    );
}

#[tokio::test]
async fn provides_the_request_head_and_the_state() {
    let reply = call("look").await;
    assert_eq!(
        reply.result.unwrap(),
        r#"["POST","/call/sign_in?token=query-secret","192.0.2.1","7","db-secret","false"]"#
    );
    let empty = RequestHead::empty();
    assert_eq!(
        (empty.method().as_str(), empty.client_addr()),
        ("GET", None)
    );
    assert!(empty.cookie("session").is_none());
}

#[tokio::test]
async fn cancels_the_function() {
    let app = app();
    let head = Arc::new(RequestHead::empty());
    let cx = app.context(Principal::anonymous(), head.clone());
    let waiting = app.function("wait").unwrap().dispatch(cx, Bytes::new());
    let cancelling = async {
        tokio::task::yield_now().await;
        head.cancellation().cancel();
    };
    let (reply, ()) = tokio::join!(waiting, cancelling);
    assert!(reply.result.is_ok());
}

#[tokio::test]
async fn names_the_missing_state() {
    /// Reads state of an inferred type, which the macro does not see.
    #[client]
    async fn ask(cx: &Cx) -> Result<String, Error> {
        let text: &String = cx.state();
        Ok(text.clone())
    }

    let app = Registry::new().function::<Ask>().build().unwrap();
    let error = dispatch(&app, Principal::anonymous(), "ask", "")
        .await
        .result
        .unwrap_err();
    assert_eq!(error.code(), "internal");
    assert_eq!(
        error.source().unwrap().to_string(),
        "the function panicked: no application state of type `alloc::string::String`: add it \
         with `Registry::state(..)`"
    );
}

#[tokio::test]
async fn omits_secrets_from_debug_output() {
    let app = app();
    let identity = Identity::new("mia").permission("posts.rename");
    let cx = app.context(identity.into(), Arc::new(head()));
    cx.set_cookie(Cookie::new("session", "new-secret"));
    let reply = call("sign_in").await;
    let registry = Registry::new()
        .state(Database("db-secret"))
        .function::<SignIn>();
    let printed = format!(
        "{cx:#?} {app:#?} {:#?} {:#?} {registry:#?}",
        reply.head,
        cx.head()
    );
    assert!(!printed.contains("secret"), "{printed}");
    for part in [
        "mia",
        "posts.rename",
        "/call/sign_in",
        "sign_in",
        "Database",
        "session",
        "x-step",
    ] {
        assert!(printed.contains(part), "{part} is not in {printed}");
    }
    assert_eq!(format!("{:?}", Principal::anonymous()), "Anonymous");
}
