//! The side of the calls that runs server functions.

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

use super::{Call, CallFunction, CallOutcome, Destination, FunctionCalls, PlannedCall};

/// The problem details of a function that panicked (RFC 9457).
const PANIC_PROBLEM: &str = r#"{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"something went wrong on the server","code":"internal"}"#;

/// The output of a function, or problem details.
type CallResult = Result<Bytes, Bytes>;

/// Runs the calls of one render, first in the task that requested it, and then in a task of its own.
///
/// A call can start before a component asks for it. The component then receives the result of the running call. The
/// result of a call for which no component asks is discarded.
pub(crate) struct CallRunner {
    call_function: CallFunction,
    calls: Vec<StartedCall>,
    /// The running calls, which return their index in `calls`.
    running: FuturesUnordered<BoxFuture<'static, (usize, CallResult)>>,
    /// The span of the render, which is the parent of the spans of calls.
    span: Span,
}

struct StartedCall {
    call: PlannedCall,
    /// The id with which a component waits for the result.
    asked_by: Option<u32>,
    /// The result, until a component asks for it.
    result: Option<CallResult>,
}

impl CallRunner {
    pub(crate) fn new(call_function: CallFunction) -> Self {
        Self {
            call_function,
            calls: Vec::new(),
            running: FuturesUnordered::new(),
            span: Span::current(),
        }
    }

    /// Starts calls for which a component is expected to ask.
    pub(crate) fn prefetch(
        &mut self,
        planned: impl IntoIterator<Item = PlannedCall>,
        cx: &mut Context<'_>,
    ) {
        for call in planned {
            if self.find_unasked(&call).is_none() {
                self.run(call, None);
            }
        }
        // A future does not run before it is polled.
        self.poll(Vec::new(), cx);
    }

    /// Starts `calls`, and returns the outcomes that are available without waiting.
    pub(crate) fn poll(&mut self, calls: Vec<Call>, cx: &mut Context<'_>) -> Vec<CallOutcome> {
        let mut outcomes: Vec<_> = calls
            .into_iter()
            .filter_map(|call| self.start(call))
            .collect();
        while let Poll::Ready(Some((index, result))) = self.running.poll_next_unpin(cx) {
            outcomes.extend(self.complete(index, result));
        }
        outcomes
    }

    /// Prepares for a repetition of the render, whose components may ask for the calls again.
    pub(crate) fn restart(&mut self) {
        for call in &mut self.calls {
            call.asked_by = None;
        }
    }

    /// Spawns a task that runs the calls of `calls`. The task ends when `calls` or the handle is dropped.
    ///
    /// The calls run in a separate task, so that a slow reader of the markup does not delay the render
    /// thread.
    pub(crate) fn spawn(mut self, calls: &mut FunctionCalls) -> AbortOnDropHandle<()> {
        let (sender, mut queue) = mpsc::unbounded_channel::<Call>();
        let (results, outcomes) = crossbeam_channel::unbounded();
        for call in calls.take_queued() {
            if let Some(outcome) = self.start(call) {
                let _ = results.send(outcome);
            }
        }
        calls.destination = Destination::Task {
            calls: sender,
            outcomes,
        };
        let task = tokio::spawn(async move {
            loop {
                let outcome = tokio::select! {
                    Some((index, result)) = self.running.next() => self.complete(index, result),
                    call = queue.recv() => {
                        let Some(call) = call else { return };
                        self.start(call)
                    }
                };
                if let Some(outcome) = outcome {
                    // The render may have ended in the meantime.
                    let _ = results.send(outcome);
                }
            }
        });
        AbortOnDropHandle::new(task)
    }

    /// Starts the call of a component, or joins it with one that has started. Returns the outcome if it is known.
    fn start(&mut self, call: Call) -> Option<CallOutcome> {
        let Call { id, call } = call;
        let Some(index) = self.find_unasked(&call) else {
            self.run(call, Some(id));
            return None;
        };
        let started = &mut self.calls[index];
        started.asked_by = Some(id);
        let result = started.result.clone()?;
        Some(CallOutcome { id, result })
    }

    /// Returns the index of a call that has the result of `call`, and for which no component has asked.
    fn find_unasked(&self, call: &PlannedCall) -> Option<usize> {
        self.calls
            .iter()
            .position(|started| started.asked_by.is_none() && started.call.answers(call))
    }

    fn run(&mut self, call: PlannedCall, asked_by: Option<u32>) {
        let index = self.calls.len();
        let running = run(Arc::clone(&self.call_function), call.clone());
        let running = running.instrument(self.span.clone());
        self.running
            .push(Box::pin(running.map(move |result| (index, result))));
        self.calls.push(StartedCall {
            call,
            asked_by,
            result: None,
        });
    }

    /// Stores the result of a call, and returns the outcome if a component waits for it.
    fn complete(&mut self, index: usize, result: CallResult) -> Option<CallOutcome> {
        let call = &mut self.calls[index];
        call.result = Some(result.clone());
        let id = call.asked_by?;
        Some(CallOutcome { id, result })
    }
}

async fn run(call_function: CallFunction, call: PlannedCall) -> CallResult {
    let PlannedCall { name, input } = call;
    let outcome = AssertUnwindSafe(async { call_function(name.clone(), input).await });
    outcome.catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(function = name, "server function panicked during a render");
        Err(Bytes::from_static(PANIC_PROBLEM.as_bytes()))
    })
}
