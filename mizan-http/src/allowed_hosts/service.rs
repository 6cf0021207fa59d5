//! The service that checks the host of each request.

use std::task::{Context, Poll};

use http::{Request, Response, StatusCode, header};
use tower_service::Service;

use super::body::AllowedHostsBody;
use super::future::AllowedHostsFuture;
use super::host::{Host, HostSet};

/// The service of the layer [`AllowedHosts`](super::AllowedHosts).
#[derive(Clone, Debug)]
pub struct AllowedHostsService<S> {
    hosts: HostSet,
    inner: S,
}

impl<S> AllowedHostsService<S> {
    pub(super) fn new(hosts: HostSet, inner: S) -> Self {
        Self { hosts, inner }
    }
}

impl<S, B, R> Service<Request<B>> for AllowedHostsService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<AllowedHostsBody<R>>;
    type Error = S::Error;
    type Future = AllowedHostsFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let host = Host::from_request(request.uri(), request.headers());
        let (status, message) = match host {
            Some(host) if self.hosts.allows(&host) => {
                return AllowedHostsFuture::allowed(self.inner.call(request));
            }
            Some(_) => (
                StatusCode::MISDIRECTED_REQUEST,
                "host not allowed: if this server should answer for the host of the request, add it to the \
                 allowed hosts\n",
            ),
            None => (
                StatusCode::BAD_REQUEST,
                "the request does not name exactly one valid host\n",
            ),
        };
        tracing::debug!(
            host = ?request.headers().get(header::HOST),
            "rejected a request: its host is missing, invalid or not allowed"
        );
        AllowedHostsFuture::rejected(status, message)
    }
}
