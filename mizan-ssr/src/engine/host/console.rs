//! The output of `console`.

use crate::log_text::log_text;

/// The maximum number of bytes that a render may log.
const MAX_RENDER_BYTES: usize = 1 << 20;
/// The maximum length of a line. The same limit is in `js/console.js`.
const MAX_LINE_BYTES: usize = 1 << 16;

/// The budget of a render's log output.
#[derive(Default)]
pub(super) struct Console {
    logged_bytes: usize,
}

impl Console {
    /// Logs a line. Returns `false` if the render must not log more.
    pub(super) fn log(&mut self, level: &str, line: &str) -> bool {
        if self.logged_bytes > MAX_RENDER_BYTES {
            return false;
        }
        self.logged_bytes += line.len().min(MAX_LINE_BYTES) + 1;
        if self.logged_bytes > MAX_RENDER_BYTES {
            tracing::warn!(
                target: "mizan_ssr::console",
                "console output of this render exceeds {MAX_RENDER_BYTES} bytes; dropping the rest"
            );
            return false;
        }
        let line = log_text(&line[..line.floor_char_boundary(MAX_LINE_BYTES)]);
        match level {
            "error" => tracing::error!(target: "mizan_ssr::console", "{line}"),
            "warn" => tracing::warn!(target: "mizan_ssr::console", "{line}"),
            "debug" => tracing::debug!(target: "mizan_ssr::console", "{line}"),
            _ => tracing::info!(target: "mizan_ssr::console", "{line}"),
        }
        true
    }
}
