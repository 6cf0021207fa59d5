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
) -> Result<Bytes, Error> {
    check_encoding(headers)?;
    let content_type = headers.get(header::CONTENT_TYPE);
    if content_type.is_some_and(|content_type| !is_json(content_type)) {
        return Err(not_json());
    }
    let limit = limits.body_bytes;
    // What announces itself as too large is refused before anything is read of it.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large(limit));
    }
    let collected = Within::new(limits.body_timeout, pin!(collect(body, limit))).await;
    let body = collected.unwrap_or_else(|| {
        Err(Error::new(
            ErrorCode::RequestTimeout,
            "the body of the request did not arrive in time",
        ))
    })?;
    if content_type.is_none() && !body.is_empty() {
        return Err(not_json());
    }
    Ok(body)
}

async fn collect<B: Body>(body: B, limit: usize) -> Result<Bytes, Error> {
    let mut body = pin!(body);
    // Nearly all bodies come in one piece, which is not copied.
    let mut first = Bytes::new();
    let mut further = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|_| Error::new(ErrorCode::Malformed, "the body of the request broke off"))?;
        let Ok(mut data) = frame.into_data() else {
            continue;
        };
        if data.remaining() > limit - first.len() - further.len() {
            return Err(too_large(limit));
        }
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

fn too_large(limit: usize) -> Error {
    Error::new(
        ErrorCode::TooLarge,
        format!("the request is larger than {limit} bytes"),
    )
}

fn not_json() -> Error {
    Error::new(
        ErrorCode::UnsupportedMediaType,
        "send JSON, with `content-type: application/json`",
    )
}

fn check_encoding(headers: &HeaderMap) -> Result<(), Error> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding != "identity" => Err(Error::new(
            ErrorCode::UnsupportedMediaType,
            "send the body without a content encoding",
        )),
        _ => Ok(()),
    }
}

fn is_json(content_type: &HeaderValue) -> bool {
    let essence = content_type.as_bytes().split(|&byte| byte == b';').next();
    essence.is_some_and(|essence| {
        essence
            .trim_ascii()
            .eq_ignore_ascii_case(b"application/json")
    })
}
