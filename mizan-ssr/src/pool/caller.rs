//! Renders on the thread of their caller.
//!
//! A short render needs no other thread: the caller's thread, usually one of the async runtime, enters a free
//! isolate. The render leaves the thread at the end of a turn when it has to wait or when [`CALLER_TURN`] is over;
//! a thread of the pool then continues it in the same isolate. Code that runs for longer than [`CALLER_LIMIT`]
//! cannot change threads: it is interrupted, and the pool repeats the render, which joins the calls of the
//! first attempt.

use std::sync::Arc;
use std::task::Context;
use std::thread;
use std::time::Instant;

use tokio_util::task::AbortOnDropHandle;

use super::chunk_sender::ChunkResult;
use super::isolate::{ActiveRender, Isolate, Progress, RenderThread};
use super::job::{Job, KnownComponent};
use super::job_deadline::JobOutput;
use super::settings::CALLER_TURN;
use super::work_queue::SuspendedRender;
use super::worker_pool::WorkerPool;
use crate::error::RenderError;
use crate::function_calls::{CallRunner, FunctionCalls};
use crate::output::Rendered;

/// The minimum free stack of a thread that enters V8, which uses up to 984 KB of it.
const MIN_FREE_STACK_BYTES: usize = 1_500_000;

/// The result of [`WorkerPool::submit`].
pub(crate) enum Submitted {
    /// The render was completed on the calling thread.
    Whole(Rendered),
    /// The stream was completed on the calling thread.
    Stream(Vec<ChunkResult>),
    /// The pool sends the result. The task runs the calls of server functions.
    InPool(Option<AbortOnDropHandle<()>>),
}

/// An isolate on the thread of a caller, which returns to the queue on drop.
struct CallerIsolate<'a> {
    pool: &'a WorkerPool,
    isolate: Option<Box<Isolate>>,
}

impl WorkerPool {
    /// Returns whether the calling thread may render the component.
    pub(crate) fn may_render_on_caller(&self, component: &KnownComponent) -> bool {
        self.settings.on_caller_thread
            && component.cost.is_small()
            && stacker::remaining_stack().is_some_and(|free| free >= MIN_FREE_STACK_BYTES)
    }

    /// Renders on the calling thread if `on_caller` is set and an isolate is free, otherwise in the pool.
    ///
    /// `connect` creates the channel of a result that the pool sends.
    pub(crate) fn submit(
        &self,
        mut job: Job,
        mut runner: Option<CallRunner>,
        on_caller: bool,
        cx: &mut Context<'_>,
        connect: &mut dyn FnMut() -> JobOutput,
    ) -> Result<Submitted, RenderError> {
        if on_caller && let Some(isolate) = self.queue.take_for_caller(&job.component.id) {
            let isolate = CallerIsolate {
                pool: self,
                isolate: Some(isolate.enter()),
            };
            match isolate.render(job, &mut runner, cx, connect) {
                Outcome::Submitted(submitted) => return submitted,
                Outcome::Repeat(repeated) => job = *repeated,
            }
        }
        job.calls = runner.is_some().then(FunctionCalls::default);
        let calls = job.calls.as_mut().zip(runner);
        let task = calls.map(|(calls, runner)| runner.spawn(calls));
        job.deadline.set_output(connect());
        self.enqueue(job)?;
        Ok(Submitted::InPool(task))
    }
}

/// The outcome of an attempt on the thread of the caller.
enum Outcome {
    Submitted(Result<Submitted, RenderError>),
    /// The job must run again in the pool.
    Repeat(Box<Job>),
}

impl CallerIsolate<'_> {
    fn render(
        mut self,
        mut job: Job,
        runner: &mut Option<CallRunner>,
        cx: &mut Context<'_>,
        connect: &mut dyn FnMut() -> JobOutput,
    ) -> Outcome {
        let Some(isolate) = &mut self.isolate else {
            return Outcome::Repeat(Box::new(job));
        };
        let deadline = Arc::clone(&job.deadline);
        deadline.limit_caller_time(true);
        deadline.assign_thread(isolate.on_caller.function());
        job.calls = runner.is_some().then(FunctionCalls::default);
        let is_stream = job.is_stream();
        let mut render = isolate.begin(job);
        let mut chunks = Vec::new();
        let progress = isolate.advance(
            &mut render,
            &mut RenderThread::Caller {
                until: Instant::now() + CALLER_TURN,
                poll_calls: &mut |calls| match runner {
                    Some(runner) => runner.poll(calls, cx),
                    None => Vec::new(),
                },
                chunks: &mut chunks,
            },
        );
        deadline.limit_caller_time(false);
        let result = match progress {
            Progress::Ended(result) => result,
            Progress::CallerTimeExceeded => {
                isolate.end_render();
                render.job.component.cost.record_excess();
                if let Some(runner) = runner {
                    runner.restart();
                }
                return Outcome::Repeat(Box::new(render.job));
            }
            Progress::Waiting => {
                let output = connect();
                if let JobOutput::Stream(queue) = &output {
                    for chunk in chunks {
                        // The reader is the caller, who waits for the first chunk.
                        let _ = queue.send(chunk);
                    }
                }
                deadline.set_output(output);
                let task = runner
                    .take()
                    .and_then(|runner| isolate.host().spawn_calls(runner));
                self.suspend(render);
                return Outcome::Submitted(Ok(Submitted::InPool(task)));
            }
        };
        let result = isolate.finish(&render, result);
        isolate.end_render();
        isolate.clean_up(false);
        Outcome::Submitted(if is_stream {
            if let Err(error) = result {
                chunks.push(Err(error));
            }
            Ok(Submitted::Stream(chunks))
        } else {
            result.map(Submitted::Whole)
        })
    }

    /// Passes the render with its isolate to a thread of the pool.
    fn suspend(mut self, render: ActiveRender) {
        let isolate = self.isolate.take().map(Isolate::leave);
        // An isolate that was taken from the queue can leave this thread, too.
        if let Some(Ok(isolate)) = isolate {
            let suspended = SuspendedRender { isolate, render };
            self.pool.queue.suspend_from_caller(suspended);
        }
    }
}

impl Drop for CallerIsolate<'_> {
    fn drop(&mut self) {
        let Some(mut isolate) = self.isolate.take() else {
            return;
        };
        if isolate.on_caller.is_abandoned() {
            return self.pool.record_returned_thread();
        }
        if thread::panicking() {
            isolate.discard_engine();
        }
        if let Ok(isolate) = isolate.leave() {
            self.pool.queue.return_from_caller(isolate);
        }
    }
}
