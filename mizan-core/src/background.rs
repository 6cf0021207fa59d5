//! Work that a call leaves behind its reply.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tracing::{Instrument, Span};

use crate::error::Error;
use crate::trace::{TraceId, escape_controls};

/// The condition of a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunsAfter {
    /// The work runs after every reply.
    Reply,
    /// The work runs only after a call that succeeded.
    Success,
}

/// Work that a call leaves behind its reply: see [`Cx::after_reply`](crate::Cx::after_reply) and
/// [`Cx::after_commit`](crate::Cx::after_commit).
///
/// An adapter takes it from the [`CallReply`](super::adapter::CallReply), and runs it with
/// [`run`](Self::run) after it has sent the reply. Work that is dropped without being run is logged.
#[derive(Default)]
#[must_use]
pub struct BackgroundWork(Vec<PendingWork>);

struct PendingWork {
    runs_after: RunsAfter,
    work: BoxFuture<'static, Result<(), Error>>,
    /// A child of the span that added the work.
    span: Span,
    _queued: QueuedWork,
}

/// A piece of work in the gauge of queued work, until it is dropped.
struct QueuedWork;

impl QueuedWork {
    fn new() -> Self {
        metrics::gauge!("mizan_background_queued").increment(1.0);
        Self
    }
}

impl Drop for QueuedWork {
    fn drop(&mut self) {
        metrics::gauge!("mizan_background_queued").decrement(1.0);
    }
}

impl BackgroundWork {
    pub(crate) fn push(
        &mut self,
        runs_after: RunsAfter,
        work: impl Future<Output = Result<(), Error>> + Send + 'static,
    ) {
        self.0.push(PendingWork {
            runs_after,
            work: Box::pin(work),
            span: tracing::info_span!(
                target: "mizan::call",
                "mizan.background",
                otel.kind = "internal",
                otel.status_code = tracing::field::Empty,
                rpc.method = tracing::field::Empty,
                error.r#type = tracing::field::Empty,
            ),
            _queued: QueuedWork::new(),
        });
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Removes the work that runs only after a call that succeeded.
    pub(crate) fn call_failed(&mut self) {
        self.0.retain(|pending| {
            let runs = pending.runs_after == RunsAfter::Reply;
            if !runs {
                pending.span.record("error.type", "cancelled");
            }
            runs
        });
    }

    /// Returns `true` if there is no work.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Runs the work in the order in which the call added it.
    ///
    /// Errors and panics are logged with `function`, the name of the function, and do not affect the work
    /// that follows. `within` is called with each piece of work, to apply a deadline: it returns `None` if
    /// the work has exceeded it.
    pub async fn run<F>(
        mut self,
        function: &str,
        within: impl Fn(BoxFuture<'static, Result<(), Error>>) -> F,
    ) where
        F: Future<Output = Option<Result<(), Error>>>,
    {
        for pending in std::mem::take(&mut self.0) {
            let span = pending.span;
            span.record("rpc.method", function);
            let started = Instant::now();
            let work = AssertUnwindSafe(pending.work)
                .catch_unwind()
                .map(|result| result.unwrap_or_else(|panic| Err(Error::from_panic(&*panic))));
            let outcome = within(work.boxed()).instrument(span.clone()).await;
            let outcome = span.in_scope(|| log_outcome(function, outcome));
            if outcome != "ok" {
                span.record("otel.status_code", "ERROR");
                span.record("error.type", outcome);
            }
            metrics::histogram!(
                "mizan_background_duration_seconds",
                "function" => function.to_owned(),
                "outcome" => outcome,
            )
            .record(started.elapsed().as_secs_f64());
        }
    }

    /// Runs the work without a deadline.
    pub(crate) async fn run_to_end(self, function: &str) {
        self.run(function, |work| work.map(Some)).await;
    }
}

/// Logs a failure. Returns the name of the outcome.
fn log_outcome(function: &str, outcome: Option<Result<(), Error>>) -> &'static str {
    match outcome {
        Some(Ok(())) => "ok",
        Some(Err(error)) => {
            let error_id = TraceId::current().unwrap_or_else(TraceId::random);
            let error = format!("{error:?}");
            let error = escape_controls(&error);
            tracing::error!(function, %error_id, %error, "the work after a reply failed");
            "error"
        }
        None => {
            tracing::error!(function, "the work after a reply exceeded its deadline");
            "deadline_exceeded"
        }
    }
}

impl Drop for BackgroundWork {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            tracing::warn!(
                pieces = self.0.len(),
                "dropping the work after a reply, because the call ended without one"
            );
        }
    }
}

/// Writes the number of pieces.
impl fmt::Debug for BackgroundWork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BackgroundWork({})", self.0.len())
    }
}
