//! The account flows: sign-up, sign-in, verification, password reset and changes.

mod authenticate;
mod builder;
mod change_email;
mod change_password;
mod config_error;
mod delete_account;
mod error;
mod failure_log;
mod known_devices;
mod links;
mod new_password;
mod next_step;
mod notify;
mod permission_changes;
mod permission_observers;
mod purge;
mod reauthenticate;
mod reset_password;
mod revocation;
mod second_factor;
mod session;
mod sign_in;
mod sign_up;
mod tokens;
mod verify_email;
mod verify_second_factor;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mizan_core::{Cx, Error, ErrorCode};
use tokio_util::task::TaskTracker;

pub use builder::AccountsBuilder;
pub use config_error::AccountsConfigError;
pub use error::{ConfirmError, LinkError, ProofError, SignInError};
pub use links::AccountPages;
pub use next_step::{NextStep, Ticket};
pub use second_factor::SecondFactor;

use self::failure_log::FailureLog;
use self::links::Links;
use self::permission_observers::PermissionObservers;
use crate::clock::Clock;
use crate::mail::MailQueue;
use crate::password::{PasswordHasher, PasswordRules};
use crate::rate_limit::RateLimiters;
use crate::session::{Sessions, TokenCookie};
use crate::store::{Account, AccountStore, StoreError, TokenStore, UserStore};

/// The accounts of an application and the flows that use them. Cloning is cheap.
///
/// `Accounts` is the state of the functions of [`registry`](crate::registry()), and implements
/// [`Authenticate`](mizan_http::Authenticate), so that mizan-http finds the principal of a request.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
///
/// use mizan_auth::Accounts;
/// use mizan_auth::mail::ConsoleMailer;
/// use mizan_auth::store::MemoryStore;
/// use mizan_http::MizanService;
///
/// fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let accounts = Accounts::builder("http://localhost:8000")
///         .store(Arc::new(MemoryStore::default()))
///         .mailer(Arc::new(ConsoleMailer))
///         .build()?;
///     let app = mizan_auth::registry(accounts.clone()).build()?;
///     let _service = MizanService::builder(app).authenticate(accounts).build()?;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    users: Arc<dyn UserStore>,
    sessions: Sessions,
    tokens: Arc<dyn TokenStore>,
    /// The store of both accounts and sessions, if there is one. It finds both with one query.
    combined_store: Option<Arc<dyn AccountStore>>,
    password_hasher: PasswordHasher,
    password_rules: PasswordRules,
    mail_queue: MailQueue,
    rate_limiters: RateLimiters,
    links: Links,
    failure_log: FailureLog,
    session_cookie: TokenCookie,
    /// The cookie that binds the tickets of flows to the browser that started them.
    browser_cookie: TokenCookie,
    device_cookie: TokenCookie,
    /// The changes of credentials in progress, which complete even if the call is dropped.
    credential_changes: TaskTracker,
    permission_observers: PermissionObservers,
    unverified_retention: Duration,
    clock: Clock,
    groups: BTreeMap<String, Vec<String>>,
    recent_for: Duration,
    second_factor: Option<Arc<dyn SecondFactor>>,
}

impl Accounts {
    /// Returns the sessions.
    #[must_use]
    pub fn sessions(&self) -> &Sessions {
        &self.0.sessions
    }

    /// Returns the password hasher, for example to create accounts without the sign-up flow.
    #[must_use]
    pub fn password_hasher(&self) -> &PasswordHasher {
        &self.0.password_hasher
    }

    /// Returns the rules for new passwords.
    #[must_use]
    pub fn password_rules(&self) -> PasswordRules {
        self.0.password_rules
    }

    /// Returns the store of accounts.
    #[must_use]
    pub fn users(&self) -> &Arc<dyn UserStore> {
        &self.0.users
    }

    /// Waits until all changes of credentials in progress are complete and all queued mail is sent.
    ///
    /// Call it before the process exits.
    pub async fn flush_mail(&self) {
        self.0.credential_changes.close();
        self.0.credential_changes.wait().await;
        self.0.credential_changes.reopen();
        self.0.mail_queue.flush().await;
    }

    /// Checks that changes in the store of accounts will survive a restart, with [`UserStore::check`].
    ///
    /// Use it in a readiness probe. [`purge_every`](Self::purge_every) also calls it.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store is not usable, for example because the SQLite file was deleted.
    pub async fn check_store(&self) -> Result<(), StoreError> {
        self.0.users.check().await
    }

    /// Returns the account of the caller.
    async fn caller_account(&self, cx: &Cx) -> Result<Account, Error> {
        let id = cx.principal().id().unwrap_or_default();
        let account = self.0.users.find(id).await?;
        account.ok_or_else(|| Error::new(ErrorCode::Unauthenticated, "sign in to do this"))
    }

    pub(crate) async fn find_active_account(
        &self,
        id: &str,
    ) -> Result<Option<Account>, StoreError> {
        let account = self.0.users.find(id).await?;
        Ok(account.filter(|account| account.access.active))
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("links", &self.0.links)
            .field("sessions", &self.0.sessions)
            .field("password_hasher", &self.0.password_hasher)
            .finish_non_exhaustive()
    }
}
