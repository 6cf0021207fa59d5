use mizan_core::{Cx, Error};

use super::{Accounts, address_of};
use crate::caller::Caller;
use crate::mail::{Facts, Letter};
use crate::{
    Account, ConfirmError, EmailAddress, Password, ProofError, Purpose, Session, StoreError, Token,
};

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
        let own = self.session_of(cx.head()).await?;
        let caller = Caller::of(cx);
        self.check_new(&caller, "new_password", new, Some(&account.email))
            .await?;
        self.confirm(&caller, &account, "password", password)
            .await?;
        let new = self.0.passwords.hash_for(&caller.turn(), new).await?;
        let changed = account.clone();
        let (accounts, ended) = (self.clone(), own.clone());
        let change = async move {
            let replaced = accounts
                .0
                .users
                .replace_password(&account.id, account.epoch, &new);
            let Some(epoch) = replaced.await? else {
                return Err(ConfirmError::WrongPassword);
            };
            let was_there = accounts.retire(&account.id, ended.as_ref()).await;
            accounts.tell_of_password(&account.email);
            Ok((epoch, was_there))
        };
        let (epoch, was_there) = self.to_the_end(change).await??;
        let proven = own.map(|own| Session {
            authenticated_at: self.0.clock.now(),
            ..own
        });
        self.go_on(cx, proven, was_there, epoch).await;
        let account = Account { epoch, ..changed };
        self.remember_device(cx, &account).await;
        Ok(())
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
        let purpose = Purpose::ChangeEmail;
        self.0.limits.mail(&Caller::stranger(cx), purpose, new)?;
        let is_taken = self.0.users.find_by_email(new).await?.is_some();
        let account = (!is_taken).then_some(&account);
        let issued = self.issue(purpose, account, new, None);
        let issued = issued.await?;
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
        let own = self.session_of(cx.head()).await?;
        let issued = self.issued_as(token, Purpose::ChangeEmail).await?;
        let issued = issued.filter(|issued| {
            issued.user.as_ref() == Some(&account.id) && issued.epoch == account.epoch
        });
        let issued = issued.ok_or(ProofError::InvalidProof)?;
        let caller = self.caller_for(cx, &account.email).await?;
        let email = issued.email.clone();
        let changed = Account {
            email,
            ..account.clone()
        };
        let (accounts, ended) = (self.clone(), own.clone());
        let change = async move {
            let (users, old) = (&accounts.0.users, &account.email);
            // Of several at once one meets the epoch, in which the token is good.
            let replaced = users.replace_email(&account.id, account.epoch, &issued.email);
            let epoch = replaced.await?.ok_or(ProofError::InvalidProof)?;
            let was_there = accounts.retire(&account.id, ended.as_ref()).await;
            accounts.tell(Letter::EmailChanged, old, Facts::default());
            Ok::<_, ProofError>((epoch, was_there))
        };
        let (epoch, was_there) = self.to_the_end(change).await??;
        self.go_on(cx, own, was_there, epoch).await;
        if caller.is_known_device() {
            let account = Account { epoch, ..changed };
            self.remember_device(cx, &account).await;
        }
        Ok(())
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
        let accounts = self.clone();
        let deletion = async move {
            // A session of no account is worth nothing.
            accounts.0.users.delete(&account.id).await?;
            accounts.retire(&account.id, None).await;
            accounts.tell(Letter::AccountDeleted, &account.email, Facts::default());
            Ok::<_, StoreError>(())
        };
        self.to_the_end(deletion).await??;
        self.remove_session_cookie(cx);
        Ok(())
    }
}
