//! Authentication of requests.

use std::sync::Arc;

use mizan_core::{Error, ErrorCode, Identity, Principal, RequestHead};
use mizan_http::{Authenticate, MizanService};
use serde_json::json;

use crate::app::{Probe, app};
use crate::harness::{Server, call, get, post, raw_post, with};

/// Trusts the header `x-user`, and simulates failures of a store.
pub(crate) struct ByHeader;

impl Authenticate for ByHeader {
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let user = head.headers().get("x-user").map(|user| user.to_str());
        match user.transpose()? {
            None | Some("") => Ok(Principal::anonymous()),
            Some("staff") => Ok(Identity::new("staff").staff().into()),
            Some("away") => Err(Error::new(ErrorCode::Unavailable, "try again later")),
            Some("broken") => Err(std::io::Error::other("a secret of the store"))?,
            Some("panic") => panic!("a secret of the code"),
            Some("slow") => std::future::pending().await,
            Some(user) => Ok(Identity::new(user).into()),
        }
    }
}

fn service() -> (Arc<Probe>, MizanService<ByHeader>) {
    let probe = Arc::default();
    let service = MizanService::builder(app(&probe)).authenticate(ByHeader);
    (probe, service.build().unwrap())
}

#[tokio::test]
async fn functions_receive_the_authenticated_principal() {
    let (_, service) = service();
    for (user, id) in [("", json!(null)), ("ada", json!("ada"))] {
        let request = with(get("/api/mizan/call/me"), &[("x-user", user)]);
        assert_eq!(call(&service, request).await.json(), id);
    }
}

#[tokio::test]
async fn policy_is_checked_before_input() {
    let (probe, service) = service();
    for (user, body, status, code) in [
        ("", "nonsense", 401, "unauthenticated"),
        ("ada", "nonsense", 403, "forbidden"),
        ("staff", "nonsense", 400, "malformed"),
    ] {
        let request = with(
            post("/api/mizan/call/staff_only", body),
            &[("x-user", user)],
        );
        assert_eq!(
            call(&service, request).await.failure(),
            (status, code.to_owned())
        );
    }
    assert_eq!(probe.started.get(), 0);
    let request = post("/api/mizan/call/staff_only", r#"{"text":"hi"}"#);
    let reply = call(&service, with(request, &[("x-user", "staff")])).await;
    assert_eq!((reply.status, probe.started.get()), (200, 1));
}

#[tokio::test]
async fn failed_authentication_prevents_the_call() {
    let (_, service) = service();
    for (user, status, code) in [
        ("away", 503, "unavailable"),
        ("broken", 500, "internal"),
        ("panic", 500, "internal"),
    ] {
        for request in [
            post("/api/mizan/call/echo", r#"{"text":"hi"}"#),
            post("/api/mizan/batch", r#"[{"name":"me"}]"#),
        ] {
            let reply = call(&service, with(request, &[("x-user", user)])).await;
            assert_eq!(reply.failure(), (status, code.to_owned()));
            assert!(!String::from_utf8_lossy(&reply.body).contains("secret"));
            assert_eq!(reply.problem()["error_id"].is_string(), status == 500);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn authentication_times_out() {
    let (_, service) = service();
    let request = with(get("/api/mizan/call/me"), &[("x-user", "slow")]);
    let reply = call(&service, request).await;
    assert_eq!(reply.failure(), (504, "deadline_exceeded".to_owned()));
}

#[tokio::test]
async fn connection_survives_panic_in_authentication() {
    let (_, service) = service();
    let server = Server::start_with(service, |serve| serve).await;
    let mut socket = server.connect().await;
    let path = "/api/mizan/call/echo";
    socket.send(raw_post(path, "x-user: panic\r\n", "{}")).await;
    assert_eq!(socket.reply().await.status, 500);
    socket.send(raw_post(path, "", r#"{"text":"hi"}"#)).await;
    assert_eq!(socket.reply().await.status, 200);
}
