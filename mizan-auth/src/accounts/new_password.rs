//! Checks new passwords against the rules.

use mizan_core::{Cx, Error};

use super::Accounts;
use crate::caller::Caller;
use crate::email_address::EmailAddress;
use crate::password::Password;

impl Accounts {
    /// Checks a new password against the [rules](crate::password::PasswordRules), for custom forms. The flows
    /// make the same check.
    ///
    /// The strength check takes about as long as a hash and runs on the threads of the hash pool. Its rate is
    /// limited by network address, or by session for signed-in users.
    ///
    /// # Errors
    ///
    /// Returns a validation error at `field` if the password violates a rule, `rate_limited` after too many
    /// calls, and `unavailable` if the hash queue is full.
    pub async fn check_new_password(
        &self,
        cx: &Cx,
        field: &str,
        password: &Password,
        email: Option<&EmailAddress>,
    ) -> Result<(), Error> {
        self.check_new_password_for(&Caller::from_session(cx), field, password, email)
            .await
    }

    pub(super) async fn check_new_password_for(
        &self,
        caller: &Caller,
        field: &str,
        password: &Password,
        email: Option<&EmailAddress>,
    ) -> Result<(), Error> {
        let rules = self.0.password_rules;
        rules.check_lengths(field, password)?;
        if !rules.reject_guessable {
            return Ok(());
        }
        self.0.rate_limiters.password_check(caller).await?;
        self.0
            .password_hasher
            .check_guessable(&caller.queue_entry(), rules, field, password, email)
            .await
    }
}
