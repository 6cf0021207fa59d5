//! The spans and metrics of renders, and the ids of logged errors.

use std::sync::OnceLock;
use std::time::Instant;

use tracing::Span;
use uuid::Uuid;

use crate::error::RenderError;

static ERROR_IDS: OnceLock<fn() -> Option<String>> = OnceLock::new();

/// Sets the function that returns the id of an error that is logged now, such as the id of the current trace, for all
/// renderers of the process. Only the first call has an effect.
///
/// Without it, and if it returns `None`, the id is random.
///
/// ```
/// mizan_ssr::set_error_ids(|| Some("4bf92f3577b34da6a3ce929d0e0e4736".to_owned()));
/// ```
pub fn set_error_ids(source: fn() -> Option<String>) {
    ERROR_IDS.get_or_init(|| source);
}

/// Returns the id under which an error is logged.
pub(crate) fn error_id() -> String {
    let id = ERROR_IDS.get().and_then(|source| source());
    id.unwrap_or_else(|| Uuid::new_v4().simple().to_string())
}

/// Observes a render until its shell, or the whole of it.
pub(crate) struct RenderObserver {
    pub(crate) span: Span,
    started: Instant,
    outcome: &'static str,
}

impl RenderObserver {
    pub(crate) fn start(component: &str) -> Self {
        Self {
            span: tracing::info_span!(
                target: "mizan::render",
                "mizan.render",
                otel.kind = "internal",
                otel.status_code = tracing::field::Empty,
                mizan.component = component,
                error.r#type = tracing::field::Empty,
            ),
            started: Instant::now(),
            // The future was dropped.
            outcome: "cancelled",
        }
    }

    /// Ends the render.
    pub(crate) fn finish<T>(mut self, result: &Result<T, RenderError>) {
        self.outcome = if result.is_ok() { "ok" } else { "error" };
    }
}

impl Drop for RenderObserver {
    fn drop(&mut self) {
        metrics::histogram!("mizan_render_duration_seconds", "outcome" => self.outcome)
            .record(self.started.elapsed().as_secs_f64());
        if self.outcome != "ok" {
            self.span.record("error.type", self.outcome);
        }
        if self.outcome == "error" {
            self.span.record("otel.status_code", "ERROR");
        }
    }
}
