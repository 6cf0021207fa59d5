//! Mail: what is sent, and by what.

mod console;
mod file;
mod outbox;
#[cfg(feature = "smtp")]
mod smtp;
mod templates;

use std::error::Error;
use std::fmt;

use async_trait::async_trait;

pub use console::ConsoleMailer;
pub use file::FileMailer;
pub(crate) use outbox::Outbox;
#[cfg(feature = "smtp")]
pub use smtp::SmtpMailer;
pub(crate) use templates::{Facts, Letter, Templates};
pub use templates::{TEMPLATES, TemplateError};

use crate::EmailAddress;

/// A mail, ready to be sent. `Debug` shows whom it is to and no more: there is a code in the subject.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: EmailAddress,
    /// The subject: one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML, where there is a template for it.
    pub html: Option<String>,
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Sends one mail.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// A mail that could not be sent.
#[derive(Debug)]
pub struct MailError(Box<dyn Error + Send + Sync>);

impl MailError {
    /// An error out of what the transport says.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the mail could not be sent")
    }
}

impl Error for MailError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
