//! Responses to successful calls, and the headers that all responses share.

use bytes::Bytes;
use cookie::Cookie;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body::Body;
use mizan_core::Invalidation;
use mizan_core::adapter::{self, ReplyHead};
use mizan_core::function::CallTimings;

use super::body::ReplyBody;

/// The response header that lists the functions whose cached results a mutation invalidates.
const AFFECTS: HeaderName = HeaderName::from_static("mizan-affects");

/// The response header with the durations of the steps of a call.
const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The maximum length of the header `mizan-affects`. A longer one lists queries without their arguments, or `*` for all
/// queries. Servers and proxies reject responses with long headers, often above 8 KiB for all headers
/// together.
const MAX_AFFECTS_BYTES: usize = 3_000;

const JSON: &str = "application/json";

/// Returns a response with status 200 and the headers that every response has.
pub(crate) fn response(
    body: ReplyBody,
    content_type: &'static str,
    cache_control: &'static str,
) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.reserve(4);
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, cache_control),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Returns the response to a call that was made with `POST`.
pub(crate) fn success(output: Bytes, head: &ReplyHead) -> Response<ReplyBody> {
    let mut response = response(ReplyBody::complete(output), JSON, "no-store");
    add_affects(head, response.headers_mut());
    response
}

/// Adds the header with the queries that a mutation invalidates.
pub(crate) fn add_affects(head: &ReplyHead, headers: &mut HeaderMap) {
    if !head.affects.is_empty() {
        headers.insert(AFFECTS, affects(&head.affects));
    }
}

/// Adds the durations of the steps of a call in milliseconds (W3C Server Timing).
pub(crate) fn add_server_timing(timings: &CallTimings, headers: &mut HeaderMap) {
    let steps = timings.iter().map(|(step, duration)| {
        let milliseconds = duration.as_secs_f64() * 1e3;
        format!("{};dur={milliseconds:.3}", step.as_str())
    });
    let steps = steps.collect::<Vec<_>>().join(", ");
    if let Ok(value) = HeaderValue::try_from(steps) {
        headers.insert(SERVER_TIMING, value);
    }
}

fn affects(invalidations: &[Invalidation]) -> HeaderValue {
    let mut queries: Vec<_> = invalidations.iter().map(Invalidation::to_string).collect();
    if length(&queries) > MAX_AFFECTS_BYTES {
        // Without their arguments, many calls of a query become one entry.
        let names = invalidations.iter().map(Invalidation::query);
        queries = names
            .map(|name| Invalidation::of(name.to_owned()).to_string())
            .collect();
        queries.sort_unstable();
        queries.dedup();
    }
    if length(&queries) > MAX_AFFECTS_BYTES {
        return HeaderValue::from_static("*");
    }
    HeaderValue::try_from(queries.join(",")).expect("invalidations are percent-encoded")
}

/// Returns the length of a header with these entries.
fn length(entries: &[String]) -> usize {
    entries.iter().map(|entry| entry.len() + 1).sum()
}

/// Returns the response to a call that was made with `GET`, with an entity tag for revalidation.
///
/// The tag is weak (RFC 9110, section 8.8.1), because it is a hash of 64 bits.
pub(crate) fn cacheable(output: Bytes, headers: &HeaderMap) -> Response<ReplyBody> {
    let tag = entity_tag(&output);
    with_tag(output, tag, headers)
}

/// Returns the entity tag of a result.
pub(crate) fn entity_tag(output: &[u8]) -> HeaderValue {
    HeaderValue::try_from(adapter::entity_tag(output))
        .expect("a quoted hexadecimal number is a header value")
}

/// Returns a response with an entity tag, or 304 if the client has the result of this tag.
pub(crate) fn with_tag(
    output: Bytes,
    tag: HeaderValue,
    headers: &HeaderMap,
) -> Response<ReplyBody> {
    let is_not_modified = matches_tag(headers, &tag);
    let output = if is_not_modified {
        Bytes::new()
    } else {
        output
    };
    let mut response = response(ReplyBody::complete(output), JSON, "private, no-cache");
    if is_not_modified {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    response.headers_mut().insert(header::ETAG, tag);
    response
}

/// Returns `true` if `If-None-Match` has this entity tag, weak or strong (RFC 9110, section 8.8.3.2).
pub(crate) fn matches_tag(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let opaque = tag.as_bytes();
    let opaque = opaque.strip_prefix(b"W/").unwrap_or(opaque);
    headers.get_all(header::IF_NONE_MATCH).iter().any(|tags| {
        let tags = tags.to_str().unwrap_or_default();
        tags.split(',')
            .map(str::trim)
            .any(|known| known == "*" || known.trim_start_matches("W/").as_bytes() == opaque)
    })
}

/// Lets caches keep the reply of a query without a principal, unless it sets cookies.
pub(crate) fn allow_caching(
    cache_control: &'static str,
    head: &ReplyHead,
    headers: &mut HeaderMap,
) {
    if head.cookies.is_empty() {
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static(cache_control),
        );
    }
}

/// Adds the headers and cookies that the function set.
pub(crate) fn apply_head(mut head: ReplyHead, headers: &mut HeaderMap) {
    if !head.headers.is_empty() {
        // The server determines the framing of the response, even if a function forwards the
        // headers of another server.
        for name in [
            header::CONNECTION,
            header::CONTENT_LENGTH,
            header::TRANSFER_ENCODING,
        ] {
            head.headers.remove(name);
        }
        headers.extend(head.headers);
    }
    for cookie in head.cookies {
        match set_cookie(&cookie) {
            Some(value) => {
                headers.append(header::SET_COOKIE, value);
            }
            None => tracing::error!(
                cookie = cookie.name(),
                "invalid cookie was not set: its name is not a token, or its path or domain contains \
                 `;` or control characters"
            ),
        }
    }
}

/// Returns the value of a `Set-Cookie` header.
///
/// The value of the cookie is percent-encoded. Its name is not, because readers compare names byte for
/// byte. Path and domain must not contain `;`, which would begin another attribute.
fn set_cookie(cookie: &Cookie<'_>) -> Option<HeaderValue> {
    let name = cookie.name();
    let mut attributes = [cookie.path(), cookie.domain()].into_iter().flatten();
    if HeaderName::try_from(name).is_err() || attributes.any(|value| value.contains(';')) {
        return None;
    }
    let encoded = cookie.encoded().to_string();
    let (_, rest) = encoded.split_once('=')?;
    HeaderValue::try_from(format!("{name}={rest}")).ok()
}

/// Turns the response to `GET` into the one to `HEAD`: no body, and the length of the omitted body
/// (RFC 9110, section 9.3.2).
///
/// Some servers, such as hyper over HTTP/2, would otherwise send the body.
pub(crate) fn without_body(response: Response<ReplyBody>) -> Response<ReplyBody> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact()
        && parts.status != StatusCode::NOT_MODIFIED
    {
        parts
            .headers
            .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    Response::from_parts(parts, ReplyBody::empty())
}
