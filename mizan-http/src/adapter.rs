//! Adapters for servers with their own request and response types.

use std::future::Future;
use std::sync::Arc;

use http::{Request, Response};
use http_body::Body;

use crate::authenticate::Authenticate;
use crate::response::ReplyBody;
use crate::service::MizanService;
use crate::service::router;

/// Converts the requests and responses of a server into the types of the `http` crate.
///
/// Servers that use those types need no adapter, because [`MizanService`] is a tower service.
/// `examples/actix` contains an adapter for actix-web.
///
/// ```
/// use bytes::Bytes;
/// use http::{Request, Response};
/// use http_body_util::{BodyExt, Full};
/// use mizan_http::MizanService;
/// use mizan_http::adapter::Adapter;
/// use mizan_http::response::ReplyBody;
///
/// /// A request of a server that has already read the body.
/// struct MyRequest {
///     path: String,
///     body: Bytes,
/// }
///
/// struct MyServer;
///
/// impl Adapter for MyServer {
///     type Request = MyRequest;
///     type Response = (u16, Bytes);
///     type Body = Full<Bytes>;
///
///     fn request(request: MyRequest) -> Request<Full<Bytes>> {
///         let mut converted = Request::new(Full::new(request.body));
///         *converted.method_mut() = http::Method::POST;
///         *converted.uri_mut() = request.path.parse().unwrap_or_default();
///         converted
///     }
///
///     async fn response(response: Response<ReplyBody>) -> (u16, Bytes) {
///         let status = response.status().as_u16();
///         match response.into_body().collect().await {
///             Ok(body) => (status, body.to_bytes()),
///             // The source of a download failed.
///             Err(_) => (500, Bytes::new()),
///         }
///     }
/// }
///
/// async fn handle(mizan: &MizanService, request: MyRequest) -> (u16, Bytes) {
///     mizan.answer::<MyServer>(request).await
/// }
/// ```
pub trait Adapter {
    /// The server's type of requests.
    type Request;
    /// The server's type of responses.
    type Response;
    /// The body of a request, as a stream of frames. It does not have to be `Send`. If the server has
    /// already read the body, use `http_body_util::Full`.
    type Body: Body;

    /// Converts a request. Insert the address of the peer as a
    /// [`PeerAddr`](crate::client_address::PeerAddr) extension, so that calls have a client address.
    fn request(request: Self::Request) -> Request<Self::Body>;

    /// Converts a response.
    fn response(response: Response<ReplyBody>) -> impl Future<Output = Self::Response>;
}

impl<A: Authenticate> MizanService<A> {
    /// Answers a request whose types an [`Adapter`] converts.
    pub async fn answer<S: Adapter>(&self, request: S::Request) -> S::Response {
        let response = router::answer(Arc::clone(&self.0), S::request(request)).await;
        S::response(response).await
    }
}
