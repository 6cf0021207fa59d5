use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Method, Request, Response, header};
use http_body::Body;
use mizan_core::adapter::FunctionEntry;
use mizan_core::{Error, ErrorCode, Principal, RequestHead};

use crate::body::{self, ReplyBody};
use crate::body_budget::BodyBudget;
use crate::call::Calls;
use crate::caller::Caller;
use crate::client_addr::ClientAddrs;
use crate::config::Limits;
use crate::form::Posted;
use crate::idempotency::Key;
use crate::payload::{Files, FormData, Payload, is_multipart};
#[cfg(feature = "channels")]
use crate::share::Budget;
use crate::share::ClientKey;
use crate::sites::Sites;
use crate::within::Within;
use crate::{Authenticate, batch, problem, reply, urlencoded};

/// The client's contract, with each of its requests.
const CONTRACT: HeaderName = HeaderName::from_static("mizan-contract");

/// Answers requests, whatever server they came to.
pub(crate) struct Endpoint<A> {
    pub(crate) calls: Arc<Calls>,
    pub(crate) authenticate: A,
    pub(crate) sites: Sites,
    pub(crate) bodies: BodyBudget,
    #[cfg(feature = "channels")]
    pub(crate) sockets: Budget,
    pub(crate) limits: Limits,
    pub(crate) mount_path: String,
    pub(crate) upload_dir: Arc<Path>,
    pub(crate) client_addrs: ClientAddrs,
}

impl<A: Authenticate> Endpoint<A> {
    /// Answers a request. Reads its head at once, so that the future stays small.
    pub(crate) fn answer<B: Body>(
        self: Arc<Self>,
        request: Request<B>,
    ) -> impl Future<Output = Response<ReplyBody>> {
        let (admitted, head, body) = self.open(request);
        async move {
            let response = match admitted {
                Ok(()) => self.route(&head, body).await,
                Err(error) => Err(error),
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

    /// Whether this is a posted form.
    pub(crate) fn is_form<B>(&self, request: &Request<B>) -> bool {
        let path = request.uri().path().strip_prefix(&self.mount_path);
        *request.method() == Method::POST && path.is_some_and(|path| path.starts_with("/form/"))
    }

    /// Takes a request apart, and says whether its site may make it.
    fn open<B>(&self, request: Request<B>) -> (Result<(), Error>, Arc<RequestHead>, B) {
        let admitted = if self.sites.admit(&request) {
            Ok(())
        } else {
            Err(Error::new(
                ErrorCode::CrossSite,
                "the request comes from another site; if that site is yours, add it as a public \
                 origin",
            ))
        };
        let (parts, body) = request.into_parts();
        let client_addr = self.client_addrs.find(&parts.extensions, &parts.headers);
        (
            admitted,
            Arc::new(RequestHead::new(parts, client_addr)),
            body,
        )
    }

    /// The path below the mount path. A router that this is nested in has taken that off already.
    fn path<'h>(&self, head: &'h RequestHead) -> &'h str {
        let path = head.uri().path();
        path.strip_prefix(&self.mount_path).unwrap_or(path)
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
        let client_addr = self.client_addrs.find(&parts.extensions, &parts.headers);
        let head = RequestHead::new(parts, client_addr).for_page();
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
        let path = self.path(head);
        if let Some(name) = path.strip_prefix("/call/") {
            self.call(self.calls.find(name)?, head, body).await
        } else if path == "/batch" {
            self.batch(head, body).await
        } else if let Some(name) = path.strip_prefix("/form/") {
            // A form's state is large, and no call has to carry it.
            match Box::pin(self.form(name, head, body)).await? {
                Posted::Answered(response) => Ok(response),
                Posted::Again(again) => Ok(again.respond()),
            }
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
        function: &FunctionEntry,
        head: &Arc<RequestHead>,
        body: B,
    ) -> Result<Response<ReplyBody>, Error> {
        let method = head.method();
        let reads = matches!(*method, Method::GET | Method::HEAD);
        if !(*method == Method::POST || reads && function.kind().is_safe()) {
            return Ok(self.method_not_allowed(function.kind().is_safe(), head));
        }
        let principal = self.principal(head).await?;
        let payload = if reads {
            Payload::json(query_input(head.uri().query().unwrap_or_default())?)
        } else if is_multipart(head.headers()) {
            Box::pin(self.with_files(function, &principal, head, body)).await?
        } else {
            let mut share = self.bodies.admit(client(head), &body, false)?;
            let input = body::read(head.headers(), body, &self.limits, &mut share).await?;
            Payload::json(input).holding(share.read())
        };
        let key = if function.kind().is_safe() {
            None
        } else {
            Key::of(head.headers())?
        };
        let reply = self
            .calls
            .run(function, principal, Arc::clone(head), payload, key.as_ref())
            .await;
        let mut response = match reply.result {
            Ok(output) if reads => reply::cacheable(output, head.headers()),
            Ok(output) => reply::success(output, function, &reply.head),
            Err(error) => problem::response(&error, self.is_outdated(head)),
        };
        reply::write_head(reply.head, response.headers_mut());
        Ok(response)
    }

    /// Reads an input that comes with files.
    async fn with_files<B: Body>(
        &self,
        function: &FunctionEntry,
        principal: &Principal,
        head: &Arc<RequestHead>,
        body: B,
    ) -> Result<Payload, Error> {
        let fields = &function.uploads()[..];
        if fields.is_empty() {
            return Err(Error::new(
                ErrorCode::UnsupportedMediaType,
                "this takes no files: send JSON, with `content-type: application/json`",
            ));
        }
        let admitted = self.calls.admit(function, principal, head).await;
        let files = Files {
            fields,
            dir: &self.upload_dir,
            are_unwanted: admitted.is_err(),
        };
        let mut share = self.bodies.admit(client(head), &body, true)?;
        let data =
            FormData::read_multipart(head.headers(), body, &self.limits, files, &mut share).await;
        admitted?;
        let mut data = data?;
        let text = std::mem::take(&mut data.text);
        let [(name, input)] = &text[..] else {
            return Err(not_an_input());
        };
        if name != "input" {
            return Err(not_an_input());
        }
        let input = mizan_core::adapter::decode_input(input.as_bytes())?;
        Ok(Payload::with_files(input, data)?.holding(share.read()))
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
        let mut share = self.bodies.admit(client(head), &body, false)?;
        let body = body::read(head.headers(), body, &self.limits, &mut share).await?;
        let lines = batch::run(
            &self.calls,
            &body,
            self.limits.batch_calls,
            &principal,
            head,
            self.is_outdated(head),
            share.read(),
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

/// The client whose share of the budgets a request takes from.
pub(crate) fn client(head: &RequestHead) -> Option<ClientKey> {
    head.client_addr().map(ClientKey::from)
}

fn not_an_input() -> Error {
    Error::new(
        ErrorCode::Malformed,
        "a request with files has one part of text, `input`, with the arguments as JSON; files have \
         a file name, and the path of their argument as their name",
    )
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
    Ok(urlencoded::decode(input.as_bytes()).into())
}
