//! The metrics of stores.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use jiff::Timestamp;
use metrics::{Key, Label, Level, Metadata};

use super::account::{Account, NewAccount};
use super::error::StoreError;
use super::issued_token::IssuedToken;
use super::traits::{AccountStore, SessionStore, TokenStore, UserStore};
use crate::email_address::EmailAddress;
use crate::password::PasswordHash;
use crate::session::Session;
use crate::token::TokenId;

/// A store whose operations are in the metric `mizan_account_store_duration_seconds`.
///
/// Its labels are `store` (`users`, `sessions`, `tokens`), `operation` (the name of the method) and `outcome` (`ok`,
/// `error`, `cancelled`). No label contains data of a user.
pub(crate) struct ObservedStore<S: ?Sized>(Arc<S>);

impl<S: ?Sized> ObservedStore<S> {
    pub(crate) fn new(store: Arc<S>) -> Arc<Self> {
        Arc::new(Self(store))
    }
}

/// The labels of an operation, with each outcome. They are constants, so that observing allocates nothing.
struct OperationLabels {
    ok: [Label; 3],
    error: [Label; 3],
    cancelled: [Label; 3],
}

impl OperationLabels {
    const fn new(store: &'static str, operation: &'static str) -> Self {
        Self {
            ok: labels(store, operation, "ok"),
            error: labels(store, operation, "error"),
            cancelled: labels(store, operation, "cancelled"),
        }
    }
}

const fn labels(store: &'static str, operation: &'static str, outcome: &'static str) -> [Label; 3] {
    [
        Label::from_static_parts("store", store),
        Label::from_static_parts("operation", operation),
        Label::from_static_parts("outcome", outcome),
    ]
}

static METADATA: Metadata<'static> =
    Metadata::new("mizan::auth", Level::INFO, Some(module_path!()));

/// Observes one operation. An operation that is dropped is cancelled.
struct Observer {
    started: Instant,
    labels: &'static OperationLabels,
    is_ok: Option<bool>,
}

async fn observe<T>(
    labels: &'static OperationLabels,
    run: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    let mut observer = Observer {
        started: Instant::now(),
        labels,
        is_ok: None,
    };
    let result = run.await;
    observer.is_ok = Some(result.is_ok());
    result
}

impl Drop for Observer {
    fn drop(&mut self) {
        let labels = match self.is_ok {
            Some(true) => &self.labels.ok,
            Some(false) => &self.labels.error,
            None => &self.labels.cancelled,
        };
        let seconds = self.started.elapsed().as_secs_f64();
        let key = Key::from_static_parts("mizan_account_store_duration_seconds", labels);
        metrics::with_recorder(|recorder| {
            recorder.register_histogram(&key, &METADATA).record(seconds);
        });
    }
}

/// Implements methods of a store trait: each calls the method of the inner store, and observes it.
macro_rules! observed {
    ($trait:ident, $store:literal, $(
        $method:ident($($argument:ident: $type:ty),*) -> $output:ty;
    )*) => {
        #[async_trait]
        impl<S: $trait + ?Sized> $trait for ObservedStore<S> {
            $(
                async fn $method(&self, $($argument: $type),*) -> Result<$output, StoreError> {
                    static LABELS: OperationLabels =
                        OperationLabels::new($store, stringify!($method));
                    observe(&LABELS, $trait::$method(&*self.0, $($argument),*)).await
                }
            )*
        }
    };
}

observed! {
    UserStore, "users",
    find(id: &str) -> Option<Account>;
    find_by_email(email: &EmailAddress) -> Option<Account>;
    create(account: NewAccount) -> Option<Account>;
    replace_password(id: &str, epoch: i64, new: &PasswordHash) -> Option<i64>;
    rehash_password(id: &str, old: &PasswordHash, new: &PasswordHash) -> bool;
    verify_email(id: &str, email: &EmailAddress) -> bool;
    replace_email(id: &str, epoch: i64, new: &EmailAddress) -> Option<i64>;
    advance_epoch(id: &str, epoch: i64) -> Option<i64>;
    delete(id: &str) -> bool;
    purge_unverified(created_before: Timestamp, now: Timestamp, limit: u32) -> u64;
    check() -> ();
}

observed! {
    SessionStore, "sessions",
    insert(session: &Session) -> ();
    find(id: TokenId) -> Option<Session>;
    touch(id: TokenId, last_used_at: Timestamp, expires_at: Timestamp) -> ();
    list_by_user(user: &str) -> Vec<Session>;
    remove(id: TokenId) -> bool;
    remove_by_user(user: &str, keep: Option<TokenId>) -> Vec<TokenId>;
    find_live(ids: &[TokenId], now: Timestamp) -> Vec<TokenId>;
    purge(now: Timestamp, limit: u32) -> u64;
}

observed! {
    TokenStore, "tokens",
    insert(token: &IssuedToken) -> ();
    find(id: TokenId) -> Option<IssuedToken>;
    attempt(id: TokenId) -> bool;
    take(id: TokenId) -> bool;
    remove_by_user(user: &str) -> ();
    purge(now: Timestamp, limit: u32) -> u64;
}

observed! {
    AccountStore, "sessions",
    find_with_account(id: TokenId) -> Option<(Session, Option<Account>)>;
}
