//! Verifies email addresses with a mailed code or link.

use mizan_core::{Cx, Error};

use super::tokens::hash_code;
use super::{Accounts, LinkError, NextStep, ProofError, Ticket};
use crate::caller::Caller;
use crate::mail::MailKind;
use crate::password::{Password, check_length};
use crate::store::{Account, IssuedToken, TokenPurpose};
use crate::token::Token;

impl Accounts {
    /// Verifies the address of an account with the mailed code, and signs the user in.
    ///
    /// The ticket and its cookie prove that the browser has already sent the password.
    ///
    /// # Errors
    ///
    /// Returns [`ProofError::InvalidProof`] if the code is wrong or has expired, or after five wrong codes.
    /// Returns [`ProofError::OtherBrowser`] if another browser started the flow.
    pub async fn verify_code(
        &self,
        cx: &Cx,
        ticket: Ticket,
        code: &str,
        next: Option<&str>,
    ) -> Result<NextStep, ProofError> {
        const FLOW: &str = "verify_code";
        let caller = Caller::unknown(cx);
        let log = &self.0.failure_log;
        self.0
            .rate_limiters
            .proof(caller.address)
            .await
            .inspect_err(|_| log.rate_limited(FLOW, &caller, None))?;
        let issued = self.find_flow(cx, ticket, TokenPurpose::VerifyEmail, FLOW);
        let issued = issued.await?;
        if !self.0.tokens.attempt(issued.id).await?
            || issued.code != Some(hash_code(issued.id, code.trim()))
        {
            log.authentication_failed(FLOW, &caller, issued.user.as_deref(), "wrong code");
            return Err(ProofError::InvalidProof);
        }
        let account = self.find_token_account(&issued).await?;
        let account = account.ok_or(ProofError::InvalidProof)?;
        if !self.use_token_and_verify(&issued, &account).await? {
            return Err(ProofError::InvalidProof);
        }
        Ok(self.continue_after_password(cx, &account, next).await?)
    }

    /// Verifies the address of an account with the mailed link and the password, and signs the user in.
    ///
    /// The password is required because an attacker could sign up with the address of a victim, who then opens
    /// the link.
    ///
    /// # Errors
    ///
    /// Returns [`LinkError::InvalidLink`] if the link is invalid, and [`LinkError::WrongPassword`] if the
    /// password is wrong. In the second case, the link stays valid.
    pub async fn verify_link(
        &self,
        cx: &Cx,
        token: &Token,
        password: &Password,
        next: Option<&str>,
    ) -> Result<NextStep, LinkError> {
        const FLOW: &str = "verify_link";
        check_length("password", password)?;
        let (caller, log) = (Caller::unknown(cx), &self.0.failure_log);
        let limiters = &self.0.rate_limiters;
        limiters
            .proof(caller.address)
            .await
            .inspect_err(|_| log.rate_limited(FLOW, &caller, None))?;
        let found = self
            .find_token_and_account(token, TokenPurpose::VerifyEmail)
            .await?;
        let Some((issued, account)) = found else {
            log.authentication_failed(FLOW, &caller, None, "invalid link");
            return Err(LinkError::InvalidLink);
        };
        // The link was mailed to the account, so the caller is known.
        let caller = caller.with_device(issued.id, &account.id);
        let id = Some(account.id.as_str());
        limiters
            .sign_in(&caller, &account.email)
            .await
            .inspect_err(|_| log.rate_limited(FLOW, &caller, id))?;
        let is_correct = self
            .0
            .password_hasher
            .verify_for(&caller.queue_entry(), password, account.password.as_ref())
            .await?;
        if !is_correct {
            log.authentication_failed(FLOW, &caller, id, "wrong password");
            return Err(LinkError::WrongPassword);
        }
        if !self.use_token_and_verify(&issued, &account).await? {
            return Err(LinkError::InvalidLink);
        }
        Ok(self.continue_after_password(cx, &account, next).await?)
    }

    /// Sends a new code for a flow. The result contains the new ticket of the flow.
    ///
    /// # Errors
    ///
    /// Returns [`ProofError::InvalidProof`] if the flow has expired, and [`ProofError::OtherBrowser`] if
    /// another browser started it. In both cases the user can sign in to start again.
    pub async fn resend_code(&self, cx: &Cx, ticket: Ticket) -> Result<NextStep, ProofError> {
        let purpose = TokenPurpose::VerifyEmail;
        let issued = self.find_flow(cx, ticket, purpose, "resend_code").await?;
        let caller = self.identify_caller(cx, &issued.email).await?;
        self.0
            .rate_limiters
            .mail(&caller, purpose, &issued.email)
            .await?;
        if !self.0.tokens.take(issued.id).await? {
            return Err(ProofError::InvalidProof);
        }
        let account = self.find_token_account(&issued).await?;
        let new = self.issue_for_browser(cx, purpose, account.as_ref(), &issued.email);
        let new = new.await?;
        let ticket = new.ticket();
        let (kind, context) = if account.is_some() {
            (MailKind::VerifyEmail, new.context)
        } else {
            (MailKind::AccountExists, self.forgot_password_context())
        };
        self.0.mail_queue.enqueue(kind, &issued.email, context)?;
        Ok(NextStep::VerifyEmail { ticket })
    }

    /// Uses up the token and verifies the address. Returns false if the token was already used or the account
    /// no longer has the address.
    async fn use_token_and_verify(
        &self,
        issued: &IssuedToken,
        account: &Account,
    ) -> Result<bool, Error> {
        if !self.0.tokens.take(issued.id).await? {
            return Ok(false);
        }
        self.0.tokens.remove_by_user(&account.id).await?;
        let users = &self.0.users;
        let is_verified = users.verify_email(&account.id, &issued.email).await?;
        if is_verified && !account.email_verified {
            self.permissions_changed(&account.id);
        }
        Ok(is_verified)
    }
}
