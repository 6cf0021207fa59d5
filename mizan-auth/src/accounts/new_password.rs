use mizan_core::{Cx, Error};

use super::Accounts;
use crate::caller::Caller;
use crate::{EmailAddress, Password};

impl Accounts {
    /// Checks a new password against the [rules](crate::PasswordRules), as the flows do, for a
    /// form of your own.
    ///
    /// Looking for guessable passwords takes the time of a hash. It is limited by network address,
    /// or by session while signed in, and runs where passwords are hashed.
    ///
    /// # Errors
    ///
    /// Returns an error at `field` if the password is refused, `rate_limited` after too many tries, and
    /// `unavailable` if the queue is full.
    pub async fn check_new_password(
        &self,
        cx: &Cx,
        field: &str,
        password: &Password,
        email: Option<&EmailAddress>,
    ) -> Result<(), Error> {
        self.check_new(&Caller::of(cx), field, password, email)
            .await
    }

    pub(super) async fn check_new(
        &self,
        caller: &Caller,
        field: &str,
        password: &Password,
        email: Option<&EmailAddress>,
    ) -> Result<(), Error> {
        let (rules, passwords) = (self.0.rules, &self.0.passwords);
        rules.check_lengths(field, password)?;
        if !rules.refuse_guessable {
            return Ok(());
        }
        self.0.limits.password_check(caller)?;
        let turn = caller.turn();
        passwords
            .check_guessable(&turn, rules, field, password, email)
            .await
    }
}
