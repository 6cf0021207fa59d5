//! The deadline of a job: interrupts its code, and replies on behalf of a thread that is stuck.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::abandon::AbandonThread;
use super::settings::{INTERRUPT_DELAY, STUCK_DELAY};
use super::watchdog::Watched;
use crate::engine::Interrupter;
use crate::error::{RenderError, RenderErrorKind};
use crate::output::{RenderChunk, Rendered};

/// The deadline of a job: interrupts its code, and replies on behalf of a thread that is stuck.
pub(crate) struct JobDeadline {
    /// The component's path as the caller specified it, for messages.
    pub(crate) path: String,
    timeout: Duration,
    pub(crate) at: Instant,
    /// The destination of the markup. Not set while the render runs on the thread of its caller.
    pub(crate) output: OnceLock<JobOutput>,
    progress: Mutex<Progress>,
}

#[derive(Default)]
struct Progress {
    /// Set while a thread has the job.
    abandon_thread: Option<AbandonThread>,
    /// Set while JavaScript runs, so that a late interruption does not reach the next render.
    interrupter: Option<Interrupter>,
    /// The progress of a render on the thread of its caller, whose time there is limited.
    caller_time: CallerTime,
    expired: bool,
}

/// The time of a render on the thread of its caller.
#[derive(Clone, Copy, Default, PartialEq)]
enum CallerTime {
    /// The render runs in the pool.
    #[default]
    Unlimited,
    Limited,
    Exceeded,
}

/// The destination of a job's markup.
pub(crate) enum JobOutput {
    Whole(Reply),
    Stream(ChunkQueue),
}

/// The channel of a reply, taken by the first sender.
pub(crate) type Reply = Mutex<Option<oneshot::Sender<Result<Rendered, RenderError>>>>;

/// The channel of a stream's chunks.
pub(crate) type ChunkQueue = mpsc::UnboundedSender<Result<RenderChunk, RenderError>>;

impl JobDeadline {
    pub(crate) fn new(path: String, timeout: Duration, at: Instant) -> Self {
        Self {
            path,
            timeout,
            at,
            output: OnceLock::new(),
            progress: Mutex::default(),
        }
    }

    /// Sets the destination of the markup.
    pub(crate) fn set_output(&self, output: JobOutput) {
        // A render gets its output once, when it enters the pool.
        let _ = self.output.set(output);
    }

    /// Limits the time on the caller's thread, or ends this limit.
    pub(super) fn limit_caller_time(&self, is_limited: bool) {
        self.progress.lock().caller_time = if is_limited {
            CallerTime::Limited
        } else {
            CallerTime::Unlimited
        };
    }

    /// Returns whether the code was interrupted because its time on the caller's thread was over.
    pub(super) fn exceeded_caller_time(&self) -> bool {
        let progress = self.progress.lock();
        progress.caller_time == CallerTime::Exceeded && !progress.expired
    }

    /// Records the thread that has the job. Returns `false` if the deadline has expired.
    pub(super) fn assign_thread(&self, abandon: AbandonThread) -> bool {
        let mut progress = self.progress.lock();
        progress.abandon_thread = Some(abandon);
        !progress.expired
    }

    /// Records that JavaScript runs. Returns `false` if the deadline has expired.
    pub(super) fn code_started(&self, interrupter: Interrupter) -> bool {
        let mut progress = self.progress.lock();
        progress.interrupter = Some(interrupter);
        !progress.expired
    }

    /// Records that JavaScript has stopped. Returns `false` if it was interrupted.
    pub(super) fn code_stopped(&self) -> bool {
        let mut progress = self.progress.lock();
        progress.interrupter = None;
        !progress.expired && progress.caller_time != CallerTime::Exceeded
    }

    pub(super) fn error(&self) -> RenderError {
        RenderErrorKind::DeadlineExceeded {
            path: self.path.clone(),
            timeout: self.timeout,
        }
        .into()
    }

    /// Sends the caller the error of an expired deadline, unless a reply was sent before.
    pub(super) fn reply_expired(&self) {
        match self.output.get() {
            Some(JobOutput::Whole(reply)) => send_reply(reply, Err(self.error())),
            // The stream may have been dropped.
            Some(JobOutput::Stream(chunks)) => drop(chunks.send(Err(self.error()))),
            None => {}
        }
    }
}

impl Watched for JobDeadline {
    fn on_deadline(&self) -> Option<Instant> {
        let mut progress = self.progress.lock();
        let interrupt_at = self.at + INTERRUPT_DELAY;
        if Instant::now() < interrupt_at {
            if progress.caller_time == CallerTime::Limited
                && let Some(interrupt) = &progress.interrupter
            {
                interrupt();
                progress.caller_time = CallerTime::Exceeded;
            }
            return Some(interrupt_at);
        }
        if progress.expired {
            self.reply_expired();
            if let Some(abandon) = &progress.abandon_thread {
                abandon(&self.path);
            }
            return None;
        }
        progress.expired = true;
        if let Some(interrupt) = &progress.interrupter {
            interrupt();
        }
        Some(self.at + STUCK_DELAY)
    }
}

/// Sends `result` unless a reply has been sent already.
pub(super) fn send_reply(reply: &Reply, result: Result<Rendered, RenderError>) {
    if let Some(reply) = reply.lock().take() {
        // The caller may have dropped the render.
        let _ = reply.send(result);
    }
}
