//! Mail messages, the transports that send them, and their templates.

mod console;
mod file;
mod queue;
#[cfg(feature = "smtp")]
mod smtp;
mod templates;

use std::error::Error;
use std::fmt;

use async_trait::async_trait;

pub use console::ConsoleMailer;
pub use file::FileMailer;
pub(crate) use queue::MailQueue;
#[cfg(feature = "smtp")]
#[cfg_attr(docsrs, doc(cfg(feature = "smtp")))]
pub use smtp::SmtpMailer;
pub(crate) use templates::{MailKind, TemplateContext, Templates};
pub use templates::{TEMPLATES, TemplateError};

use crate::email_address::EmailAddress;

/// A mail that is ready to be sent.
///
/// `Debug` shows only the recipient, because the subject may contain a code.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mail {
    /// The recipient.
    pub to: EmailAddress,
    /// The subject, a single line.
    pub subject: String,
    /// The plain text body.
    pub text: String,
    /// The HTML body, if the mail has an HTML template.
    pub html: Option<String>,
}

impl Mail {
    /// Creates a mail with a plain text body.
    pub fn new(to: EmailAddress, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            to,
            subject: subject.into(),
            text: text.into(),
            html: None,
        }
    }

    /// Adds an HTML body.
    #[must_use]
    pub fn html(mut self, html: impl Into<String>) -> Self {
        self.html = Some(html.into());
        self
    }
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

/// A transport that sends mail.
///
/// # Examples
///
/// ```
/// use async_trait::async_trait;
/// use mizan_auth::mail::{Mail, MailError, Mailer};
///
/// /// Sends mail through the API of a provider.
/// struct ApiMailer;
///
/// #[async_trait]
/// impl Mailer for ApiMailer {
///     async fn send(&self, mail: &Mail) -> Result<(), MailError> {
///         let request = format!("to={}&subject={}", mail.to, mail.subject);
///         if request.is_empty() {
///             return Err(MailError::new("the provider rejected the mail"));
///         }
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Sends one mail.
    async fn send(&self, mail: &Mail) -> Result<(), MailError>;
}

/// An error that a [`Mailer`] returns when it cannot send a mail.
#[derive(Debug)]
pub struct MailError(Box<dyn Error + Send + Sync>);

impl MailError {
    /// Creates an error whose source is the error of the transport.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed to send the mail")
    }
}

impl Error for MailError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
