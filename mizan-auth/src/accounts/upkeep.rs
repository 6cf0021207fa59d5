use std::error::Error;
use std::time::Duration;

use super::Accounts;
use crate::StoreError;
use crate::clock::earlier;

/// How many tokens are purged before others get their turn at the store.
const PURGED_AT_ONCE: u32 = 500;

/// The interval between checks of the store.
const CHECK_EVERY: Duration = Duration::from_secs(60);

impl Accounts {
    /// Removes the sessions and tokens that have expired, and the accounts that were never verified
    /// ([`AccountsBuilder::keep_unverified`](crate::AccountsBuilder::keep_unverified)), in small steps.
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
        let before = earlier(now, self.0.keep_unverified);
        let mut purged = 0;
        loop {
            let step = self.0.users.purge_unverified(before, now, PURGED_AT_ONCE);
            let step = step.await?;
            purged += step;
            if step < u64::from(PURGED_AT_ONCE) {
                break;
            }
            tokio::task::yield_now().await;
        }
        if purged > 0 {
            tracing::info!(
                accounts = purged,
                "deleted accounts that were never verified"
            );
        }
        Ok(())
    }

    /// Purges again and again, for a task of its own: `tokio::spawn(accounts.purge_every(HOUR))`.
    /// Expired sessions and tokens are refused without it; they only take up room.
    ///
    /// Every minute it looks whether the store still keeps what it is told ([`check`](Self::check)), and logs an
    /// error while it does not.
    pub fn purge_every(&self, period: Duration) -> impl Future<Output = ()> + Send + use<> {
        let accounts = self.clone();
        async move {
            let mut times = tokio::time::interval(period);
            let mut checks = tokio::time::interval(CHECK_EVERY);
            loop {
                let (done, failure) = tokio::select! {
                    _ = times.tick() => {
                        (accounts.purge().await, "expired sessions were not purged")
                    }
                    _ = checks.tick() => {
                        (accounts.check().await, "what it is told now may be lost")
                    }
                };
                if let Err(error) = done {
                    let cause = error.source().map(tracing::field::display);
                    tracing::error!(cause, "{error}: {failure}");
                }
            }
        }
    }
}
