//! The display of steps with their elapsed time.

use std::io::{IsTerminal as _, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// A step in progress. Without a terminal, only its end is printed.
pub(crate) struct Step {
    name: String,
    began: Instant,
    bar: ProgressBar,
}

impl Step {
    /// Shows a spinner with the name and the elapsed time.
    pub(crate) fn begin(name: impl Into<String>) -> Self {
        let name = name.into();
        let bar = if stderr().is_terminal() {
            let style =
                ProgressStyle::with_template("{spinner} {prefix} {elapsed:.dim} {wide_msg:.dim}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = ProgressBar::new_spinner()
                .with_style(style)
                .with_prefix(name.clone());
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        } else {
            ProgressBar::hidden()
        };
        Self {
            name,
            began: Instant::now(),
            bar,
        }
    }

    /// Shows a line of output beside the spinner.
    pub(crate) fn message(&self, line: &str) {
        self.bar.set_message(line.to_owned());
    }

    /// Prints text above the spinner.
    pub(crate) fn print(&self, text: &str) {
        self.bar.suspend(|| eprintln!("{text}"));
    }

    /// Prints that the step has succeeded.
    pub(crate) fn succeed(self) {
        self.end("ok    ");
    }

    /// Prints that the step has failed.
    pub(crate) fn fail(self) {
        self.end("FAILED");
    }

    fn end(self, outcome: &str) {
        self.bar.finish_and_clear();
        eprintln!(
            "{outcome} {} ({:.1} s)",
            self.name,
            self.began.elapsed().as_secs_f32()
        );
    }
}
