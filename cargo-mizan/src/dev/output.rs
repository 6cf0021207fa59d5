//! The output of the application's server: copied to the terminal within a limit.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, BufReader};
use tokio::time::Instant;

/// The bytes per second that are printed, and the burst. The rest is omitted, because a terminal would not keep up.
const MAX_BYTES_PER_SECOND: f64 = 65_536.0;
/// The maximum length of a printed line.
const MAX_LINE_BYTES: u64 = 4_096;
/// The minimum interval between two notices about omitted output.
const NOTICE_INTERVAL: Duration = Duration::from_secs(1);
/// The number of lines that a message about a failure quotes.
const MAX_QUOTED_LINES: usize = 20;

/// The last lines of a process.
#[derive(Clone, Default)]
pub(super) struct LastLines(Arc<Mutex<VecDeque<String>>>);

impl LastLines {
    fn push(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MAX_QUOTED_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    /// Returns the lines as text.
    pub(super) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Vec::from(lines.clone()).join("\n")
    }
}

/// The number of bytes that may be printed, which grows with time.
struct Budget {
    bytes: f64,
    at: Instant,
    omitted: u64,
}

impl Budget {
    fn new() -> Self {
        Self {
            bytes: MAX_BYTES_PER_SECOND,
            at: Instant::now(),
            omitted: 0,
        }
    }

    /// Takes `bytes` from the budget. Returns `false` and counts them as omitted if it has less.
    fn take(&mut self, bytes: usize, now: Instant) -> bool {
        let earned = (now - self.at).as_secs_f64() * MAX_BYTES_PER_SECOND;
        self.bytes = (self.bytes + earned).min(MAX_BYTES_PER_SECOND);
        self.at = now;
        let is_affordable = self.bytes >= bytes as f64;
        if is_affordable {
            self.bytes -= bytes as f64;
        } else {
            self.omitted += bytes as u64;
        }
        is_affordable
    }
}

/// Copies lines to standard error until the process closes its output.
pub(super) async fn relay(from: impl AsyncRead + Unpin, last: LastLines) {
    let mut from = BufReader::new(from);
    let mut budget = Budget::new();
    let mut noted = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut from)
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .await;
        let is_end = !matches!(read, Ok(1..));
        let is_due = noted.is_none_or(|at: Instant| at.elapsed() > NOTICE_INTERVAL);
        if budget.omitted > 0 && (is_end || is_due) {
            eprintln!("… {} bytes of output omitted", budget.omitted);
            (budget.omitted, noted) = (0, Some(Instant::now()));
        }
        if is_end {
            return;
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        last.push(text);
        if budget.take(line.len(), Instant::now()) {
            // The terminal may be closed.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Budget, LastLines, relay};

    #[test]
    fn a_flood_exhausts_the_budget_which_recovers() {
        let mut budget = Budget::new();
        let start = budget.at;
        let printed = (0..1_000).filter(|_| budget.take(1_000, start)).count();
        assert_eq!((printed, budget.omitted), (65, 935_000));
        let later = start + Duration::from_secs(60);
        assert!(budget.take(60_000, later));
        assert!(!budget.take(60_000, later));
    }

    #[tokio::test]
    async fn keeps_the_last_lines() {
        let lines: String = (0..30).map(|number| format!("line {number}\n")).collect();
        let last = LastLines::default();
        relay(lines.as_bytes(), last.clone()).await;
        let text = last.text();
        assert!(
            text.starts_with("line 10\n") && text.ends_with("line 29"),
            "{text}"
        );
    }
}
