//! Deletes the account of a signed-in user.

use mizan_core::{Cx, Error};

use super::Accounts;
use crate::email_address::EmailAddress;
use crate::mail::{MailKind, TemplateContext};
use crate::store::StoreError;

impl Accounts {
    /// Deletes the account of the signed-in user and ends all its sessions.
    ///
    /// The user confirms the deletion by entering the email address of the account.
    ///
    /// # Errors
    ///
    /// Returns a validation error if `email` is not the address of the account.
    pub async fn delete_account(&self, cx: &Cx, email: &EmailAddress) -> Result<(), Error> {
        let account = self.caller_account(cx).await?;
        if account.email != *email {
            return Err(Error::invalid(
                "email",
                "This is not the email address of your account.",
            ));
        }
        let accounts = self.clone();
        let deletion = async move {
            // Sessions of an account that does not exist are invalid, so the account is deleted first.
            accounts.0.users.delete(&account.id).await?;
            accounts.remove_sessions_and_tokens(&account.id, None).await;
            accounts.notify(
                MailKind::AccountDeleted,
                &account.email,
                TemplateContext::default(),
            );
            Ok::<_, StoreError>(())
        };
        self.run_to_completion(deletion).await??;
        self.remove_session_cookie(cx);
        Ok(())
    }
}
