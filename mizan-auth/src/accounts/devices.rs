//! Devices that an account knows, by a cookie that a successful sign-in leaves (OWASP device
//! cookies).

use mizan_core::{Cx, Error};

use super::Accounts;
use crate::caller::Caller;
use crate::{Account, EmailAddress, Purpose, StoreError};

impl Accounts {
    /// The caller of a flow that is about the account with this address: a known device, where it
    /// has the cookie that this account left there, and else a stranger.
    ///
    /// The cookie signs nobody in. It lets a device be limited apart from strangers, so that they
    /// cannot lock the user out.
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
        let device = device.filter(|device| device.email == *email);
        Ok(match device.as_ref().and_then(|it| it.user.as_deref()) {
            Some(user) => caller.with_device(token.id(), user),
            None => caller,
        })
    }

    /// Leaves a cookie by which the account knows the device from now on, unless it knows it or
    /// took up too many devices of late.
    pub(super) async fn remember_device(&self, cx: &Cx, account: &Account) -> Result<(), Error> {
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
