//! The state that all requests to a service share.

use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use http::{HeaderValue, Method, Request, Response, header};
use mizan_core::adapter::FunctionEntry;
use mizan_core::function::CallOrigin;
use mizan_core::{Error, ErrorCode, Principal, RequestHead};

use super::limits::HttpLimits;
use crate::authenticate::Authenticate;
use crate::body::body_budget::BodyBudget;
use crate::calls::runner::CallRunner;
#[cfg(feature = "channels")]
use crate::channel_events::EventConnections;
use crate::client_address::ClientAddressResolver;
use crate::client_budget::Budget;
use crate::cross_origin::CrossOriginPolicy;
#[cfg(feature = "openapi")]
use crate::documents::Documents;
use crate::response::ReplyBody;
use crate::response::problem_details;
use crate::streaming::active::ActiveStreams;
#[cfg(feature = "channels")]
use crate::streaming::resumable::kept_logs::KeptLogs;
use crate::timeout::LazyTimeout;

/// The methods that a resource supports.
#[derive(Clone, Copy)]
pub(crate) enum AllowedMethods {
    #[cfg(any(feature = "channels", feature = "openapi"))]
    Read,
    ReadOrPost,
    Post,
}

pub(crate) struct ServiceState<A> {
    pub(crate) calls: Arc<CallRunner>,
    pub(crate) authenticator: A,
    pub(crate) cross_origin: CrossOriginPolicy,
    pub(crate) bodies: BodyBudget,
    pub(crate) downloads: Budget,
    pub(crate) streams: Arc<ActiveStreams>,
    #[cfg(feature = "channels")]
    pub(crate) kept_logs: KeptLogs,
    #[cfg(feature = "channels")]
    pub(crate) websockets: Budget,
    #[cfg(feature = "channels")]
    pub(crate) event_connections: EventConnections,
    pub(crate) limits: HttpLimits,
    pub(crate) server_timing: bool,
    pub(crate) mount_path: String,
    pub(crate) upload_dir: Arc<Path>,
    pub(crate) client_addresses: ClientAddressResolver,
    #[cfg(feature = "openapi")]
    pub(crate) documents: Documents,
}

impl<A> ServiceState<A> {
    /// Returns whether a request posts a form.
    pub(crate) fn is_form<B>(&self, request: &Request<B>) -> bool {
        let path = request.uri().path().strip_prefix(&self.mount_path);
        *request.method() == Method::POST && path.is_some_and(|path| path.starts_with("/form/"))
    }

    /// Sets how the calls of a request are observed.
    pub(crate) fn observe(&self, head: RequestHead) -> RequestHead {
        let is_form = self.path(&head).starts_with("/form/");
        let origin = if is_form {
            CallOrigin::Form
        } else {
            CallOrigin::Http
        };
        let head = head.with_origin(origin);
        if self.server_timing {
            head.with_timings()
        } else {
            head
        }
    }

    /// Returns the path of a request below the mount path.
    pub(crate) fn path<'h>(&self, head: &'h RequestHead) -> &'h str {
        // A router in which the service is nested has already removed the mount path.
        let path = head.uri().path();
        path.strip_prefix(&self.mount_path).unwrap_or(path)
    }

    /// Returns the function `name` for the contract in the query of a request.
    pub(crate) fn find(&self, name: &str, head: &RequestHead) -> Result<&FunctionEntry, Error> {
        self.calls.app().resolve(name, contract(head)).1
    }

    /// Returns the response to a request with a method that is not allowed.
    pub(crate) fn method_not_allowed(
        &self,
        allowed: AllowedMethods,
        head: &RequestHead,
    ) -> Response<ReplyBody> {
        let (allowed, message) = match allowed {
            #[cfg(any(feature = "channels", feature = "openapi"))]
            AllowedMethods::Read => ("GET, HEAD", "method not allowed: use GET"),
            AllowedMethods::ReadOrPost => {
                ("GET, HEAD, POST", "method not allowed: use GET or POST")
            }
            AllowedMethods::Post => ("POST", "method not allowed: use POST"),
        };
        let error = Error::new(ErrorCode::MethodNotAllowed, message);
        let mut response = problem_details::response(&error, self.is_outdated(head, &error));
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static(allowed));
        response
    }

    /// Returns whether `error` shows that the client was generated from an earlier version of the
    /// function that it calls.
    pub(crate) fn is_outdated(&self, head: &RequestHead, error: &Error) -> bool {
        self.path(head).strip_prefix("/call/").is_some_and(|name| {
            let (client, _) = self.calls.app().resolve(name, contract(head));
            client.is_outdated_by(error.code())
        })
    }
}

/// Returns the query parameter with which a generated client sends the contract of the function.
///
/// It is part of the URL and not a header, so that caches distinguish the versions of a function.
fn contract(head: &RequestHead) -> Option<&str> {
    let mut parameters = head.uri().query()?.split('&');
    parameters.find_map(|parameter| parameter.strip_prefix("contract="))
}

impl<A: Authenticate> ServiceState<A> {
    /// Authenticates a request within the deadline of a call. A panic in [`Authenticate`] becomes an
    /// error, as a panic in a function does.
    pub(crate) async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let principal = async { self.authenticator.authenticate(head).await };
        let principal = pin!(AssertUnwindSafe(principal).catch_unwind());
        match LazyTimeout::new(self.limits.call_deadline, principal).await {
            Some(Ok(principal)) => principal,
            Some(Err(_)) => Err(Error::internal("the authentication panicked")),
            None => Err(Error::new(
                ErrorCode::DeadlineExceeded,
                "authentication timed out",
            )),
        }
        .map_err(|error| error.logged_in("authentication", head))
    }
}
