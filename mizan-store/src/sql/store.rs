//! The implementation that the stores in SQL databases share.

use std::time::Duration;

use mizan_core::limits::RateLimit;
use mizan_core::shared_store::{KeyHash, LeaseReply};

/// A row of an operation: payload, state, outcome, and 1 if the lease has expired.
pub(super) type OperationRow = (Vec<u8>, i64, Option<Vec<u8>>, i64);

/// Returns the reply to a run that did not get the lease.
pub(super) fn lease_reply(
    (known, state, outcome, expired): OperationRow,
    payload: KeyHash,
) -> LeaseReply {
    match state {
        // A cancelled run: this acquisition arrived late.
        2 => LeaseReply::Expired,
        _ if known != payload.as_bytes() => LeaseReply::PayloadMismatch,
        0 if expired == 0 => LeaseReply::Running,
        0 => LeaseReply::Expired,
        _ => LeaseReply::Completed(outcome.unwrap_or_default().into()),
    }
}

/// Returns the time after which a count with this time until its full allowance has a call left.
pub(super) fn retry_after(full_in: Option<i64>, rate: RateLimit) -> Duration {
    // The row may have been removed in the meantime.
    let full_in = u64::try_from(full_in.unwrap_or(0)).unwrap_or(0);
    let (interval, tolerance) = (rate.interval_micros(), rate.tolerance_micros());
    let wait = (full_in.min(tolerance) + interval).saturating_sub(tolerance);
    Duration::from_micros(wait.max(1))
}

/// Converts a duration for a parameter of a statement.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Converts a duration to milliseconds, at most those of a century.
pub(super) fn millis(duration: Duration) -> i64 {
    const CENTURY_MILLIS: i64 = 100 * 366 * 86_400_000;
    let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    millis.min(CENTURY_MILLIS)
}

/// Implements `SharedStore` for a store with a `pool` and a `purge` schedule. The macro `$bind_clock` binds the
/// last parameter of statements that have the time as a parameter.
macro_rules! impl_shared_store {
    ($store:ident, $statements:ident, $bind_clock:ident) => {
        impl $store {
            /// Removes old rows in the background, now and then.
            fn purge_if_due(&self) {
                if !self.purge.is_due() {
                    return;
                }
                let store = self.clone();
                tokio::spawn(async move {
                    for (statement, count) in [
                        ($statements::PURGE_LIMITS, purge::PURGE_BATCH),
                        ($statements::TRIM_LIMITS, purge::MAX_COUNTS),
                        ($statements::PURGE_OPERATIONS, purge::PURGE_BATCH),
                        ($statements::TRIM_OPERATIONS, purge::MAX_OPERATIONS),
                    ] {
                        let purged = sqlx::query(statement).bind(count).execute(&store.pool);
                        if let Err(error) = purged.await {
                            tracing::warn!(
                                error = &error as &dyn std::error::Error,
                                "removing old rows of the shared store failed; it is repeated later"
                            );
                        }
                    }
                    store.purge.finish();
                });
            }

            async fn take_one(&self, counter: &Counter<'_>) -> Result<TakeReply, SharedStoreError> {
                let (group, key, rate) = (counter.group(), counter.key_hash(), counter.rate());
                let taken = sqlx::query($statements::TAKE)
                    .bind(&group)
                    .bind(key.as_bytes().as_slice())
                    .bind(store::signed(rate.interval_micros()))
                    .bind(store::signed(rate.tolerance_micros()));
                let taken = $bind_clock!(taken).fetch_optional(&self.pool);
                if taken.await.map_err(store_error)?.is_some() {
                    return Ok(TakeReply::Taken);
                }
                let full_in = sqlx::query_scalar($statements::FULL_IN)
                    .bind(&group)
                    .bind(key.as_bytes().as_slice());
                let full_in = $bind_clock!(full_in).fetch_optional(&self.pool);
                let full_in = full_in.await.map_err(store_error)?;
                Ok(TakeReply::Exhausted {
                    retry_after: store::retry_after(full_in, rate),
                })
            }
        }

        #[async_trait]
        impl SharedStore for $store {
            async fn take(&self, counters: &[Counter<'_>]) -> Result<TakeReply, SharedStoreError> {
                self.purge_if_due();
                for counter in counters {
                    let reply = self.take_one(counter).await?;
                    if reply != TakeReply::Taken {
                        return Ok(reply);
                    }
                }
                Ok(TakeReply::Taken)
            }

            async fn acquire(
                &self,
                operation: &Operation,
                duration: Duration,
            ) -> Result<LeaseReply, SharedStoreError> {
                self.purge_if_due();
                let Operation {
                    owner,
                    key,
                    payload,
                    run,
                    ..
                } = operation;
                let granted = sqlx::query_scalar($statements::ACQUIRE)
                    .bind(owner.as_bytes().as_slice())
                    .bind(key.as_bytes().as_slice())
                    .bind(payload.as_bytes().as_slice())
                    .bind(run.as_bytes().as_slice())
                    .bind(store::millis(duration))
                    .bind(store::millis(OUTCOME_TTL))
                    .fetch_optional(&self.pool);
                let granted: Option<i64> = granted.await.map_err(store_error)?;
                let Some(count) = granted else {
                    let found = sqlx::query_as($statements::FIND)
                        .bind(key.as_bytes().as_slice())
                        .fetch_optional(&self.pool);
                    let found = found.await.map_err(store_error)?;
                    // The run with the lease may have been released in the meantime: ask again soon.
                    return Ok(
                        found.map_or(LeaseReply::Running, |row| store::lease_reply(row, *payload))
                    );
                };
                let excess = count - i64::try_from(MAX_OWNER_OPERATIONS).unwrap_or(i64::MAX);
                if excess < 0 {
                    return Ok(LeaseReply::Granted);
                }
                // The new operation may not be among those that the statement counted.
                let evicted = sqlx::query($statements::EVICT)
                    .bind(owner.as_bytes().as_slice())
                    .bind(excess + 1)
                    .execute(&self.pool);
                if evicted.await.map_err(store_error)?.rows_affected() > 0 {
                    return Ok(LeaseReply::Granted);
                }
                self.release(operation).await?;
                Ok(LeaseReply::QuotaExceeded)
            }

            async fn complete(
                &self,
                operation: &Operation,
                outcome: Bytes,
            ) -> Result<(), SharedStoreError> {
                let size = i64::try_from(outcome.len()).unwrap_or(i64::MAX);
                let total: i64 = sqlx::query_scalar($statements::COMPLETE)
                    .bind(operation.owner.as_bytes().as_slice())
                    .bind(operation.key.as_bytes().as_slice())
                    .bind(operation.payload.as_bytes().as_slice())
                    .bind(operation.run.as_bytes().as_slice())
                    .bind(store::millis(OUTCOME_TTL))
                    .bind(size)
                    .bind(outcome.as_ref())
                    .fetch_one(&self.pool)
                    .await
                    .map_err(store_error)?;
                let max = i64::try_from(MAX_OWNER_BYTES).unwrap_or(i64::MAX);
                if total.saturating_add(size) > max {
                    sqlx::query($statements::EVICT_BYTES)
                        .bind(operation.owner.as_bytes().as_slice())
                        .bind(operation.key.as_bytes().as_slice())
                        .bind(max)
                        .execute(&self.pool)
                        .await
                        .map_err(store_error)?;
                }
                Ok(())
            }

            async fn release(&self, operation: &Operation) -> Result<(), SharedStoreError> {
                sqlx::query($statements::RELEASE)
                    .bind(operation.key.as_bytes().as_slice())
                    .bind(operation.run.as_bytes().as_slice())
                    .execute(&self.pool)
                    .await
                    .map_err(store_error)?;
                Ok(())
            }

            async fn cancel(&self, operation: &Operation) -> Result<(), SharedStoreError> {
                let released = sqlx::query($statements::RELEASE)
                    .bind(operation.key.as_bytes().as_slice())
                    .bind(operation.run.as_bytes().as_slice())
                    .execute(&self.pool)
                    .await
                    .map_err(store_error)?;
                if released.rows_affected() == 0 {
                    sqlx::query($statements::REJECT_LATE)
                        .bind(operation.owner.as_bytes().as_slice())
                        .bind(operation.key.as_bytes().as_slice())
                        .bind(operation.payload.as_bytes().as_slice())
                        .bind(operation.run.as_bytes().as_slice())
                        .bind(store::millis(OUTCOME_TTL))
                        .execute(&self.pool)
                        .await
                        .map_err(store_error)?;
                }
                Ok(())
            }

            async fn contains(&self, operation: &Operation) -> Result<bool, SharedStoreError> {
                let found: Option<OperationRow> = sqlx::query_as($statements::FIND)
                    .bind(operation.key.as_bytes().as_slice())
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(store_error)?;
                Ok(found.is_some_and(|(_, state, ..)| state != 2))
            }
        }
    };
}

pub(super) use impl_shared_store;
