//! Authentication with the sessions of tower-sessions.

use std::fmt;

use mizan_core::{Error, Principal, RequestHead};
use mizan_http::Authenticate;
use tower_sessions_core::Session;

use crate::accounts::Accounts;

/// Finds the principal of a request by its session in tower-sessions.
///
/// Use it in an application that already uses tower-sessions: the `SessionManagerLayer` wraps the service,
/// and the session contains the id of the user.
///
/// The access rights of the user come from [`Accounts`], whose own session cookie is ignored. The application
/// opens and ends the sessions itself. Do not register `sign_in` and the other flows, which would set a second
/// cookie. These sessions have no epoch: after a change of the password or the email address, the
/// application has to end the user's sessions.
///
/// # Examples
///
/// ```
/// use mizan_auth::Accounts;
/// use mizan_auth::tower_sessions::TowerSessions;
/// use mizan_core::App;
/// use mizan_http::MizanService;
/// use mizan_http::service::HttpConfigError;
///
/// fn service(
///     app: App,
///     accounts: Accounts,
/// ) -> Result<MizanService<TowerSessions>, HttpConfigError> {
///     MizanService::builder(app)
///         .authenticate(TowerSessions::new(accounts, "user_id"))
///         .build()
/// }
/// ```
pub struct TowerSessions {
    accounts: Accounts,
    user_id_key: String,
}

impl TowerSessions {
    /// Creates an authenticator that reads the id of the user, a string, from the session value `user_id_key`.
    pub fn new(accounts: Accounts, user_id_key: impl Into<String>) -> Self {
        Self {
            accounts,
            user_id_key: user_id_key.into(),
        }
    }
}

impl Authenticate for TowerSessions {
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let session = head.extensions().get::<Session>().ok_or_else(|| {
            Error::internal(
                "the request has no session of tower-sessions: wrap the service in \
                 `SessionManagerLayer`",
            )
        })?;
        let user: Option<String> = session.get(&self.user_id_key).await?;
        let Some(user) = user else {
            return Ok(Principal::anonymous());
        };
        let account = self.accounts.find_active_account(&user).await?;
        Ok(account.map_or_else(Principal::anonymous, |account| {
            self.accounts.identity(&account, None).into()
        }))
    }

    fn on_permissions_changed(&self, notify: impl Fn(&str) + Send + Sync + 'static) {
        self.accounts.on_permissions_changed(notify);
    }
}

impl fmt::Debug for TowerSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerSessions")
            .field("accounts", &self.accounts)
            .field("user_id_key", &self.user_id_key)
            .finish()
    }
}
