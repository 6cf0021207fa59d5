//! A mailer that sends over SMTP.

use std::fmt;

use async_trait::async_trait;
use lettre::message::{Mailbox, MultiPart, SinglePart, header};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use url::Url;

use super::{Mail, MailError, Mailer};
use crate::url_security::is_loopback;

/// Sends mail over SMTP, with TLS (rustls) unless the URL disables it.
///
/// # Examples
///
/// ```
/// use mizan_auth::mail::SmtpMailer;
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let url = "smtps://user:password@smtp.example.com";
///     let mailer = SmtpMailer::new(url, "Example <hello@example.com>")?;
///     assert!(!format!("{mailer:?}").contains("password"));
///     Ok(())
/// }
/// ```
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpMailer {
    /// Creates a mailer that sends from the address `from`, such as `Example <hello@example.com>`.
    ///
    /// `url` is the URL of the server: `smtps://user:password@smtp.example.com` or, with STARTTLS,
    /// `smtp://user:password@smtp.example.com:587?tls=required`. The user and the password are
    /// percent-encoded.
    ///
    /// # Errors
    ///
    /// Returns an error if the URL or the address is invalid, or if the URL has a user or a password but does
    /// not require TLS and the server is on another machine. The error does not contain the URL, which may
    /// include a password.
    pub fn new(url: &str, from: &str) -> Result<Self, MailError> {
        let from = from.parse().map_err(MailError::new)?;
        if sends_credentials_in_clear(url) {
            return Err(MailError::new(
                "the SMTP URL has credentials but does not require TLS, so they would be sent in clear text: \
                 use `smtps://` or add `?tls=required`",
            ));
        }
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| MailError::new("invalid SMTP URL: use `smtps://user:password@host` or `smtp://host:port?tls=required`"))?;
        Ok(Self {
            transport: transport.build(),
            from,
        })
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailError> {
        let to: Mailbox = mail.to.as_str().parse().map_err(MailError::new)?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(to)
            // Suppresses vacation replies (RFC 3834).
            .header(AutoSubmitted)
            .subject(mail.subject.as_str());
        let text = mail.text.clone();
        match &mail.html {
            Some(html) => message.multipart(MultiPart::alternative_plain_html(text, html.clone())),
            None => message.singlepart(SinglePart::plain(text)),
        }
        .map_err(MailError::new)
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let sent = self.transport.send(self.message(mail)?).await;
        sent.map(drop).map_err(MailError::new)
    }
}

/// Returns true if the URL would send a user name or a password to another machine without TLS.
///
/// `tls=opportunistic` does not protect them from an attacker that removes the STARTTLS offer of the server
/// (RFC 8314, section 3).
fn sends_credentials_in_clear(url: &str) -> bool {
    let Ok(url) = url.parse::<Url>() else {
        return false;
    };
    let mut options = url.query_pairs();
    let has_tls = url.scheme() == "smtps"
        || options.any(|(name, value)| name == "tls" && value == "required");
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    has_credentials && !has_tls && !is_loopback(&url)
}

/// Shows only the sender, because the transport contains the password.
impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpMailer({})", self.from)
    }
}

/// The header `Auto-Submitted: auto-generated`.
#[derive(Clone)]
struct AutoSubmitted;

impl header::Header for AutoSubmitted {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn builds_mime_messages() {
        let mailer = SmtpMailer::new("smtp://localhost:25", "Example <hello@example.com>").unwrap();
        let mail = Mail {
            to: "ada@example.com".parse().unwrap(),
            subject: "Grüße\r\nBcc: eve@example.com".to_owned(),
            text: "plain ✓".to_owned(),
            html: Some("<p>rich</p>".to_owned()),
        };
        let message = String::from_utf8(mailer.message(&mail).unwrap().formatted()).unwrap();
        assert!(message.contains("To: ada@example.com\r\n"), "{message}");
        assert!(
            message.contains("Auto-Submitted: auto-generated\r\n"),
            "{message}"
        );
        assert!(message.contains("multipart/alternative"), "{message}");
        assert!(!message.contains("\nBcc:"), "{message}");
    }

    #[tokio::test]
    async fn rejects_urls_that_send_credentials_without_tls() {
        let from = "a@example.com";
        for url in [
            "smtp://user:hunter2@smtp.example.com",
            "smtp://user:hunter2@smtp.example.com:587?tls=opportunistic",
            "smtp://user@10.0.0.1",
            "smtp://:hunter2@192.0.2.1:25",
        ] {
            let error = SmtpMailer::new(url, from).unwrap_err();
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert!(cause.contains("tls=required"), "{cause}");
            assert!(!format!("{error:?}").contains("hunter2"));
        }
        for url in [
            "smtps://user:hunter2@smtp.example.com",
            "smtp://user:hunter2@smtp.example.com:587?tls=required",
            "smtp://user:hunter2@localhost:25",
            "smtp://user:hunter2@127.0.0.1:25",
            "smtp://user:hunter2@[::1]:25",
            "smtp://relay.example.com:25",
        ] {
            assert!(SmtpMailer::new(url, from).is_ok(), "{url}");
        }
    }

    #[tokio::test]
    async fn errors_and_debug_output_do_not_contain_the_password() {
        let error = SmtpMailer::new("nonsense://user:hunter2@host", "a@example.com").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
        let mailer = SmtpMailer::new("smtps://user:hunter2@host", "a@example.com").unwrap();
        assert!(!format!("{mailer:?}").contains("hunter2"));
    }
}
