//! A render that a worker executes.

use std::sync::Arc;

use super::job_deadline::JobDeadline;
use super::watchdog::Watch;
use crate::function_calls::FunctionCalls;

/// A render in the queue or on a thread.
pub(crate) struct Job {
    /// The id of the component's module.
    pub(crate) id: Arc<str>,
    /// A JSON object.
    pub(crate) props: String,
    pub(crate) nonce: Option<String>,
    /// The calls of server functions, if the caller allows them.
    pub(crate) calls: Option<FunctionCalls>,
    pub(crate) deadline: Arc<JobDeadline>,
    /// Keeps the watchdog active until the job is dropped.
    pub(crate) watch: Watch,
}
