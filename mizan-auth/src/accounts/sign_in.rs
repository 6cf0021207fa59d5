use mizan_core::adapter::is_local_path;
use mizan_core::{Cx, Error};

use super::{Accounts, address_of, device_of};
use crate::caller::Caller;
use crate::clock::later;
use crate::mail::Letter;
use crate::password::{Turn, check_length};
use crate::{
    Account, ConfirmError, EmailAddress, NextStep, Password, PasswordHash, Purpose, Session,
    SignInError, Ticket, Token,
};

impl Accounts {
    /// Signs a user in, or says what comes first. Where to go then is `next`, if that is a path on
    /// this site.
    ///
    /// # Errors
    ///
    /// [`SignInError::WrongCredentials`] whatever is wrong with them, after the same time.
    pub async fn sign_in(
        &self,
        cx: &Cx,
        email: &EmailAddress,
        password: &Password,
        next: Option<&str>,
    ) -> Result<NextStep, SignInError> {
        check_length("password", password)?;
        let caller = self.caller_for(cx, email).await?;
        let (limits, failures) = (&self.0.limits, &self.0.failures);
        let limited = limits.sign_in(&caller, email);
        limited.inspect_err(|_| failures.limited("sign_in", &caller, None))?;
        let account = self.0.users.find_by_email(email).await?;
        let stored = account
            .as_ref()
            .and_then(|account| account.password.as_ref());
        let turn = caller.turn();
        let is_right = self.0.passwords.verify_for(&turn, password, stored).await?;
        let reason = match &account {
            None => "unknown account",
            Some(_) if !is_right => "wrong password",
            Some(_) => "inactive account",
        };
        let id = account.as_ref().map(|account| account.id.clone());
        let account = account.filter(|account| is_right && account.access.active);
        let Some(mut account) = account else {
            failures.failed("sign_in", &caller, id.as_deref(), reason);
            return Err(SignInError::WrongCredentials);
        };
        self.rehash(&turn, &mut account, password).await?;
        if !account.email_verified {
            return Ok(self.send_code(cx, &account).await?);
        }
        Ok(self.after_password(cx, &account, next).await?)
    }

    /// Checks the password of the user who is signed in again, and replaces their session by a new one.
    ///
    /// # Errors
    ///
    /// [`ConfirmError::WrongPassword`].
    pub async fn reauthenticate(
        &self,
        cx: &Cx,
        password: &Password,
        next: Option<&str>,
    ) -> Result<NextStep, ConfirmError> {
        let account = self.of_caller(cx).await?;
        self.confirm(&Caller::of(cx), &account, "password", password)
            .await?;
        self.renew(cx, "pwd").await?;
        Ok(NextStep::SignedIn {
            next: destination(next),
        })
    }

    /// Ends the session of the call, if it has one (each, if it has several), and takes its cookie away.
    ///
    /// # Errors
    ///
    /// When the store cannot be reached; the session may go on then.
    pub async fn sign_out(&self, cx: &Cx) -> Result<(), Error> {
        self.close(cx).await?;
        self.remove_session_cookie(cx);
        Ok(())
    }

    /// Checks the password of a user who is signed in.
    pub(super) async fn confirm(
        &self,
        caller: &Caller,
        account: &Account,
        field: &str,
        password: &Password,
    ) -> Result<(), ConfirmError> {
        check_length(field, password)?;
        let (id, failures) = (Some(account.id.as_str()), &self.0.failures);
        let limited = self.0.limits.confirm(caller, &account.id);
        limited.inspect_err(|_| failures.limited("confirm_password", caller, id))?;
        let (passwords, stored) = (&self.0.passwords, account.password.as_ref());
        if !passwords
            .verify_for(&caller.turn(), password, stored)
            .await?
        {
            failures.failed("confirm_password", caller, id, "wrong password");
            return Err(ConfirmError::WrongPassword);
        }
        Ok(())
    }

    /// Goes on after the right password: with a second factor, or a session.
    pub(super) async fn after_password(
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
            return self.begin(cx, account, "pwd", next).await;
        }
        let purpose = Purpose::SecondFactor;
        let issued = self.issue_here(cx, purpose, Some(account), &account.email);
        Ok(NextStep::SecondFactor {
            ticket: issued.await?.ticket(),
            methods,
        })
    }

    /// Opens a session, in the place of whatever session the call came with.
    pub(super) async fn begin(
        &self,
        cx: &Cx,
        account: &Account,
        methods: &str,
        next: Option<&str>,
    ) -> Result<NextStep, Error> {
        self.close(cx).await?;
        let sessions = &self.0.sessions;
        let (session, token) = sessions.open(account, methods, device_of(cx)).await?;
        // Credentials that were changed since they were checked end this session too: say so at once.
        let now = self.find_active(&account.id).await?;
        if now.is_none_or(|now| now.epoch != account.epoch) {
            sessions.revoke(&account.id, session.id).await?;
            return Err(signed_out());
        }
        self.hand_over(cx, &session, &token);
        self.remember_device(cx, account).await;
        tracing::info!(user = account.id, session = %session.id, methods, "signed in");
        Ok(NextStep::SignedIn {
            next: destination(next),
        })
    }

    /// Puts a new session in the place of the call's.
    pub(super) async fn renew(&self, cx: &Cx, methods: &str) -> Result<Session, Error> {
        let session = self.session_of(cx.head()).await?.ok_or_else(signed_out)?;
        let renewed = self.0.sessions.renew(&session, methods).await?;
        let (renewed, token) = renewed.ok_or_else(signed_out)?;
        self.hand_over(cx, &renewed, &token);
        Ok(renewed)
    }

    /// Sends a new code to an account whose address is not verified, to a caller with its password.
    async fn send_code(&self, cx: &Cx, account: &Account) -> Result<NextStep, Error> {
        self.0.limits.code(address_of(cx), &account.id)?;
        let purpose = Purpose::VerifyEmail;
        let issued = self.issue_here(cx, purpose, Some(account), &account.email);
        let issued = issued.await?;
        let ticket: Ticket = issued.ticket();
        let letter = Letter::VerifyEmail;
        self.0.outbox.post(letter, &account.email, issued.facts)?;
        Ok(NextStep::VerifyEmail { ticket })
    }

    pub(super) fn hand_over(&self, cx: &Cx, session: &Session, token: &Token) {
        let ends_at = later(session.created_at, self.0.sessions.lifetime().absolute);
        let left = ends_at.duration_since(self.0.clock.now());
        let left = left.try_into().unwrap_or_default();
        cx.set_cookie(self.0.cookie.set(token, left));
        // The session may have ended when the same request comes again.
        cx.forbid_replay();
    }

    /// Removes the session cookie from the browser, once: sent again, it would remove the cookie of a newer
    /// session.
    pub(super) fn remove_session_cookie(&self, cx: &Cx) {
        cx.set_cookie(self.0.cookie.removal());
        cx.forbid_replay();
    }

    async fn close(&self, cx: &Cx) -> Result<(), Error> {
        for token in self.0.cookie.read(cx.head()) {
            if let Some(session) = self.0.sessions.check(&token).await? {
                self.0.sessions.revoke(&session.user, session.id).await?;
            }
        }
        Ok(())
    }

    /// Hashes a password that was right at the current cost if it was hashed at another. It is left for a
    /// later sign-in when the queue is full, or when the password is being changed.
    async fn rehash(
        &self,
        turn: &Turn,
        account: &mut Account,
        password: &Password,
    ) -> Result<(), Error> {
        let outdated = |stored: &&PasswordHash| self.0.passwords.is_outdated(stored);
        let Some(old) = account.password.as_ref().filter(outdated) else {
            return Ok(());
        };
        let Ok(new) = self.0.passwords.hash_for(turn, password).await else {
            return Ok(());
        };
        let users = &self.0.users;
        if users.rehash_password(&account.id, old, &new).await? {
            account.password = Some(new);
        }
        Ok(())
    }
}

pub(super) fn signed_out() -> Error {
    Error::new(
        mizan_core::ErrorCode::Unauthenticated,
        "your session has ended: sign in again",
    )
}

/// Where to go from here: `next`, where that is a path of this site.
fn destination(next: Option<&str>) -> String {
    let next = next.filter(|next| is_local_path(next));
    next.unwrap_or("/").to_owned()
}
