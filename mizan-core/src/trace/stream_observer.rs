//! The span, the log line and the metrics of a stream.

use std::sync::Arc;
use std::time::Instant;

use tracing::Span;

use super::call_observer::{CANCELLED, is_server_fault};
use crate::principal::Principal;
use crate::request_head::RequestHead;

/// Observes the stream of a call, from its start until it ends or is dropped.
pub(crate) struct StreamObserver {
    function: &'static str,
    kind: &'static str,
    principal: Principal,
    head: Arc<RequestHead>,
    started: Instant,
    span: Span,
    parts: u64,
    bytes: u64,
    outcome: Result<(), &'static str>,
}

impl StreamObserver {
    /// Starts the span of the stream within that of its call.
    pub(crate) fn start(
        function: &'static str,
        kind: &'static str,
        principal: Principal,
        head: Arc<RequestHead>,
    ) -> Self {
        metrics::gauge!("mizan_streams_in_progress", "function" => function).increment(1.0);
        Self {
            function,
            kind,
            principal,
            head,
            started: Instant::now(),
            span: tracing::info_span!(
                target: "mizan::call",
                "mizan.stream",
                otel.kind = "internal",
                otel.status_code = tracing::field::Empty,
                rpc.system = "mizan",
                rpc.method = function,
                mizan.parts = tracing::field::Empty,
                error.r#type = tracing::field::Empty,
            ),
            parts: 0,
            bytes: 0,
            outcome: Err(CANCELLED),
        }
    }

    pub(crate) fn in_scope<T>(&self, run: impl FnOnce() -> T) -> T {
        self.span.in_scope(run)
    }

    /// Counts a part of `bytes`.
    pub(crate) fn count(&mut self, bytes: usize) {
        self.parts += 1;
        self.bytes += bytes as u64;
    }

    /// Sets the outcome. Without it, the stream counts as cancelled.
    pub(crate) fn end(&mut self, outcome: Result<(), &'static str>) {
        self.outcome = outcome;
    }

    fn log(&self) {
        tracing::info!(
            target: "mizan::access",
            function = self.function,
            kind = self.kind,
            origin = self.head.origin().as_str(),
            outcome = self.outcome.err().unwrap_or("ok"),
            duration_ms = self.started.elapsed().as_secs_f64() * 1e3,
            parts = self.parts,
            bytes = self.bytes,
            user = self.principal.id(),
            trace_id = %self.head.trace_id(),
            "stream"
        );
    }
}

impl Drop for StreamObserver {
    fn drop(&mut self) {
        let function = self.function;
        let outcome = match self.outcome {
            Ok(()) => "ok",
            Err(CANCELLED) => CANCELLED,
            Err(_) => "error",
        };
        metrics::gauge!("mizan_streams_in_progress", "function" => function).decrement(1.0);
        metrics::histogram!("mizan_stream_duration_seconds", "function" => function, "outcome" => outcome)
            .record(self.started.elapsed().as_secs_f64());
        metrics::counter!("mizan_stream_parts_total", "function" => function).increment(self.parts);
        if let Err(code) = self.outcome {
            metrics::counter!("mizan_stream_errors_total", "function" => function, "code" => code)
                .increment(1);
            if is_server_fault(code) {
                self.span.record("otel.status_code", "ERROR");
            }
            self.span.record("error.type", code);
        }
        self.span.record("mizan.parts", self.parts);
        if tracing::enabled!(target: "mizan::access", tracing::Level::INFO) {
            self.span.in_scope(|| self.log());
        }
    }
}
