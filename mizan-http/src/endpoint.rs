use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Method, Request, Response, header};
use http_body::Body;
use ipnet::IpNet;
use mizan_core::{Error, ErrorCode, Function, Principal, RequestHead};

use crate::body::{self, ReplyBody};
use crate::call::Calls;
use crate::caller::Caller;
use crate::client_addr::client_addr;
use crate::config::Limits;
use crate::sites::Sites;
use crate::within::Within;
use crate::{Authenticate, batch, problem, reply};

/// The client's contract, with each of its requests.
const CONTRACT: HeaderName = HeaderName::from_static("mizan-contract");

/// Answers requests, whatever server they came to.
pub(crate) struct Endpoint<A> {
    pub(crate) calls: Arc<Calls>,
    pub(crate) authenticate: A,
    pub(crate) sites: Sites,
    pub(crate) limits: Limits,
    pub(crate) mount_path: String,
    pub(crate) trusted_proxies: Vec<IpNet>,
}

impl<A: Authenticate> Endpoint<A> {
    /// Answers a request. Reads its head at once, so that the future stays small.
    pub(crate) fn answer<B: Body>(
        self: Arc<Self>,
        request: Request<B>,
    ) -> impl Future<Output = Response<ReplyBody>> {
        let is_admitted = self.sites.admit(&request);
        let (parts, body) = request.into_parts();
        let client_addr = client_addr(&parts.extensions, &parts.headers, &self.trusted_proxies);
        let head = Arc::new(RequestHead::new(parts, client_addr));
        async move {
            let response = if is_admitted {
                self.route(&head, body).await
            } else {
                Err(Error::new(
                    ErrorCode::CrossSite,
                    "the request comes from another site; if that site is yours, add it as a \
                     public origin",
                ))
            };
            let response =
                response.unwrap_or_else(|error| problem::response(&error, self.is_outdated(&head)));
            if *head.method() == Method::HEAD {
                reply::without_body(response)
            } else {
                response
            }
        }
    }

    /// Whom a request is for, to call functions in their name.
    pub(crate) fn caller<B>(
        self: Arc<Self>,
        request: &Request<B>,
    ) -> impl Future<Output = Result<Caller, Response<ReplyBody>>> + use<A, B> {
        let (mut parts, ()) = Request::new(()).into_parts();
        parts.method = request.method().clone();
        parts.uri = request.uri().clone();
        parts.version = request.version();
        parts.headers = request.headers().clone();
        parts.extensions = request.extensions().clone();
        let client_addr = client_addr(&parts.extensions, &parts.headers, &self.trusted_proxies);
        let head = RequestHead::new(parts, client_addr);
        async move {
            let principal = self
                .principal(&head)
                .await
                .map_err(|error| problem::response(&error, false))?;
            Ok(Caller::new(Arc::clone(&self.calls), principal, head))
        }
    }

    async fn route<B: Body>(
        self: &Arc<Self>,
        head: &Arc<RequestHead>,
        body: B,
    ) -> Result<Response<ReplyBody>, Error> {
        let path = head.uri().path();
        // A router that this is nested in has taken the mount path off already.
        let path = path.strip_prefix(&self.mount_path).unwrap_or(path);
        if let Some(name) = path.strip_prefix("/call/") {
            self.call(self.calls.find(name)?, head, body).await
        } else if path == "/batch" {
            self.batch(head, body).await
        } else {
            #[cfg(feature = "channels")]
            if path == "/ws" {
                return self.socket(head);
            }
            Err(Error::not_found("there is nothing at this path"))
        }
    }

    async fn call<B: Body>(
        &self,
        function: &Function,
        head: &Arc<RequestHead>,
        body: B,
    ) -> Result<Response<ReplyBody>, Error> {
        let method = head.method();
        let reads = matches!(*method, Method::GET | Method::HEAD);
        if !(*method == Method::POST || reads && function.kind().is_safe()) {
            return Ok(self.method_not_allowed(function.kind().is_safe(), head));
        }
        let principal = self.principal(head).await?;
        let input = if reads {
            query_input(head.uri().query().unwrap_or_default())?
        } else {
            body::read(head.headers(), body, &self.limits).await?
        };
        let reply = self
            .calls
            .run(function, principal, Arc::clone(head), input)
            .await;
        let mut response = match reply.result {
            Ok(output) if reads => reply::cacheable(output, head.headers()),
            Ok(output) => reply::success(output, function, &reply.head),
            Err(error) => problem::response(&error, self.is_outdated(head)),
        };
        reply::write_head(reply.head, response.headers_mut());
        Ok(response)
    }

    async fn batch<B: Body>(
        &self,
        head: &Arc<RequestHead>,
        body: B,
    ) -> Result<Response<ReplyBody>, Error> {
        if *head.method() != Method::POST {
            return Ok(self.method_not_allowed(false, head));
        }
        let principal = self.principal(head).await?;
        let body = body::read(head.headers(), body, &self.limits).await?;
        let lines = batch::run(
            &self.calls,
            &body,
            self.limits.batch_calls,
            &principal,
            head,
            self.is_outdated(head),
        )?;
        Ok(reply::response(lines, "application/jsonl", "no-store"))
    }

    /// Whom the request is for. Within the deadline, and though `Authenticate` panics: it is the
    /// application's code, as functions are.
    pub(crate) async fn principal(&self, head: &RequestHead) -> Result<Principal, Error> {
        let principal = async { self.authenticate.authenticate(head).await };
        let principal = pin!(AssertUnwindSafe(principal).catch_unwind());
        let principal = match Within::new(self.limits.deadline, principal).await {
            Some(Ok(principal)) => principal,
            Some(Err(_)) => Err(Error::internal("the authentication panicked")),
            None => Err(Error::new(
                ErrorCode::DeadlineExceeded,
                "it could not be found out in time who makes the call",
            )),
        };
        principal.map_err(|error| error.logged("authentication"))
    }

    pub(crate) fn method_not_allowed(&self, safe: bool, head: &RequestHead) -> Response<ReplyBody> {
        let (allowed, message) = if safe {
            ("GET, HEAD, POST", "this answers GET and POST")
        } else {
            ("POST", "this answers POST")
        };
        let error = Error::new(ErrorCode::MethodNotAllowed, message);
        let mut response = problem::response(&error, self.is_outdated(head));
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static(allowed));
        response
    }

    pub(crate) fn is_outdated(&self, head: &RequestHead) -> bool {
        let contract = self.calls.app().manifest().contract();
        head.headers()
            .get(CONTRACT)
            .is_some_and(|client| client != contract)
    }
}

/// The value of the query parameter `input`; nothing where there is none.
///
/// As bytes, because a parameter may hold bytes that are not UTF-8, which decoding refuses.
fn query_input(query: &str) -> Result<Bytes, Error> {
    let mut inputs = query
        .split('&')
        .filter_map(|parameter| parameter.strip_prefix("input="));
    let Some(input) = inputs.next() else {
        return Ok(Bytes::new());
    };
    if inputs.next().is_some() {
        return Err(Error::new(
            ErrorCode::Malformed,
            "the parameter `input` stands twice",
        ));
    }
    let spaced = input.replace('+', " ");
    Ok(percent_encoding::percent_decode_str(&spaced)
        .collect::<Vec<_>>()
        .into())
}
