//! The event loop of a render: microtasks, timers, and results of server functions.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{never, select};
use serde_json::json;

use super::chunk_sender::ChunkSender;
use crate::engine::{Engine, EngineError, EntryPoint, Host, JsValue, exception_error};
use crate::fetch::{FetchEvent, FetchEventKind};
use crate::function_calls::CallOutcome;

/// Runs the code of one render.
pub(super) struct EventLoop<'a> {
    engine: &'a mut dyn Engine,
    host: &'a Host,
    /// The maximum time for which the shell waits for server functions.
    shell_delay: Duration,
    chunks: Option<ChunkSender<'a>>,
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

/// The end of a wait before its time.
enum Received {
    Outcome(CallOutcome),
    FetchEvent(FetchEvent),
}

impl<'a> EventLoop<'a> {
    pub(super) fn new(
        engine: &'a mut dyn Engine,
        host: &'a Host,
        shell_delay: Duration,
        chunks: Option<ChunkSender<'a>>,
    ) -> Self {
        Self {
            engine,
            host,
            shell_delay,
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

    /// Renders a component.
    ///
    /// Returns the markup if all of it is available immediately. Otherwise the chunk sender or the host
    /// has the markup when this method returns.
    pub(super) fn render(
        &mut self,
        arguments: &[JsValue],
        deadline: Instant,
    ) -> Result<Option<String>, RenderExit> {
        match self.call(EntryPoint::Render, arguments)? {
            JsValue::Text(html) => {
                self.run_microtasks()?;
                Ok(Some(html))
            }
            _ => self.run_until_finished(deadline).map(|()| None),
        }
    }

    /// Runs all microtasks and logs unhandled promise rejections.
    pub(super) fn run_microtasks(&mut self) -> Result<(), RenderExit> {
        self.engine.run_microtasks().map_err(RenderExit::Engine)?;
        for rejection in self.engine.take_unhandled_rejections() {
            let error = exception_error(&rejection, self.host);
            tracing::error!(%error, "unhandled promise rejection");
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

    fn run_until_finished(&mut self, deadline: Instant) -> Result<(), RenderExit> {
        let mut shell_delay = self.shell_delay;
        loop {
            self.run_microtasks()?;
            if let Some(chunks) = &mut self.chunks
                && !chunks.send(self.host)
            {
                return Err(RenderExit::ReaderGone);
            }
            if let Some(failure) = self.host.take_failure() {
                return Err(RenderExit::Failed(failure));
            }
            if self.host.is_finished() {
                return Ok(());
            }
            match self.host.take_due_timer() {
                Some(timer) => {
                    self.call(EntryPoint::FireTimer, &[JsValue::Number(f64::from(timer))])?;
                }
                None => self.wait(deadline, &mut shell_delay)?,
            }
        }
    }

    /// Waits for the next timer, the result of a server function, or an event of a request.
    fn wait(&mut self, deadline: Instant, shell_delay: &mut Duration) -> Result<(), RenderExit> {
        let now = Instant::now();
        if now >= deadline {
            return Err(RenderExit::DeadlineExceeded);
        }
        let next_timer = self.host.next_timer();
        let shell_held = self.host.is_shell_held();
        let outcomes = self.host.pending_outcomes();
        let fetch_events = self.host.pending_fetch_events();
        if shell_held && (outcomes.is_none() || shell_delay.is_zero()) {
            self.host.release_shell();
            return self.call(EntryPoint::SendShell, &[]).map(drop);
        }
        if outcomes.is_none() && fetch_events.is_none() {
            let until = next_timer.ok_or(RenderExit::Suspended)?.min(deadline);
            thread::sleep(until.saturating_duration_since(now));
            return Ok(());
        }
        let mut until = next_timer.map_or(deadline, |timer| timer.min(deadline));
        if shell_held {
            until = until.min(now + *shell_delay);
        }
        let outcomes = outcomes.unwrap_or_else(never);
        let fetch_events = fetch_events.unwrap_or_else(never);
        let received = select! {
            // An error means that the task that runs the functions has ended, for example because its runtime
            // shuts down.
            recv(outcomes) -> outcome => Some(Received::Outcome(outcome.map_err(|_| RenderExit::Suspended)?)),
            recv(fetch_events) -> event => Some(Received::FetchEvent(event.map_err(|_| RenderExit::Suspended)?)),
            default(until.saturating_duration_since(now)) => None,
        };
        if shell_held {
            *shell_delay = shell_delay.saturating_sub(now.elapsed());
        }
        match received {
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
    fn complete_call(&mut self, outcome: CallOutcome) -> Result<(), RenderExit> {
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
