//! Calls of server functions by components during a render.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, Span};

/// Runs a server function: takes its name and its JSON input, returns its JSON output or problem details.
///
/// As in the URL of a call, a query may follow the name: the contract of the generated client.
pub(crate) type CallFunction =
    Arc<dyn Fn(String, Bytes) -> BoxFuture<'static, Result<Bytes, Bytes>> + Send + Sync>;

/// The maximum number of calls in one render, so that a component in a loop cannot flood the server.
const MAX_CALLS: usize = 1_000;

/// The problem details of a function that panicked (RFC 9457).
const PANIC_PROBLEM: &str = r#"{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"something went wrong on the server","code":"internal"}"#;

/// A call that a component made.
pub(crate) struct Call {
    id: u32,
    name: String,
    input: Bytes,
}

/// The outcome of a call: the JSON output, or problem details.
pub(crate) struct CallOutcome {
    pub(crate) id: u32,
    pub(crate) result: Result<Bytes, Bytes>,
}

/// The calls of one render, on the side of the render.
#[derive(Default)]
pub(crate) struct FunctionCalls {
    destination: Destination,
    pending: HashMap<u32, (String, Bytes)>,
    started: usize,
    /// The number of calls that [`take_pending`](Self::take_pending) has considered.
    reported: usize,
}

/// The place to which calls are sent.
enum Destination {
    /// The calls wait until the task that requested the render takes them.
    Queued(Vec<Call>),
    /// A separate task runs the calls.
    Task {
        calls: mpsc::UnboundedSender<Call>,
        outcomes: crossbeam_channel::Receiver<CallOutcome>,
    },
}

impl Default for Destination {
    fn default() -> Self {
        Self::Queued(Vec::new())
    }
}

/// The error of a render that exceeds [`MAX_CALLS`].
pub(crate) struct TooManyCalls;

/// Runs the calls of one render, first in the task that requested it, and then in a task of its own.
pub(crate) struct CallRunner {
    call_function: CallFunction,
    running: FuturesUnordered<BoxFuture<'static, CallOutcome>>,
    /// The span of the render, which is the parent of the spans of calls.
    span: Span,
}

impl CallRunner {
    pub(crate) fn new(call_function: CallFunction) -> Self {
        Self {
            call_function,
            running: FuturesUnordered::new(),
            span: Span::current(),
        }
    }

    fn start(&mut self, call: Call) {
        let call = run(Arc::clone(&self.call_function), call);
        self.running
            .push(Box::pin(call.instrument(self.span.clone())));
    }

    /// Starts `calls`, and returns the outcomes that are available without waiting.
    pub(crate) fn poll(&mut self, calls: Vec<Call>, cx: &mut Context<'_>) -> Vec<CallOutcome> {
        for call in calls {
            self.start(call);
        }
        let mut outcomes = Vec::new();
        while let Poll::Ready(Some(outcome)) = self.running.poll_next_unpin(cx) {
            outcomes.push(outcome);
        }
        outcomes
    }

    /// Spawns a task that runs the calls of `calls`. The task ends when `calls` or the handle is dropped.
    ///
    /// The calls run in a separate task, so that a slow reader of the markup does not delay the render
    /// thread.
    pub(crate) fn spawn(mut self, calls: &mut FunctionCalls) -> AbortOnDropHandle<()> {
        let (sender, mut queue) = mpsc::unbounded_channel::<Call>();
        let (results, outcomes) = crossbeam_channel::unbounded();
        for call in calls.take_queued() {
            self.start(call);
        }
        calls.destination = Destination::Task {
            calls: sender,
            outcomes,
        };
        let task = tokio::spawn(async move {
            loop {
                let outcome = tokio::select! {
                    Some(outcome) = self.running.next() => outcome,
                    call = queue.recv() => {
                        let Some(call) = call else { return };
                        self.start(call);
                        continue;
                    }
                };
                // The render may have ended in the meantime.
                let _ = results.send(outcome);
            }
        });
        AbortOnDropHandle::new(task)
    }
}

async fn run(call_function: CallFunction, call: Call) -> CallOutcome {
    let Call { id, name, input } = call;
    let outcome = AssertUnwindSafe(async { call_function(name.clone(), input).await });
    let result = outcome.catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(function = name, "server function panicked during a render");
        Err(Bytes::from_static(PANIC_PROBLEM.as_bytes()))
    });
    CallOutcome { id, result }
}

/// Converts an async function into a [`CallFunction`].
pub(crate) fn boxed<C, F>(call: C) -> CallFunction
where
    C: Fn(String, Bytes) -> F + Send + Sync + 'static,
    F: Future<Output = Result<Bytes, Bytes>> + Send + 'static,
{
    Arc::new(move |name, input| Box::pin(call(name, input)))
}

impl FunctionCalls {
    /// Starts a call and returns the id of its outcome.
    pub(crate) fn start(&mut self, name: String, input: Bytes) -> Result<u32, TooManyCalls> {
        if self.started == MAX_CALLS {
            return Err(TooManyCalls);
        }
        self.started += 1;
        let id = u32::try_from(self.started).map_err(|_| TooManyCalls)?;
        let function = name.split('?').next().unwrap_or_default();
        self.pending
            .insert(id, (function.to_owned(), input.clone()));
        let call = Call { id, name, input };
        match &mut self.destination {
            Destination::Queued(queued) => queued.push(call),
            // If the task has ended, the event loop detects that no outcome can arrive.
            Destination::Task { calls, .. } => drop(calls.send(call)),
        }
        Ok(id)
    }

    /// Removes and returns the calls that no task runs yet.
    pub(crate) fn take_queued(&mut self) -> Vec<Call> {
        match &mut self.destination {
            Destination::Queued(queued) => std::mem::take(queued),
            Destination::Task { .. } => Vec::new(),
        }
    }

    /// Returns the channel of outcomes if a task runs at least one call.
    pub(crate) fn pending_outcomes(&self) -> Option<&crossbeam_channel::Receiver<CallOutcome>> {
        match &self.destination {
            Destination::Task { outcomes, .. } if !self.pending.is_empty() => Some(outcomes),
            _ => None,
        }
    }

    /// Ends a call: returns its name and input.
    pub(crate) fn complete(&mut self, id: u32) -> Option<(String, Bytes)> {
        self.pending.remove(&id)
    }

    /// Returns the names and inputs of pending calls that started since the last call of this method.
    pub(crate) fn take_pending(&mut self) -> Vec<(&str, &Bytes)> {
        let reported = std::mem::replace(&mut self.reported, self.started);
        let is_new = |id: &u32| usize::try_from(*id).is_ok_and(|id| id > reported);
        let mut pending: Vec<_> = self.pending.iter().filter(|(id, _)| is_new(id)).collect();
        pending.sort_by_key(|(id, _)| **id);
        let calls = pending.into_iter();
        calls
            .map(|(_, (name, input))| (name.as_str(), input))
            .collect()
    }
}
