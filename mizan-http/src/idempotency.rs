//! Mutations that are sent again under the same `Idempotency-Key` and run once
//! (<https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/>).

use std::collections::HashMap;
use std::mem::size_of;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName};
use mizan_core::adapter::{CallReply, ReplyHead};
use mizan_core::{Error, ErrorCode, Principal};
use sha2::{Digest, Sha256};
use shares::Shares;
use tokio::sync::watch;

mod shares;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How long a reply can be had again.
const KEPT_FOR: Duration = Duration::from_secs(600);
/// How many replies are kept.
const MOST_REPLIES: usize = 10_000;
/// How much the replies that are kept may weigh together, in bytes.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The key of a request, as its client chose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    /// A key. Short ones are refused: callers that are not signed in share their keys, so a key that
    /// two of them could choose would give one the reply of the other.
    pub(crate) fn new(key: &str) -> Option<Self> {
        let is_key = (16..=255).contains(&key.len())
            && key
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
        is_key.then(|| Self(key.to_owned()))
    }

    /// The key in a request's headers, with or without the quotes of a structured field.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Error> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let key = value.to_str().unwrap_or_default().trim();
        let unquoted = key
            .strip_prefix('"')
            .and_then(|key| key.strip_suffix('"'))
            .unwrap_or(key);
        match Self::new(unquoted) {
            Some(key) if values.next().is_none() => Ok(Some(key)),
            _ => Err(Error::new(
                ErrorCode::Malformed,
                "send one `idempotency-key` of 16 to 255 characters, such as a random UUID",
            )),
        }
    }
}

/// A call that runs once: by whom, of what and under which key, and what it was sent.
#[derive(Clone, Copy)]
pub(crate) struct Once {
    caller: Hash,
    call: Hash,
    payload: Hash,
}

type Hash = [u8; 32];

impl Once {
    /// `payload` is all that was sent: the input, and what stands for each file.
    pub(crate) fn new<'a>(
        key: &Key,
        function: &str,
        principal: &Principal,
        client_addr: Option<IpAddr>,
        payload: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        let who = principal.id().unwrap_or_default();
        let is_signed_in = [u8::from(principal.is_signed_in())];
        let caller = match principal.id() {
            Some(id) => hash([&is_signed_in[..], id.as_bytes()]),
            None => hash([&is_signed_in[..], network(client_addr).as_bytes()]),
        };
        Self {
            caller,
            call: hash([
                &is_signed_in[..],
                who.as_bytes(),
                function.as_bytes(),
                key.0.as_bytes(),
            ]),
            payload: hash(payload),
        }
    }
}

/// The network that an anonymous caller shares its room with: a whole IPv6 /48, as one customer of a
/// provider may have it.
fn network(client_addr: Option<IpAddr>) -> String {
    match client_addr {
        Some(IpAddr::V6(addr)) => {
            let [first, second, third, ..] = addr.segments();
            format!("{first:x}:{second:x}:{third:x}::/48")
        }
        Some(addr) => addr.to_string(),
        None => String::new(),
    }
}

/// A hash of the parts, each with its length, so that nothing moves from one to the next unseen.
fn hash<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// The replies of successful calls, for whoever sends the same again.
///
/// They are this process's: a retry that reaches another process runs there.
#[derive(Default)]
pub(crate) struct Replies(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    calls: HashMap<Hash, Call>,
    /// The calls that are done.
    done: Shares,
}

struct Call {
    payload: Hash,
    state: State,
}

enum State {
    /// The channel closes when the call ends. A reply that is not kept is sent through it first, for the
    /// requests that wait already.
    Running(watch::Receiver<Option<Success>>),
    Done(Success),
}

#[derive(Clone)]
struct Success {
    output: Bytes,
    head: ReplyHead,
}

/// What a request gets that asks for a call that runs once.
pub(crate) enum Claim {
    /// It is the one that runs.
    Run(Slot),
    /// It has run.
    Done(CallReply),
}

impl Replies {
    /// Waits while the same call runs for another request, and says who runs it then.
    ///
    /// # Errors
    ///
    /// The key stands for a call with another payload.
    pub(crate) async fn claim(self: &Arc<Self>, once: &Once) -> Result<Claim, Error> {
        loop {
            let mut running = {
                let mut kept = self.kept();
                kept.forget_old();
                match kept.calls.get(&once.call) {
                    None => return Ok(Claim::Run(Slot::new(self, once, &mut kept))),
                    Some(call) if call.payload != once.payload => return Err(reused()),
                    Some(call) => match &call.state {
                        State::Done(success) => return Ok(Claim::Done(success.reply())),
                        State::Running(running) => running.clone(),
                    },
                }
            };
            // An error means that the call has ended and sent nothing.
            let _ = running.changed().await;
            if let Some(success) = &*running.borrow() {
                return Ok(Claim::Done(success.reply()));
            }
        }
    }

    /// Whether a call has run under this key, or runs, whatever its payload.
    pub(crate) fn has(&self, once: &Once) -> bool {
        let mut kept = self.kept();
        kept.forget_old();
        kept.calls.contains_key(&once.call)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key of a form is its token, so people read this too.
fn reused() -> Error {
    Error::new(
        ErrorCode::Invalid,
        "this was sent before with other values: send it again, as something new, if both are meant",
    )
}

impl Kept {
    fn keep(&mut self, caller: Hash, call: Hash, success: Success) {
        self.done.add(caller, call, success.weight());
        if let Some(call) = self.calls.get_mut(&call) {
            call.state = State::Done(success);
        }
        while let Some(call) = self.done.remove_excess() {
            self.calls.remove(&call);
        }
    }

    fn forget_old(&mut self) {
        while let Some(call) = self.done.remove_expired() {
            self.calls.remove(&call);
        }
    }
}

impl Success {
    fn reply(&self) -> CallReply {
        CallReply::new(Ok(self.output.clone())).with_head(self.head.clone())
    }

    /// About how much memory this takes.
    fn weight(&self) -> usize {
        let cookies = self.head.cookies.iter();
        let cookies = cookies.map(|cookie| cookie.name().len() + cookie.value().len() + 200);
        let headers = self.head.headers.iter();
        let headers = headers.map(|(name, value)| name.as_str().len() + value.len() + 100);
        size_of::<Call>() + self.output.len() + cookies.sum::<usize>() + headers.sum::<usize>()
    }
}

/// The right to run a call. Dropped before the call has succeeded, it lets a retry run.
pub(crate) struct Slot {
    replies: Arc<Replies>,
    caller: Hash,
    call: Hash,
    running: watch::Sender<Option<Success>>,
}

impl Slot {
    fn new(replies: &Arc<Replies>, once: &Once, kept: &mut Kept) -> Self {
        let (sender, receiver) = watch::channel(None);
        let call = Call {
            payload: once.payload,
            state: State::Running(receiver),
        };
        kept.calls.insert(once.call, call);
        Self {
            replies: Arc::clone(replies),
            caller: once.caller,
            call: once.call,
            running: sender,
        }
    }

    /// Keeps the reply for requests that send the same again; a failure is forgotten.
    ///
    /// A reply that forbids its replay is sent to the requests that wait for it and not stored: the session
    /// of a sign-in may have ended when the next request arrives.
    pub(crate) fn end(self, reply: &CallReply) {
        if let Ok(output) = &reply.result {
            let success = Success {
                output: output.clone(),
                head: reply.head.clone(),
            };
            if reply.head.forbids_replay {
                self.running.send_replace(Some(success));
            } else {
                self.replies.kept().keep(self.caller, self.call, success);
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut kept = self.replies.kept();
        let call = kept.calls.get(&self.call);
        if call.is_some_and(|call| matches!(call.state, State::Running(_))) {
            kept.calls.remove(&self.call);
        }
    }
}

#[cfg(test)]
mod tests {
    use mizan_core::Identity;

    use super::*;

    fn once(caller: &str, i: usize) -> Once {
        let key = Key::new(&format!("a-key-of-its-own-{i}-{caller}")).unwrap();
        let client_addr = caller.parse().ok();
        let principal = match client_addr {
            Some(_) => Principal::anonymous(),
            None => Identity::new(caller).into(),
        };
        Once::new(&key, "echo", &principal, client_addr, [])
    }

    /// Runs a call whose output has this length, unless it has run. `caller` is a user or an address.
    async fn runs(replies: &Arc<Replies>, caller: &str, i: usize, length: usize) -> bool {
        match replies.claim(&once(caller, i)).await.unwrap() {
            Claim::Run(slot) => {
                slot.end(&CallReply::new(Ok(vec![0; length].into())));
                true
            }
            Claim::Done(_) => false,
        }
    }

    const STRANGER: &str = "192.0.2.1";

    #[tokio::test]
    async fn so_many_replies_are_kept() {
        let replies = Arc::default();
        for i in 0..MOST_REPLIES {
            assert!(runs(&replies, STRANGER, i, 0).await);
        }
        assert!(!runs(&replies, STRANGER, 0, 0).await);
        assert!(runs(&replies, STRANGER, MOST_REPLIES, 0).await);
        assert_eq!(replies.kept().calls.len(), MOST_REPLIES);
        assert!(runs(&replies, STRANGER, 0, 0).await);
    }

    /// A sign-in that is replayed after the sign-out would give the cookie of a session that is gone.
    #[tokio::test]
    async fn a_reply_that_forbids_its_replay_goes_only_to_requests_that_wait() {
        for forbids_replay in [true, false] {
            let replies = Arc::default();
            let Ok(Claim::Run(slot)) = Replies::claim(&replies, &once(STRANGER, 0)).await else {
                panic!("nothing has run yet");
            };
            let waiting = [(); 3].map(|()| {
                let replies = Arc::clone(&replies);
                tokio::spawn(async move { replies.claim(&once(STRANGER, 0)).await })
            });
            tokio::task::yield_now().await;
            let mut head = ReplyHead::default();
            head.cookies.push(cookie::Cookie::new("session", "secret"));
            head.forbids_replay = forbids_replay;
            slot.end(&CallReply::new(Ok("signed in".into())).with_head(head));
            for waiting in waiting {
                let Ok(Claim::Done(reply)) = waiting.await.unwrap() else {
                    panic!("it ran twice");
                };
                assert_eq!(reply.result.unwrap(), "signed in");
                assert_eq!(reply.head.cookies[0].value(), "secret");
            }
            assert_eq!(replies.has(&once(STRANGER, 0)), !forbids_replay);
            let later = replies.claim(&once(STRANGER, 0)).await.unwrap();
            assert_eq!(matches!(later, Claim::Done(_)), !forbids_replay);
        }
    }

    #[tokio::test]
    async fn so_many_bytes_are_kept() {
        let replies = Arc::default();
        for i in 0..100 {
            assert!(runs(&replies, STRANGER, i, 1_000_000).await);
        }
        assert!(replies.kept().done.bytes() <= MOST_BYTES);
        assert!(!runs(&replies, STRANGER, 99, 0).await);
        assert!(
            runs(&replies, STRANGER, 0, MOST_BYTES).await,
            "the oldest is gone"
        );
        assert_eq!(replies.kept().calls.len(), 0);
        assert_eq!(replies.kept().done.bytes(), 0);
        assert!(replies.kept().done.is_empty());
    }

    #[tokio::test]
    async fn a_caller_evicts_its_own_replies() {
        let victims = ["ada", "198.51.100.7", "2001:db8:1::1"];
        for length in [0, 1_000_000] {
            let replies = Arc::default();
            for victim in victims {
                for i in 0..3 {
                    assert!(runs(&replies, victim, i, 0).await);
                }
            }
            // One network of IPv6, one address and one user flood the store with fresh keys.
            let count = if length == 0 { MOST_REPLIES } else { 100 };
            for i in 0..count {
                let network = format!("2001:db8:2:{i:x}::1");
                for stranger in [STRANGER, "eve", &network] {
                    assert!(runs(&replies, stranger, i + 10, length).await);
                }
            }
            for victim in victims {
                for i in 0..3 {
                    assert!(!runs(&replies, victim, i, 0).await, "{victim} {i} {length}");
                }
            }
            let kept = replies.kept();
            assert!(kept.calls.len() <= MOST_REPLIES && kept.done.bytes() <= MOST_BYTES);
        }
    }
}
