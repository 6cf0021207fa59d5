//! A mailer for tests that writes files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use serde_json::json;

use super::{Mail, MailError, Mailer};

/// Writes each mail to a JSON file with `to`, `subject`, `text` and `html`, for tests that read mail.
///
/// Mails contain links and codes that sign users in, so only the current user can read the files
/// (mode 0600). The file names sort in the order of sending. A file appears only when it is complete.
#[derive(Debug)]
pub struct FileMailer {
    directory: PathBuf,
    sent: AtomicU64,
}

impl FileMailer {
    /// Creates a mailer that writes to `directory`, which is created if it does not exist.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            sent: AtomicU64::new(0),
        }
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let content = json!({
            "to": mail.to,
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
        });
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        let time = jiff::Timestamp::now().as_millisecond();
        let path = self.directory.join(format!("{time:013}-{number:06}.json"));
        let directory = self.directory.clone();
        let write = move || write_file(&directory, &path, &format!("{content:#}\n"));
        let written = tokio::task::spawn_blocking(write).await;
        written.map_err(MailError::new)?.map_err(MailError::new)
    }
}

/// Writes a file that appears at `path` only when it is complete.
fn write_file(directory: &Path, path: &Path, content: &str) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    // Temporary files have the mode 0600. The dot hides the file until it is complete.
    let mut file = tempfile::Builder::new()
        .prefix(".")
        .tempfile_in(directory)?;
    file.write_all(content.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
