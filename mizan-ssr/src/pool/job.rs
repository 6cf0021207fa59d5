//! A render that the pool executes.

use std::sync::Arc;

use tracing::Span;

use super::job_deadline::JobDeadline;
use super::render_cost::RenderCost;
use super::watchdog::Watch;
use crate::engine::JsValue;
use crate::function_calls::{FunctionCalls, ObservedCalls};

/// A component that was found by its path.
pub(crate) struct KnownComponent {
    /// The id of the component's module.
    pub(crate) id: Arc<str>,
    pub(crate) cost: RenderCost,
    pub(crate) observed_calls: ObservedCalls,
}

impl KnownComponent {
    pub(crate) fn new(id: Arc<str>) -> Self {
        Self {
            id,
            cost: RenderCost::default(),
            observed_calls: ObservedCalls::default(),
        }
    }
}

/// A render in the queue or on a thread.
pub(crate) struct Job {
    pub(crate) component: Arc<KnownComponent>,
    /// The arguments of `render` in `js/render.js`. An isolate sets the first one, the component's number.
    pub(crate) arguments: [JsValue; 4],
    /// The calls of server functions, if the caller allows them, until the render begins.
    pub(crate) calls: Option<FunctionCalls>,
    pub(crate) deadline: Arc<JobDeadline>,
    /// The span of the render, in which threads execute it.
    pub(crate) span: Span,
    /// Keeps the watchdog active until the job is dropped.
    pub(crate) _watch: Watch,
}

impl Job {
    pub(crate) fn arguments(props: String, is_stream: bool, nonce: Option<String>) -> [JsValue; 4] {
        [
            JsValue::Undefined,
            JsValue::Text(props),
            JsValue::Bool(is_stream),
            nonce.map_or(JsValue::Undefined, JsValue::Text),
        ]
    }

    /// Returns the props as JSON.
    pub(crate) fn props(&self) -> &str {
        match &self.arguments[1] {
            JsValue::Text(props) => props,
            _ => "{}",
        }
    }

    /// Returns whether the markup is sent in chunks.
    pub(super) fn is_stream(&self) -> bool {
        self.arguments[2] == JsValue::Bool(true)
    }
}
