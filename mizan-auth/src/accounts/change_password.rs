//! Changes the password of a signed-in user.

use mizan_core::Cx;

use super::{Accounts, ConfirmError};
use crate::caller::Caller;
use crate::password::Password;
use crate::session::Session;
use crate::store::Account;

impl Accounts {
    /// Changes the password of the signed-in user.
    ///
    /// The other sessions end, a new session replaces the session of the call, and mailed links become invalid
    /// (OWASP ASVS 7.4.3).
    ///
    /// # Errors
    ///
    /// Returns [`ConfirmError::WrongPassword`] if the current password is wrong, and a validation error if
    /// the new password violates a rule.
    pub async fn change_password(
        &self,
        cx: &Cx,
        password: &Password,
        new_password: &Password,
    ) -> Result<(), ConfirmError> {
        let account = self.caller_account(cx).await?;
        let session = self.presented_session(cx.head()).await?;
        let caller = Caller::from_session(cx);
        self.check_new_password_for(&caller, "new_password", new_password, Some(&account.email))
            .await?;
        self.confirm_password(&caller, &account, "password", password)
            .await?;
        let hash = self
            .0
            .password_hasher
            .hash_for(&caller.queue_entry(), new_password)
            .await?;
        let changed = account.clone();
        let (accounts, ended) = (self.clone(), session.clone());
        let change = async move {
            let users = &accounts.0.users;
            let replaced = users.replace_password(&account.id, account.epoch, &hash);
            let Some(epoch) = replaced.await? else {
                return Err(ConfirmError::WrongPassword);
            };
            let was_live = accounts
                .remove_sessions_and_tokens(&account.id, ended.as_ref())
                .await;
            accounts.notify_password_changed(&account.email);
            Ok((epoch, was_live))
        };
        let (epoch, was_live) = self.run_to_completion(change).await??;
        let session = session.map(|session| Session {
            authenticated_at: self.0.clock.now(),
            ..session
        });
        self.reopen_session(cx, session, was_live, epoch).await;
        let account = Account { epoch, ..changed };
        self.remember_device(cx, &account).await;
        Ok(())
    }
}
