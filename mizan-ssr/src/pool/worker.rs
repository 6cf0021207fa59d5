//! The thread that renders.

use std::sync::Arc;

use super::abandon::AbandonHandle;
use super::isolate::Isolate;
use super::work_queue::{Work, WorkQueue};

/// Executes renders until the renderer is closed or `thread` is abandoned.
///
/// `isolate` is one more isolate for the queue, or for this thread if its engine is bound to a thread.
pub(super) fn run(queue: &Arc<WorkQueue>, mut isolate: Box<Isolate>, thread: &AbandonHandle) {
    // Starts the engine early, so that the first render waits only for its modules.
    if let Err(error) = isolate.start_engine() {
        tracing::error!(%error, "cannot start the JavaScript engine of a render thread");
    }
    loop {
        let bound = match isolate.leave() {
            Ok(idle) => {
                queue.add(idle);
                None
            }
            Err(bound) => Some(bound),
        };
        isolate = match queue.next(bound) {
            None => return,
            Some(Work::CleanUp(mut isolate)) => {
                isolate.clean_up(true);
                isolate.save_modules();
                isolate
            }
            Some(Work::Job(job, mut isolate)) => {
                isolate.execute(job, thread);
                if thread.is_abandoned() {
                    return;
                }
                isolate.clean_up(false);
                isolate
            }
            Some(Work::Resume(mut isolate, render)) => {
                isolate.resume(render, thread);
                if thread.is_abandoned() {
                    return;
                }
                isolate.clean_up(false);
                isolate
            }
        };
        // Keeps the isolate while renders are queued.
        while let Some(job) = queue.try_next_job() {
            isolate.execute(job, thread);
            if thread.is_abandoned() {
                return;
            }
            isolate.clean_up(false);
        }
    }
}
