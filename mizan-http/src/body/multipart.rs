//! The parts of a `multipart/form-data` body (RFC 7578), which are streamed one after the other.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use futures_util::Stream;
use http::{HeaderMap, header};
use http_body::Body;
use mizan_core::{Error, ErrorCode};
use multer::{Field, Multipart};
use parking_lot::Mutex;

use super::body_budget::BodyShare;
use super::read::{incomplete, timed_out, too_large};
use super::slow_body::SlowBodyTimeout;
use crate::quoted_string::rsplit_unquoted;
use crate::service::limits::HttpLimits;

/// The maximum number of bytes that multer receives at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// The maximum size of the headers of one part.
const MAX_PART_HEADER_BYTES: usize = 16 * 1024;

/// Reads the parts of a body within the limits.
///
/// multer reads everything that its stream has ready, and requires the stream to be `Send`. So its stream is
/// a [`ChunkSource`], which receives the next chunk of the body when multer has consumed the previous one.
pub(super) struct MultipartReader<'a, B: Body> {
    body: Pin<&'a mut B>,
    /// The unread rest of the last frame.
    frame: Option<B::Data>,
    source: ChunkSource,
    multipart: Multipart<'static>,
    timeout: SlowBodyTimeout,
    bytes_left: u64,
    parts_left: usize,
    limits: &'a HttpLimits,
}

/// One part of the body. It is read to its end before the next part.
pub(super) struct Part(Field<'static>);

impl Part {
    pub(super) fn name(&self) -> &str {
        self.0.name().unwrap_or_default()
    }

    /// Returns the file name, which is empty if the user chose no file, or `None` for a text field.
    pub(super) fn file_name(&self) -> Option<&str> {
        self.0.file_name()
    }

    /// Returns the media type that the client claims.
    pub(super) fn content_type(&self) -> &str {
        self.0.content_type().map_or("", |mime| mime.essence_str())
    }
}

impl<'a, B: Body> MultipartReader<'a, B> {
    pub(super) fn new(
        headers: &HeaderMap,
        body: Pin<&'a mut B>,
        limits: &'a HttpLimits,
    ) -> Result<Self, Error> {
        let max_bytes = max_bytes(limits);
        // A body whose announced length exceeds the limit is rejected before any of it is read.
        if body.size_hint().lower() > max_bytes {
            return Err(too_large(max_bytes));
        }
        let boundary = headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| multer::parse_boundary(value.to_str().ok()?).ok())
            .filter(|boundary| (1..=70).contains(&boundary.len()))
            .ok_or_else(|| {
                let message = "`multipart/form-data` requires a boundary of 1 to 70 characters";
                Error::new(ErrorCode::Malformed, message)
            })?;
        let source = ChunkSource::default();
        Ok(Self {
            body,
            frame: None,
            multipart: Multipart::new(source.clone(), boundary),
            source,
            timeout: SlowBodyTimeout::new(limits.body_timeout, limits.upload_timeout),
            bytes_left: max_bytes,
            parts_left: limits.max_form_parts,
            limits,
        })
    }

    /// Reads the headers of the next part.
    pub(super) async fn next(&mut self) -> Result<Option<Part>, Error> {
        let poll_field = |multipart: &mut Multipart<'static>, cx: &mut Context<'_>| {
            multipart.poll_next_field(cx)
        };
        let Some(field) = self.drive(MAX_PART_HEADER_BYTES, poll_field).await? else {
            return Ok(None);
        };
        self.parts_left = self.parts_left.checked_sub(1).ok_or_else(|| {
            let max = self.limits.max_form_parts;
            Error::new(
                ErrorCode::TooLarge,
                format!("the request has more than {max} parts"),
            )
        })?;
        if field.file_name().is_none() {
            check_has_no_file_name(field.headers())?;
        }
        Ok(Some(Part(field)))
    }

    /// Reads the next bytes of a part.
    pub(super) async fn chunk(&mut self, part: &mut Part) -> Result<Option<Bytes>, Error> {
        let poll_chunk = |_: &mut Multipart<'static>, cx: &mut Context<'_>| {
            let chunk = ready!(Pin::new(&mut part.0).poll_next(cx));
            Poll::Ready(chunk.transpose())
        };
        self.drive(usize::MAX, poll_chunk).await
    }

    /// Reads a text field of at most `bytes_left` bytes. The text counts against the memory of `share`.
    pub(super) async fn text(
        &mut self,
        part: &mut Part,
        bytes_left: &mut usize,
        share: &mut BodyShare,
    ) -> Result<String, Error> {
        let mut text = BytesMut::new();
        while let Some(chunk) = self.chunk(part).await? {
            *bytes_left = bytes_left
                .checked_sub(chunk.len())
                .ok_or_else(|| too_large(self.limits.max_body_bytes as u64))?;
            share.take_memory(chunk.len())?;
            text.extend_from_slice(&chunk);
        }
        String::from_utf8(text.into()).map_err(|_| {
            let message = "a text field is not valid UTF-8; a part with a file needs a `filename`";
            Error::new(ErrorCode::Malformed, message)
        })
    }

    /// Feeds multer until `poll` is ready or multer has received more than `max_bytes`.
    async fn drive<T>(
        &mut self,
        max_bytes: usize,
        mut poll: impl FnMut(&mut Multipart<'static>, &mut Context<'_>) -> Poll<multer::Result<T>>,
    ) -> Result<T, Error> {
        let mut fed_bytes = 0;
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(result) = poll(&mut self.multipart, cx) {
                    return Poll::Ready(result.map_err(|error| parse_error(&error)));
                }
                if fed_bytes > max_bytes {
                    return Poll::Ready(Err(too_large(MAX_PART_HEADER_BYTES as u64)));
                }
                match self.poll_body(cx) {
                    Poll::Ready(Ok(Some(chunk))) => {
                        fed_bytes += chunk.len();
                        self.source.0.lock().chunk = Some(chunk);
                    }
                    Poll::Ready(Ok(None)) => {
                        // multer still waits although it knows that the body has ended.
                        if std::mem::replace(&mut self.source.0.lock().has_ended, true) {
                            return Poll::Ready(Err(incomplete()));
                        }
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => {
                        ready!(self.timeout.poll(cx));
                        return Poll::Ready(Err(timed_out()));
                    }
                }
            }
        })
        .await
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        loop {
            if let Some(frame) = self.frame.as_mut().filter(|frame| frame.has_remaining()) {
                let chunk = frame.copy_to_bytes(frame.remaining().min(CHUNK_BYTES));
                let Some(left) = self.bytes_left.checked_sub(chunk.len() as u64) else {
                    return Poll::Ready(Err(too_large(max_bytes(self.limits))));
                };
                self.bytes_left = left;
                self.timeout.on_received(chunk.len());
                return Poll::Ready(Ok(Some(chunk)));
            }
            match ready!(self.body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => self.frame = frame.into_data().ok(),
                Some(Err(_)) => return Poll::Ready(Err(incomplete())),
                None => return Poll::Ready(Ok(None)),
            }
        }
    }
}

/// Returns the maximum size of a body with files.
fn max_bytes(limits: &HttpLimits) -> u64 {
    limits
        .max_upload_bytes
        .saturating_add(limits.max_body_bytes as u64)
}

fn parse_error(error: &multer::Error) -> Error {
    match error {
        multer::Error::ReadHeaderFailed(_)
        | multer::Error::DecodeHeaderName { .. }
        | multer::Error::DecodeHeaderValue { .. } => Error::new(
            ErrorCode::Malformed,
            "the headers of a part are malformed: names of fields and files must not contain control \
             characters such as NUL",
        ),
        _ => incomplete(),
    }
}

/// Rejects a part whose file name multer ignores, and which would thus be read as a text field.
fn check_has_no_file_name(headers: &HeaderMap) -> Result<(), Error> {
    let disposition = headers
        .get(header::CONTENT_DISPOSITION)
        .map_or(&b""[..], |value| value.as_bytes());
    let has_parameter = |wanted: &[u8]| {
        rsplit_unquoted(disposition, b';').any(|parameter| {
            let name = parameter.split(|byte| *byte == b'=').next();
            name.is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(wanted))
        })
    };
    let message = if has_parameter(b"filename*") {
        "a part names its file with `filename*`, which multipart/form-data forbids (RFC 7578, section \
         4.2): send `filename` in UTF-8 instead"
    } else if has_parameter(b"filename") {
        "the file name of a part is malformed: send `filename` in quotes and in UTF-8"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorCode::Malformed, message))
}

/// The stream that multer reads. It yields each chunk that the reader stores in it.
#[derive(Clone, Default)]
struct ChunkSource(Arc<Mutex<SourceState>>);

#[derive(Default)]
struct SourceState {
    chunk: Option<Bytes>,
    has_ended: bool,
}

impl Stream for ChunkSource {
    type Item = Result<Bytes, Infallible>;

    /// Registers no waker: the reader polls multer again after it has stored a chunk.
    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.0.lock();
        match state.chunk.take() {
            Some(chunk) => Poll::Ready(Some(Ok(chunk))),
            None if state.has_ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}
