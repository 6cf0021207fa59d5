//! The span, the log line and the metrics of a call.

use std::time::Instant;

use metrics::{Key, Label, Level, Metadata};
use tracing::Span;

use super::origin::CallOrigin;
use super::steps::{CallTimings, StepRecorder};
use super::trace_id::TraceId;
use crate::cx::Cx;
use crate::error::ErrorCode;
use crate::function::ServerFunction;

/// The outcome of a call whose future was dropped: the client disconnected, or the deadline passed.
pub(super) const CANCELLED: &str = "cancelled";

/// Observes one call, from its start until it is dropped.
pub(crate) struct CallObserver<'a> {
    cx: &'a Cx,
    function: &'static FunctionLabels,
    started: Instant,
    span: Span,
    steps: StepRecorder,
    /// The code of the error, or `None` after a success.
    outcome: Result<(), &'static str>,
}

/// The constant labels of the metrics of a function.
struct FunctionLabels {
    name: &'static str,
    kind: &'static str,
    ok: &'static [Label],
    error: &'static [Label],
    cancelled: &'static [Label],
}

/// Provides [`FunctionLabels`] as a constant, so that a successful call allocates nothing for its metrics.
struct LabelsOf<F>(F);

impl<F: ServerFunction> LabelsOf<F> {
    const NAME: Label = Label::from_static_parts("function", F::NAME);
    const KIND: Label = Label::from_static_parts("kind", F::KIND.as_str());
    const LABELS: &'static FunctionLabels = &FunctionLabels {
        name: F::NAME,
        kind: F::KIND.as_str(),
        ok: &[
            Self::NAME,
            Self::KIND,
            Label::from_static_parts("outcome", "ok"),
        ],
        error: &[
            Self::NAME,
            Self::KIND,
            Label::from_static_parts("outcome", "error"),
        ],
        cancelled: &[
            Self::NAME,
            Self::KIND,
            Label::from_static_parts("outcome", CANCELLED),
        ],
    };
}

impl<'a> CallObserver<'a> {
    pub(crate) fn start<F: ServerFunction>(cx: &'a Cx, origin: CallOrigin) -> Self {
        let function = LabelsOf::<F>::LABELS;
        let span = tracing::info_span!(
            target: "mizan::call",
            "mizan.call",
            otel.name = function.name,
            otel.kind = "internal",
            otel.status_code = tracing::field::Empty,
            rpc.system = "mizan",
            rpc.method = function.name,
            mizan.kind = function.kind,
            mizan.origin = origin.as_str(),
            error.r#type = tracing::field::Empty,
        );
        Self {
            cx,
            function,
            started: Instant::now(),
            span,
            steps: StepRecorder::new(cx.head().wants_timings()),
            outcome: Err(CANCELLED),
        }
    }

    /// Returns the span, which is disabled unless a subscriber is interested in it.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    pub(crate) fn steps(&self) -> &StepRecorder {
        &self.steps
    }

    /// Ends the call with a success or the code of an error. Returns the durations of its steps if they were
    /// measured.
    pub(crate) fn finish(mut self, outcome: Result<(), &'static str>) -> Option<Box<CallTimings>> {
        self.outcome = outcome;
        self.steps.timings()
    }

    fn log(&self, origin: CallOrigin, trace_id: TraceId) {
        tracing::info!(
            target: "mizan::access",
            function = self.function.name,
            kind = self.function.kind,
            origin = origin.as_str(),
            outcome = self.outcome.err().unwrap_or("ok"),
            duration_ms = self.started.elapsed().as_secs_f64() * 1e3,
            user = self.cx.principal().id(),
            %trace_id,
            "call"
        );
    }
}

impl Drop for CallObserver<'_> {
    fn drop(&mut self) {
        let labels = match self.outcome {
            Ok(()) => self.function.ok,
            Err(CANCELLED) => self.function.cancelled,
            Err(_) => self.function.error,
        };
        let seconds = self.started.elapsed().as_secs_f64();
        let key = Key::from_static_parts("mizan_call_duration_seconds", labels);
        metrics::with_recorder(|recorder| {
            recorder.register_histogram(&key, &METADATA).record(seconds);
        });
        if let Err(code) = self.outcome {
            metrics::counter!("mizan_call_errors_total", "function" => self.function.name, "code" => code)
                .increment(1);
            if !self.span.is_disabled() {
                self.span.record("error.type", code);
                if is_server_fault(code) {
                    self.span.record("otel.status_code", "ERROR");
                }
            }
        }
        if tracing::enabled!(target: "mizan::access", tracing::Level::INFO) {
            let head = self.cx.head();
            let log = || self.log(head.origin(), head.trace_id());
            self.span.in_scope(log);
        }
    }
}

static METADATA: Metadata<'static> =
    Metadata::new("mizan::call", Level::INFO, Some(module_path!()));

pub(super) fn is_server_fault(code: &str) -> bool {
    let faults = [
        ErrorCode::Internal,
        ErrorCode::Unavailable,
        ErrorCode::DeadlineExceeded,
    ];
    faults.iter().any(|fault| fault.as_str() == code)
}
