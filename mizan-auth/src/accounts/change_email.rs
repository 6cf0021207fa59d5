//! Changes the email address of a signed-in user.

use mizan_core::{Cx, Error};

use super::{Accounts, ProofError};
use crate::caller::Caller;
use crate::email_address::EmailAddress;
use crate::mail::{MailKind, TemplateContext};
use crate::store::{Account, TokenPurpose};
use crate::token::Token;

impl Accounts {
    /// Mails a confirmation link to the new address of the signed-in user.
    ///
    /// If another account has the address, the mail says so. The result is the same.
    ///
    /// # Errors
    ///
    /// Returns a validation error if the account already has this address, and an error with the code
    /// `rate_limited` after too many calls.
    pub async fn request_email_change(&self, cx: &Cx, new: &EmailAddress) -> Result<(), Error> {
        let account = self.caller_account(cx).await?;
        if account.email == *new {
            return Err(Error::invalid(
                "email",
                "This is already your email address.",
            ));
        }
        let purpose = TokenPurpose::ChangeEmail;
        let caller = Caller::unknown(cx);
        self.0.rate_limiters.mail(&caller, purpose, new).await?;
        let is_taken = self.0.users.find_by_email(new).await?.is_some();
        let account = (!is_taken).then_some(&account);
        let issued = self.issue(purpose, account, new, None).await?;
        let kind = if is_taken {
            MailKind::EmailTaken
        } else {
            MailKind::ChangeEmail
        };
        self.0.mail_queue.enqueue(kind, new, issued.context)
    }

    /// Changes the address of the signed-in user to the address that the link was mailed to, and notifies the
    /// old address.
    ///
    /// The other sessions end, and other links become invalid. The user has to be signed in, so that a link
    /// that was mailed to a wrong address gives its reader no access to the account.
    ///
    /// # Errors
    ///
    /// Returns [`ProofError::InvalidProof`] if the link is invalid, or if another account has taken the
    /// address in the meantime.
    pub async fn confirm_email_change(&self, cx: &Cx, token: &Token) -> Result<(), ProofError> {
        self.0.rate_limiters.proof(cx.head().client_addr()).await?;
        let account = self.caller_account(cx).await?;
        let session = self.presented_session(cx.head()).await?;
        let issued = self
            .find_token_with_secret(token, TokenPurpose::ChangeEmail)
            .await?;
        let issued = issued.filter(|issued| {
            issued.user.as_ref() == Some(&account.id) && issued.epoch == account.epoch
        });
        let issued = issued.ok_or(ProofError::InvalidProof)?;
        let caller = self.identify_caller(cx, &account.email).await?;
        let changed = Account {
            email: issued.email.clone(),
            ..account.clone()
        };
        let (accounts, ended) = (self.clone(), session.clone());
        let change = async move {
            let (users, old) = (&accounts.0.users, &account.email);
            // The token is valid only in this epoch, so that only one of several concurrent calls succeeds.
            let replaced = users.replace_email(&account.id, account.epoch, &issued.email);
            let epoch = replaced.await?.ok_or(ProofError::InvalidProof)?;
            let was_live = accounts
                .remove_sessions_and_tokens(&account.id, ended.as_ref())
                .await;
            accounts.notify(MailKind::EmailChanged, old, TemplateContext::default());
            Ok::<_, ProofError>((epoch, was_live))
        };
        let (epoch, was_live) = self.run_to_completion(change).await??;
        self.reopen_session(cx, session, was_live, epoch).await;
        if caller.is_known_device() {
            let account = Account { epoch, ..changed };
            self.remember_device(cx, &account).await;
        }
        Ok(())
    }
}
