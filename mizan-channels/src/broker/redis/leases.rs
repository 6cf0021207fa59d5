//! Leases of operations that run at most once.

use std::time::Duration;

use bytes::Bytes;

use super::state::{RedisState, millis};
use crate::broker::error::BrokerError;
use crate::broker::lease::{
    DEDUP_TTL, LeaseReply, LeaseRequest, MAX_OWNER_BYTES, MAX_OWNER_LEASES,
};

impl RedisState {
    pub(super) async fn acquire_lease(
        &self,
        request: &LeaseRequest,
        duration: Duration,
    ) -> Result<LeaseReply, BrokerError> {
        let duration = millis(duration).to_string();
        let reply = self
            .run_lease_script("acquire", request, duration.as_bytes())
            .await?;
        Ok(match reply.split_first() {
            Some((b's', outcome)) => LeaseReply::Completed(Bytes::copy_from_slice(outcome)),
            Some((b'g', _)) => LeaseReply::Granted,
            Some((b'r', _)) => LeaseReply::Running,
            Some((b'm', _)) => LeaseReply::PayloadMismatch,
            Some((b'f', _)) => LeaseReply::QuotaExceeded,
            _ => LeaseReply::Expired,
        })
    }

    pub(super) async fn complete_lease(
        &self,
        request: &LeaseRequest,
        outcome: &[u8],
    ) -> Result<(), BrokerError> {
        let completed = self.run_lease_script("complete", request, outcome);
        completed.await.map(|_| ())
    }

    /// Releases a lease. With `reject_late`, the script also rejects an acquisition that arrives later.
    pub(super) async fn release_lease(
        &self,
        request: &LeaseRequest,
        reject_late: bool,
    ) -> Result<(), BrokerError> {
        let reject_late: &[u8] = if reject_late { b"1" } else { b"" };
        let released = self.run_lease_script("release", request, reject_late);
        released.await.map(|_| ())
    }

    async fn run_lease_script(
        &self,
        operation: &str,
        request: &LeaseRequest,
        arg: &[u8],
    ) -> Result<Vec<u8>, BrokerError> {
        let connection = self.connection().await?;
        let mut invocation = self.scripts.lease.prepare_invoke();
        invocation
            .key(self.key("o", &request.owner))
            .key(self.key("ot", &request.owner))
            .arg(operation)
            .arg(&request.key)
            .arg(&request.run_id)
            .arg(&request.payload_hash)
            .arg(millis(DEDUP_TTL))
            .arg(MAX_OWNER_LEASES)
            .arg(MAX_OWNER_BYTES)
            .arg(arg);
        self.run(&connection, &invocation).await
    }
}
