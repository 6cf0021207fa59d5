use mizan_core::{Cx, Error};

use super::{Accounts, address_of};
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
        self.0.limits.mail(address_of(cx), email)?;
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
        self.0.limits.proof(address_of(cx))?;
        let issued = self.issued_as(token, Purpose::ResetPassword).await?;
        let issued = issued.ok_or(ProofError::InvalidProof)?;
        let account = self.account_of(&issued).await?;
        let account = account.ok_or(ProofError::InvalidProof)?;
        self.0
            .rules
            .check("password", password, Some(&account.email))?;
        let new = self.0.passwords.hash(password).await?;
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
