use mizan_core::{Cx, Error};

use super::{Accounts, address_of};
use crate::mail::{Facts, Letter};
use crate::{EmailAddress, NewAccount, NextStep, Password, Purpose};

impl Accounts {
    /// Makes an account, and sends a mail with a code and a link that verify its address.
    ///
    /// Where there is an account with this address already, nothing about it changes, and the
    /// answer is the same and takes as long: only the mail says so.
    ///
    /// # Errors
    ///
    /// A password that is too short or too easily guessed; too many tries.
    pub async fn sign_up(
        &self,
        cx: &Cx,
        email: &EmailAddress,
        password: &Password,
    ) -> Result<NextStep, Error> {
        let caller = self.caller_for(cx, email).await?;
        self.check_new(&caller, "password", password, Some(email))
            .await?;
        self.0.limits.sign_up(address_of(cx))?;
        self.0.limits.mail(&caller, Purpose::VerifyEmail, email)?;
        let turn = caller.turn();
        let password = self.0.passwords.hash_for(&turn, password).await?;
        let account = NewAccount {
            email: email.clone(),
            email_verified: false,
            password: Some(password),
            created_at: self.0.clock.now(),
        };
        let created = self.0.users.create(account).await?;
        let issued = self.issue_here(cx, Purpose::VerifyEmail, created.as_ref(), email);
        let issued = issued.await?;
        let ticket = issued.ticket();
        if created.is_some() {
            self.0
                .outbox
                .post(Letter::VerifyEmail, email, issued.facts)?;
        } else {
            let link = self.0.links.forgot_password();
            let facts = Facts {
                link,
                ..Facts::default()
            };
            self.0.outbox.post(Letter::AccountExists, email, facts)?;
        }
        Ok(NextStep::VerifyEmail { ticket })
    }
}
