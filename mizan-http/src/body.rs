use std::convert::Infallible;
use std::fmt;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use mizan_core::{Error, ErrorCode};
use tokio::task::JoinSet;

use crate::body_budget::BodyShare;
use crate::config::Limits;
use crate::within::Within;

/// The body of a reply: whole, or line by line as a batch's calls finish.
pub struct ReplyBody(Kind);

enum Kind {
    Whole(Bytes),
    Lines(JoinSet<Bytes>),
}

impl ReplyBody {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self(Kind::Whole(bytes))
    }

    pub(crate) fn empty() -> Self {
        Self::whole(Bytes::new())
    }

    /// The lines that the tasks answer with, in the order in which they end.
    pub(crate) fn lines(lines: JoinSet<Bytes>) -> Self {
        Self(Kind::Lines(lines))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Kind::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            // A task fails when the runtime shuts down: the client sees that lines are missing.
            Kind::Lines(lines) => lines
                .poll_join_next(cx)
                .map(|line| Some(Ok(Frame::data(line?.ok()?)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.0, Kind::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Lines(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for ReplyBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Whole(bytes) => write!(f, "ReplyBody({} bytes)", bytes.len()),
            Kind::Lines(_) => f.write_str("ReplyBody(lines)"),
        }
    }
}

/// Reads a request's JSON body, within the limits.
pub(crate) async fn read<B: Body>(
    headers: &HeaderMap,
    body: B,
    limits: &Limits,
    share: &mut BodyShare,
) -> Result<Bytes, Error> {
    let is_typed = headers.contains_key(header::CONTENT_TYPE);
    if is_typed && !is_type(headers, b"application/json") {
        return Err(not_json());
    }
    let body = read_any(headers, body, limits, share).await?;
    if !is_typed && !body.is_empty() {
        return Err(not_json());
    }
    Ok(body)
}

/// Reads a request's body, whatever it is, within the limits.
pub(crate) async fn read_any<B: Body>(
    headers: &HeaderMap,
    body: B,
    limits: &Limits,
    share: &mut BodyShare,
) -> Result<Bytes, Error> {
    check_encoding(headers)?;
    let limit = limits.body_bytes;
    // What announces itself as too large is refused before anything is read of it.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit as u64));
    }
    let collected = Within::new(limits.body_timeout, pin!(collect(body, limit, share))).await;
    collected.unwrap_or_else(|| Err(late()))
}

async fn collect<B: Body>(body: B, limit: usize, share: &mut BodyShare) -> Result<Bytes, Error> {
    let mut body = pin!(body);
    // Nearly all bodies come in one piece, which is not copied.
    let mut first = Bytes::new();
    let mut further = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| broken_off())?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        if data.remaining() > limit - first.len() - further.len() {
            return Err(too_large(limit as u64));
        }
        share.take_memory(data.remaining())?;
        if first.is_empty() && further.is_empty() {
            first = data.copy_to_bytes(data.remaining());
        } else {
            further.put(std::mem::take(&mut first));
            further.put(data);
        }
    }
    Ok(if further.is_empty() {
        first
    } else {
        further.freeze()
    })
}

pub(crate) fn too_large(limit: u64) -> Error {
    Error::new(
        ErrorCode::TooLarge,
        format!("the request is larger than {limit} bytes"),
    )
}

pub(crate) fn broken_off() -> Error {
    Error::new(ErrorCode::Malformed, "the body of the request broke off")
}

pub(crate) fn late() -> Error {
    Error::new(
        ErrorCode::RequestTimeout,
        "the body of the request did not arrive in time",
    )
}

fn not_json() -> Error {
    Error::new(
        ErrorCode::UnsupportedMediaType,
        "send JSON, with `content-type: application/json`",
    )
}

pub(crate) fn check_encoding(headers: &HeaderMap) -> Result<(), Error> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            "send the body without a content encoding",
        )),
        _ => Ok(()),
    }
}

/// Whether the body is of this type, whatever its parameters.
pub(crate) fn is_type(headers: &HeaderMap, content_type: &[u8]) -> bool {
    let value = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let essence = value.and_then(|value| value.split(|&byte| byte == b';').next());
    essence.is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(content_type))
}
