//! Results that are the same for each subscriber, which the process computes once for all of them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mizan_core::App;
use mizan_core::adapter::{FunctionEntry, entity_tag};
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::change::CHANGED;
use crate::transport::Peer;

/// The maximum size of a result that is sent with a change, in bytes. Clients fetch a larger one.
const MAX_VALUE_BYTES: usize = 16 * 1024;

/// The maximum number of results that a process computes at the same time.
pub(super) const MAX_CONCURRENT: usize = 64;

/// The time after which the subscribers fetch a result themselves.
const COMPUTE_TIMEOUT: Duration = Duration::from_secs(10);

/// The computation of a result that does not depend on the caller.
pub(crate) struct SharedResult {
    app: App,
    function: FunctionEntry,
    input: Bytes,
    /// A subscriber, who passes the policy of the function.
    peer: Peer,
    permits: Arc<Semaphore>,
    /// The tag of the last result that was sent.
    sent: Mutex<Option<String>>,
}

impl SharedResult {
    pub(super) fn new(
        app: &App,
        function: &FunctionEntry,
        input: &Bytes,
        peer: &Peer,
        permits: &Arc<Semaphore>,
    ) -> Self {
        Self {
            app: app.clone(),
            function: function.clone(),
            input: input.clone(),
            peer: peer.clone(),
            permits: Arc::clone(permits),
            sent: Mutex::default(),
        }
    }

    /// Computes the result, and returns the message for the subscribers: the entity tag of the result, and the result
    /// if it is small and differs from the last one. Clients fetch the result after any other message.
    pub(super) async fn message(&self) -> Bytes {
        let computed = async {
            let _permit = self.permits.acquire().await.ok()?;
            let Peer { principal, head } = self.peer.clone();
            let cx = self.app.context(principal, head);
            self.function
                .dispatch(cx, self.input.clone())
                .await
                .result
                .ok()
        };
        let Ok(Some(output)) = timeout(COMPUTE_TIMEOUT, computed).await else {
            return CHANGED;
        };
        let tag = entity_tag(&output);
        let is_new = self.sent.lock().replace(tag.clone()).as_ref() != Some(&tag);
        let mut message = format!(r#"{{"etag":{}"#, json!(tag)).into_bytes();
        if is_new && output.len() <= MAX_VALUE_BYTES {
            message.extend_from_slice(br#","value":"#);
            message.extend_from_slice(&output);
        }
        message.push(b'}');
        message.into()
    }
}
