//! The tower service.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use http::{Request, Response};
use http_body::Body;
use mizan_core::{Principal, RequestHead};
use tower_service::Service;

use super::caller::Caller;
use super::router;
use super::state::ServiceState;
use crate::authenticate::{Anonymous, Authenticate};
use crate::response::ReplyBody;
use crate::response::problem_details;

/// An app as a [`tower_service::Service`], for any server that uses the types of the `http` crate.
///
/// It answers requests below its mount path, which is `/api/mizan` by default. A router may also remove
/// the mount path before it calls the service, as axum's `nest_service` does. Cloning is cheap.
///
/// ```
/// use axum::Router;
/// use mizan_core::{BuildError, Registry};
/// use mizan_http::MizanService;
///
/// fn router() -> Result<Router, BuildError> {
///     let app = Registry::new().build()?;
///     Ok(Router::new().nest_service("/api/mizan", MizanService::new(app)))
/// }
/// ```
pub struct MizanService<A = Anonymous>(pub(crate) Arc<ServiceState<A>>);

impl<A> MizanService<A> {
    /// Authenticates a request that is not a call, such as one for a page that the server renders, and
    /// returns a [`Caller`] that calls functions on behalf of its client.
    ///
    /// The head of the request is copied before this returns, so the body remains available.
    ///
    /// # Errors
    ///
    /// Returns a response with problem details if [`Authenticate`] fails.
    pub fn caller<B>(
        &self,
        request: &Request<B>,
    ) -> impl Future<Output = Result<Caller, Response<ReplyBody>>> + use<A, B>
    where
        A: Authenticate,
    {
        let state = Arc::clone(&self.0);
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = request.method().clone();
        parts.uri = request.uri().clone();
        parts.version = request.version();
        parts.headers = request.headers().clone();
        parts.extensions = request.extensions().clone();
        let client_addr = state
            .client_addresses
            .resolve(&parts.extensions, &parts.headers);
        let head = RequestHead::new(parts, client_addr).for_page();
        async move {
            let principal = state
                .authenticate(&head)
                .await
                .map_err(|error| problem_details::response(&error, false))?;
            Ok(Caller::new(Arc::clone(&state.calls), principal, head))
        }
    }

    /// Returns a [`Caller`] without a principal, client address and headers, for pages that all visitors share.
    ///
    /// Its calls count towards the limit of all calls, not towards the limit of a client.
    #[must_use]
    pub fn anonymous_caller(&self) -> Caller {
        let head = RequestHead::empty();
        Caller::new(Arc::clone(&self.0.calls), Principal::anonymous(), head)
    }

    /// Waits until no call is running, including mutations whose clients have disconnected.
    ///
    /// [`Shutdown::service`](crate::Shutdown::service) does this before the program exits. Calls that arrive in the
    /// meantime are answered with 503.
    pub async fn wait_idle(&self) {
        self.0.calls.wait_idle().await;
    }
}

impl<A> Clone for MizanService<A> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A> fmt::Debug for MizanService<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MizanService")
            .field(self.0.calls.app())
            .finish()
    }
}

impl<A, B> Service<Request<B>> for MizanService<A>
where
    A: Authenticate,
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<ReplyBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<ReplyBody>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(router::answer(Arc::clone(&self.0), request).map(Ok))
    }
}
