//! The event loop of a render: microtasks, timers, and results of server functions.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{never, select};
use serde_json::json;

use super::chunk_sender::ChunkSender;
use crate::engine::{Engine, EngineError, EntryPoint, Host, JsValue, exception_error};
use crate::fetch::{FetchEvent, FetchEventKind};
use crate::function_calls::{Call, CallOutcome};
use crate::log_text::log_text;

/// Runs the code of one render on the thread that has entered the engine.
pub(super) struct EventLoop<'a> {
    engine: &'a mut dyn Engine,
    host: &'a Host,
    state: &'a mut LoopState,
    chunks: Option<ChunkSender<'a>>,
}

/// The state of an event loop, with which another thread can continue it.
pub(super) struct LoopState {
    /// The id of the component's module.
    id: Arc<str>,
    /// The maximum time for which the shell still waits for server functions.
    shell_delay: Duration,
    shell_sent: bool,
    /// The time for which the event loop waited.
    pub(super) waited: Duration,
}

/// The reason for which a render ended early.
pub(super) enum RenderExit {
    Engine(EngineError),
    /// React reported an error, in the form that `describeError` returns.
    Failed(String),
    Suspended,
    DeadlineExceeded,
    ReaderGone,
}

/// The result of the turns that a render takes without waiting.
pub(super) enum Turn {
    /// The markup, if all of it was available immediately. Otherwise the chunk sender or the host has it.
    Finished(Option<String>),
    /// The render waits, or `run_ready` was called with a time that is over.
    Pending,
}

/// The end of a wait before its time.
enum Received {
    Outcome(CallOutcome),
    FetchEvent(FetchEvent),
}

impl LoopState {
    pub(super) fn new(id: Arc<str>, shell_delay: Duration) -> Self {
        Self {
            id,
            shell_delay,
            shell_sent: false,
            waited: Duration::ZERO,
        }
    }
}

impl<'a> EventLoop<'a> {
    pub(super) fn new(
        engine: &'a mut dyn Engine,
        host: &'a Host,
        state: &'a mut LoopState,
        chunks: Option<ChunkSender<'a>>,
    ) -> Self {
        Self {
            engine,
            host,
            state,
            chunks,
        }
    }

    /// Unloads the modules whose files have changed.
    pub(super) fn unload_changed_modules(&mut self) -> Result<(), RenderExit> {
        let changed = self.host.take_changed_modules();
        if !changed.is_empty() {
            let changed = JsValue::Text(json!(changed).to_string());
            self.call(EntryPoint::InvalidateModules, &[changed])?;
            self.engine.collect_garbage();
        }
        Ok(())
    }

    /// Starts to render a component.
    pub(super) fn start(&mut self, arguments: &[JsValue]) -> Result<Turn, RenderExit> {
        match self.call(EntryPoint::Render, arguments)? {
            JsValue::Text(html) => {
                self.run_microtasks()?;
                Ok(Turn::Finished(Some(html)))
            }
            _ => Ok(Turn::Pending),
        }
    }

    /// Runs all microtasks and logs unhandled promise rejections.
    pub(super) fn run_microtasks(&mut self) -> Result<(), RenderExit> {
        self.engine.run_microtasks().map_err(RenderExit::Engine)?;
        for rejection in self.engine.take_unhandled_rejections() {
            let error = exception_error(&rejection, self.host);
            tracing::error!(error = %log_text(&error), "unhandled promise rejection");
        }
        Ok(())
    }

    /// Aborts React's render: React closes open elements and emits fallbacks.
    ///
    /// # Errors
    ///
    /// Returns [`EngineError`] if the engine failed and cannot be used again.
    pub(super) fn abort(&mut self, reason: &str) -> Result<(), EngineError> {
        const TIME_TO_CLOSE: Duration = Duration::from_millis(200);
        let closed = self
            .call(EntryPoint::Abort, &[JsValue::Text(reason.into())])
            .and_then(|_| self.run_until_finished(Instant::now() + TIME_TO_CLOSE));
        match closed {
            Err(RenderExit::Engine(error)) => Err(error),
            _ => Ok(()),
        }
    }

    /// Discards further markup, because the stream was dropped.
    pub(super) fn stop_sending(&mut self) {
        self.chunks = None;
    }

    /// Continues the render until it is finished.
    pub(super) fn run_until_finished(&mut self, deadline: Instant) -> Result<(), RenderExit> {
        loop {
            if let Turn::Finished(_) = self.run_ready(None)? {
                return Ok(());
            }
            self.wait(deadline)?;
        }
    }

    /// Continues the render until it is finished or has to wait, and ends after a turn when `until` is over.
    pub(super) fn run_ready(&mut self, until: Option<Instant>) -> Result<Turn, RenderExit> {
        loop {
            self.run_microtasks()?;
            if let Some(chunks) = &mut self.chunks
                && !chunks.send(self.host, &self.state.id, &mut self.state.shell_sent)
            {
                return Err(RenderExit::ReaderGone);
            }
            if let Some(failure) = self.host.take_failure() {
                return Err(RenderExit::Failed(failure));
            }
            if self.host.is_finished() {
                return Ok(Turn::Finished(None));
            }
            if until.is_some_and(|until| Instant::now() >= until) {
                return Ok(Turn::Pending);
            }
            match self.host.take_due_timer() {
                Some(timer) => {
                    self.call(EntryPoint::FireTimer, &[JsValue::Number(f64::from(timer))])?;
                }
                None => return Ok(Turn::Pending),
            }
        }
    }

    /// Continues the render as [`run_ready`](Self::run_ready) does, with the server functions whose outcomes are
    /// available immediately.
    pub(super) fn run_with_calls(
        &mut self,
        until: Instant,
        poll_calls: &mut dyn FnMut(Vec<Call>) -> Vec<CallOutcome>,
    ) -> Result<Turn, RenderExit> {
        loop {
            if let Turn::Finished(html) = self.run_ready(Some(until))? {
                return Ok(Turn::Finished(html));
            }
            let outcomes = poll_calls(self.host.take_queued_calls());
            let must_leave = outcomes.is_empty() || Instant::now() >= until;
            for outcome in outcomes {
                self.complete_call(outcome)?;
            }
            if must_leave {
                return Ok(Turn::Pending);
            }
        }
    }

    /// Waits for the next timer, the result of a server function, or an event of a request.
    fn wait(&mut self, deadline: Instant) -> Result<(), RenderExit> {
        let now = Instant::now();
        if now >= deadline {
            return Err(RenderExit::DeadlineExceeded);
        }
        let next_timer = self.host.next_timer();
        let shell_held = self.host.is_shell_held();
        let shell_delay = self.state.shell_delay;
        let outcomes = self.host.pending_outcomes();
        let fetch_events = self.host.pending_fetch_events();
        if shell_held && (outcomes.is_none() || shell_delay.is_zero()) {
            self.host.release_shell();
            return self.call(EntryPoint::SendShell, &[]).map(drop);
        }
        if outcomes.is_none() && fetch_events.is_none() {
            let until = next_timer.ok_or(RenderExit::Suspended)?.min(deadline);
            thread::sleep(until.saturating_duration_since(now));
            self.state.waited += now.elapsed();
            return Ok(());
        }
        let mut until = next_timer.map_or(deadline, |timer| timer.min(deadline));
        if shell_held {
            until = until.min(now + shell_delay);
        }
        let outcomes = outcomes.unwrap_or_else(never);
        let fetch_events = fetch_events.unwrap_or_else(never);
        let received = select! {
            // An error means that the task that runs the functions has ended, for example because its runtime
            // shuts down.
            recv(outcomes) -> outcome => Some(outcome.map(Received::Outcome)),
            recv(fetch_events) -> event => Some(event.map(Received::FetchEvent)),
            default(until.saturating_duration_since(now)) => None,
        };
        let waited = now.elapsed();
        self.state.waited += waited;
        if shell_held {
            let shell_delay = &mut self.state.shell_delay;
            *shell_delay = shell_delay.saturating_sub(waited);
        }
        match received.transpose().map_err(|_| RenderExit::Suspended)? {
            Some(Received::Outcome(outcome)) => self.complete_call(outcome),
            Some(Received::FetchEvent(event)) => self.complete_fetch(event),
            None => Ok(()),
        }
    }

    /// Passes an event of a request to the component that made it.
    fn complete_fetch(&mut self, event: FetchEvent) -> Result<(), RenderExit> {
        if !self.host.record_fetch_event(&event) {
            return Ok(());
        }
        let (kind, text, bytes) = match event.kind {
            FetchEventKind::Response(head) => ("response", head, JsValue::Undefined),
            FetchEventKind::Chunk(chunk) => ("chunk", String::new(), JsValue::Bytes(chunk.into())),
            FetchEventKind::End => ("end", String::new(), JsValue::Undefined),
            FetchEventKind::Error(message) => ("error", message, JsValue::Undefined),
        };
        let id = JsValue::Number(f64::from(event.id));
        let arguments = [id, JsValue::Text(kind.into()), JsValue::Text(text), bytes];
        self.call(EntryPoint::CompleteFetch, &arguments).map(drop)
    }

    /// Passes the result of a server function to the component that called it.
    pub(super) fn complete_call(&mut self, outcome: CallOutcome) -> Result<(), RenderExit> {
        self.host.record_outcome(&outcome);
        let (succeeded, json) = match outcome.result {
            Ok(output) => (true, output),
            Err(problem) => (false, problem),
        };
        let arguments = [
            JsValue::Number(f64::from(outcome.id)),
            JsValue::Bool(succeeded),
            JsValue::Text(String::from_utf8_lossy(&json).into_owned()),
        ];
        self.call(EntryPoint::CompleteCall, &arguments).map(drop)
    }

    fn call(
        &mut self,
        entry_point: EntryPoint,
        arguments: &[JsValue],
    ) -> Result<JsValue, RenderExit> {
        self.engine
            .call(entry_point, arguments)
            .map_err(RenderExit::Engine)
    }
}
