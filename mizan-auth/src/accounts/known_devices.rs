//! Devices that are known to an account by a cookie of an earlier sign-in (OWASP device cookies).

use mizan_core::{Cx, Error};

use super::Accounts;
use crate::caller::Caller;
use crate::email_address::EmailAddress;
use crate::store::{Account, StoreError, TokenPurpose};

impl Accounts {
    /// Returns the caller of a flow that concerns the account with this address.
    ///
    /// The caller is a known device if the request has a device cookie that a sign-in to the account set since
    /// the credentials last changed. Otherwise the caller is unknown. The cookie does not sign the user in. Known
    /// devices have separate rate limits, so that unknown callers cannot lock the user out.
    pub(super) async fn identify_caller(
        &self,
        cx: &Cx,
        email: &EmailAddress,
    ) -> Result<Caller, StoreError> {
        let caller = Caller::unknown(cx);
        let Some(token) = self.0.device_cookie.read(cx.head()).next() else {
            return Ok(caller);
        };
        let device = self
            .find_token_with_secret(&token, TokenPurpose::KnownDevice)
            .await?;
        let Some(device) = device.filter(|device| device.email == *email) else {
            return Ok(caller);
        };
        Ok(match self.find_token_account(&device).await? {
            Some(account) => caller.with_device(device.id, &account.id),
            None => caller,
        })
    }

    /// Sets a cookie that makes the device known to the account, unless it is already known or too many devices
    /// have recently become known.
    ///
    /// A failure is logged and does not fail the flow; the device then stays unknown.
    pub(super) async fn remember_device(&self, cx: &Cx, account: &Account) {
        if let Err(error) = self.try_remember_device(cx, account).await {
            let _ = error.logged("remember_device");
        }
    }

    async fn try_remember_device(&self, cx: &Cx, account: &Account) -> Result<(), Error> {
        let caller = self.identify_caller(cx, &account.email).await?;
        if caller.is_known_device() || self.0.rate_limiters.new_device(&account.id).await.is_err() {
            return Ok(());
        }
        let purpose = TokenPurpose::KnownDevice;
        let issued = self.issue(purpose, Some(account), &account.email, None);
        let token = issued.await?.token;
        let cookie = self.0.device_cookie.set(&token, purpose.lifetime());
        cx.set_cookie(cookie);
        Ok(())
    }
}
