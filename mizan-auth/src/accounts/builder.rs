//! Builds [`Accounts`].

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mizan_core::shared_store::{MemorySharedStore, ObservedSharedStore, SharedStore};
use tokio_util::task::TaskTracker;
use url::Url;

use super::config_error::AccountsConfigError;
use super::failure_log::FailureLog;
use super::links::{AccountPages, Links};
use super::permission_observers::PermissionObservers;
use super::second_factor::SecondFactor;
use super::{Accounts, Inner};
use crate::clock::Clock;
use crate::mail::{MailQueue, Mailer, Templates};
use crate::password::{HashCost, PasswordHasher, PasswordRules};
use crate::rate_limit::{RateLimiters, RateLimits};
use crate::session::{SessionLifetime, Sessions, TokenCookie};
use crate::store::{AccountStore, ObservedStore, SessionStore, TokenStore, UserStore};
use crate::url_security::is_loopback;

/// The maximum number of entries per thread in each lane of the hash queue.
const QUEUED_HASHES_PER_THREAD: usize = 64;

/// The minimum retention of unverified accounts, which is longer than the lifetime of their links.
const MIN_UNVERIFIED_RETENTION: Duration = Duration::from_secs(60 * 60);

/// A builder of [`Accounts`]. [`Accounts::builder`] creates it.
///
/// A store and a mailer are required; everything else has a secure default.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use mizan_auth::Accounts;
/// use mizan_auth::accounts::AccountsConfigError;
/// use mizan_auth::mail::ConsoleMailer;
/// use mizan_auth::session::SessionLifetime;
/// use mizan_auth::store::MemoryStore;
///
/// fn accounts() -> Result<Accounts, AccountsConfigError> {
///     Accounts::builder("https://example.com")
///         .store(Arc::new(MemoryStore::default()))
///         .mailer(Arc::new(ConsoleMailer))
///         .site_name("Example")
///         .session_lifetime(SessionLifetime::default().idle(Duration::from_secs(3600)))
///         .group("editors", ["posts.rename", "posts.delete"])
///         .build()
/// }
///
/// assert!(accounts().is_ok());
/// ```
#[must_use]
pub struct AccountsBuilder {
    base_url: String,
    site_name: Option<String>,
    users: Option<Arc<dyn UserStore>>,
    sessions: Option<Arc<dyn SessionStore>>,
    tokens: Option<Arc<dyn TokenStore>>,
    combined_store: Option<Arc<dyn AccountStore>>,
    mailer: Option<Arc<dyn Mailer>>,
    templates: Vec<(String, String)>,
    pages: AccountPages,
    lifetime: SessionLifetime,
    cost: HashCost,
    previous_costs: Vec<HashCost>,
    hash_threads: usize,
    hash_queue_capacity: usize,
    rules: PasswordRules,
    rate_limits: RateLimits,
    shared_store: Option<Arc<dyn SharedStore>>,
    groups: BTreeMap<String, Vec<String>>,
    recent_for: Duration,
    second_factor: Option<Arc<dyn SecondFactor>>,
    unverified_retention: Duration,
    clock: Clock,
}

impl Accounts {
    /// Returns a builder of accounts for the site at `base_url`, such as `https://example.com`.
    ///
    /// All links in mails start with the base URL and do not depend on the `Host` header of a request.
    pub fn builder(base_url: impl Into<String>) -> AccountsBuilder {
        AccountsBuilder::new(base_url.into())
    }
}

impl AccountsBuilder {
    fn new(base_url: String) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            base_url,
            site_name: None,
            users: None,
            sessions: None,
            tokens: None,
            combined_store: None,
            mailer: None,
            templates: Vec::new(),
            pages: AccountPages::default(),
            lifetime: SessionLifetime::default(),
            cost: HashCost::default(),
            previous_costs: Vec::new(),
            hash_threads: cores,
            hash_queue_capacity: QUEUED_HASHES_PER_THREAD * cores,
            rules: PasswordRules::default(),
            rate_limits: RateLimits::default(),
            shared_store: None,
            groups: BTreeMap::new(),
            recent_for: Duration::from_secs(5 * 60),
            second_factor: None,
            unverified_retention: Duration::from_secs(7 * 24 * 60 * 60),
            clock: Clock::default(),
        }
    }

    /// Sets one store for accounts, sessions and tokens.
    pub fn store<S: AccountStore>(mut self, store: Arc<S>) -> Self {
        let store = ObservedStore::new(store);
        self.users = Some(store.clone());
        self.sessions = Some(store.clone());
        self.tokens = Some(store.clone());
        self.combined_store = Some(store);
        self
    }

    /// Sets the store of accounts.
    pub fn user_store(mut self, store: Arc<dyn UserStore>) -> Self {
        self.users = Some(ObservedStore::new(store));
        self.combined_store = None;
        self
    }

    /// Sets the store of sessions.
    pub fn session_store(mut self, store: Arc<dyn SessionStore>) -> Self {
        self.sessions = Some(ObservedStore::new(store));
        self.combined_store = None;
        self
    }

    /// Sets the store of mailed tokens.
    pub fn token_store(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.tokens = Some(ObservedStore::new(store));
        self
    }

    /// Sets the mailer.
    pub fn mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.mailer = Some(mailer);
        self
    }

    /// Sets the name of the site in mails. Default: the host of the base URL.
    pub fn site_name(mut self, name: impl Into<String>) -> Self {
        self.site_name = Some(name.into());
        self
    }

    /// Replaces one of the default mail [`TEMPLATES`](crate::mail::TEMPLATES), or adds an HTML body to a mail
    /// with a template whose name ends with `.html`.
    pub fn template(mut self, name: impl Into<String>, source: impl Into<String>) -> Self {
        self.templates.push((name.into(), source.into()));
        self
    }

    /// Sets the paths of the pages that mails link to.
    pub fn pages(mut self, pages: AccountPages) -> Self {
        self.pages = pages;
        self
    }

    /// Sets the lifetime of sessions.
    pub fn session_lifetime(mut self, lifetime: SessionLifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets the cost of new password hashes.
    ///
    /// A password whose hash has another cost is hashed again when its user signs in. Until then, set the other
    /// cost with [`previous_hash_cost`](Self::previous_hash_cost).
    pub fn hash_cost(mut self, cost: HashCost) -> Self {
        self.cost = cost;
        self
    }

    /// Adds a cost that stored hashes may have besides [`hash_cost`](Self::hash_cost).
    ///
    /// Each verification then computes a hash at every cost, so that its duration does not distinguish
    /// accounts with an old hash from accounts that do not exist. The process learns a cost that is not set
    /// here from the first sign-in with such a hash.
    pub fn previous_hash_cost(mut self, cost: HashCost) -> Self {
        self.previous_costs.push(cost);
        self
    }

    /// Sets the number of threads that hash passwords, and the maximum number of waiting callers.
    ///
    /// Each thread permanently occupies the memory of the hash cost. Up to `queue_capacity` unknown callers
    /// and as many known callers wait for a thread. The default is one thread and 64 waiting callers per
    /// core. On a core that hashes 40 passwords per second, the last of 64 callers waits for 1.6 seconds.
    pub fn hash_pool(mut self, threads: usize, queue_capacity: usize) -> Self {
        (self.hash_threads, self.hash_queue_capacity) = (threads, queue_capacity);
        self
    }

    /// Sets the rules for new passwords.
    pub fn password_rules(mut self, rules: PasswordRules) -> Self {
        self.rules = rules;
        self
    }

    /// Sets the rate limits of the flows.
    pub fn rate_limits(mut self, limits: RateLimits) -> Self {
        self.rate_limits = limits;
        self
    }

    /// Sets the store in which the rate limits are counted, the same as the application's
    /// ([`Registry::shared_store`](mizan_core::Registry::shared_store)). Default: the memory of the process.
    ///
    /// Several processes need a common store, or each of them allows every attempt again. While the store is
    /// unavailable, limited flows fail with `unavailable`.
    pub fn shared_store(mut self, store: Arc<dyn SharedStore>) -> Self {
        self.shared_store = Some(store);
        self
    }

    /// Grants permissions to all users in a group.
    pub fn group<P: Into<String>>(
        mut self,
        name: impl Into<String>,
        permissions: impl IntoIterator<Item = P>,
    ) -> Self {
        let permissions = permissions.into_iter().map(Into::into).collect();
        self.groups.insert(name.into(), permissions);
        self
    }

    /// Sets the time for which an authentication satisfies the policy `"recent"`. Default: 5 minutes.
    pub fn recent_for(mut self, duration: Duration) -> Self {
        self.recent_for = duration;
        self
    }

    /// Requires a second factor from the accounts that have one.
    pub fn second_factor(mut self, factor: Arc<dyn SecondFactor>) -> Self {
        self.second_factor = Some(factor);
        self
    }

    /// Sets the time after which [`Accounts::purge`] deletes an account whose address was never verified.
    /// Default: 7 days, minimum: one hour.
    ///
    /// The address can then be used again. [`UserStore::purge_unverified`] defines which accounts count as
    /// unused.
    pub fn unverified_retention(mut self, duration: Duration) -> Self {
        self.unverified_retention = duration;
        self
    }

    /// Sets the clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the accounts.
    ///
    /// # Errors
    ///
    /// Returns [`AccountsConfigError`] if the mailer or a store is missing, if the base URL is neither `https`
    /// nor on localhost, if a template is invalid, or if argon2 does not support a hash cost.
    pub fn build(self) -> Result<Accounts, AccountsConfigError> {
        let (base_url, cookies) = parse_base_url(&self.base_url)?;
        if self.unverified_retention < MIN_UNVERIFIED_RETENTION {
            return Err(AccountsConfigError::new(
                "`unverified_retention` must be at least one hour, so that a new user has time to open the link",
            ));
        }
        let host = base_url.host_str().unwrap_or_default();
        let site_name = self.site_name.unwrap_or_else(|| host.to_owned());
        let mailer = self
            .mailer
            .ok_or_else(|| AccountsConfigError::new("no mailer: call `.mailer(..)`"))?;
        let no_store = |kind: &str, method: &str| {
            AccountsConfigError::new(format!(
                "no store for {kind}: call `.store(..)` or `.{method}(..)`"
            ))
        };
        let users = self
            .users
            .ok_or_else(|| no_store("accounts", "user_store"))?;
        let sessions = self
            .sessions
            .ok_or_else(|| no_store("sessions", "session_store"))?;
        let tokens = self
            .tokens
            .ok_or_else(|| no_store("tokens", "token_store"))?;
        let templates = Templates::new(self.templates).map_err(AccountsConfigError::new)?;
        let password_hasher = PasswordHasher::with_previous_costs(
            self.cost,
            &self.previous_costs,
            self.hash_threads,
            self.hash_queue_capacity,
        )
        .map_err(AccountsConfigError::new)?;
        let shared_store = self.shared_store.map_or_else(
            || Arc::new(MemorySharedStore::new()) as _,
            ObservedSharedStore::wrap,
        );
        Ok(Accounts(Arc::new(Inner {
            users,
            sessions: Sessions::new(sessions, self.lifetime, self.clock.clone()),
            tokens,
            combined_store: self.combined_store,
            password_hasher,
            password_rules: self.rules,
            mail_queue: MailQueue::new(mailer, templates, site_name),
            rate_limiters: RateLimiters::new(self.rate_limits, &shared_store),
            links: Links::new(base_url, self.pages),
            failure_log: FailureLog::new(),
            session_cookie: cookies.session,
            browser_cookie: cookies.browser,
            device_cookie: cookies.device,
            credential_changes: TaskTracker::new(),
            permission_observers: PermissionObservers::default(),
            unverified_retention: self.unverified_retention,
            clock: self.clock,
            groups: self.groups,
            recent_for: self.recent_for,
            second_factor: self.second_factor,
        })))
    }
}

impl fmt::Debug for AccountsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountsBuilder")
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

/// The cookies that match the scheme of the base URL.
struct Cookies {
    session: TokenCookie,
    browser: TokenCookie,
    device: TokenCookie,
}

fn parse_base_url(text: &str) -> Result<(Url, Cookies), AccountsConfigError> {
    let invalid =
        |reason: &str| AccountsConfigError::new(format!("invalid base URL `{text}`: {reason}"));
    let base_url: Url = text
        .parse()
        .map_err(|_| invalid("use a URL such as `https://example.com`"))?;
    if base_url.query().is_some()
        || base_url.fragment().is_some()
        || !base_url.username().is_empty()
    {
        return Err(invalid(
            "it must contain only a scheme, a host, a port and a path",
        ));
    }
    match base_url.scheme() {
        "https" => Ok((
            base_url,
            Cookies {
                session: TokenCookie::SESSION,
                browser: TokenCookie::BROWSER,
                device: TokenCookie::DEVICE,
            },
        )),
        "http" if is_loopback(&base_url) => {
            tracing::warn!(
                base_url = text,
                "development mode: session cookies are sent over plain HTTP, without `Secure` and \
                 `__Host-`; use an https base URL in production"
            );
            Ok((
                base_url,
                Cookies {
                    session: TokenCookie::DEVELOPMENT_SESSION,
                    browser: TokenCookie::DEVELOPMENT_BROWSER,
                    device: TokenCookie::DEVELOPMENT_DEVICE,
                },
            ))
        }
        "http" => Err(invalid(
            "plain HTTP is allowed only on localhost, because it exposes session cookies: use https",
        )),
        _ => Err(invalid("the scheme must be https")),
    }
}
