//! Request bodies that are read into memory, within the limits of size and time.

use std::pin::pin;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header};
use http_body::Body;
use http_body_util::BodyExt;
use mizan_core::{Error, ErrorCode};

use super::body_budget::BodyShare;
use crate::service::limits::HttpLimits;
use crate::timeout::LazyTimeout;

/// Reads a JSON body.
pub(crate) async fn read_json<B: Body>(
    headers: &HeaderMap,
    body: B,
    limits: &HttpLimits,
    share: &mut BodyShare,
) -> Result<Bytes, Error> {
    let has_type = headers.contains_key(header::CONTENT_TYPE);
    if has_type && !has_content_type(headers, b"application/json") {
        return Err(not_json());
    }
    let body = read_bytes(headers, body, limits, share).await?;
    if !has_type && !body.is_empty() {
        return Err(not_json());
    }
    Ok(body)
}

/// Reads a body of any type.
pub(crate) async fn read_bytes<B: Body>(
    headers: &HeaderMap,
    body: B,
    limits: &HttpLimits,
    share: &mut BodyShare,
) -> Result<Bytes, Error> {
    check_encoding(headers)?;
    let limit = limits.max_body_bytes;
    // A body whose announced length exceeds the limit is rejected before any of it is read.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit as u64));
    }
    LazyTimeout::new(limits.body_timeout, pin!(collect(body, limit, share)))
        .await
        .unwrap_or_else(|| Err(timed_out()))
}

async fn collect<B: Body>(body: B, limit: usize, share: &mut BodyShare) -> Result<Bytes, Error> {
    let mut body = pin!(body);
    // Most bodies arrive in one frame, which is not copied.
    let mut first = Bytes::new();
    let mut joined = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| incomplete())?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        if data.remaining() > limit - first.len() - joined.len() {
            return Err(too_large(limit as u64));
        }
        share.take_memory(data.remaining())?;
        if first.is_empty() && joined.is_empty() {
            first = data.copy_to_bytes(data.remaining());
        } else {
            joined.put(std::mem::take(&mut first));
            joined.put(data);
        }
    }
    Ok(if joined.is_empty() {
        first
    } else {
        joined.freeze()
    })
}

pub(super) fn too_large(limit: u64) -> Error {
    Error::new(
        ErrorCode::TooLarge,
        format!("the request body is larger than {limit} bytes"),
    )
}

pub(super) fn incomplete() -> Error {
    Error::new(
        ErrorCode::Malformed,
        "the request body is incomplete or malformed",
    )
}

pub(super) fn timed_out() -> Error {
    Error::new(
        ErrorCode::RequestTimeout,
        "reading the request body timed out",
    )
}

fn not_json() -> Error {
    Error::new(
        ErrorCode::UnsupportedMediaType,
        "send JSON with `content-type: application/json`",
    )
}

pub(super) fn check_encoding(headers: &HeaderMap) -> Result<(), Error> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            "compressed request bodies are not supported: send the body without `content-encoding`",
        )),
        _ => Ok(()),
    }
}

/// Returns whether the body has this media type, ignoring parameters such as `charset`.
pub(super) fn has_content_type(headers: &HeaderMap, content_type: &[u8]) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .map(HeaderValue::as_bytes)
        .and_then(|value| value.split(|&byte| byte == b';').next())
        .is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(content_type))
}
