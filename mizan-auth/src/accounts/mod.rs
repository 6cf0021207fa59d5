//! The flows: what happens, however it is asked for.

mod authenticate;
mod builder;
mod change;
mod credentials;
mod devices;
mod new_password;
mod proofs;
mod reset;
mod second_factor;
mod sign_in;
mod sign_up;
mod upkeep;
mod verify;

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use mizan_core::{Cx, Error};
use tokio_util::task::TaskTracker;

pub use builder::{AccountsBuilder, ConfigError};
pub use second_factor::SecondFactor;

use crate::failures::FailureLog;
use crate::limits::Limits;
use crate::links::Links;
use crate::mail::Outbox;
use crate::session::TokenCookie;
use crate::{
    Account, AccountStore, Clock, Device, PasswordRules, Passwords, Sessions, StoreError,
    TokenStore, UserStore,
};

/// Accounts and what can be done with them: the state that the functions of
/// [`registry`](crate::registry) work on, and an [`Authenticate`](mizan_http::Authenticate) for
/// mizan-http. Cloning is cheap.
///
/// ```
/// use std::sync::Arc;
/// use mizan_auth::{Accounts, ConsoleMailer, MemoryStore};
/// use mizan_http::MizanService;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let accounts = Accounts::builder("http://localhost:8000")
///     .store(Arc::new(MemoryStore::default()))
///     .mailer(Arc::new(ConsoleMailer))
///     .build()?;
/// let app = mizan_auth::registry(accounts.clone()).build()?;
/// let service = MizanService::builder(app).authenticate(accounts).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    users: Arc<dyn UserStore>,
    sessions: Sessions,
    tokens: Arc<dyn TokenStore>,
    /// The store that keeps both accounts and sessions, where one does.
    together: Option<Arc<dyn AccountStore>>,
    passwords: Passwords,
    rules: PasswordRules,
    outbox: Outbox,
    limits: Limits,
    links: Links,
    cookie: TokenCookie,
    /// Binds the tickets of flows to the browser that began them.
    browser_cookie: TokenCookie,
    /// Changes of credentials, which run to their end though the call is dropped.
    changes: TaskTracker,
    keep_unverified: Duration,
    failures: FailureLog,
    device_cookie: TokenCookie,
    clock: Clock,
    groups: BTreeMap<String, Vec<String>>,
    recent_for: Duration,
    second_factor: Option<Arc<dyn SecondFactor>>,
}

impl Accounts {
    /// Begins accounts for the site at `base_url`, such as `https://example.com`. All links in
    /// mails lead there, whatever a request says of where it was sent.
    pub fn builder(base_url: impl Into<String>) -> AccountsBuilder {
        AccountsBuilder::new(base_url.into())
    }

    /// The sessions.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// The passwords, to make accounts with by hand.
    #[must_use]
    pub fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// What new passwords must be.
    #[must_use]
    pub fn password_rules(&self) -> PasswordRules {
        self.0.rules
    }

    /// Where the accounts are kept.
    #[must_use]
    pub fn users(&self) -> &Arc<dyn UserStore> {
        &self.0.users
    }

    /// Waits until changes of credentials that are under way are done and all mail is sent: before the program
    /// ends.
    pub async fn mail_sent(&self) {
        self.0.changes.close();
        self.0.changes.wait().await;
        self.0.changes.reopen();
        self.0.outbox.empty().await;
    }

    /// Checks that the store of the accounts will find again what it is told, as
    /// [`UserStore::check`] says: for a readiness probe. [`purge_every`](Self::purge_every) does it too.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it will not, such as after the SQLite file was deleted.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.0.users.check().await
    }

    /// The account of whoever makes a call.
    async fn of_caller(&self, cx: &Cx) -> Result<Account, Error> {
        let id = cx.principal().id().unwrap_or_default();
        let account = self.0.users.find(id).await?;
        account
            .ok_or_else(|| Error::new(mizan_core::ErrorCode::Unauthenticated, "sign in to do this"))
    }

    pub(crate) async fn find_active(&self, id: &str) -> Result<Option<Account>, StoreError> {
        let account = self.0.users.find(id).await?;
        Ok(account.filter(|account| account.access.active))
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("links", &self.0.links)
            .field("sessions", &self.0.sessions)
            .field("passwords", &self.0.passwords)
            .finish_non_exhaustive()
    }
}

fn address_of(cx: &Cx) -> Option<IpAddr> {
    cx.head().client_addr()
}

fn device_of(cx: &Cx) -> Device {
    Device::of(cx.head())
}
