//! Completes sign-ins with a second factor.

use mizan_core::Cx;

use super::{Accounts, NextStep, ProofError, Ticket};
use crate::caller::Caller;
use crate::store::{IssuedToken, TokenPurpose};

const FLOW: &str = "second_factor";

impl Accounts {
    /// Returns the id of the user whose second factor has to be checked, and counts an attempt.
    ///
    /// Each call uses one of the five attempts of the ticket. It also counts toward the limit of the account,
    /// which all its tickets share (see
    /// [`RateLimits::second_factor_by_account`](crate::rate_limit::RateLimits::second_factor_by_account)).
    ///
    /// # Errors
    ///
    /// Returns [`ProofError::InvalidProof`] if the flow has expired or has no attempts left,
    /// [`ProofError::OtherBrowser`] if another browser started it, and an error with the code `rate_limited`
    /// after too many attempts for the account.
    pub async fn attempt_second_factor(
        &self,
        cx: &Cx,
        ticket: Ticket,
    ) -> Result<String, ProofError> {
        let caller = Caller::unknown(cx);
        let (limiters, log) = (&self.0.rate_limiters, &self.0.failure_log);
        limiters
            .proof(caller.address)
            .await
            .inspect_err(|_| log.rate_limited(FLOW, &caller, None))?;
        let issued = self.find_flow(cx, ticket, TokenPurpose::SecondFactor, FLOW);
        let IssuedToken {
            id, user, email, ..
        } = issued.await?;
        let user = user.ok_or(ProofError::InvalidProof)?;
        let caller = self.identify_caller(cx, &email).await?;
        limiters
            .second_factor(&caller, &user)
            .await
            .inspect_err(|_| log.rate_limited(FLOW, &caller, Some(&user)))?;
        if !self.0.tokens.attempt(id).await? {
            log.authentication_failed(FLOW, &caller, Some(&user), "too many attempts");
            return Err(ProofError::InvalidProof);
        }
        Ok(user)
    }

    /// Signs in the user of a ticket. The application must have checked the second factor `method` before.
    ///
    /// # Errors
    ///
    /// Returns [`ProofError::InvalidProof`] if the ticket was already used or has expired, and
    /// [`ProofError::OtherBrowser`] if another browser started the flow.
    pub async fn pass_second_factor(
        &self,
        cx: &Cx,
        ticket: Ticket,
        method: &str,
        next: Option<&str>,
    ) -> Result<NextStep, ProofError> {
        let issued = self.find_flow(cx, ticket, TokenPurpose::SecondFactor, FLOW);
        let issued = issued.await?;
        let account = self.find_token_account(&issued).await?;
        let account = account.ok_or(ProofError::InvalidProof)?;
        if !self.0.tokens.take(issued.id).await? {
            return Err(ProofError::InvalidProof);
        }
        let methods = format!("pwd {method} mfa");
        Ok(self.open_session(cx, &account, &methods, next).await?)
    }
}
