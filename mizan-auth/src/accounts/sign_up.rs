//! Creates accounts.

use mizan_core::{Cx, Error};

use super::{Accounts, NextStep};
use crate::email_address::EmailAddress;
use crate::mail::MailKind;
use crate::password::Password;
use crate::store::{NewAccount, TokenPurpose};

impl Accounts {
    /// Creates an account, and mails a code and a link that verify its address.
    ///
    /// If an account with this address exists, it does not change, and the result and the duration are the
    /// same. Only the mail reveals that the account exists.
    ///
    /// # Errors
    ///
    /// Returns a validation error if the password is too short or too easy to guess, and an error with the
    /// code `rate_limited` after too many calls.
    pub async fn sign_up(
        &self,
        cx: &Cx,
        email: &EmailAddress,
        password: &Password,
    ) -> Result<NextStep, Error> {
        let caller = self.identify_caller(cx, email).await?;
        self.check_new_password_for(&caller, "password", password, Some(email))
            .await?;
        let limiters = &self.0.rate_limiters;
        limiters.sign_up(cx.head().client_addr()).await?;
        limiters
            .mail(&caller, TokenPurpose::VerifyEmail, email)
            .await?;
        let hash = self
            .0
            .password_hasher
            .hash_for(&caller.queue_entry(), password)
            .await?;
        let account = NewAccount::new(email.clone(), self.0.clock.now()).password(hash);
        let created = self.0.users.create(account).await?;
        let issued = self.issue_for_browser(cx, TokenPurpose::VerifyEmail, created.as_ref(), email);
        let issued = issued.await?;
        let ticket = issued.ticket();
        let (kind, context) = if created.is_some() {
            (MailKind::VerifyEmail, issued.context)
        } else {
            (MailKind::AccountExists, self.forgot_password_context())
        };
        self.0.mail_queue.enqueue(kind, email, context)?;
        Ok(NextStep::VerifyEmail { ticket })
    }
}
