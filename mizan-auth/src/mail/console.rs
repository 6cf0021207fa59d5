//! A mailer for development that prints to standard error.

use std::io::Write;

use async_trait::async_trait;

use super::{Mail, MailError, Mailer};

/// Prints mail to standard error.
///
/// For development only: the output contains links and codes that sign users in.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConsoleMailer;

#[async_trait]
impl Mailer for ConsoleMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let Mail {
            to, subject, text, ..
        } = mail;
        let line = "-".repeat(72);
        let printed = format!("{line}\nTo: {to}\nSubject: {subject}\n\n{text}\n{line}\n");
        std::io::stderr()
            .write_all(printed.as_bytes())
            .map_err(MailError::new)
    }
}
