use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::task::TaskTracker;
use url::Url;

use super::{Accounts, Inner, SecondFactor};
use crate::failures::FailureLog;
use crate::limits::Limits;
use crate::links::Links;
use crate::mail::{Outbox, Templates};
use crate::network::is_loopback;
use crate::session::TokenCookie;
use crate::{
    AccountStore, Clock, HashCost, Mailer, Pages, PasswordRules, Passwords, Rates, SessionLifetime,
    SessionStore, Sessions, TokenStore, UserStore,
};

/// Puts [`Accounts`] together.
#[must_use]
pub struct AccountsBuilder {
    base_url: String,
    site: Option<String>,
    users: Option<Arc<dyn UserStore>>,
    sessions: Option<Arc<dyn SessionStore>>,
    tokens: Option<Arc<dyn TokenStore>>,
    together: Option<Arc<dyn AccountStore>>,
    mailer: Option<Arc<dyn Mailer>>,
    templates: Vec<(String, String)>,
    pages: Pages,
    lifetime: SessionLifetime,
    cost: HashCost,
    previous_costs: Vec<HashCost>,
    at_once: usize,
    waiting: usize,
    rules: PasswordRules,
    rates: Rates,
    groups: BTreeMap<String, Vec<String>>,
    recent_for: Duration,
    second_factor: Option<Arc<dyn SecondFactor>>,
    keep_unverified: Duration,
    clock: Clock,
}

impl AccountsBuilder {
    pub(super) fn new(base_url: String) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            base_url,
            site: None,
            users: None,
            sessions: None,
            tokens: None,
            together: None,
            mailer: None,
            templates: Vec::new(),
            pages: Pages::default(),
            lifetime: SessionLifetime::default(),
            cost: HashCost::default(),
            previous_costs: Vec::new(),
            at_once: cores,
            waiting: 64 * cores,
            rules: PasswordRules::default(),
            rates: Rates::default(),
            groups: BTreeMap::new(),
            recent_for: Duration::from_secs(5 * 60),
            second_factor: None,
            keep_unverified: Duration::from_secs(7 * 24 * 60 * 60),
            clock: Clock::default(),
        }
    }

    /// Keeps accounts, sessions and tokens in one store.
    pub fn store<S: AccountStore>(mut self, store: Arc<S>) -> Self {
        self.users = Some(store.clone());
        self.sessions = Some(store.clone());
        self.tokens = Some(store.clone());
        self.together = Some(store);
        self
    }

    /// Keeps accounts here.
    pub fn users(mut self, store: Arc<dyn UserStore>) -> Self {
        self.users = Some(store);
        self.together = None;
        self
    }

    /// Keeps sessions here.
    pub fn sessions(mut self, store: Arc<dyn SessionStore>) -> Self {
        self.sessions = Some(store);
        self.together = None;
        self
    }

    /// Keeps the tokens of mails here.
    pub fn tokens(mut self, store: Arc<dyn TokenStore>) -> Self {
        self.tokens = Some(store);
        self
    }

    /// Sends mail with this.
    pub fn mailer(mut self, mailer: Arc<dyn Mailer>) -> Self {
        self.mailer = Some(mailer);
        self
    }

    /// Calls the site this in mails; without it, by the host of the base URL.
    pub fn site(mut self, name: impl Into<String>) -> Self {
        self.site = Some(name.into());
        self
    }

    /// Puts a template of your own in the place of one of [`TEMPLATES`](crate::TEMPLATES), or adds
    /// HTML to one, under its name with `.html`.
    pub fn template(mut self, name: impl Into<String>, source: impl Into<String>) -> Self {
        self.templates.push((name.into(), source.into()));
        self
    }

    /// Says which pages mails lead to.
    pub fn pages(mut self, pages: Pages) -> Self {
        self.pages = pages;
        self
    }

    /// Says how long sessions last.
    pub fn session_lifetime(mut self, lifetime: SessionLifetime) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Says what hashing a password costs. Passwords that were hashed at another cost are hashed
    /// again when their owners sign in; say that cost with [`previous_hash_cost`] until then.
    ///
    /// [`previous_hash_cost`]: Self::previous_hash_cost
    pub fn hash_cost(mut self, cost: HashCost) -> Self {
        self.cost = cost;
        self
    }

    /// Says that stored hashes may have this cost too, after [`hash_cost`](Self::hash_cost) was
    /// changed.
    ///
    /// Each check of a password then computes a hash at every cost, so that its time does not tell
    /// the accounts with an old hash from those that do not exist. A cost that is not said is known
    /// from the first sign-in that meets it, until the program ends.
    pub fn previous_hash_cost(mut self, cost: HashCost) -> Self {
        self.previous_costs.push(cost);
        self
    }

    /// Hashes `at_once` passwords at once, as many as there are cores unless this says otherwise.
    /// Each takes the memory of the cost, for as long as the program runs.
    ///
    /// Beyond that, `waiting` strangers wait, and as many callers that an account knows: 64 for each
    /// core. The memory of a waiting call is small; on a core that hashes 40 passwords a second, the
    /// last of 64 waits for 1.6 seconds.
    pub fn hash_pool(mut self, at_once: usize, waiting: usize) -> Self {
        (self.at_once, self.waiting) = (at_once, waiting);
        self
    }

    /// Says what new passwords must be.
    pub fn password_rules(mut self, rules: PasswordRules) -> Self {
        self.rules = rules;
        self
    }

    /// Says how often the flows may be tried.
    pub fn rates(mut self, rates: Rates) -> Self {
        self.rates = rates;
        self
    }

    /// Gives everybody in a group these permissions.
    pub fn group<P: Into<String>>(
        mut self,
        name: impl Into<String>,
        permissions: impl IntoIterator<Item = P>,
    ) -> Self {
        let permissions = permissions.into_iter().map(Into::into).collect();
        self.groups.insert(name.into(), permissions);
        self
    }

    /// Says how long a proof of who somebody is counts as recent: 5 minutes.
    pub fn recent_for(mut self, duration: Duration) -> Self {
        self.recent_for = duration;
        self
    }

    /// Asks accounts that have one for a second factor.
    pub fn second_factor(mut self, factor: Arc<dyn SecondFactor>) -> Self {
        self.second_factor = Some(factor);
        self
    }

    /// Sets how long an account is kept whose address was never verified: 7 days, at least an hour.
    /// [`Accounts::purge`] deletes it then, so that its address is free again.
    /// [`UserStore::purge_unverified`] says which accounts count as unused.
    pub fn keep_unverified(mut self, duration: Duration) -> Self {
        self.keep_unverified = duration;
        self
    }

    /// Goes by this clock.
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Finishes the accounts.
    ///
    /// # Errors
    ///
    /// A part that is missing, a base URL that is neither `https` nor this machine, a template that
    /// does not work, a cost that argon2 does not know.
    pub fn build(self) -> Result<Accounts, ConfigError> {
        let (base, [cookie, browser_cookie]) = base_url(&self.base_url)?;
        if self.keep_unverified < SHORTEST_UNVERIFIED {
            return Err(ConfigError::new(
                "`keep_unverified` must be at least one hour, so that a new user has time to open the link",
            ));
        }
        let site = match (self.site, base.host_str()) {
            (Some(site), _) => site,
            (None, host) => host.unwrap_or_default().to_owned(),
        };
        let mailer = self.mailer.ok_or_else(|| {
            ConfigError::new("there is nothing to send mail with: add `.mailer(..)`")
        })?;
        let no_store = |kind: &str| {
            ConfigError::new(format!("there is no store for {kind}: add `.store(..)`"))
        };
        let templates = Templates::new(self.templates).map_err(ConfigError::new)?;
        let passwords =
            Passwords::with_previous(self.cost, &self.previous_costs, self.at_once, self.waiting);
        let sessions = self.sessions.ok_or_else(|| no_store("sessions"))?;
        Ok(Accounts(Arc::new(Inner {
            users: self.users.ok_or_else(|| no_store("accounts"))?,
            sessions: Sessions::new(sessions, self.lifetime, self.clock.clone()),
            tokens: self.tokens.ok_or_else(|| no_store("tokens"))?,
            passwords: passwords.map_err(ConfigError::new)?,
            rules: self.rules,
            outbox: Outbox::new(mailer, templates, site),
            limits: Limits::new(self.rates),
            links: Links::new(base, self.pages),
            failures: FailureLog::new(),
            cookie,
            browser_cookie,
            changes: TaskTracker::new(),
            keep_unverified: self.keep_unverified,
            device_cookie: cookie.of_device(),
            together: self.together,
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

/// The least time for which accounts that are not verified are kept: as long as their links are good.
const SHORTEST_UNVERIFIED: Duration = Duration::from_secs(60 * 60);

/// The base URL, and the cookies of sessions and browsers that fit it.
fn base_url(text: &str) -> Result<(Url, [TokenCookie; 2]), ConfigError> {
    let wrong = |why: &str| ConfigError::new(format!("the base URL `{text}` {why}"));
    let base: Url = text
        .parse()
        .map_err(|_| wrong("is no URL: write it as in `https://example.com`"))?;
    if base.query().is_some() || base.fragment().is_some() || !base.username().is_empty() {
        return Err(wrong("has more than a host and a path"));
    }
    match base.scheme() {
        "https" => Ok((base, [TokenCookie::SESSION, TokenCookie::BROWSER])),
        "http" if is_loopback(&base) => {
            tracing::warn!(
                base_url = text,
                "development mode: sessions travel over plain HTTP in a cookie without `Secure` \
                 and `__Host-`; deploy with an https base URL"
            );
            let cookies = [
                TokenCookie::DEVELOPMENT_SESSION,
                TokenCookie::DEVELOPMENT_BROWSER,
            ];
            Ok((base, cookies))
        }
        "http" => Err(wrong(
            "sends sessions over plain HTTP, which only localhost may: use https",
        )),
        _ => Err(wrong("is not of the web: use https")),
    }
}

/// What is wrong with the configuration of accounts.
#[derive(Debug)]
pub struct ConfigError(Box<dyn Error + Send + Sync>);

impl ConfigError {
    fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(cause.into())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the accounts cannot be set up: {}", self.0)
    }
}

impl Error for ConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
