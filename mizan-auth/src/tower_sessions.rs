use std::fmt;

use mizan_core::{Error, Principal, RequestHead};
use mizan_http::Authenticate;
use tower_sessions_core::Session;

use crate::Accounts;

/// Knows who makes a request by a session of tower-sessions, where an application has those already:
/// its layer goes around the service, and the session holds the user's id.
///
/// What an account may do comes from [`Accounts`], whose own cookie is not looked at. The flows that
/// open and end sessions are then the application's: leave `sign_in` and the others out of the
/// registry, or they set a second cookie. These sessions know no epoch of credentials: after a change of a password
/// or an address, the application ends the sessions of the user itself.
///
/// ```
/// # use mizan_auth::Accounts;
/// use mizan_auth::TowerSessions;
/// use mizan_http::MizanService;
/// use mizan_http::service::HttpConfigError;
///
/// # fn service(app: mizan_core::App, accounts: Accounts)
/// #     -> Result<MizanService<TowerSessions>, HttpConfigError> {
/// MizanService::builder(app)
///     .authenticate(TowerSessions::new(accounts, "user_id"))
///     .build()
/// # }
/// ```
pub struct TowerSessions {
    accounts: Accounts,
    key: String,
}

impl TowerSessions {
    /// Reads the id of the user, a string, from what the session has under `key`.
    pub fn new(accounts: Accounts, key: impl Into<String>) -> Self {
        Self {
            accounts,
            key: key.into(),
        }
    }
}

impl Authenticate for TowerSessions {
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let session = head.extensions().get::<Session>().ok_or_else(|| {
            Error::internal(
                "the request has no session of tower-sessions: put its `SessionManagerLayer` \
                 around the service",
            )
        })?;
        let user: Option<String> = session.get(&self.key).await?;
        let Some(user) = user else {
            return Ok(Principal::anonymous());
        };
        let account = self.accounts.find_active(&user).await?;
        Ok(account.map_or_else(Principal::anonymous, |account| {
            self.accounts.identity(&account, None).into()
        }))
    }
}

impl fmt::Debug for TowerSessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowerSessions")
            .field("accounts", &self.accounts)
            .field("key", &self.key)
            .finish()
    }
}
