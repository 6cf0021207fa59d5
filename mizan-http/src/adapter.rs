use std::future::Future;
use std::sync::Arc;

use http::{Request, Response};
use http_body::Body;

use crate::{Authenticate, MizanService, ReplyBody};

/// What a server does that has request and response types of its own, to serve an app.
///
/// Servers that speak `http` types need none of this: [`MizanService`] is a service of theirs.
/// `examples/actix` is an adapter for actix-web.
pub trait Adapter {
    /// The server's request.
    type Request;
    /// The server's response.
    type Response;
    /// The request's body, as a stream of frames, which may stay on its thread. A server that has
    /// read it already uses `http_body_util::Full`.
    type Body: Body;

    /// The request in `http`'s types. The peer's address goes into the extensions as
    /// [`PeerAddr`](crate::PeerAddr), so that functions know where a call comes from.
    fn request(request: Self::Request) -> Request<Self::Body>;

    /// The response in the server's types.
    fn response(response: Response<ReplyBody>) -> impl Future<Output = Self::Response>;
}

impl<A: Authenticate> MizanService<A> {
    /// Answers a request of a server that has types of its own.
    pub async fn answer<S: Adapter>(&self, request: S::Request) -> S::Response {
        S::response(Arc::clone(&self.0).answer(S::request(request)).await).await
    }
}
