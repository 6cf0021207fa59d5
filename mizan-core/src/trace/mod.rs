//! Observation of calls: their spans, steps, metrics and log lines.

mod call_observer;
mod escape;
mod origin;
mod steps;
mod stream_observer;
mod trace_id;

pub(crate) use self::call_observer::CallObserver;
pub(crate) use self::escape::escape_controls;
pub use self::origin::CallOrigin;
pub(crate) use self::steps::StepRecorder;
pub use self::steps::{CallTimings, Step};
pub(crate) use self::stream_observer::StreamObserver;
pub use self::trace_id::TraceId;
