//! Confirms the password of a signed-in user.

use mizan_core::{Cx, Error};

use super::session::local_path_or_root;
use super::{Accounts, ConfirmError, NextStep};
use crate::caller::Caller;
use crate::password::{Password, check_length};
use crate::store::Account;

impl Accounts {
    /// Checks the password of the signed-in user again, and replaces the session with a new one that satisfies
    /// the policy `"recent"`.
    ///
    /// # Errors
    ///
    /// Returns [`ConfirmError::WrongPassword`] if the password is wrong, and an error with the code
    /// `rate_limited` after too many attempts.
    pub async fn reauthenticate(
        &self,
        cx: &Cx,
        password: &Password,
        next: Option<&str>,
    ) -> Result<NextStep, ConfirmError> {
        let account = self.caller_account(cx).await?;
        self.confirm_password(&Caller::from_session(cx), &account, "password", password)
            .await?;
        self.rotate_session(cx, "pwd").await?;
        Ok(NextStep::SignedIn {
            next: local_path_or_root(next),
        })
    }

    /// Checks the password of a signed-in user. `field` is the name of its input field.
    pub(super) async fn confirm_password(
        &self,
        caller: &Caller,
        account: &Account,
        field: &str,
        password: &Password,
    ) -> Result<(), ConfirmError> {
        check_length(field, password)?;
        let flow = "confirm_password";
        let (id, log) = (Some(account.id.as_str()), &self.0.failure_log);
        self.0
            .rate_limiters
            .confirm_password(caller, &account.id)
            .await
            .inspect_err(|_: &Error| log.rate_limited(flow, caller, id))?;
        let is_correct = self
            .0
            .password_hasher
            .verify_for(&caller.queue_entry(), password, account.password.as_ref())
            .await?;
        if !is_correct {
            log.authentication_failed(flow, caller, id, "wrong password");
            return Err(ConfirmError::WrongPassword);
        }
        Ok(())
    }
}
