//! Work that a call leaves behind its reply.

use std::fmt;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tracing::Instrument;

use crate::error::Error;

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
pub struct BackgroundWork(Vec<(RunsAfter, BoxFuture<'static, Result<(), Error>>)>);

impl BackgroundWork {
    pub(crate) fn push(
        &mut self,
        runs_after: RunsAfter,
        work: impl Future<Output = Result<(), Error>> + Send + 'static,
    ) {
        self.0.push((runs_after, Box::pin(work.in_current_span())));
    }

    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Removes the work that runs only after a call that succeeded.
    pub(crate) fn call_failed(&mut self) {
        self.0
            .retain(|(runs_after, _)| *runs_after == RunsAfter::Reply);
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
        for (_, work) in std::mem::take(&mut self.0) {
            let work = AssertUnwindSafe(work)
                .catch_unwind()
                .map(|result| result.unwrap_or_else(|panic| Err(Error::from_panic(&*panic))));
            match within(work.boxed()).await {
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    tracing::error!(function, ?error, "the work after a reply failed");
                }
                None => tracing::error!(function, "the work after a reply exceeded its deadline"),
            }
        }
    }

    /// Runs the work without a deadline.
    pub(crate) async fn run_to_end(self, function: &str) {
        self.run(function, |work| work.map(Some)).await;
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
