//! Calls of server functions by components during a render.

use std::collections::HashMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Runs a server function: takes its name and its JSON input, returns its JSON output or problem details.
///
/// As in the URL of a call, a query may follow the name: the contract of the generated client.
pub(crate) type CallFunction =
    Arc<dyn Fn(String, Bytes) -> BoxFuture<'static, Result<Bytes, Bytes>> + Send + Sync>;

/// The maximum number of calls in one render, so that a component in a loop cannot flood the server.
const MAX_CALLS: usize = 1_000;

/// The problem details of a function that panicked (RFC 9457).
const PANIC_PROBLEM: &str = r#"{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"something went wrong on the server","code":"internal"}"#;

struct Call {
    id: u32,
    name: String,
    input: Bytes,
}

/// The outcome of a call: the JSON output, or problem details.
pub(crate) struct CallOutcome {
    pub(crate) id: u32,
    pub(crate) result: Result<Bytes, Bytes>,
}

/// The render thread's handle to the calls of one render.
pub(crate) struct FunctionCalls {
    calls: mpsc::UnboundedSender<Call>,
    outcomes: crossbeam_channel::Receiver<CallOutcome>,
    pending: HashMap<u32, (String, Bytes)>,
    started: usize,
    /// The number of calls that [`take_pending`](Self::take_pending) has considered.
    reported: usize,
}

/// The error of a render that exceeds [`MAX_CALLS`].
pub(crate) struct TooManyCalls;

/// Spawns a task that runs the calls of one render. The task ends when the handle is dropped.
///
/// The calls run in a separate task, so that a slow reader of the markup does not delay the render
/// thread.
pub(crate) fn spawn(call_function: CallFunction) -> (FunctionCalls, AbortOnDropHandle<()>) {
    let (calls, mut queue) = mpsc::unbounded_channel::<Call>();
    let (sender, outcomes) = crossbeam_channel::unbounded();
    let task = tokio::spawn(async move {
        let mut running = FuturesUnordered::new();
        loop {
            let outcome = tokio::select! {
                Some(outcome) = running.next() => outcome,
                call = queue.recv() => {
                    let Some(call) = call else { return };
                    running.push(run(Arc::clone(&call_function), call));
                    continue;
                }
            };
            // The render may have ended in the meantime.
            let _ = sender.send(outcome);
        }
    });
    let calls = FunctionCalls {
        calls,
        outcomes,
        pending: HashMap::new(),
        started: 0,
        reported: 0,
    };
    (calls, AbortOnDropHandle::new(task))
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
        // If the task has ended, the event loop detects that no outcome can arrive.
        let _ = self.calls.send(Call { id, name, input });
        Ok(id)
    }

    /// Returns the channel of outcomes if at least one call is pending.
    pub(crate) fn pending_outcomes(&self) -> Option<&crossbeam_channel::Receiver<CallOutcome>> {
        (!self.pending.is_empty()).then_some(&self.outcomes)
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
