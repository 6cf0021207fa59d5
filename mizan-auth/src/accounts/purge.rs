//! Removes expired sessions and tokens, and unverified accounts.

use std::error::Error;
use std::time::Duration;

use super::Accounts;
use crate::clock::earlier;
use crate::store::StoreError;

/// The maximum number of records in one purge query. Other tasks can use the store between queries.
const PURGE_BATCH_SIZE: u32 = 500;

/// The interval between checks of the store.
const STORE_CHECK_INTERVAL: Duration = Duration::from_secs(60);

impl Accounts {
    /// Removes expired sessions and tokens, and accounts whose address was never verified
    /// ([`AccountsBuilder::unverified_retention`](crate::AccountsBuilder::unverified_retention)), in small
    /// batches.
    ///
    /// # Errors
    ///
    /// Returns [`StoreError`] if the store cannot be reached. Some records may have been removed by then.
    pub async fn purge(&self) -> Result<(), StoreError> {
        self.0.sessions.purge().await?;
        let now = self.0.clock.now();
        while self.0.tokens.purge(now, PURGE_BATCH_SIZE).await? == u64::from(PURGE_BATCH_SIZE) {
            tokio::task::yield_now().await;
        }
        let created_before = earlier(now, self.0.unverified_retention);
        let mut purged = 0;
        loop {
            let users = &self.0.users;
            let batch = users.purge_unverified(created_before, now, PURGE_BATCH_SIZE);
            let batch = batch.await?;
            purged += batch;
            if batch < u64::from(PURGE_BATCH_SIZE) {
                break;
            }
            tokio::task::yield_now().await;
        }
        if purged > 0 {
            tracing::info!(accounts = purged, "purged unverified accounts");
        }
        Ok(())
    }

    /// Calls [`purge`](Self::purge) periodically. Spawn it as a task:
    /// `tokio::spawn(accounts.purge_every(HOUR))`.
    ///
    /// Expired sessions and tokens are invalid even if they are not purged; they only take up space.
    ///
    /// The task also calls [`check_store`](Self::check_store) every minute, and logs an error if the check fails.
    pub fn purge_every(&self, period: Duration) -> impl Future<Output = ()> + Send + use<> {
        let accounts = self.clone();
        async move {
            let mut purges = tokio::time::interval(period);
            let mut checks = tokio::time::interval(STORE_CHECK_INTERVAL);
            loop {
                let (result, failure) = tokio::select! {
                    _ = purges.tick() => {
                        (accounts.purge().await, "failed to purge expired sessions")
                    }
                    _ = checks.tick() => {
                        (accounts.check_store().await, "new changes may be lost")
                    }
                };
                if let Err(error) = result {
                    let cause = error.source().map(tracing::field::display);
                    tracing::error!(cause, "{error}: {failure}");
                }
            }
        }
    }
}
