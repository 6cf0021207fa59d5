//! Hashes and verifies passwords on a bounded pool of threads.

use std::fmt;
use std::sync::Arc;

use mizan_core::Error;

use super::argon2id::{Argon2idHasher, HashCost, HashMemory, InvalidHashCost, PasswordHash};
use super::observation::{PasswordWork, QueuedWork, WorkObserver};
use super::queue::{FairQueue, QueueEntry};
use super::rules::PasswordRules;
use super::text::Password;
use crate::email_address::EmailAddress;

/// Hashes and verifies passwords on a pool of threads with a bounded queue. Cloning is cheap.
///
/// Hashing is deliberately slow and uses much memory, so that a flood of sign-ins could exhaust the machine.
/// When the queue is full, callers receive 503 with `Retry-After`. The queue alternates between clients, so
/// that a flood from one network does not delay other clients, and known callers wait in a separate lane.
///
/// The pool reuses the memory of its hashes. It uses the memory of the [`HashCost`] times the number of
/// threads.
///
/// # Examples
///
/// ```
/// use mizan_auth::password::{HashCost, Password, PasswordHasher};
///
/// #[tokio::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let hasher = PasswordHasher::new(HashCost::default(), 2, 64)?;
///     let password = Password::from("correct horse battery");
///     let hash = hasher.hash(&password).await.map_err(|error| error.message().to_owned())?;
///     let is_correct = hasher.verify(&password, Some(&hash)).await;
///     assert!(is_correct.is_ok_and(|is_correct| is_correct));
///     Ok(())
/// }
/// ```
#[derive(Clone)]
pub struct PasswordHasher(Arc<Inner>);

struct Inner {
    hasher: Argon2idHasher,
    queue: FairQueue<HashMemory>,
}

impl PasswordHasher {
    /// Creates a pool that hashes with `cost` on `threads` threads.
    ///
    /// Up to `queue_capacity` unknown callers and as many known callers wait for a thread.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidHashCost`] if argon2 does not support the cost.
    pub fn new(
        cost: HashCost,
        threads: usize,
        queue_capacity: usize,
    ) -> Result<Self, InvalidHashCost> {
        Self::with_previous_costs(cost, &[], threads, queue_capacity)
    }

    /// Creates a pool for stored hashes that may have one of the `previous` costs.
    pub(crate) fn with_previous_costs(
        cost: HashCost,
        previous: &[HashCost],
        threads: usize,
        queue_capacity: usize,
    ) -> Result<Self, InvalidHashCost> {
        let hasher = Argon2idHasher::new(cost, previous)?;
        let memories = std::iter::repeat_with(HashMemory::default).take(threads.max(1));
        Ok(Self(Arc::new(Inner {
            hasher,
            queue: FairQueue::new(memories, queue_capacity),
        })))
    }

    /// Hashes a password with a new salt.
    ///
    /// # Errors
    ///
    /// Returns an `unavailable` error ([`HashQueueFull`](super::HashQueueFull)) if the queue is full.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, Error> {
        self.hash_for(&QueueEntry::application(), password).await
    }

    /// Hashes a password for a caller.
    pub(crate) async fn hash_for(
        &self,
        entry: &QueueEntry,
        password: &Password,
    ) -> Result<PasswordHash, Error> {
        let password = password.clone();
        let hash =
            move |inner: &Inner, memory: &mut HashMemory| inner.hasher.hash(&password, memory);
        Ok(self.run(PasswordWork::Hash, entry, hash).await??)
    }

    /// Returns true if `stored` is a hash of `password`.
    ///
    /// Without a stored hash, it returns false and takes the same time.
    ///
    /// # Errors
    ///
    /// Returns an `unavailable` error ([`HashQueueFull`](super::HashQueueFull)) if the queue is full.
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<bool, Error> {
        self.verify_for(&QueueEntry::application(), password, stored)
            .await
    }

    /// Verifies a password for a caller.
    pub(crate) async fn verify_for(
        &self,
        entry: &QueueEntry,
        password: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<bool, Error> {
        let (password, stored) = (password.clone(), stored.cloned());
        let verify = move |inner: &Inner, memory: &mut HashMemory| {
            inner.hasher.verify(&password, stored.as_ref(), memory)
        };
        self.run(PasswordWork::Verify, entry, verify).await
    }

    /// Checks the strength of a new password for a caller.
    pub(crate) async fn check_guessable(
        &self,
        entry: &QueueEntry,
        rules: PasswordRules,
        field: &str,
        password: &Password,
        email: Option<&EmailAddress>,
    ) -> Result<(), Error> {
        let (field, password, email) = (field.to_owned(), password.clone(), email.cloned());
        let check = move |_: &Inner, _: &mut HashMemory| {
            rules.check_guessable(&field, &password, email.as_ref())
        };
        self.run(PasswordWork::CheckStrength, entry, check).await?
    }

    /// Returns true if the cost or the algorithm of the hash differs from those of new hashes. Hash the password
    /// again after its next verification.
    #[must_use]
    pub fn is_outdated(&self, stored: &PasswordHash) -> bool {
        self.0.hasher.is_outdated(stored)
    }

    async fn run<T: Send + 'static>(
        &self,
        kind: PasswordWork,
        entry: &QueueEntry,
        work: impl FnOnce(&Inner, &mut HashMemory) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let observer = WorkObserver::start(kind);
        let permit = {
            let _queued = QueuedWork::new();
            self.0.queue.acquire(entry).await
        };
        let mut permit = match permit {
            Ok(permit) => permit,
            Err(full) => {
                observer.reject();
                return Err(full.into());
            }
        };
        let inner = Arc::clone(&self.0);
        // The thread owns the permit, because the work continues if the caller disconnects.
        let work = move || work(&inner, permit.resource());
        let result = tokio::task::spawn_blocking(work).await?;
        observer.complete();
        Ok(result)
    }
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHasher")
            .field("free_threads", &self.0.queue.free_permits())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::queue::RETRY_AFTER;
    use super::*;

    const CHEAP: HashCost = HashCost {
        memory_kib: 64,
        iterations: 1,
        parallelism: 1,
    };

    fn hasher(cost: HashCost) -> PasswordHasher {
        PasswordHasher::new(cost, 2, 2).unwrap()
    }

    #[tokio::test]
    async fn verifies_only_the_hashed_password() {
        let hasher = hasher(CHEAP);
        let typed = Password::from("correct horse");
        let hash = hasher.hash(&typed).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert_ne!(hash, hasher.hash(&typed).await.unwrap());
        for (password, right) in [
            ("correct horse", true),
            ("correct hors", false),
            ("correct horse ", false),
            ("Correct horse", false),
            ("", false),
        ] {
            let is_correct = hasher.verify(&password.into(), Some(&hash)).await;
            assert_eq!(is_correct.unwrap(), right, "{password}");
        }
    }

    #[tokio::test]
    async fn missing_or_invalid_hashes_match_no_password() {
        let hasher = hasher(CHEAP);
        for stored in [None, Some(""), Some("!"), Some("$argon2id$"), Some("plain")] {
            let hash = stored.map(PasswordHash::from_stored);
            for typed in ["", "!", "plain", "$argon2id$"] {
                let is_correct = hasher.verify(&typed.into(), hash.as_ref()).await;
                assert!(!is_correct.unwrap(), "{stored:?} {typed}");
            }
        }
    }

    #[tokio::test]
    async fn hashes_of_another_cost_are_valid_and_outdated() {
        let old = hasher(CHEAP);
        let new = hasher(HashCost {
            iterations: 2,
            ..CHEAP
        });
        let hash = old.hash(&"correct horse".into()).await.unwrap();
        assert!(
            new.verify(&"correct horse".into(), Some(&hash))
                .await
                .unwrap()
        );
        assert!(new.is_outdated(&hash) && !old.is_outdated(&hash));
        assert!(new.is_outdated(&PasswordHash::from_stored("!")));
    }

    #[tokio::test]
    async fn rejects_callers_when_the_queue_is_full() {
        let hasher = hasher(HashCost::default());
        let typed = Password::from("correct horse");
        let hashes = (0..10).map(|_| hasher.hash(&typed));
        let results = futures_util::future::join_all(hashes).await;
        let rejected: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).collect();
        assert_eq!(rejected.len(), 6);
        for error in rejected {
            assert_eq!(
                (error.code(), error.retry_after()),
                ("unavailable", Some(RETRY_AFTER))
            );
        }
        assert!(hasher.hash(&typed).await.is_ok());
    }

    #[tokio::test]
    async fn does_not_start_work_of_departed_callers() {
        use std::sync::atomic::{AtomicU32, Ordering};

        use tokio_util::sync::CancellationToken;

        use crate::password::QueueClient;

        let hasher = PasswordHasher::new(CHEAP, 1, 10).unwrap();
        let started = Arc::new(AtomicU32::new(0));
        let count = |entry: QueueEntry| {
            let (hasher, started) = (hasher.clone(), Arc::clone(&started));
            async move {
                let work =
                    move |_: &Inner, _: &mut HashMemory| started.fetch_add(1, Ordering::SeqCst);
                hasher.run(PasswordWork::Hash, &entry, work).await
            }
        };
        let cancellation = CancellationToken::new();
        let caller = QueueEntry::new(QueueClient::Network(None), cancellation.clone());
        let permit = hasher.0.queue.acquire(&caller).await.unwrap();
        let (cancelled, dropped) = (count(caller.clone()), count(caller));
        let cancelled = tokio::spawn(cancelled);
        let dropped = tokio::spawn(dropped);
        let waits = tokio::spawn(count(QueueEntry::application()));
        tokio::task::yield_now().await;
        dropped.abort();
        cancellation.cancel();
        assert_eq!(cancelled.await.unwrap().unwrap_err().code(), "unavailable");
        assert!(dropped.await.is_err());
        drop(permit);
        waits.await.unwrap().unwrap();
        assert_eq!(started.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn requests_are_measured_with_their_outcome() {
        use futures_util::FutureExt;
        use metrics_util::debugging::{DebugValue, DebuggingRecorder};

        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let _guard = metrics::set_default_local_recorder(&recorder);
        let measured = || {
            let metrics = snapshotter.snapshot().into_vec().into_iter();
            let lines = metrics.filter_map(|(key, _, _, value)| {
                let labels = key.key().labels().map(|label| label.value().to_owned());
                let name = key.key().name().trim_start_matches("mizan_password_");
                let count = match value {
                    DebugValue::Histogram(durations) => durations.len(),
                    DebugValue::Gauge(gauge) => gauge.into_inner() as usize,
                    DebugValue::Counter(_) => panic!("{name} is a counter"),
                };
                let labels: Vec<_> = labels.collect();
                (count > 0).then(|| format!("{name} {} {count}", labels.join(" ")))
            });
            let mut lines: Vec<_> = lines.collect();
            lines.sort();
            lines
        };
        let hasher = PasswordHasher::new(CHEAP, 1, 1).unwrap();
        let typed = Password::from("correct horse");
        let entry = QueueEntry::application();
        let busy = hasher.0.queue.acquire(&entry).await.unwrap();
        let mut waiting = Box::pin(hasher.hash(&typed));
        assert!((&mut waiting).now_or_never().is_none());
        assert_eq!(measured(), ["queued  1"]);
        assert!(hasher.hash(&typed).await.is_err());
        drop(waiting);
        assert_eq!(
            measured(),
            [
                "duration_seconds hash cancelled 1",
                "duration_seconds hash rejected 1"
            ]
        );
        drop(busy);
        assert!(!hasher.verify(&typed, None).await.unwrap());
        assert_eq!(measured(), ["duration_seconds verify ok 1"]);
    }

    /// The number of memory blocks equals the number of threads.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn hashes_reuse_the_memory_of_the_pool() {
        let hasher = PasswordHasher::new(CHEAP, 2, 100).unwrap();
        let typed = Password::from("correct horse");
        let hash = hasher.hash(&typed).await.unwrap();
        let address = |_: &Inner, memory: &mut HashMemory| memory.address();
        let hashes = (0..50).map(|_| async {
            let is_correct = hasher.verify(&typed, Some(&hash)).await.unwrap();
            (
                is_correct,
                hasher
                    .run(PasswordWork::Hash, &QueueEntry::application(), address)
                    .await,
            )
        });
        let mut addresses = std::collections::BTreeSet::new();
        for (is_correct, address) in futures_util::future::join_all(hashes).await {
            assert!(is_correct);
            addresses.insert(address.unwrap());
        }
        assert!(addresses.len() <= 2, "{addresses:?}");
    }
}
