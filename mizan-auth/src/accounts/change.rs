use mizan_core::{Cx, Error};

use super::{Accounts, address_of};
use crate::caller::Caller;
use crate::mail::{Facts, Letter};
use crate::{ConfirmError, EmailAddress, Password, ProofError, Purpose, Token};

impl Accounts {
    /// Changes the password of whoever is signed in. Their other sessions end, this one is
    /// replaced by a new one, and links that were sent become worthless (OWASP ASVS 7.4.3).
    ///
    /// # Errors
    ///
    /// [`ConfirmError::WrongPassword`]; a new password that will not do.
    pub async fn change_password(
        &self,
        cx: &Cx,
        password: &Password,
        new: &Password,
    ) -> Result<(), ConfirmError> {
        let account = self.of_caller(cx).await?;
        let caller = Caller::of(cx);
        self.check_new(&caller, "new_password", new, Some(&account.email))
            .await?;
        self.confirm(&caller, &account, "password", password)
            .await?;
        let new = self.0.passwords.hash_for(&caller.turn(), new).await?;
        let (users, old) = (&self.0.users, account.password.as_ref());
        if !users.replace_password(&account.id, old, &new).await? {
            return Err(ConfirmError::WrongPassword);
        }
        self.0.tokens.remove_of_user(&account.id).await?;
        self.replace_sessions(cx, &account.id).await?;
        self.remember_device(cx, &account).await?;
        Ok(self.tell_of_password(&account.email)?)
    }

    /// Sends a link to a new address, which whoever is signed in wants to use from now on. To an
    /// address that another account has goes a mail that says so: the answer is the same.
    ///
    /// # Errors
    ///
    /// The address that the account has already; too many tries.
    pub async fn request_email_change(&self, cx: &Cx, new: &EmailAddress) -> Result<(), Error> {
        let account = self.of_caller(cx).await?;
        if account.email == *new {
            return Err(Error::invalid(
                "email",
                "This is already your email address.",
            ));
        }
        self.0.limits.mail(&Caller::stranger(cx), new)?;
        let is_taken = self.0.users.find_by_email(new).await?.is_some();
        let user = (!is_taken).then_some(account.id.as_str());
        let issued = self.issue(Purpose::ChangeEmail, user, new).await?;
        let letter = if is_taken {
            Letter::EmailTaken
        } else {
            Letter::ChangeEmail
        };
        self.0.outbox.post(letter, new, issued.facts)
    }

    /// Gives the account of whoever is signed in the address that the link was sent to, and tells
    /// the old one. The other sessions end, and other links become worthless.
    ///
    /// Whoever opens the link has to be signed in: a link that went to a wrong address gives the
    /// account to nobody.
    ///
    /// # Errors
    ///
    /// [`ProofError::InvalidProof`], also when the address was taken by somebody meanwhile.
    pub async fn confirm_email_change(&self, cx: &Cx, token: &Token) -> Result<(), ProofError> {
        self.0.limits.proof(address_of(cx))?;
        let account = self.of_caller(cx).await?;
        let issued = self.issued_as(token, Purpose::ChangeEmail).await?;
        let issued = issued.filter(|issued| issued.user.as_ref() == Some(&account.id));
        let issued = issued.ok_or(ProofError::InvalidProof)?;
        let (users, old) = (&self.0.users, &account.email);
        if !self.0.tokens.take(issued.id).await?
            || !users.replace_email(&account.id, old, &issued.email).await?
        {
            return Err(ProofError::InvalidProof);
        }
        self.0.tokens.remove_of_user(&account.id).await?;
        self.replace_sessions(cx, &account.id).await?;
        Ok(self
            .0
            .outbox
            .post(Letter::EmailChanged, old, Facts::default())?)
    }

    /// Deletes the account of whoever is signed in, and signs them out everywhere. They say which
    /// by its address, so that nobody deletes one by a slip.
    ///
    /// # Errors
    ///
    /// An address that is not the account's.
    pub async fn delete_account(&self, cx: &Cx, email: &EmailAddress) -> Result<(), Error> {
        let account = self.of_caller(cx).await?;
        if account.email != *email {
            return Err(Error::invalid(
                "email",
                "This is not the email address of your account.",
            ));
        }
        self.0.sessions.revoke_all(&account.id, None).await?;
        self.0.tokens.remove_of_user(&account.id).await?;
        self.0.users.delete(&account.id).await?;
        cx.set_cookie(self.0.cookie.removal());
        let letter = Letter::AccountDeleted;
        self.0.outbox.post(letter, &account.email, Facts::default())
    }

    async fn replace_sessions(&self, cx: &Cx, user: &str) -> Result<(), Error> {
        let session = self.renew(cx, "pwd").await?;
        self.0.sessions.revoke_all(user, Some(session.id)).await?;
        Ok(())
    }
}
