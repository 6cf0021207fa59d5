//! The replies of mutations that ran with an idempotency key.

use std::collections::HashMap;
use std::mem::size_of;
use std::sync::Arc;

use bytes::Bytes;
use mizan_core::adapter::{CallReply, ReplyHead};
use mizan_core::{Error, ErrorCode};
use parking_lot::Mutex;
use tokio::sync::watch;

use super::eviction::EvictionQueue;
use super::fingerprint::{Hash, RequestFingerprint};

/// Stores the replies of successful calls, and replays them for requests with the same key.
///
/// The store belongs to one process: a retry that reaches another process runs there.
#[derive(Default)]
pub(crate) struct IdempotencyStore(Mutex<StoreInner>);

#[derive(Default)]
struct StoreInner {
    calls: HashMap<Hash, StoredCall>,
    completed: EvictionQueue,
}

struct StoredCall {
    payload: Hash,
    state: CallState,
}

enum CallState {
    /// The channel closes when the call ends. Before that, a reply that is not stored is sent through the
    /// channel to the requests that are already waiting.
    Running(watch::Receiver<Option<SuccessReply>>),
    Completed(SuccessReply),
}

#[derive(Clone)]
struct SuccessReply {
    output: Bytes,
    head: ReplyHead,
}

/// The right to run a call, or the reply to an earlier call.
pub(crate) enum Claim {
    /// The request runs the call.
    Run(PendingEntry),
    /// The call has already run.
    Replay(Box<CallReply>),
}

impl IdempotencyStore {
    /// Claims a call, or waits for its reply while another request runs it.
    ///
    /// # Errors
    ///
    /// Returns `invalid` if the key was used with another payload.
    pub(crate) async fn claim(
        self: &Arc<Self>,
        request: &RequestFingerprint,
    ) -> Result<Claim, Error> {
        loop {
            let mut running = {
                let mut inner = self.0.lock();
                inner.remove_expired();
                match inner.calls.get(&request.call) {
                    None => {
                        let entry = PendingEntry::insert(self, request, &mut inner);
                        return Ok(Claim::Run(entry));
                    }
                    Some(call) if call.payload != request.payload => return Err(key_reused()),
                    Some(call) => match &call.state {
                        CallState::Completed(reply) => {
                            return Ok(Claim::Replay(Box::new(reply.to_reply())));
                        }
                        CallState::Running(running) => running.clone(),
                    },
                }
            };
            // An error means that the call ended without sending a reply.
            let _ = running.changed().await;
            if let Some(reply) = &*running.borrow() {
                return Ok(Claim::Replay(Box::new(reply.to_reply())));
            }
        }
    }

    /// Returns whether a call with this key has completed or is running, with any payload.
    pub(crate) fn contains(&self, request: &RequestFingerprint) -> bool {
        let mut inner = self.0.lock();
        inner.remove_expired();
        inner.calls.contains_key(&request.call)
    }
}

/// A form uses its token as the key, so its users also see this message.
fn key_reused() -> Error {
    Error::new(
        ErrorCode::Invalid,
        "this was already sent with different values: reload the page and send it again if you meant to \
         send both",
    )
}

impl StoreInner {
    fn store(&mut self, caller: Hash, call: Hash, reply: SuccessReply) {
        self.completed.push(caller, call, reply.size());
        if let Some(call) = self.calls.get_mut(&call) {
            call.state = CallState::Completed(reply);
        }
        while let Some(call) = self.completed.pop_excess() {
            self.calls.remove(&call);
        }
    }

    fn remove_expired(&mut self) {
        while let Some(call) = self.completed.pop_expired() {
            self.calls.remove(&call);
        }
    }
}

impl SuccessReply {
    fn to_reply(&self) -> CallReply {
        CallReply::new(Ok(self.output.clone())).with_head(self.head.clone())
    }

    /// Estimates the memory that the reply takes.
    fn size(&self) -> usize {
        let cookies = self
            .head
            .cookies
            .iter()
            .map(|cookie| cookie.name().len() + cookie.value().len() + 200);
        let headers = self
            .head
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 100);
        size_of::<StoredCall>()
            + self.output.len()
            + cookies.sum::<usize>()
            + headers.sum::<usize>()
    }
}

/// The right to run a call. If it is dropped before the call succeeds, a retry may run the call.
pub(crate) struct PendingEntry {
    store: Arc<IdempotencyStore>,
    caller: Hash,
    call: Hash,
    running: watch::Sender<Option<SuccessReply>>,
}

impl PendingEntry {
    fn insert(
        store: &Arc<IdempotencyStore>,
        request: &RequestFingerprint,
        inner: &mut StoreInner,
    ) -> Self {
        let (sender, receiver) = watch::channel(None);
        let call = StoredCall {
            payload: request.payload,
            state: CallState::Running(receiver),
        };
        inner.calls.insert(request.call, call);
        Self {
            store: Arc::clone(store),
            caller: request.caller,
            call: request.call,
            running: sender,
        }
    }

    /// Stores a successful reply, so that it can be replayed. A failure is not stored.
    ///
    /// A reply that forbids replay is sent to the requests that wait for it, but not stored: the session
    /// of a sign-in may have ended when the next request arrives.
    pub(crate) fn complete(self, reply: &CallReply) {
        if let Ok(output) = &reply.result {
            let success = SuccessReply {
                output: output.clone(),
                head: reply.head.clone(),
            };
            if reply.head.forbids_replay {
                self.running.send_replace(Some(success));
            } else {
                self.store.0.lock().store(self.caller, self.call, success);
            }
        }
    }
}

impl Drop for PendingEntry {
    fn drop(&mut self) {
        let mut inner = self.store.0.lock();
        let call = inner.calls.get(&self.call);
        if call.is_some_and(|call| matches!(call.state, CallState::Running(_))) {
            inner.calls.remove(&self.call);
        }
    }
}

#[cfg(test)]
mod tests {
    use mizan_core::{Identity, Principal};

    use super::super::eviction::{MAX_REPLIES, MAX_REPLY_BYTES};
    use super::super::key::IdempotencyKey;
    use super::*;

    const STRANGER: &str = "192.0.2.1";

    /// `caller` is a user id or an IP address.
    fn fingerprint(caller: &str, i: usize) -> RequestFingerprint {
        let key = IdempotencyKey::new(&format!("a-key-of-its-own-{i}-{caller}")).unwrap();
        let client_addr = caller.parse().ok();
        let principal = match client_addr {
            Some(_) => Principal::anonymous(),
            None => Identity::new(caller).into(),
        };
        RequestFingerprint::new(&key, "echo", &principal, client_addr, [])
    }

    /// Runs a call with an output of this length. Returns `false` if its reply was replayed instead.
    async fn runs(store: &Arc<IdempotencyStore>, caller: &str, i: usize, length: usize) -> bool {
        match store.claim(&fingerprint(caller, i)).await.unwrap() {
            Claim::Run(entry) => {
                entry.complete(&CallReply::new(Ok(vec![0; length].into())));
                true
            }
            Claim::Replay(_) => false,
        }
    }

    #[tokio::test]
    async fn limits_the_number_of_replies() {
        let store = Arc::default();
        for i in 0..MAX_REPLIES {
            assert!(runs(&store, STRANGER, i, 0).await);
        }
        assert!(!runs(&store, STRANGER, 0, 0).await);
        assert!(runs(&store, STRANGER, MAX_REPLIES, 0).await);
        assert_eq!(store.0.lock().calls.len(), MAX_REPLIES);
        assert!(runs(&store, STRANGER, 0, 0).await);
    }

    /// Replaying a sign-in after the sign-out would return the cookie of an ended session.
    #[tokio::test]
    async fn sends_reply_that_forbids_replay_only_to_waiting_requests() {
        for forbids_replay in [true, false] {
            let store = Arc::default();
            let Ok(Claim::Run(entry)) =
                IdempotencyStore::claim(&store, &fingerprint(STRANGER, 0)).await
            else {
                panic!("no call has run yet");
            };
            let waiting = [(); 3].map(|()| {
                let store = Arc::clone(&store);
                tokio::spawn(async move { store.claim(&fingerprint(STRANGER, 0)).await })
            });
            tokio::task::yield_now().await;
            let mut head = ReplyHead::default();
            head.cookies.push(cookie::Cookie::new("session", "secret"));
            head.forbids_replay = forbids_replay;
            entry.complete(&CallReply::new(Ok("signed in".into())).with_head(head));
            for waiting in waiting {
                let Ok(Claim::Replay(reply)) = waiting.await.unwrap() else {
                    panic!("the call ran twice");
                };
                assert_eq!(reply.result.unwrap(), "signed in");
                assert_eq!(reply.head.cookies[0].value(), "secret");
            }
            let request = fingerprint(STRANGER, 0);
            assert_eq!(store.contains(&request), !forbids_replay);
            let later = store.claim(&request).await.unwrap();
            assert_eq!(matches!(later, Claim::Replay(_)), !forbids_replay);
        }
    }

    #[tokio::test]
    async fn limits_the_size_of_all_replies() {
        let store = Arc::default();
        for i in 0..100 {
            assert!(runs(&store, STRANGER, i, 1_000_000).await);
        }
        assert!(store.0.lock().completed.bytes() <= MAX_REPLY_BYTES);
        assert!(!runs(&store, STRANGER, 99, 0).await);
        assert!(
            runs(&store, STRANGER, 0, MAX_REPLY_BYTES).await,
            "the oldest reply was evicted"
        );
        let inner = store.0.lock();
        assert_eq!(inner.calls.len(), 0);
        assert_eq!(inner.completed.bytes(), 0);
        assert!(inner.completed.is_empty());
    }

    #[tokio::test]
    async fn evicts_replies_of_the_largest_caller() {
        let victims = ["ada", "198.51.100.7", "2001:db8:1::1"];
        for length in [0, 1_000_000] {
            let store = Arc::default();
            for victim in victims {
                for i in 0..3 {
                    assert!(runs(&store, victim, i, 0).await);
                }
            }
            // An IPv6 network, an IPv4 address and a user flood the store with new keys.
            let count = if length == 0 { MAX_REPLIES } else { 100 };
            for i in 0..count {
                let network = format!("2001:db8:2:{i:x}::1");
                for flooder in [STRANGER, "eve", &network] {
                    assert!(runs(&store, flooder, i + 10, length).await);
                }
            }
            for victim in victims {
                for i in 0..3 {
                    assert!(!runs(&store, victim, i, 0).await, "{victim} {i} {length}");
                }
            }
            let inner = store.0.lock();
            assert!(inner.calls.len() <= MAX_REPLIES && inner.completed.bytes() <= MAX_REPLY_BYTES);
        }
    }
}
