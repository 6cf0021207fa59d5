use mizan_core::{Cx, Error};

use super::Accounts;
use crate::caller::Caller;
use crate::mail::{Facts, Letter};
use crate::{Account, EmailAddress, NextStep, Password, ProofError, Purpose, Token};

impl Accounts {
    /// Sends a link that sets a new password. To an address without an account goes a mail that
    /// says so: the answer is the same.
    ///
    /// # Errors
    ///
    /// Too many tries.
    pub async fn request_reset(&self, cx: &Cx, email: &EmailAddress) -> Result<(), Error> {
        let caller = self.caller_for(cx, email).await?;
        let purpose = Purpose::ResetPassword;
        self.0.limits.mail(&caller, purpose, email)?;
        let account = self.0.users.find_by_email(email).await?;
        let account = account.filter(|account| account.access.active);
        let issued = self.issue(purpose, account.as_ref(), email, None);
        let issued = issued.await?;
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
        let changed = account.clone();
        let is_signed_in = cx.principal().id() == Some(&account.id);
        let accounts = self.clone();
        let change = async move {
            let users = &accounts.0.users;
            // Of several at once one meets the epoch, in which the token is good.
            let replaced = users.replace_password(&account.id, account.epoch, &new);
            let replaced = replaced.await?;
            let epoch = replaced.ok_or(ProofError::InvalidProof)?;
            let verified = users.verify_email(&account.id, &account.email).await;
            accounts.retire(&account.id, None).await;
            accounts.tell_of_password(&account.email);
            // The password is replaced either way. Signing in sends a code where the address is not verified.
            if let Err(error) = verified {
                let _ = Error::from(error).logged("confirm_reset");
            }
            Ok::<_, ProofError>(epoch)
        };
        let epoch = self.to_the_end(change).await??;
        if is_signed_in {
            self.remove_session_cookie(cx);
        }
        let account = Account { epoch, ..changed };
        self.remember_device(cx, &account).await;
        Ok(NextStep::SignIn)
    }

    pub(super) fn tell_of_password(&self, email: &EmailAddress) {
        let facts = Facts {
            link: self.0.links.forgot_password(),
            ..Facts::default()
        };
        self.tell(Letter::PasswordChanged, email, facts);
    }

    /// Tells the owner of an account of a change that is done, so that a mail that cannot be written is logged
    /// and fails nothing.
    pub(super) fn tell(&self, letter: Letter, email: &EmailAddress, facts: Facts) {
        if let Err(error) = self.0.outbox.post(letter, email, facts) {
            let _ = error.logged("mail");
        }
    }
}
