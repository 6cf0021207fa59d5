use async_trait::async_trait;
use mizan_core::{Cx, Error};

use super::{Accounts, address_of};
use crate::{NextStep, ProofError, Purpose, Ticket};

/// Knows which accounts have more than a password. Signing in stops for those at
/// [`NextStep::SecondFactor`], until [`Accounts::pass_second_factor`].
#[async_trait]
pub trait SecondFactor: Send + Sync + 'static {
    /// The methods that an account has, in RFC 8176's names, such as `otp`; none where the
    /// password is enough.
    async fn methods(&self, user: &str) -> Result<Vec<String>, Error>;
}

impl Accounts {
    /// Whose flow a ticket names, to check their second factor. Each question uses up one of the
    /// ticket's five attempts.
    ///
    /// # Errors
    ///
    /// [`ProofError::InvalidProof`] when the flow took too long or too many attempts;
    /// [`ProofError::OtherBrowser`] when it was begun in another browser.
    pub async fn attempt_second_factor(
        &self,
        cx: &Cx,
        ticket: Ticket,
    ) -> Result<String, ProofError> {
        self.0.limits.proof(address_of(cx))?;
        let issued = self.flow(cx, ticket, Purpose::SecondFactor).await?;
        if !self.0.tokens.attempt(issued.id).await? {
            return Err(ProofError::InvalidProof);
        }
        issued.user.ok_or(ProofError::InvalidProof)
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
        let issued = self.flow(cx, ticket, Purpose::SecondFactor).await?;
        let account = self.account_of(&issued).await?;
        let account = account.ok_or(ProofError::InvalidProof)?;
        if !self.0.tokens.take(issued.id).await? {
            return Err(ProofError::InvalidProof);
        }
        let methods = format!("pwd {method} mfa");
        Ok(self.begin(cx, &account, &methods, next).await?)
    }
}
