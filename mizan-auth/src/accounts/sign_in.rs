//! Signs users in with their password.

use mizan_core::{Cx, Error};

use super::{Accounts, NextStep, SignInError};
use crate::caller::Caller;
use crate::email_address::EmailAddress;
use crate::mail::MailKind;
use crate::password::{Password, PasswordHash, QueueEntry, check_length};
use crate::store::{Account, TokenPurpose};

const FLOW: &str = "sign_in";

impl Accounts {
    /// Signs a user in, or returns the step that the user has to complete first.
    ///
    /// [`NextStep::SignedIn`] contains `next` if it is a path on this site, and `/` otherwise.
    ///
    /// # Errors
    ///
    /// Returns [`SignInError::WrongCredentials`] if the account does not exist or is inactive, or if the
    /// password is wrong. The duration is the same in each case. Returns an error with the code `rate_limited`
    /// after too many attempts.
    pub async fn sign_in(
        &self,
        cx: &Cx,
        email: &EmailAddress,
        password: &Password,
        next: Option<&str>,
    ) -> Result<NextStep, SignInError> {
        check_length("password", password)?;
        let caller = self.identify_caller(cx, email).await?;
        self.0
            .rate_limiters
            .sign_in(&caller, email)
            .await
            .inspect_err(|_| self.0.failure_log.rate_limited(FLOW, &caller, None))?;
        let mut account = self.check_credentials(&caller, email, password).await?;
        self.rehash_if_outdated(&caller.queue_entry(), &mut account, password)
            .await?;
        if !account.email_verified {
            return Ok(self.send_code(cx, &account).await?);
        }
        Ok(self.continue_after_password(cx, &account, next).await?)
    }

    /// Returns the active account with these credentials.
    async fn check_credentials(
        &self,
        caller: &Caller,
        email: &EmailAddress,
        password: &Password,
    ) -> Result<Account, SignInError> {
        let account = self.0.users.find_by_email(email).await?;
        let stored = account
            .as_ref()
            .and_then(|account| account.password.as_ref());
        let is_correct = self
            .0
            .password_hasher
            .verify_for(&caller.queue_entry(), password, stored)
            .await?;
        let (id, reason) = match account {
            Some(account) if is_correct && account.access.active => return Ok(account),
            None => (None, "unknown account"),
            Some(account) if !is_correct => (Some(account.id), "wrong password"),
            Some(account) => (Some(account.id), "inactive account"),
        };
        let log = &self.0.failure_log;
        log.authentication_failed(FLOW, caller, id.as_deref(), reason);
        Err(SignInError::WrongCredentials)
    }

    /// Continues a sign-in after the password was correct: requests a second factor or opens a session.
    pub(super) async fn continue_after_password(
        &self,
        cx: &Cx,
        account: &Account,
        next: Option<&str>,
    ) -> Result<NextStep, Error> {
        let methods = match &self.0.second_factor {
            Some(factor) => factor.methods(&account.id).await?,
            None => Vec::new(),
        };
        if methods.is_empty() {
            return self.open_session(cx, account, "pwd", next).await;
        }
        let purpose = TokenPurpose::SecondFactor;
        let issued = self.issue_for_browser(cx, purpose, Some(account), &account.email);
        Ok(NextStep::SecondFactor {
            ticket: issued.await?.ticket(),
            methods,
        })
    }

    /// Sends a new code to an account with an unverified address, after the caller has sent its password.
    async fn send_code(&self, cx: &Cx, account: &Account) -> Result<NextStep, Error> {
        let address = cx.head().client_addr();
        self.0.rate_limiters.code(address, &account.id).await?;
        let purpose = TokenPurpose::VerifyEmail;
        let issued = self.issue_for_browser(cx, purpose, Some(account), &account.email);
        let issued = issued.await?;
        let ticket = issued.ticket();
        let kind = MailKind::VerifyEmail;
        self.0
            .mail_queue
            .enqueue(kind, &account.email, issued.context)?;
        Ok(NextStep::VerifyEmail { ticket })
    }

    /// Hashes a correct password again if its hash has another cost than new hashes.
    ///
    /// If the queue is full or the password has just been changed, the hash is replaced at a later sign-in.
    async fn rehash_if_outdated(
        &self,
        entry: &QueueEntry,
        account: &mut Account,
        password: &Password,
    ) -> Result<(), Error> {
        let is_outdated = |stored: &&PasswordHash| self.0.password_hasher.is_outdated(stored);
        let Some(old) = account.password.as_ref().filter(is_outdated) else {
            return Ok(());
        };
        let Ok(new) = self.0.password_hasher.hash_for(entry, password).await else {
            return Ok(());
        };
        let users = &self.0.users;
        if users.rehash_password(&account.id, old, &new).await? {
            account.password = Some(new);
        }
        Ok(())
    }
}
