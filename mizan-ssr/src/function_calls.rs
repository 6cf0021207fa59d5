//! Calls of server functions by components during a render.

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

mod input;
mod observed;
mod runner;

pub(crate) use self::input::encode as encode_input;
pub(crate) use self::observed::ObservedCalls;
pub(crate) use self::runner::CallRunner;

/// Runs a server function: takes its name and its JSON input, returns its JSON output or problem details.
///
/// As in the URL of a call, a query may follow the name: the contract of the generated client.
pub(crate) type CallFunction =
    Arc<dyn Fn(String, Bytes) -> BoxFuture<'static, Result<Bytes, Bytes>> + Send + Sync>;

/// The maximum number of calls in one render, so that a component in a loop cannot flood the server.
const MAX_CALLS: usize = 1_000;

/// A function with its input, which may be called before a component asks for it.
#[derive(Clone)]
pub(crate) struct PlannedCall {
    /// The name, which the contract of the generated client may follow as in the URL of a call.
    pub(crate) name: String,
    pub(crate) input: Bytes,
}

/// A call that a component made.
pub(crate) struct Call {
    id: u32,
    call: PlannedCall,
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
    pending: HashMap<u32, PendingCall>,
    started: usize,
    has_completed_call: bool,
    /// The successful calls that started after another one was complete.
    sequential: Vec<PlannedCall>,
    /// The number of calls that [`take_pending`](Self::take_pending) has considered.
    reported: usize,
}

/// A call whose outcome the render has not received.
struct PendingCall {
    call: PlannedCall,
    is_sequential: bool,
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
        let call = PlannedCall { name, input };
        let pending = PendingCall {
            call: call.clone(),
            is_sequential: self.has_completed_call,
        };
        self.pending.insert(id, pending);
        let call = Call { id, call };
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

    /// Ends a call: returns the name of its function and its input.
    pub(crate) fn complete(&mut self, outcome: &CallOutcome) -> Option<(String, Bytes)> {
        let PendingCall {
            call,
            is_sequential,
        } = self.pending.remove(&outcome.id)?;
        self.has_completed_call = true;
        let completed = (call.function().to_owned(), call.input.clone());
        if is_sequential && outcome.result.is_ok() {
            self.sequential.push(call);
        }
        Some(completed)
    }

    /// Returns the names and inputs of pending calls that started since the last call of this method.
    pub(crate) fn take_pending(&mut self) -> Vec<(&str, &Bytes)> {
        let reported = std::mem::replace(&mut self.reported, self.started);
        let is_new = |id: &u32| usize::try_from(*id).is_ok_and(|id| id > reported);
        let mut pending: Vec<_> = self.pending.iter().filter(|(id, _)| is_new(id)).collect();
        pending.sort_by_key(|(id, _)| **id);
        let calls = pending.into_iter().map(|(_, pending)| &pending.call);
        calls.map(|call| (call.function(), &call.input)).collect()
    }

    /// Removes and returns the successful calls that a component made after another call was complete.
    pub(crate) fn take_sequential(&mut self) -> Vec<PlannedCall> {
        std::mem::take(&mut self.sequential)
    }
}

impl PlannedCall {
    /// Returns the name without the contract.
    fn function(&self) -> &str {
        self.name.split('?').next().unwrap_or_default()
    }

    fn has_contract(&self) -> bool {
        self.name.contains('?')
    }

    /// Returns whether this call, made in advance, has the result of `asked`.
    ///
    /// A call without a contract runs the current version of the function, for every client.
    fn answers(&self, asked: &Self) -> bool {
        let same_function = if self.has_contract() {
            self.name == asked.name
        } else {
            self.name == asked.function()
        };
        same_function && input::are_equal(&self.input, &asked.input)
    }
}
