use mizan_core::{Cx, Error};

use super::Accounts;
use crate::caller::Caller;
use crate::mail::{Facts, Letter};
use crate::{EmailAddress, NextStep, Password, ProofError, Purpose, Token};

impl Accounts {
    /// Sends a link that sets a new password. To an address without an account goes a mail that
    /// says so: the answer is the same.
    ///
    /// # Errors
    ///
    /// Too many tries.
    pub async fn request_reset(&self, cx: &Cx, email: &EmailAddress) -> Result<(), Error> {
        let caller = self.caller_for(cx, email).await?;
        self.0.limits.mail(&caller, email)?;
        let account = self.0.users.find_by_email(email).await?;
        let account = account.filter(|account| account.access.active);
        let user = account.as_ref().map(|account| account.id.as_str());
        let issued = self.issue(Purpose::ResetPassword, user, email).await?;
        let letter = if account.is_some() {
            Letter::ResetPassword
        } else {
            Letter::UnknownAccount
        };
        self.0.outbox.post(letter, email, issued.facts)
    }

    /// Sets a new password by the link that was sent. Every session of the account ends, every
    /// other link becomes worthless, and the address counts as verified. Nobody is signed in.
    ///
    /// # Errors
    ///
    /// [`ProofError::InvalidProof`], also for all but one of several that use the link at once; a
    /// password that will not do, after which the link is still good.
    pub async fn confirm_reset(
        &self,
        cx: &Cx,
        token: &Token,
        password: &Password,
    ) -> Result<NextStep, ProofError> {
        let caller = Caller::stranger(cx);
        let failures = &self.0.failures;
        let limited = self.0.limits.proof(caller.address);
        limited.inspect_err(|_| failures.limited("confirm_reset", &caller, None))?;
        let issued = self.issued_as(token, Purpose::ResetPassword).await?;
        let account = match &issued {
            Some(issued) => self.account_of(issued).await?,
            None => None,
        };
        let (Some(issued), Some(account)) = (issued, account) else {
            failures.failed("confirm_reset", &caller, None, "invalid link");
            return Err(ProofError::InvalidProof);
        };
        // The link was mailed to the account: strangers do not have it.
        let caller = caller.with_device(issued.id, &account.id);
        self.check_new(&caller, "password", password, Some(&account.email))
            .await?;
        let new = self.0.passwords.hash_for(&caller.turn(), password).await?;
        if !self.0.tokens.take(issued.id).await? {
            return Err(ProofError::InvalidProof);
        }
        let (users, old) = (&self.0.users, account.password.as_ref());
        if !users.replace_password(&account.id, old, &new).await? {
            return Err(ProofError::InvalidProof);
        }
        users.verify_email(&account.id, &account.email).await?;
        self.0.tokens.remove_of_user(&account.id).await?;
        self.0.sessions.revoke_all(&account.id, None).await?;
        if cx.principal().id() == Some(&account.id) {
            cx.set_cookie(self.0.cookie.removal());
        }
        self.remember_device(cx, &account).await?;
        self.tell_of_password(&account.email)?;
        Ok(NextStep::SignIn)
    }

    pub(super) fn tell_of_password(&self, email: &EmailAddress) -> Result<(), Error> {
        let facts = Facts {
            link: self.0.links.forgot_password(),
            ..Facts::default()
        };
        self.0.outbox.post(Letter::PasswordChanged, email, facts)
    }
}
