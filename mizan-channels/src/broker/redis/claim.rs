//! Claims for operations that run at most once, in Redis.

use std::time::Duration;

use bytes::Bytes;

use super::{Shared, millis};
use crate::broker::{BrokerError, Claim, ClaimRequest, MEMORY, OWNER_BYTES, OWNER_CLAIMS};

impl Shared {
    pub(super) async fn claim(
        &self,
        request: &ClaimRequest,
        lease: Duration,
    ) -> Result<Claim, BrokerError> {
        let lease = millis(lease).to_string();
        let answer = self
            .change_claim("claim", request, lease.as_bytes())
            .await?;
        Ok(match answer.split_first() {
            Some((b's', outcome)) => Claim::Settled(Bytes::copy_from_slice(outcome)),
            Some((b'g', _)) => Claim::Granted,
            Some((b'r', _)) => Claim::Running,
            Some((b'm', _)) => Claim::OtherPayload,
            Some((b'f', _)) => Claim::Full,
            _ => Claim::Lost,
        })
    }

    pub(super) async fn change_claim(
        &self,
        what: &str,
        request: &ClaimRequest,
        arg: &[u8],
    ) -> Result<Vec<u8>, BrokerError> {
        let link = self.link().await?;
        let mut invocation = self.scripts.claim.prepare_invoke();
        invocation
            .key(self.key("o", &request.owner))
            .key(self.key("ot", &request.owner))
            .arg(what)
            .arg(&request.key)
            .arg(&request.nonce)
            .arg(&request.payload)
            .arg(millis(MEMORY))
            .arg(OWNER_CLAIMS)
            .arg(OWNER_BYTES)
            .arg(arg);
        self.run(&link, &invocation).await
    }
}
