//! A request that calls one function.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Response};
use http_body::Body;
use mizan_core::adapter::{FunctionEntry, ReplyHead, decode_input};
use mizan_core::{Error, ErrorCode, Principal, RequestHead};

use super::idempotency::IdempotencyKey;
use super::live::LivePosition;
use super::refusal;
use crate::authenticate::Authenticate;
use crate::body::body_budget::Destination;
use crate::body::form_data::{FormData, UploadTarget, is_multipart};
use crate::body::payload::Payload;
use crate::body::read::read_json;
use crate::body::urlencoded;
use crate::client_budget::ClientKey;
use crate::download::{self, DownloadContext};
use crate::response::ReplyBody;
use crate::response::busy::busy;
use crate::response::{problem_details, redirect, reply};
use crate::service::state::{AllowedMethods, ServiceState};
use crate::streaming;
use crate::streaming::body::{EventStream, StreamSettings};
#[cfg(feature = "channels")]
use crate::streaming::resumable;

/// Calls `function` with the input and the files of a request.
pub(crate) async fn handle<A: Authenticate, B: Body>(
    state: &Arc<ServiceState<A>>,
    function: &FunctionEntry,
    head: &Arc<RequestHead>,
    body: B,
) -> Result<Response<ReplyBody>, Error> {
    let method = head.method();
    let is_safe = function.kind().is_safe();
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    if !(*method == Method::POST || is_read && is_safe) {
        let allowed = if is_safe {
            AllowedMethods::ReadOrPost
        } else {
            AllowedMethods::Post
        };
        return Ok(state.method_not_allowed(allowed, head));
    }
    let principal = state.authenticate(head).await?;
    let payload = if is_read {
        Payload::json(query_input(head.uri().query().unwrap_or_default())?)
    } else if is_multipart(head.headers()) {
        Box::pin(read_with_files(state, function, &principal, head, body)).await?
    } else {
        let client = ClientKey::of_request(head);
        let mut share = state.bodies.admit(client, &body, Destination::Memory)?;
        let input = read_json(head.headers(), body, &state.limits, &mut share).await?;
        Payload::json(input).with_share(share.finish_reading())
    };
    let key = if is_safe && !function.is_resumable() {
        None
    } else {
        IdempotencyKey::from_headers(head.headers())?
    };
    #[cfg(feature = "channels")]
    if function.is_resumable() {
        return Box::pin(resumable::handle(
            state,
            function,
            principal,
            head,
            payload,
            key.as_ref(),
        ))
        .await;
    }
    if function.is_stream() {
        if key.is_some() {
            return Err(refusal::refuse_idempotency_key(function));
        }
        // Boxed, because the future of a stream would enlarge that of each call.
        return Box::pin(stream(state, function, principal, head, payload)).await;
    }
    let download_share = if function.is_download() {
        if key.is_some() {
            return Err(refusal::refuse_idempotency_key(function));
        }
        let client = ClientKey::of_request(head);
        Some(state.downloads.take(client, 1).map_err(busy)?)
    } else {
        None
    };
    let live = LivePosition::current(state.calls.app(), function);
    let mut reply = state
        .calls
        .run(function, principal, Arc::clone(head), payload, key.as_ref())
        .await;
    if let (Some(file), Some(share)) = (reply.download.take(), download_share) {
        let context = DownloadContext {
            function,
            head,
            share,
            part_timeout: state.limits.download_part_timeout,
        };
        let response = download::response(*file, context);
        let mut response = response.map_err(|error| error.logged_in(function.name(), head))?;
        reply::add_affects(&reply.head, response.headers_mut());
        reply::apply_head(reply.head, response.headers_mut());
        return Ok(response);
    }
    let mut response = match reply.result {
        Ok(output) => success(output, function, head, &reply.head),
        Err(error) => problem_details::response(&error, state.is_outdated(head, &error)),
    };
    reply::apply_head(reply.head, response.headers_mut());
    if let Some(live) = live {
        live.add_to(response.headers_mut());
    }
    if let Some(timings) = reply.timings.filter(|_| state.server_timing) {
        reply::add_server_timing(&timings, response.headers_mut());
    }
    Ok(response)
}

/// Returns the response with the output of a call: JSON, or for a browser that opens the URL of a function
/// with a redirect, 303.
fn success(
    output: Bytes,
    function: &FunctionEntry,
    head: &RequestHead,
    reply_head: &ReplyHead,
) -> Response<ReplyBody> {
    let is_read = matches!(*head.method(), Method::GET | Method::HEAD);
    let redirect = function.redirect(&output);
    let mut response = match &redirect {
        Some(redirect) if redirect::is_navigation(head.headers()) => {
            let mut response = redirect::see_other(redirect.location(), HeaderMap::new());
            reply::add_affects(reply_head, response.headers_mut());
            response
        }
        _ if is_read => reply::cacheable(output, head.headers()),
        _ => reply::success(output, reply_head),
    };
    if redirect.is_some() {
        redirect::add_vary(response.headers_mut());
    }
    if is_read && let Some(cache_control) = function.cache() {
        reply::allow_caching(cache_control, reply_head, response.headers_mut());
    }
    response
}

/// Calls a function that returns a stream, and returns the response that sends its parts.
async fn stream<A: Authenticate>(
    state: &Arc<ServiceState<A>>,
    function: &FunctionEntry,
    principal: Principal,
    head: &Arc<RequestHead>,
    payload: Payload,
) -> Result<Response<ReplyBody>, Error> {
    let share = state.streams.admit(head)?;
    let (input, uploads) = (payload.input.clone(), payload.uploads.clone());
    let access = streaming::access_check(state, function, head, input, uploads);
    let (mut reply, resources) = state
        .calls
        .run_stream(function, principal, Arc::clone(head), payload)
        .await;
    let mut response = match (reply.result, reply.stream.take(), resources) {
        (Ok(_), Some(parts), Some(resources)) => {
            let settings = StreamSettings::new(&state.limits);
            let events = EventStream::new(parts, resources, share, access, settings);
            streaming::response(events)
        }
        (Ok(_), ..) => return Err(Error::internal("the function returned no stream")),
        (Err(error), ..) => problem_details::response(&error, state.is_outdated(head, &error)),
    };
    reply::apply_head(reply.head, response.headers_mut());
    if let Some(timings) = reply.timings.filter(|_| state.server_timing) {
        reply::add_server_timing(&timings, response.headers_mut());
    }
    Ok(response)
}

/// Reads the input and the files of a multipart body.
async fn read_with_files<A: Authenticate, B: Body>(
    state: &ServiceState<A>,
    function: &FunctionEntry,
    principal: &Principal,
    head: &Arc<RequestHead>,
    body: B,
) -> Result<Payload, Error> {
    let fields = &function.uploads()[..];
    if fields.is_empty() {
        return Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            "this function accepts no files: send JSON with `content-type: application/json`",
        ));
    }
    let admitted = state.calls.check_policy(function, principal, head).await;
    let target = UploadTarget {
        fields,
        dir: &state.upload_dir,
        discard: admitted.is_err(),
    };
    let client = ClientKey::of_request(head);
    let mut share = state.bodies.admit(client, &body, Destination::Storage)?;
    let data =
        FormData::read_multipart(head.headers(), body, &state.limits, target, &mut share).await;
    admitted?;
    let mut data = data?;
    let text = std::mem::take(&mut data.text);
    let [(name, input)] = &text[..] else {
        return Err(input_part_missing());
    };
    if name != "input" {
        return Err(input_part_missing());
    }
    let input = decode_input(input.as_bytes())?;
    Ok(Payload::with_files(input, data)?.with_share(share.finish_reading()))
}

fn input_part_missing() -> Error {
    Error::new(
        ErrorCode::Malformed,
        "a multipart request needs exactly one text part, `input`, with the arguments as JSON; every \
         other part is a file with a `filename`, whose name is the path of its argument",
    )
}

/// Returns the value of the query parameter `input`, which is empty if the parameter is missing.
///
/// The value is returned as bytes, because it may be invalid UTF-8, which the decoder rejects.
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
            "duplicate query parameter `input`",
        ));
    }
    Ok(urlencoded::decode(input.as_bytes()).into())
}
