use std::error::Error;
use std::time::Duration;

use super::Accounts;
use crate::StoreError;

/// How many tokens are purged before others get their turn at the store.
const PURGED_AT_ONCE: u32 = 500;

impl Accounts {
    /// Removes the sessions and tokens that have expired, in small steps.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached; some may have been removed by then.
    pub async fn purge(&self) -> Result<(), StoreError> {
        self.0.sessions.purge().await?;
        let now = self.0.clock.now();
        while self.0.tokens.purge(now, PURGED_AT_ONCE).await? == u64::from(PURGED_AT_ONCE) {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Purges again and again, for a task of its own: `tokio::spawn(accounts.purge_every(HOUR))`.
    /// Expired sessions and tokens are refused without it; they only take up room.
    pub fn purge_every(&self, period: Duration) -> impl Future<Output = ()> + Send + use<> {
        let accounts = self.clone();
        async move {
            let mut times = tokio::time::interval(period);
            loop {
                times.tick().await;
                if let Err(error) = accounts.purge().await {
                    let cause = error.source().map(tracing::field::display);
                    tracing::error!(cause, "{error}: expired sessions were not purged");
                }
            }
        }
    }
}
