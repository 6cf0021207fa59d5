//! The service in other servers and routers.

use std::convert::Infallible;

use axum::Router;
use axum::routing::get;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use mizan_http::adapter::Adapter;
use mizan_http::response::ReplyBody;
use tokio::net::TcpListener;

use crate::harness::{Server, call, echo, post, raw_get, service};

fn router() -> Router {
    Router::new().route("/page", get(|| async { "a page" }))
}

#[tokio::test]
async fn runs_in_axum_router() {
    for router in [
        router().nest_service("/api/mizan", service().1),
        router().fallback_service(service().1),
        router().route_service("/api/mizan/{*rest}", service().1),
    ] {
        let reply = call(&router, post("/api/mizan/call/echo", r#"{"text":"hi"}"#)).await;
        assert_eq!(reply.json()["message"], "hi");
        let reply = call(&router, post("/api/mizan/batch", "[]")).await;
        assert_eq!(reply.status, 200);
        assert_eq!(
            call(&router, crate::harness::get("/page")).await.body,
            "a page"
        );

        let server = Server::start_with(router, |serve| serve).await;
        server.assert_works().await;
        assert_eq!(server.request(raw_get("/page")).await.body, "a page");
    }
}

#[tokio::test]
async fn runs_in_axum_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let router = router().nest_service("/api/mizan", service().1);
    tokio::spawn(async { axum::serve(listener, router).await });
    let mut socket = crate::harness::Socket::connect(addr).await;
    for _ in 0..2 {
        socket.send(echo("hi")).await;
        assert_eq!(socket.reply().await.json()["message"], "hi");
    }
}

#[tokio::test]
async fn runs_in_plain_hyper() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let service = TowerToHyperService::new(service().1);
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        connection.await
    });
    let mut socket = crate::harness::Socket::connect(addr).await;
    for _ in 0..2 {
        socket.send(echo("hi")).await;
        assert_eq!(socket.reply().await.json()["message"], "hi");
    }
}

/// A server with its own request and response types, whose bodies are not `Send`.
struct Lines;

impl Adapter for Lines {
    type Request = (String, std::rc::Rc<str>);
    type Response = (u16, usize);
    type Body = OneThread;

    fn request((path, body): Self::Request) -> Request<OneThread> {
        post(&path, "").map(|_| OneThread(Full::from(body.to_string()), body))
    }

    async fn response(response: Response<ReplyBody>) -> (u16, usize) {
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap();
        (status, body.to_bytes().len())
    }
}

struct OneThread(
    Full<bytes::Bytes>,
    #[expect(dead_code, reason = "not Send")] std::rc::Rc<str>,
);

impl http_body::Body for OneThread {
    type Data = bytes::Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Infallible>>> {
        std::pin::Pin::new(&mut self.0).poll_frame(cx)
    }
}

#[tokio::test]
async fn runs_behind_an_adapter() {
    let (_, service) = service();
    let request = ("/api/mizan/call/echo".to_owned(), r#"{"text":"hi"}"#.into());
    let reply = service.answer::<Lines>(request).await;
    assert_eq!(reply, (200, r#"{"message":"hi"}"#.len()));
}
