use mizan_core::{Cx, Error};

use super::Accounts;
use super::proofs::code_hash;
use crate::caller::Caller;
use crate::mail::Letter;
use crate::password::check_length;
use crate::{
    Account, IssuedToken, LinkError, NextStep, Password, ProofError, Purpose, StoreError, Ticket,
    Token,
};

impl Accounts {
    /// Verifies the address of an account with the code that was sent there, and signs in: the browser that
    /// has the ticket and its cookie gave the password before.
    ///
    /// # Errors
    ///
    /// [`ProofError::InvalidProof`], also for the right code after five that were wrong;
    /// [`ProofError::OtherBrowser`] in another browser than the one that signed up or in.
    pub async fn verify_code(
        &self,
        cx: &Cx,
        ticket: Ticket,
        code: &str,
        next: Option<&str>,
    ) -> Result<NextStep, ProofError> {
        let caller = Caller::stranger(cx);
        let failures = &self.0.failures;
        let limited = self.0.limits.proof(caller.address);
        limited.inspect_err(|_| failures.limited("verify_code", &caller, None))?;
        let issued = self.flow(cx, ticket, Purpose::VerifyEmail, "verify_code");
        let issued = issued.await?;
        if !self.0.tokens.attempt(issued.id).await?
            || issued.code != Some(code_hash(issued.id, code.trim()))
        {
            failures.failed("verify_code", &caller, issued.user.as_deref(), "wrong code");
            return Err(ProofError::InvalidProof);
        }
        let account = self.account_of(&issued).await?;
        let account = account.ok_or(ProofError::InvalidProof)?;
        if !self.verify(&issued, &account).await? {
            return Err(ProofError::InvalidProof);
        }
        Ok(self.after_password(cx, &account, next).await?)
    }

    /// Verifies the address of an account with the link that was sent there and with its password,
    /// and signs in. Without the password, an attacker could sign up with the address of another user, who
    /// then opens the link.
    ///
    /// # Errors
    ///
    /// [`LinkError::InvalidLink`], or [`LinkError::WrongPassword`], after which the link is still
    /// good.
    pub async fn verify_link(
        &self,
        cx: &Cx,
        token: &Token,
        password: &Password,
        next: Option<&str>,
    ) -> Result<NextStep, LinkError> {
        check_length("password", password)?;
        let (caller, failures) = (Caller::stranger(cx), &self.0.failures);
        let limited = self.0.limits.proof(caller.address);
        limited.inspect_err(|_| failures.limited("verify_link", &caller, None))?;
        let issued = self.issued_as(token, Purpose::VerifyEmail).await?;
        let account = match &issued {
            Some(issued) => self.account_of(issued).await?,
            None => None,
        };
        let (Some(issued), Some(account)) = (issued, account) else {
            failures.failed("verify_link", &caller, None, "invalid link");
            return Err(LinkError::InvalidLink);
        };
        // The link was mailed to the account: strangers do not have it.
        let caller = caller.with_device(issued.id, &account.id);
        let id = Some(account.id.as_str());
        let limited = self.0.limits.sign_in(&caller, &account.email);
        limited.inspect_err(|_| failures.limited("verify_link", &caller, id))?;
        let (passwords, stored) = (&self.0.passwords, account.password.as_ref());
        let turn = caller.turn();
        if !passwords.verify_for(&turn, password, stored).await? {
            failures.failed("verify_link", &caller, id, "wrong password");
            return Err(LinkError::WrongPassword);
        }
        if !self.verify(&issued, &account).await? {
            return Err(LinkError::InvalidLink);
        }
        Ok(self.after_password(cx, &account, next).await?)
    }

    /// Sends the code of a flow again, a new one. The flow has a new ticket then.
    ///
    /// # Errors
    ///
    /// [`ProofError::InvalidProof`] when the flow took too long, [`ProofError::OtherBrowser`] when it was begun
    /// in another browser: sign in to begin again.
    pub async fn resend(&self, cx: &Cx, ticket: Ticket) -> Result<NextStep, ProofError> {
        let issued = self.flow(cx, ticket, Purpose::VerifyEmail, "resend_code");
        let issued = issued.await?;
        let caller = self.caller_for(cx, &issued.email).await?;
        self.0.limits.mail(&caller, issued.purpose, &issued.email)?;
        if !self.0.tokens.take(issued.id).await? {
            return Err(ProofError::InvalidProof);
        }
        let account = self.account_of(&issued).await?;
        let again = self.issue_here(cx, Purpose::VerifyEmail, account.as_ref(), &issued.email);
        let again = again.await?;
        let ticket = again.ticket();
        let (letter, facts) = if account.is_some() {
            (Letter::VerifyEmail, again.facts)
        } else {
            let link = self.0.links.forgot_password();
            let facts = crate::mail::Facts {
                link,
                ..Default::default()
            };
            (Letter::AccountExists, facts)
        };
        self.0.outbox.post(letter, &issued.email, facts)?;
        Ok(NextStep::VerifyEmail { ticket })
    }

    /// The account that a token was issued for, where it still has the address that it was sent to and its
    /// credentials have not changed since.
    pub(super) async fn account_of(
        &self,
        issued: &IssuedToken,
    ) -> Result<Option<Account>, StoreError> {
        let Some(user) = &issued.user else {
            return Ok(None);
        };
        let account = self.find_active(user).await?;
        Ok(
            account
                .filter(|account| account.email == issued.email && account.epoch == issued.epoch),
        )
    }

    /// Uses the token up; whether it was there and the account still had the address.
    async fn verify(&self, issued: &IssuedToken, account: &Account) -> Result<bool, Error> {
        if !self.0.tokens.take(issued.id).await? {
            return Ok(false);
        }
        self.0.tokens.remove_of_user(&account.id).await?;
        let users = &self.0.users;
        Ok(users.verify_email(&account.id, &issued.email).await?)
    }
}
