//! The rate limits of calls.

use std::collections::HashMap;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::ServerFunction;
use crate::cx::Cx;
use crate::error::{Error, ErrorCode};
use crate::limits::{Limit, LimitBy, StoreFailure, limited_networks};
use crate::shared_store::{Counter, SharedStore, TakeReply};

/// The shortest time after which a refused client may retry.
const MIN_RETRY_AFTER: Duration = Duration::from_secs(1);

/// The shared store of an application, and the limits that its registry added to functions.
pub(crate) struct CallLimiter {
    store: Arc<dyn SharedStore>,
    added: HashMap<&'static str, Vec<Limit>>,
}

/// A limit that the registry adds to a function.
pub(crate) struct AddedLimit {
    pub(crate) function: &'static str,
    pub(crate) limit: Limit,
    pub(crate) at: &'static Location<'static>,
}

impl CallLimiter {
    pub(crate) fn new(
        store: Arc<dyn SharedStore>,
        limits: impl IntoIterator<Item = AddedLimit>,
    ) -> Self {
        let mut added: HashMap<_, Vec<_>> = HashMap::new();
        for AddedLimit {
            function, limit, ..
        } in limits
        {
            added.entry(function).or_default().push(limit);
        }
        Self { store, added }
    }

    /// Returns whether `function` has limits, so that calls without limits have no such step.
    pub(crate) fn is_limited(cx: &Cx, function: &str, declared: &[Limit]) -> bool {
        let is_added = |limiter: &Self| limiter.added.contains_key(function);
        !declared.is_empty() || cx.try_state().is_some_and(is_added)
    }

    /// Checks the limits of `function`, or of the messages of a channel, by principal and by address, in the order of their declaration.
    ///
    /// A call that a limit refuses counts only for the limits before that one.
    pub(crate) async fn check_caller(
        cx: &Cx,
        function: &str,
        declared: &'static [Limit],
    ) -> Result<(), Error> {
        let Some(limiter) = cx.try_state::<Self>() else {
            return Ok(());
        };
        let added = limiter.added.get(function).map_or(&[][..], Vec::as_slice);
        for limit in declared.iter().chain(added) {
            let user = match limit.by() {
                LimitBy::Principal => cx.principal().id(),
                LimitBy::Address => None,
                LimitBy::Input(_) => continue,
            };
            match user {
                Some(user) => {
                    let counter = Counter::by_user(function, limit, user);
                    limiter.take(limit, &[counter]).await?;
                }
                None => limiter.check_address(cx, function, limit).await?,
            }
        }
        Ok(())
    }

    async fn check_address(&self, cx: &Cx, function: &str, limit: &Limit) -> Result<(), Error> {
        let Some(address) = cx.head().client_addr() else {
            let unknown = Counter::by_text(function, limit, "");
            return self.take(limit, &[unknown]).await;
        };
        let mut networks =
            limited_networks(address).map(|net| Counter::by_network(function, limit, net));
        // An IPv4 address has two networks, an IPv6 address three.
        match [networks.next(), networks.next(), networks.next()] {
            [Some(a), Some(b), Some(c)] => self.take(limit, &[a, b, c]).await,
            [Some(a), Some(b), None] => self.take(limit, &[a, b]).await,
            _ => Ok(()),
        }
    }

    /// Checks the limits of a function by values of its input.
    pub(crate) async fn check_input<F: ServerFunction>(cx: &Cx, input: &F) -> Result<(), Error> {
        for limit in F::LIMITS {
            if let LimitBy::Input(name) = limit.by()
                && let Some(limiter) = cx.try_state::<Self>()
                && let Some(value) = input.limit_key(name)
            {
                let counter = Counter::by_text(F::NAME, limit, &value);
                limiter.take(limit, &[counter]).await?;
            }
        }
        Ok(())
    }

    async fn take(&self, limit: &Limit, counters: &[Counter<'_>]) -> Result<(), Error> {
        let reply = match self.store.try_take(counters) {
            Some(reply) => reply,
            None => match self.store.take(counters).await {
                Ok(reply) => reply,
                Err(error) if limit.store_failure() == StoreFailure::Refuse => {
                    return Err(error.into());
                }
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        %limit,
                        "the shared store is unavailable: allowing a call without checking its limit"
                    );
                    return Ok(());
                }
            },
        };
        match reply {
            TakeReply::Taken => Ok(()),
            TakeReply::Exhausted { retry_after } => Err(rate_limited(retry_after)),
        }
    }
}

/// Returns the error for a client that has to wait.
fn rate_limited(retry_after: Duration) -> Error {
    Error::new(ErrorCode::RateLimited, "too many requests: try again later")
        .with_retry_after(retry_after.max(MIN_RETRY_AFTER))
}
