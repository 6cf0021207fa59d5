//! Responses that work, and what every response has.

use std::hash::{DefaultHasher, Hasher};

use bytes::Bytes;
use cookie::Cookie;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body::Body;
use mizan_core::adapter::{FunctionEntry, ReplyHead};

use crate::body::ReplyBody;

/// What a mutation made stale.
const AFFECTS: HeaderName = HeaderName::from_static("mizan-affects");

const JSON: &str = "application/json";

pub(crate) fn response(
    body: ReplyBody,
    content_type: &'static str,
    caching: &'static str,
) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.reserve(4);
    for (name, value) in [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, caching),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The answer to a call that may have changed something.
pub(crate) fn success(
    output: Bytes,
    function: &FunctionEntry,
    head: &ReplyHead,
) -> Response<ReplyBody> {
    let mut response = response(ReplyBody::whole(output), JSON, "no-store");
    let declared = function.affects().iter().copied();
    let names: Vec<_> = declared
        .chain(head.affects.iter().map(AsRef::as_ref))
        .collect();
    if names.is_empty() {
        return response;
    }
    match HeaderValue::try_from(names.join(",")) {
        Ok(names) => {
            response.headers_mut().insert(AFFECTS, names);
        }
        Err(_) => tracing::error!(
            function = function.name(),
            "what the call affects has a name that no header can hold"
        ),
    }
    response
}

/// The answer to a read, which the client may keep and ask again whether it still holds. The tag
/// is weak (RFC 9110, section 8.8.1): a hash of 64 bits.
pub(crate) fn cacheable(output: Bytes, headers: &HeaderMap) -> Response<ReplyBody> {
    let mut hasher = DefaultHasher::new();
    hasher.write(&output);
    let tag = format!("W/\"{:016x}\"", hasher.finish());
    let known = headers.get_all(header::IF_NONE_MATCH).iter().any(|tags| {
        let tags = tags.to_str().unwrap_or_default();
        tags.split(',')
            .map(str::trim)
            .any(|known| known == "*" || known.trim_start_matches("W/") == &tag[2..])
    });
    let output = if known { Bytes::new() } else { output };
    let mut response = response(ReplyBody::whole(output), JSON, "private, no-cache");
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(header::CONTENT_TYPE);
    }
    let tag = HeaderValue::try_from(tag).expect("hexadecimal digits in quotes");
    response.headers_mut().insert(header::ETAG, tag);
    response
}

/// Adds what the function set besides its output.
pub(crate) fn write_head(mut head: ReplyHead, headers: &mut HeaderMap) {
    if !head.headers.is_empty() {
        // How the reply is framed is for the server to say, also where a function passes on the
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
                "a cookie was not set: its name is not a token, or its path or domain contains `;` or \
                 control characters"
            ),
        }
    }
}

/// The value is percent-encoded. The name is not, since readers compare names byte for byte; the other parts
/// must not begin further attributes.
fn set_cookie(cookie: &Cookie<'_>) -> Option<HeaderValue> {
    let name = cookie.name();
    let mut parts = [cookie.path(), cookie.domain()].into_iter().flatten();
    if HeaderName::try_from(name).is_err() || parts.any(|part| part.contains(';')) {
        return None;
    }
    let encoded = cookie.encoded().to_string();
    let (_, rest) = encoded.split_once('=')?;
    HeaderValue::try_from(format!("{name}={rest}")).ok()
}

/// The answer to `HEAD`: with the length of what `GET` would answer (RFC 9110, section 9.3.2).
/// Some servers, such as hyper over HTTP/2, would send the body.
pub(crate) fn without_body(response: Response<ReplyBody>) -> Response<ReplyBody> {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact()
        && parts.status != StatusCode::NOT_MODIFIED
    {
        let length = HeaderValue::from(length);
        parts.headers.insert(header::CONTENT_LENGTH, length);
    }
    Response::from_parts(parts, ReplyBody::empty())
}
