//! Resets forgotten passwords with a mailed link.

use mizan_core::{Cx, Error};

use super::{Accounts, NextStep, ProofError};
use crate::caller::Caller;
use crate::email_address::EmailAddress;
use crate::mail::MailKind;
use crate::password::{Password, PasswordHash};
use crate::store::{Account, IssuedToken, TokenPurpose};
use crate::token::Token;

const FLOW: &str = "confirm_reset";

impl Accounts {
    /// Mails a link that sets a new password.
    ///
    /// If there is no account with this address, the mail says so. The result is the same.
    ///
    /// # Errors
    ///
    /// Returns an error with the code `rate_limited` after too many calls.
    pub async fn request_reset(&self, cx: &Cx, email: &EmailAddress) -> Result<(), Error> {
        let caller = self.identify_caller(cx, email).await?;
        let purpose = TokenPurpose::ResetPassword;
        self.0.rate_limiters.mail(&caller, purpose, email).await?;
        let account = self.0.users.find_by_email(email).await?;
        let account = account.filter(|account| account.access.active);
        let issued = self.issue(purpose, account.as_ref(), email, None).await?;
        let kind = if account.is_some() {
            MailKind::ResetPassword
        } else {
            MailKind::UnknownAccount
        };
        self.0.mail_queue.enqueue(kind, email, issued.context)
    }

    /// Sets a new password with a mailed link.
    ///
    /// All sessions and other links of the account become invalid, and its address becomes verified. The
    /// user is not signed in.
    ///
    /// # Errors
    ///
    /// Returns [`ProofError::InvalidProof`] if the link is invalid, or if a concurrent call has used it.
    /// Returns a validation error if the password violates a rule; the link stays valid.
    pub async fn confirm_reset(
        &self,
        cx: &Cx,
        token: &Token,
        password: &Password,
    ) -> Result<NextStep, ProofError> {
        let caller = Caller::unknown(cx);
        let (issued, account) = self.check_reset_link(&caller, token).await?;
        // The link was mailed to the account, so the caller is known.
        let caller = caller.with_device(issued.id, &account.id);
        self.check_new_password_for(&caller, "password", password, Some(&account.email))
            .await?;
        let hash = self
            .0
            .password_hasher
            .hash_for(&caller.queue_entry(), password)
            .await?;
        let is_signed_in = cx.principal().id() == Some(&account.id);
        let epoch = self.replace_forgotten_password(&account, hash).await?;
        if is_signed_in {
            self.remove_session_cookie(cx);
        }
        let account = Account { epoch, ..account };
        self.remember_device(cx, &account).await;
        Ok(NextStep::SignIn)
    }

    /// Returns the token of a reset link and its account.
    async fn check_reset_link(
        &self,
        caller: &Caller,
        token: &Token,
    ) -> Result<(IssuedToken, Account), ProofError> {
        let log = &self.0.failure_log;
        self.0
            .rate_limiters
            .proof(caller.address)
            .await
            .inspect_err(|_| log.rate_limited(FLOW, caller, None))?;
        let found = self
            .find_token_and_account(token, TokenPurpose::ResetPassword)
            .await?;
        found.ok_or_else(|| {
            log.authentication_failed(FLOW, caller, None, "invalid link");
            ProofError::InvalidProof
        })
    }

    /// Replaces the password, verifies the address, and ends all sessions and tokens of the account. Returns
    /// the new epoch.
    async fn replace_forgotten_password(
        &self,
        account: &Account,
        hash: PasswordHash,
    ) -> Result<i64, ProofError> {
        let (accounts, account) = (self.clone(), account.clone());
        let change = async move {
            let users = &accounts.0.users;
            // The token is valid only in this epoch, so that only one of several concurrent calls succeeds.
            let replaced = users.replace_password(&account.id, account.epoch, &hash);
            let epoch = replaced.await?.ok_or(ProofError::InvalidProof)?;
            let verified = users.verify_email(&account.id, &account.email).await;
            accounts.remove_sessions_and_tokens(&account.id, None).await;
            accounts.notify_password_changed(&account.email);
            if matches!(verified, Ok(true)) && !account.email_verified {
                accounts.permissions_changed(&account.id);
            }
            // The password has been replaced in any case. If the address is still unverified, the next sign-in
            // sends a code.
            if let Err(error) = verified {
                let _ = Error::from(error).logged(FLOW);
            }
            Ok::<_, ProofError>(epoch)
        };
        self.run_to_completion(change).await?
    }
}
