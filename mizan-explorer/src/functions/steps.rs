//! The steps of a call that was tried.

use mizan_core::function::{CallTimings, Step};
use schemars::JsonSchema;
use serde::Serialize;

/// A step of a call.
#[derive(Debug, Serialize, JsonSchema, PartialEq)]
pub(crate) struct StepOut {
    /// The name of the step.
    pub(super) name: &'static str,
    /// The outcome of the step.
    pub(super) state: StepState,
    /// The duration in microseconds, if the step ran.
    pub(super) micros: Option<f64>,
}

/// The outcome of a step.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StepState {
    /// The step let the call pass.
    Passed,
    /// The call failed in this step.
    Failed,
    /// The function needs no such step.
    Skipped,
    /// The call ended before this step.
    NotReached,
}

/// Returns all steps of a call.
pub(super) fn steps(timings: &CallTimings, succeeded: bool) -> Vec<StepOut> {
    let failed = timings.last().filter(|_| !succeeded);
    let reached = |step| {
        timings
            .last()
            .is_some_and(|last| step as usize <= last as usize)
    };
    Step::ALL
        .into_iter()
        .map(|step| StepOut {
            name: step.as_str(),
            state: match timings.get(step) {
                _ if failed == Some(step) => StepState::Failed,
                Some(_) => StepState::Passed,
                None if reached(step) => StepState::Skipped,
                None => StepState::NotReached,
            },
            micros: timings.get(step).map(|it| it.as_secs_f64() * 1e6),
        })
        .collect()
}
