//! Plain routes beside the service: a webhook with a signature, and requests of other origins.

use std::convert::Infallible;
use std::sync::Mutex;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderValue, Method, header};
use mizan_core::{App, Cx, Error, Registry, client};
use mizan_http::MizanService;
use mizan_http::response::problem;
use sha2::Sha256;
use tower_http::cors::CorsLayer;

use crate::harness::{Reply, with};

/// The secret that the sender of the webhook signs its requests with.
struct WebhookSecret(&'static [u8]);

#[derive(Default)]
struct Payments(Mutex<Vec<String>>);

#[client(auth = "anyone", limit = "3/hour by address")]
async fn record_payment(cx: &Cx, event: String) -> Result<(), Error> {
    cx.state::<Payments>().0.lock().unwrap().push(event);
    Ok(())
}

/// Checks the signature of the body, and calls a function.
async fn webhook(State(mizan): State<MizanService>, request: Request) -> Response {
    let caller = match mizan.caller(&request).await {
        Ok(caller) => caller,
        Err(response) => return response.into_response(),
    };
    let signature = request.headers().get("x-signature").cloned();
    let Ok(body) = to_bytes(request.into_body(), 64 * 1024).await else {
        let error = Error::new(mizan_core::ErrorCode::TooLarge, "at most 64 KiB");
        return problem(&error).into_response();
    };
    let Some(WebhookSecret(secret)) = caller.app().state() else {
        return problem(&Error::internal("there is no secret")).into_response();
    };
    if !is_signed(secret, &body, signature.as_ref()) {
        return problem(&Error::forbidden("the signature is wrong")).into_response();
    }
    let event = String::from_utf8_lossy(&body).into_owned();
    match caller.call_function(RecordPayment { event }).await {
        Ok(()) => "recorded".into_response(),
        Err(error) => problem(&error).into_response(),
    }
}

/// Compares in constant time.
fn is_signed(secret: &[u8], body: &[u8], signature: Option<&HeaderValue>) -> bool {
    let Some(signature) = signature.and_then(|value| decode_hex(value.as_bytes())) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(&signature).is_ok()
}

fn decode_hex(text: &[u8]) -> Option<Vec<u8>> {
    let digits = text.chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    digits.collect()
}

fn sign(secret: &[u8], body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(body);
    let bytes = mac.finalize().into_bytes();
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn app() -> App {
    Registry::new()
        .state(WebhookSecret(b"a shared secret"))
        .state(Payments::default())
        .function::<RecordPayment>()
        .build()
        .unwrap()
}

async fn send(router: &Router, request: http::Request<impl Into<Bytes>>) -> Reply {
    let request = request.map(|body| Body::from(body.into()));
    let mut router = router.clone();
    let answered: Result<_, Infallible> = tower_service::Service::call(&mut router, request).await;
    let (parts, body) = answered.unwrap().into_parts();
    Reply {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body: to_bytes(body, usize::MAX).await.unwrap(),
    }
}

#[tokio::test]
async fn webhook_with_a_wrong_signature_is_refused() {
    let app = app();
    let mizan = MizanService::new(app.clone());
    let router = Router::new()
        .route("/webhook", post(webhook))
        .with_state(mizan);
    let deliver = async |body: &'static str, signature: &str| {
        let request = http::Request::post("/webhook").body(body).unwrap();
        let request = with(request, &[("x-signature", signature)]);
        send(&router, request).await
    };
    let body = r#"{"paid":7}"#;
    let right = sign(b"a shared secret", body.as_bytes());
    let other_body = sign(b"a shared secret", b"{}");
    let other_secret = sign(b"another secret", body.as_bytes());
    for wrong in [
        "",
        "zz",
        "\u{e9}a",
        &right[..10],
        &other_body,
        &other_secret,
    ] {
        let reply = deliver(body, wrong).await;
        assert_eq!(reply.failure(), (403, "forbidden".to_owned()), "{wrong}");
    }
    let unsigned = http::Request::post("/webhook").body(body).unwrap();
    assert_eq!(send(&router, unsigned).await.status, 403);
    assert!(
        app.state::<Payments>()
            .unwrap()
            .0
            .lock()
            .unwrap()
            .is_empty()
    );
    // The function keeps its own limit.
    for status in [200, 200, 200, 429] {
        assert_eq!(deliver(body, &right).await.status, status);
    }
    assert_eq!(app.state::<Payments>().unwrap().0.lock().unwrap().len(), 3);
}

const APP: &str = "https://app.example.com";

/// The service, and CORS for pages of [`APP`].
fn for_other_origins() -> Router {
    let origins = [APP];
    let mizan = MizanService::builder(app());
    let mizan = origins
        .iter()
        .fold(mizan, |mizan, origin| mizan.public_origin(*origin));
    let cors = CorsLayer::new()
        .allow_origin(origins.map(HeaderValue::from_static))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            header::HeaderName::from_static("idempotency-key"),
        ])
        .expose_headers([
            header::HeaderName::from_static("mizan-affects"),
            header::RETRY_AFTER,
        ])
        .allow_credentials(true);
    let mizan = mizan.build().unwrap();
    Router::new().nest_service("/api/mizan", mizan).layer(cors)
}

#[tokio::test]
async fn cors_and_origin_checks_agree() {
    let router = for_other_origins();
    let path = "/api/mizan/call/record_payment";
    for (origin, is_allowed) in [
        (APP, true),
        ("https://evil.example", false),
        ("https://app.example.com.evil.example", false),
        ("http://app.example.com", false),
        ("null", false),
    ] {
        let preflight = http::Request::options(path).body("").unwrap();
        let headers = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            (
                "access-control-request-headers",
                "content-type,idempotency-key",
            ),
        ];
        let reply = send(&router, with(preflight, &headers)).await;
        assert_eq!(reply.status, 200);
        let allowed = reply.header("access-control-allow-origin");
        assert_eq!(allowed, is_allowed.then_some(origin), "{origin}");

        let call = http::Request::post(path).body(r#"{"event":"x"}"#).unwrap();
        let headers = [
            ("origin", origin),
            ("sec-fetch-site", "cross-site"),
            ("content-type", "application/json"),
        ];
        let reply = send(&router, with(call, &headers)).await;
        assert_eq!(reply.status, if is_allowed { 200 } else { 403 }, "{origin}");
        let allowed = reply.header("access-control-allow-origin");
        assert_eq!(allowed, is_allowed.then_some(origin), "{origin}");
        if is_allowed {
            assert_eq!(
                reply.header("access-control-allow-credentials"),
                Some("true")
            );
        }
    }
}
