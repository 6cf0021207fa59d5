//! Recorded log lines.

use std::sync::{Arc, Mutex};

use tracing::subscriber::DefaultGuard;

/// The log output of a thread.
#[derive(Clone, Default)]
pub(crate) struct LogOutput(Arc<Mutex<Vec<u8>>>);

impl LogOutput {
    /// Records the output of this thread until the guard is dropped.
    pub(crate) fn record() -> (Self, DefaultGuard) {
        let output = Self::default();
        let writer = output.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone());
        (
            output,
            tracing::subscriber::set_default(subscriber.finish()),
        )
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

impl std::io::Write for LogOutput {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
