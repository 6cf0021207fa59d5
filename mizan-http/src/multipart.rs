//! The parts of a `multipart/form-data` body (RFC 7578), one after the other and never held whole.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use futures_util::Stream;
use http::{HeaderMap, header};
use http_body::Body;
use mizan_core::{Error, ErrorCode};
use multer::{Field, Multipart};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::body::{broken_off, late, too_large};
use crate::body_budget::BodyShare;
use crate::config::Limits;
use crate::quoted::rsplit_unquoted;

/// How much of a body is looked at at a time.
const PIECE: usize = 64 * 1024;
/// How long the headers of one part may be.
const HEADERS: usize = 16 * 1024;
/// Stands for a time limit that no clock can hold.
const FAR_FUTURE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads the parts of a body within the limits.
///
/// multer takes all that its stream has ready, and only streams that may cross threads. So its
/// stream is a [`Feed`], which gets one piece of the body whenever multer can do nothing more with
/// what it has.
pub(crate) struct Parts<'a, B: Body> {
    body: Pin<&'a mut B>,
    /// The rest of the frame that came last.
    frame: Option<B::Data>,
    feed: Feed,
    multipart: Multipart<'static>,
    pace: Pace,
    /// How many bytes, and how many parts, may still come.
    bytes_left: u64,
    parts_left: usize,
    limits: &'a Limits,
}

/// One part. It is read to its end before the next.
pub(crate) struct Part(Field<'static>);

impl Part {
    pub(crate) fn name(&self) -> &str {
        self.0.name().unwrap_or_default()
    }

    /// What the client calls the file; empty where the user chose none, nothing for text.
    pub(crate) fn file_name(&self) -> Option<&str> {
        self.0.file_name()
    }

    /// What the client says that it is.
    pub(crate) fn content_type(&self) -> &str {
        self.0.content_type().map_or("", |mime| mime.essence_str())
    }
}

impl<'a, B: Body> Parts<'a, B> {
    pub(crate) fn new(
        headers: &HeaderMap,
        body: Pin<&'a mut B>,
        limits: &'a Limits,
    ) -> Result<Self, Error> {
        let most = limits.upload_bytes.saturating_add(limits.body_bytes as u64);
        // What announces itself as too large is refused before anything is read of it.
        if body.size_hint().lower() > most {
            return Err(too_large(most));
        }
        let content_type = headers.get(header::CONTENT_TYPE);
        let boundary = content_type
            .and_then(|value| multer::parse_boundary(value.to_str().ok()?).ok())
            .filter(|boundary| (1..=70).contains(&boundary.len()))
            .ok_or_else(|| {
                let message = "`multipart/form-data` needs a boundary of 1 to 70 characters";
                Error::new(ErrorCode::Malformed, message)
            })?;
        let feed = Feed::default();
        Ok(Self {
            body,
            frame: None,
            multipart: Multipart::new(feed.clone(), boundary),
            feed,
            pace: Pace::new(limits.body_timeout, limits.upload_timeout),
            bytes_left: most,
            parts_left: limits.parts,
            limits,
        })
    }

    /// The next part.
    pub(crate) async fn next(&mut self) -> Result<Option<Part>, Error> {
        let next = |multipart: &mut Multipart<'static>, cx: &mut Context<'_>| {
            multipart.poll_next_field(cx)
        };
        let Some(field) = self.drive(HEADERS, next).await? else {
            return Ok(None);
        };
        let Some(left) = self.parts_left.checked_sub(1) else {
            let most = self.limits.parts;
            return Err(Error::new(
                ErrorCode::TooLarge,
                format!("a request has at most {most} parts"),
            ));
        };
        self.parts_left = left;
        if field.file_name().is_none() {
            check_no_file_name(field.headers())?;
        }
        Ok(Some(Part(field)))
    }

    /// The next bytes of a part.
    pub(crate) async fn chunk(&mut self, part: &mut Part) -> Result<Option<Bytes>, Error> {
        let next = |_: &mut Multipart<'static>, cx: &mut Context<'_>| {
            let chunk = ready!(Pin::new(&mut part.0).poll_next(cx));
            Poll::Ready(chunk.transpose())
        };
        self.drive(usize::MAX, next).await
    }

    /// The whole of a part of text, of which `left` bytes may come. It takes memory of `share`.
    pub(crate) async fn text(
        &mut self,
        part: &mut Part,
        left: &mut usize,
        share: &mut BodyShare,
    ) -> Result<String, Error> {
        let mut text = BytesMut::new();
        while let Some(chunk) = self.chunk(part).await? {
            *left = left
                .checked_sub(chunk.len())
                .ok_or_else(|| too_large(self.limits.body_bytes as u64))?;
            share.take_memory(chunk.len())?;
            text.extend_from_slice(&chunk);
        }
        String::from_utf8(text.into()).map_err(|_| {
            let message = "a field of the form is not UTF-8; a file needs a file name";
            Error::new(ErrorCode::Malformed, message)
        })
    }

    /// Feeds multer until it has what is asked for, or has had `most` bytes.
    async fn drive<T>(
        &mut self,
        most: usize,
        mut poll: impl FnMut(&mut Multipart<'static>, &mut Context<'_>) -> Poll<multer::Result<T>>,
    ) -> Result<T, Error> {
        let mut fed = 0;
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(result) = poll(&mut self.multipart, cx) {
                    return Poll::Ready(result.map_err(|error| unreadable(&error)));
                }
                if fed > most {
                    return Poll::Ready(Err(too_large(HEADERS as u64)));
                }
                match self.poll_piece(cx) {
                    Poll::Ready(Ok(Some(piece))) => {
                        fed += piece.len();
                        self.feed.state().piece = Some(piece);
                    }
                    Poll::Ready(Ok(None)) => {
                        // It waits for what will not come any more.
                        if std::mem::replace(&mut self.feed.state().has_ended, true) {
                            return Poll::Ready(Err(broken_off()));
                        }
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Pending => {
                        ready!(self.pace.poll(cx));
                        return Poll::Ready(Err(late()));
                    }
                }
            }
        })
        .await
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        loop {
            if let Some(frame) = self.frame.as_mut().filter(|frame| frame.has_remaining()) {
                let piece = frame.copy_to_bytes(frame.remaining().min(PIECE));
                let Some(left) = self.bytes_left.checked_sub(piece.len() as u64) else {
                    let most = self.limits.upload_bytes + self.limits.body_bytes as u64;
                    return Poll::Ready(Err(too_large(most)));
                };
                self.bytes_left = left;
                self.pace.arrived(piece.len());
                return Poll::Ready(Ok(Some(piece)));
            }
            match ready!(self.body.as_mut().poll_frame(cx)) {
                Some(Ok(frame)) => self.frame = frame.into_data().ok(),
                Some(Err(_)) => return Poll::Ready(Err(broken_off())),
                None => return Poll::Ready(Ok(None)),
            }
        }
    }
}

fn unreadable(error: &multer::Error) -> Error {
    match error {
        multer::Error::ReadHeaderFailed(_)
        | multer::Error::DecodeHeaderName { .. }
        | multer::Error::DecodeHeaderValue { .. } => Error::new(
            ErrorCode::Malformed,
            "the headers of a part are malformed: the names of fields and files have no control \
             characters such as NUL",
        ),
        _ => broken_off(),
    }
}

/// Refuses a file whose name multer does not read, which would be taken for text.
fn check_no_file_name(headers: &HeaderMap) -> Result<(), Error> {
    let disposition = headers.get(header::CONTENT_DISPOSITION);
    let disposition = disposition.map_or(&b""[..], |value| value.as_bytes());
    let has = |wanted: &[u8]| {
        rsplit_unquoted(disposition, b';').any(|parameter| {
            let name = parameter.split(|byte| *byte == b'=').next();
            name.is_some_and(|name| name.trim_ascii().eq_ignore_ascii_case(wanted))
        })
    };
    let message = if has(b"filename*") {
        "a part names its file with `filename*`, which multipart/form-data does not have (RFC 7578, \
         section 4.2): send `filename` alone, in UTF-8"
    } else if has(b"filename") {
        "the file name of a part is malformed: send `filename` in quotes and in UTF-8"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorCode::Malformed, message))
}

/// What multer reads: the piece that was put there last.
#[derive(Clone, Default)]
struct Feed(Arc<Mutex<FeedState>>);

#[derive(Default)]
struct FeedState {
    piece: Option<Bytes>,
    has_ended: bool,
}

impl Feed {
    fn state(&self) -> MutexGuard<'_, FeedState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stream for Feed {
    type Item = Result<Bytes, Infallible>;

    /// Wakes nobody: whoever feeds it asks again.
    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.state();
        match state.piece.take() {
            Some(piece) => Poll::Ready(Some(Ok(piece))),
            None if state.has_ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

/// How slowly a body may come: a client that sends a byte now and then would hold its connection
/// and its files for as long as it likes.
struct Pace {
    limit: Duration,
    arrived: usize,
    /// When the next bytes have to be there.
    end: Option<Pin<Box<Sleep>>>,
    /// When all of it has to be there.
    last: Instant,
}

impl Pace {
    /// What has to arrive within each span of the limit.
    const SPAN: usize = 16 * 1024;

    fn new(limit: Duration, total: Duration) -> Self {
        let now = Instant::now();
        Self {
            limit,
            arrived: 0,
            end: None,
            last: now.checked_add(total).unwrap_or(now + FAR_FUTURE),
        }
    }

    fn arrived(&mut self, bytes: usize) {
        self.arrived += bytes;
        if self.arrived >= Self::SPAN {
            self.arrived = 0;
            self.end = None;
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let (limit, last) = (self.limit, self.last);
        let end = self.end.get_or_insert_with(|| {
            let next = Instant::now().checked_add(limit).unwrap_or(last);
            Box::pin(sleep_until(next.min(last)))
        });
        end.as_mut().poll(cx)
    }
}
