use async_trait::async_trait;
use mizan_core::{Cx, Error};

use super::Accounts;
use crate::caller::Caller;
use crate::{IssuedToken, NextStep, ProofError, Purpose, Ticket};

/// Knows which accounts have more than a password. Signing in stops for those at
/// [`NextStep::SecondFactor`], until [`Accounts::pass_second_factor`].
#[async_trait]
pub trait SecondFactor: Send + Sync + 'static {
    /// The methods that an account has, in RFC 8176's names, such as `otp`; none where the
    /// password is enough.
    async fn methods(&self, user: &str) -> Result<Vec<String>, Error>;
}

impl Accounts {
    /// Returns the account whose flow a ticket names, to check its second factor. Each call is one
    /// attempt: of the ticket, which has five, and of the account, whatever the number of tickets
    /// (see [`Rates::second_factor_by_account`](crate::Rates)).
    ///
    /// # Errors
    ///
    /// [`ProofError::InvalidProof`] when the flow took too long or too many attempts;
    /// [`ProofError::OtherBrowser`] when it was begun in another browser; an error with the code
    /// `rate_limited` after too many attempts for the account.
    pub async fn attempt_second_factor(
        &self,
        cx: &Cx,
        ticket: Ticket,
    ) -> Result<String, ProofError> {
        let caller = Caller::stranger(cx);
        let (limits, failures) = (&self.0.limits, &self.0.failures);
        let limited = limits.proof(caller.address);
        limited.inspect_err(|_| failures.limited("second_factor", &caller, None))?;
        let issued = self.flow(cx, ticket, Purpose::SecondFactor, "second_factor");
        let IssuedToken {
            id, user, email, ..
        } = issued.await?;
        let user = user.ok_or(ProofError::InvalidProof)?;
        let caller = self.caller_for(cx, &email).await?;
        let limited = limits.second_factor(&caller, &user);
        limited.inspect_err(|_| failures.limited("second_factor", &caller, Some(&user)))?;
        if !self.0.tokens.attempt(id).await? {
            failures.failed("second_factor", &caller, Some(&user), "too many attempts");
            return Err(ProofError::InvalidProof);
        }
        Ok(user)
    }

    /// Signs in whoever the ticket names, after they passed the second factor `method`: whoever
    /// calls this has checked it.
    ///
    /// # Errors
    ///
    /// [`ProofError::InvalidProof`] when the ticket was used or took too long;
    /// [`ProofError::OtherBrowser`] when the flow was begun in another browser.
    pub async fn pass_second_factor(
        &self,
        cx: &Cx,
        ticket: Ticket,
        method: &str,
        next: Option<&str>,
    ) -> Result<NextStep, ProofError> {
        let issued = self.flow(cx, ticket, Purpose::SecondFactor, "second_factor");
        let issued = issued.await?;
        let account = self.account_of(&issued).await?;
        let account = account.ok_or(ProofError::InvalidProof)?;
        if !self.0.tokens.take(issued.id).await? {
            return Err(ProofError::InvalidProof);
        }
        let methods = format!("pwd {method} mfa");
        Ok(self.begin(cx, &account, &methods, next).await?)
    }
}
