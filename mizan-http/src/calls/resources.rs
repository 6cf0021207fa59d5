//! The resources that a call holds, until its reply, its stream or its work in the background ends.

use std::sync::Arc;
use std::time::Duration;

use mizan_core::RequestHead;
use mizan_core::adapter::BackgroundWork;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;

use crate::body::body_budget::RetainedShare;
use crate::client_budget::Share;
use crate::timeout::LazyTimeout;

/// The shares of the limits that a call holds while it runs.
pub(super) struct CallResources {
    _permit: OwnedSemaphorePermit,
    _share: Share,
    _body: Option<RetainedShare>,
    _in_progress: CallInProgress,
}

impl CallResources {
    pub(super) fn new(
        permit: OwnedSemaphorePermit,
        share: Share,
        body: Option<RetainedShare>,
    ) -> Self {
        Self {
            _permit: permit,
            _share: share,
            _body: body,
            _in_progress: CallInProgress::new(),
        }
    }
}

/// A call in the gauge of calls in progress, until it is dropped.
struct CallInProgress;

impl CallInProgress {
    fn new() -> Self {
        metrics::gauge!("mizan_http_calls_in_progress").increment(1.0);
        Self
    }
}

impl Drop for CallInProgress {
    fn drop(&mut self) {
        metrics::gauge!("mizan_http_calls_in_progress").decrement(1.0);
    }
}

/// Runs the work that a call leaves behind its reply.
#[derive(Clone, Copy)]
pub(super) struct BackgroundRunner {
    pub(super) function: &'static str,
    pub(super) deadline: Duration,
}

impl BackgroundRunner {
    /// Starts the work in a task.
    pub(super) fn spawn(self, runtime: &Handle, work: BackgroundWork, resources: CallResources) {
        runtime.spawn(self.run(work, resources));
    }

    /// Runs the work. It counts as a call until it ends, so that the limits of calls bound it, and
    /// [`CallRunner::wait_idle`] waits for it.
    pub(super) async fn run(self, work: BackgroundWork, resources: CallResources) {
        let CallResources {
            _permit,
            _share,
            _body: body,
            _in_progress,
        } = resources;
        drop(body);
        let within = |work| LazyTimeout::new(self.deadline, work);
        work.run(self.function, within).await;
    }
}

/// The shares of the limits that a stream holds until it ends.
pub(crate) struct StreamResources {
    pub(super) resources: CallResources,
    pub(super) background: BackgroundRunner,
    pub(super) head: Arc<RequestHead>,
}

impl StreamResources {
    /// Returns the name of the function.
    pub(crate) fn function(&self) -> &'static str {
        self.background.function
    }

    /// Signals to the function that its client has left.
    pub(crate) fn cancel(&self) {
        self.head.cancellation().cancel();
    }

    /// Runs the work that the function left behind its stream.
    pub(crate) fn run_background(self, work: BackgroundWork) {
        if !work.is_empty()
            && let Ok(runtime) = Handle::try_current()
        {
            self.background.spawn(&runtime, work, self.resources);
        }
    }
}
