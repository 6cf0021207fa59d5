//! Devices that an account knows, by a cookie that a successful sign-in leaves (OWASP device
//! cookies).

use mizan_core::{Cx, Error};

use super::Accounts;
use crate::caller::Caller;
use crate::{Account, EmailAddress, Purpose, StoreError};

impl Accounts {
    /// Returns the caller of a flow that is about the account with this address: a known device if the
    /// request has the cookie that the account left there since its credentials last changed, otherwise a
    /// stranger.
    ///
    /// The cookie does not sign the user in. A device that has it is limited apart from strangers, so that
    /// they cannot lock the user out.
    pub(super) async fn caller_for(
        &self,
        cx: &Cx,
        email: &EmailAddress,
    ) -> Result<Caller, StoreError> {
        let caller = Caller::stranger(cx);
        let Some(token) = self.0.device_cookie.read(cx.head()).next() else {
            return Ok(caller);
        };
        let device = self.issued_as(&token, Purpose::KnownDevice).await?;
        let Some(device) = device.filter(|device| device.email == *email) else {
            return Ok(caller);
        };
        Ok(match self.account_of(&device).await? {
            Some(account) => caller.with_device(device.id, &account.id),
            None => caller,
        })
    }

    /// Sets a cookie by which the account knows the device from now on, unless the account knows it already
    /// or took up too many devices lately.
    ///
    /// A failure is logged, and fails no flow: the device is a stranger then.
    pub(super) async fn remember_device(&self, cx: &Cx, account: &Account) {
        if let Err(error) = self.try_to_remember_device(cx, account).await {
            let _ = error.logged("remember_device");
        }
    }

    async fn try_to_remember_device(&self, cx: &Cx, account: &Account) -> Result<(), Error> {
        let caller = self.caller_for(cx, &account.email).await?;
        if caller.is_known_device() || self.0.limits.new_device(&account.id).is_err() {
            return Ok(());
        }
        let purpose = Purpose::KnownDevice;
        let issued = self.issue(purpose, Some(account), &account.email, None);
        let token = issued.await?.token;
        let cookie = self.0.device_cookie.set(&token, purpose.lifetime());
        cx.set_cookie(cookie);
        Ok(())
    }
}
