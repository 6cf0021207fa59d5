use std::fmt;

use async_trait::async_trait;
use lettre::message::{Mailbox, MultiPart, SinglePart, header};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::{Mail, MailError, Mailer};

/// Sends mail over SMTP, by TLS (rustls) unless the URL says otherwise.
pub struct SmtpMailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl SmtpMailer {
    /// Mail from `from` (`Example <hello@example.com>`) by the server at `url`:
    /// `smtps://user:password@smtp.example.com` or, with STARTTLS,
    /// `smtp://user:password@smtp.example.com:587?tls=required`. A password is percent-encoded.
    ///
    /// # Errors
    ///
    /// A URL or an address that is none. The error does not repeat the URL, which has a password.
    pub fn new(url: &str, from: &str) -> Result<Self, MailError> {
        let from = from.parse().map_err(MailError::new)?;
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|_| MailError::new("the URL of the SMTP server is none that can be used"))?;
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
            // RFC 3834: no vacation note is answered to a machine.
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

/// The sender alone: the transport has a password.
impl fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpMailer({})", self.from)
    }
}

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
    async fn a_mail_becomes_mime() {
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
    async fn a_password_in_the_url_is_not_shown() {
        let error = SmtpMailer::new("nonsense://user:hunter2@host", "a@example.com").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"));
        let mailer = SmtpMailer::new("smtps://user:hunter2@host", "a@example.com").unwrap();
        assert!(!format!("{mailer:?}").contains("hunter2"));
    }
}
