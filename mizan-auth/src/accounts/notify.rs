//! Mails about completed changes of an account.

use super::Accounts;
use crate::email_address::EmailAddress;
use crate::mail::{MailKind, TemplateContext};

impl Accounts {
    /// Mails the user that the password was changed.
    pub(super) fn notify_password_changed(&self, email: &EmailAddress) {
        let context = self.forgot_password_context();
        self.notify(MailKind::PasswordChanged, email, context);
    }

    /// Mails the user about a completed change. A failure is logged and does not fail the change.
    pub(super) fn notify(&self, kind: MailKind, email: &EmailAddress, context: TemplateContext) {
        if let Err(error) = self.0.mail_queue.enqueue(kind, email, context) {
            let _ = error.logged("mail");
        }
    }

    /// Returns the context of a mail that links to the page where users request a password reset.
    pub(super) fn forgot_password_context(&self) -> TemplateContext {
        TemplateContext {
            link: self.0.links.forgot_password(),
            ..TemplateContext::default()
        }
    }
}
