//! A mizan app inside actix-web, as an example of an adapter for a server without the types of `http`.

use std::sync::{Arc, Mutex, PoisonError};

use actix_web::body::SizedStream;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data, Payload, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;
use futures_util::stream::Map;
use http::{Method, Request, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, StreamBody};
use mizan_core::{Cx, Error, Registry, client};
use mizan_http::adapter::Adapter;
use mizan_http::response::ReplyBody;
use mizan_http::{MizanService, PeerAddr};

/// Greets a person by name.
#[client(query)]
async fn greet(name: String) -> Result<String, Error> {
    Ok(format!("Hello, {name}!"))
}

/// The names of the visitors.
#[derive(Clone, Debug, Default)]
pub struct Guestbook(Arc<Mutex<Vec<String>>>);

impl Guestbook {
    /// Returns the names, the oldest first.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a name to the guestbook, behind the reply.
#[client]
async fn sign(cx: &Cx, name: String) -> Result<(), Error> {
    let guestbook = cx.state::<Guestbook>().clone();
    cx.after_reply(async move {
        guestbook.lock().push(name);
        Ok(())
    });
    Ok(())
}

/// Registers the functions.
pub fn registry(guestbook: Guestbook) -> Registry {
    Registry::new()
        .function::<Greet>()
        .function::<Sign>()
        .state(guestbook)
}

/// Adds the mizan app to an actix-web application.
pub fn configure(service: MizanService) -> impl FnOnce(&mut ServiceConfig) {
    move |config| {
        config
            .app_data(Data::new(service))
            .route("/api/mizan/{path:.*}", web::to(answer));
    }
}

async fn answer(
    service: Data<MizanService>,
    request: HttpRequest,
    payload: Payload,
) -> HttpResponse {
    service.answer::<Actix>((request, payload)).await
}

/// The adapter for actix-web, whose bodies are not `Send`.
#[derive(Clone, Copy, Debug)]
pub struct Actix;

type Chunk = Result<Bytes, PayloadError>;
type ChunkFrame = Result<Frame<Bytes>, PayloadError>;

impl Adapter for Actix {
    type Request = (HttpRequest, Payload);
    type Response = HttpResponse;
    type Body = StreamBody<Map<Payload, fn(Chunk) -> ChunkFrame>>;

    fn request((actix, payload): Self::Request) -> Request<Self::Body> {
        let frame: fn(Chunk) -> ChunkFrame = |chunk| chunk.map(Frame::data);
        let mut request = Request::new(StreamBody::new(payload.map(frame)));
        // Both crates accept the same syntax, so these defaults are not used. They match no route.
        *request.method_mut() =
            Method::from_bytes(actix.method().as_str().as_bytes()).unwrap_or_default();
        *request.uri_mut() = actix.uri().to_string().parse().unwrap_or_default();
        for (name, value) in actix.headers() {
            let name = http::HeaderName::from_bytes(name.as_str().as_bytes());
            let value = http::HeaderValue::from_bytes(value.as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                request.headers_mut().append(name, value);
            }
        }
        if let Some(peer) = actix.peer_addr() {
            request.extensions_mut().insert(PeerAddr(peer));
        }
        request
    }

    async fn response(response: Response<ReplyBody>) -> HttpResponse {
        let (head, body) = response.into_parts();
        let status = StatusCode::from_u16(head.status.as_u16());
        let mut response = HttpResponse::build(status.unwrap_or_default());
        for (name, value) in &head.headers {
            response.append_header((name.as_str(), value.as_bytes()));
        }
        match body.size_hint().exact() {
            Some(length) => response.body(SizedStream::new(length, body.into_data_stream())),
            None => response.streaming(body.into_data_stream()),
        }
    }
}
