//! The stream of a dispatched call, type-erased and observed until its end.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{Stream, StreamExt};

use crate::background::BackgroundWork;
use crate::cx::Cx;
use crate::error::Error;
use crate::invalidation::{Invalidation, InvalidationObservers};
use crate::trace::StreamObserver;

/// The parts that a function streams to a client, as JSON.
///
/// An adapter polls it only when its transport accepts the next part, which is the backpressure of the
/// function. It ends after the first error. Dropping it drops the function, which counts as cancelled. A panic
/// of the function is an internal error. After the end, [`finish`](Self::finish) returns what remains to be done.
pub struct CallStream {
    parts: BoxStream<'static, Result<Bytes, Error>>,
    cx: Cx,
    function: &'static str,
    /// The queries that the function declares to invalidate.
    declared: Vec<Invalidation>,
    observer: StreamObserver,
    /// `Some(true)` after an end without an error.
    succeeded: Option<bool>,
}

/// The end of a stream: everything that the function leaves behind.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct StreamEnd {
    /// The queries and contexts to invalidate. The stream of a mutation has declared ones only if it succeeded.
    pub affects: Vec<Invalidation>,
    /// The work that the function left behind. The adapter runs it.
    pub background: BackgroundWork,
}

impl CallStream {
    pub(crate) fn new(
        parts: BoxStream<'static, Result<Bytes, Error>>,
        cx: Cx,
        function: &'static str,
        observer: StreamObserver,
    ) -> Self {
        Self {
            parts,
            cx,
            function,
            declared: Vec::new(),
            observer,
            succeeded: None,
        }
    }

    pub(crate) fn set_declared(&mut self, declared: Vec<Invalidation>) {
        self.declared = declared;
    }

    /// Ends the stream on behalf of the adapter with `error`, which the log and the metrics then have as its
    /// outcome. Returns the error for the client.
    pub fn fail(&mut self, error: Error) -> Error {
        if self.succeeded.is_none() {
            self.parts = futures_util::stream::empty().boxed();
            self.cx.cancellation().cancel();
            self.succeeded = Some(false);
            self.observer.end(Err(error.code()));
        }
        error
    }

    /// Returns what the function left behind. Notifies the observers of invalidations.
    #[must_use]
    pub fn finish(self) -> StreamEnd {
        let succeeded = self.succeeded.unwrap_or(false);
        let background = self.cx.take_background(succeeded);
        let mut affects = self.cx.take_reply_head().affects;
        if succeeded {
            affects.splice(..0, self.declared);
        }
        // The publisher has accepted them, also if the future is dropped.
        drop(InvalidationObservers::notify_in(
            self.cx.shared_state(),
            &affects,
        ));
        StreamEnd {
            affects,
            background,
        }
    }
}

impl Stream for CallStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if this.succeeded.is_some() {
            return Poll::Ready(None);
        }
        let poll = || this.parts.poll_next_unpin(task);
        let polled = this
            .observer
            .in_scope(|| catch_unwind(AssertUnwindSafe(poll)));
        let part = match polled {
            Ok(part) => ready!(part),
            Err(panic) => Some(Err(Error::from_panic(&*panic))),
        };
        Poll::Ready(match part {
            Some(Ok(part)) => {
                this.observer.count(part.len());
                Some(Ok(part))
            }
            Some(Err(error)) => {
                this.parts = futures_util::stream::empty().boxed();
                this.succeeded = Some(false);
                let error = this
                    .observer
                    .in_scope(|| error.logged_in(this.function, this.cx.head()));
                this.observer.end(Err(error.code()));
                Some(Err(error))
            }
            None => {
                this.succeeded = Some(true);
                this.observer.end(Ok(()));
                None
            }
        })
    }
}

impl fmt::Debug for CallStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallStream({})", self.function)
    }
}
