use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use serde_json::json;
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt;

use super::{Mail, MailError, Mailer};

/// Writes each mail to a file of its own, as JSON with `to`, `subject`, `text` and `html`: for
/// tests that read their mail.
///
/// Mails hold links and codes that sign in, so that a file is readable for this user alone (0600).
///
/// The names of the files sort in the order of sending. A file appears when it is whole.
#[derive(Debug)]
pub struct FileMailer {
    folder: PathBuf,
    sent: AtomicU64,
}

impl FileMailer {
    /// Mail that is written to `folder`, which is made when there is none.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
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
        let name = format!("{time:013}-{number:06}.json");
        let written = async {
            tokio::fs::create_dir_all(&self.folder).await?;
            let partial = self.folder.join(format!(".{name}"));
            let mut options = OpenOptions::new();
            options.write(true).create_new(true);
            #[cfg(unix)]
            options.mode(0o600);
            let mut file = options.open(&partial).await?;
            file.write_all(format!("{content:#}\n").as_bytes()).await?;
            file.flush().await?;
            tokio::fs::rename(&partial, self.folder.join(&name)).await
        };
        written.await.map_err(MailError::new)
    }
}
