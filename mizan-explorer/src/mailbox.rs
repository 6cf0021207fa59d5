//! A mailer that keeps the last mails for the page.

use std::fmt;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use mizan_auth::mail::{Mail, MailError, Mailer};

use crate::kept_mails::KeptMails;

/// A mailer that passes mails on and keeps the last 100 for the explorer. Clones share the mails.
///
/// It keeps mails only after an enabled [`Explorer`](crate::Explorer) was built with it, because they contain links and
/// codes that sign users in.
///
/// ```
/// use std::sync::Arc;
///
/// use mizan_auth::AccountsBuilder;
/// use mizan_auth::mail::ConsoleMailer;
/// use mizan_explorer::Mailbox;
///
/// fn with_mailbox(accounts: AccountsBuilder) -> (AccountsBuilder, Mailbox) {
///     let mailbox = Mailbox::new(Arc::new(ConsoleMailer));
///     (accounts.mailer(Arc::new(mailbox.clone())), mailbox)
/// }
/// ```
#[derive(Clone)]
pub struct Mailbox(Arc<Inner>);

struct Inner {
    next: Arc<dyn Mailer>,
    /// Set once an explorer shows the mails.
    kept: OnceLock<KeptMails>,
}

impl Mailbox {
    /// Creates a mailbox that passes mails on to `next`.
    #[must_use]
    pub fn new(next: Arc<dyn Mailer>) -> Self {
        Self(Arc::new(Inner {
            next,
            kept: OnceLock::new(),
        }))
    }

    /// Keeps mails from now on, and returns them.
    pub(crate) fn keep(&self) -> KeptMails {
        self.0.kept.get_or_init(KeptMails::default).clone()
    }
}

#[async_trait]
impl Mailer for Mailbox {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        if let Some(kept) = self.0.kept.get() {
            kept.push(mail.to.to_string(), mail.subject.clone(), &mail.text);
        }
        self.0.next.send(mail).await
    }
}

impl fmt::Debug for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").finish_non_exhaustive()
    }
}
