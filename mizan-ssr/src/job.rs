use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::crew::{Crew, GRACE, Lost};
use crate::engine::Interrupter;
use crate::error::{RenderError, RenderErrorKind};
use crate::functions::Calls;
use crate::lock::locked;
use crate::renderer::Rendered;
use crate::watchdog::{Watch, Watched};

/// One render that somebody waits for.
pub(crate) struct Job {
    /// The module's id.
    pub(crate) id: Arc<str>,
    /// A JSON object.
    pub(crate) props: String,
    pub(crate) nonce: Option<String>,
    /// How it calls functions, where it may.
    pub(crate) calls: Option<Calls>,
    /// What happens when it is overdue, in the queue or on a thread that is stuck.
    pub(crate) overdue: Arc<Overdue>,
    /// Until it is dropped with the job.
    pub(crate) watch: Watch,
}

/// Ends a job whose deadline has come, and answers in place of a thread that does not even then.
pub(crate) struct Overdue {
    /// The component's path as the caller named it, for messages.
    pub(crate) path: String,
    after: Duration,
    pub(crate) deadline: Instant,
    pub(crate) output: Output,
    progress: Mutex<Progress>,
}

/// How far a job is.
#[derive(Default)]
struct Progress {
    /// On which thread it is.
    thread: Option<(Arc<Crew>, Lost)>,
    /// Ends its code, while that runs: a late call never reaches the render that comes after.
    interrupter: Option<Interrupter>,
    late: bool,
}

impl Overdue {
    pub(crate) fn new(path: String, after: Duration, deadline: Instant, output: Output) -> Self {
        Self {
            path,
            after,
            deadline,
            output,
            progress: Mutex::default(),
        }
    }

    /// A thread has it; whether it is in time.
    pub(crate) fn take(&self, crew: &Arc<Crew>, lost: &Lost) -> bool {
        let mut progress = locked(&self.progress);
        progress.thread = Some((Arc::clone(crew), Arc::clone(lost)));
        !progress.late
    }

    /// Its code begins; whether it is in time.
    pub(crate) fn begin(&self, interrupter: Interrupter) -> bool {
        let mut progress = locked(&self.progress);
        progress.interrupter = Some(interrupter);
        !progress.late
    }

    /// Its code has ended; whether it was in time.
    pub(crate) fn end(&self) -> bool {
        let mut progress = locked(&self.progress);
        progress.interrupter = None;
        !progress.late
    }

    pub(crate) fn error(&self) -> RenderError {
        let (path, after) = (self.path.clone(), self.after);
        RenderErrorKind::DeadlineExceeded { path, after }.into()
    }

    /// Answers whoever waits.
    pub(crate) fn tell(&self) {
        match &self.output {
            Output::Whole(reply) => send(reply, Err(self.error())),
            // Whether anybody still reads does not matter.
            Output::Stream(parts) => drop(parts.send(Err(self.error()))),
        }
    }
}

impl Watched for Overdue {
    fn overdue(&self) -> Option<Instant> {
        let mut progress = locked(&self.progress);
        if progress.late {
            self.tell();
            if let Some((crew, lost)) = &progress.thread {
                crew.replace(lost, &self.path);
            }
            return None;
        }
        progress.late = true;
        if let Some(interrupt) = &progress.interrupter {
            interrupt();
        }
        Some(self.deadline + GRACE)
    }
}

pub(crate) fn send(reply: &Reply, result: Result<Rendered, RenderError>) {
    if let Some(reply) = locked(reply).take() {
        // Who no longer waits gets nothing.
        let _ = reply.send(result);
    }
}

/// Who waits, and for what.
pub(crate) enum Output {
    Whole(Reply),
    Stream(Parts),
}

/// Taken by whoever answers first.
pub(crate) type Reply = Mutex<Option<oneshot::Sender<Result<Rendered, RenderError>>>>;

/// Where a stream's parts go.
pub(crate) type Parts = mpsc::UnboundedSender<Result<Part, RenderError>>;

/// What a stream sends at once.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) markup: Bytes,
    /// The style sheets that the shell needs, with the first part alone.
    pub(crate) styles: Vec<String>,
}
