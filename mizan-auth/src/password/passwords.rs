use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mizan_core::{Error, ErrorCode};

use super::hash::{Hasher, Memory};
use super::queue::{FairQueue, Turn};
use crate::{EmailAddress, HashCost, Password, PasswordHash, PasswordRules};

/// The `Retry-After` of a caller that is refused because the queue is full.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Hashes and checks passwords on threads of their own, so many at once and so many waiting.
///
/// Each hash takes its time and memory on purpose. Without a bound, a flood of sign-ins would take
/// all there is; beyond this one, callers are answered with 503 and `Retry-After`. Clients take
/// turns, so that a flood from one network does not hold up the others, and callers that an
/// account knows wait in a line of their own.
///
/// The memory of a hash is kept for the next, so that all of it is the memory of the cost, as often
/// as passwords are hashed at once.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    hasher: Hasher,
    queue: FairQueue<Memory>,
}

impl Passwords {
    /// Passwords that are hashed at `cost`, at most `at_once` at a time, while at most `waiting`
    /// strangers and as many callers that an account knows wait.
    ///
    /// # Errors
    ///
    /// A cost that argon2 does not know.
    pub fn new(
        cost: HashCost,
        at_once: usize,
        waiting: usize,
    ) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        Self::with_previous(cost, &[], at_once, waiting)
    }

    /// The same, where stored hashes may have one of the `previous` costs.
    pub(crate) fn with_previous(
        cost: HashCost,
        previous: &[HashCost],
        at_once: usize,
        waiting: usize,
    ) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        let hasher = Hasher::new(cost, previous).ok_or("this is no cost of argon2")?;
        let memories = std::iter::repeat_with(Memory::default).take(at_once.max(1));
        Ok(Self(Arc::new(Inner {
            hasher,
            queue: FairQueue::new(memories, waiting),
        })))
    }

    /// The hash of a password, under a new salt.
    ///
    /// # Errors
    ///
    /// [`Busy`] when too many wait already.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, Error> {
        self.hash_for(&Turn::application(), password).await
    }

    /// The same, at the turn of a caller.
    pub(crate) async fn hash_for(
        &self,
        turn: &Turn,
        password: &Password,
    ) -> Result<PasswordHash, Error> {
        let password = password.clone();
        let hash = move |inner: &Inner, memory: &mut Memory| inner.hasher.hash(&password, memory);
        Ok(self.run(turn, hash).await??)
    }

    /// Whether `password` is the one of which `stored` is the hash. Where there is none the answer
    /// is no, and takes as long.
    ///
    /// # Errors
    ///
    /// [`Busy`] when too many wait already.
    pub async fn verify(
        &self,
        password: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<bool, Error> {
        self.verify_for(&Turn::application(), password, stored)
            .await
    }

    /// The same, at the turn of a caller.
    pub(crate) async fn verify_for(
        &self,
        turn: &Turn,
        password: &Password,
        stored: Option<&PasswordHash>,
    ) -> Result<bool, Error> {
        let (password, stored) = (password.clone(), stored.cloned());
        let verify = move |inner: &Inner, memory: &mut Memory| {
            inner.hasher.verify(&password, stored.as_ref(), memory)
        };
        self.run(turn, verify).await
    }

    /// Checks that a new password is not guessed too easily, at the turn of a caller.
    pub(crate) async fn check_guessable(
        &self,
        turn: &Turn,
        rules: PasswordRules,
        field: &str,
        password: &Password,
        email: Option<&EmailAddress>,
    ) -> Result<(), Error> {
        let (field, password, email) = (field.to_owned(), password.clone(), email.cloned());
        let check = move |_: &Inner, _: &mut Memory| {
            rules.check_guessable(&field, &password, email.as_ref())
        };
        self.run(turn, check).await?
    }

    /// Whether the password should be hashed anew when it is next at hand.
    #[must_use]
    pub fn is_outdated(&self, stored: &PasswordHash) -> bool {
        self.0.hasher.is_outdated(stored)
    }

    async fn run<T: Send + 'static>(
        &self,
        turn: &Turn,
        work: impl FnOnce(&Inner, &mut Memory) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let mut place = self.0.queue.place(turn).await?;
        let inner = Arc::clone(&self.0);
        // The thread keeps its place though the caller goes away: the work goes on.
        let work = move || work(&inner, place.tool());
        Ok(tokio::task::spawn_blocking(work).await?)
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords")
            .field("free", &self.0.queue.free())
            .finish_non_exhaustive()
    }
}

/// More passwords wait to be hashed than the machine should take on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

impl From<Busy> for Error {
    fn from(_: Busy) -> Self {
        Self::new(
            ErrorCode::Unavailable,
            "too many people are signing in; try again in a moment",
        )
        .with_retry_after(RETRY_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: HashCost = HashCost {
        memory: 64,
        passes: 1,
        lanes: 1,
    };

    fn passwords(cost: HashCost) -> Passwords {
        Passwords::new(cost, 2, 2).unwrap()
    }

    #[tokio::test]
    async fn a_hash_is_right_for_its_password_alone() {
        let passwords = passwords(CHEAP);
        let typed = Password::from("correct horse");
        let hash = passwords.hash(&typed).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
        assert_ne!(hash, passwords.hash(&typed).await.unwrap());
        for (password, right) in [
            ("correct horse", true),
            ("correct hors", false),
            ("correct horse ", false),
            ("Correct horse", false),
            ("", false),
        ] {
            let verified = passwords.verify(&password.into(), Some(&hash)).await;
            assert_eq!(verified.unwrap(), right, "{password}");
        }
    }

    #[tokio::test]
    async fn an_absent_or_broken_hash_is_right_for_nothing() {
        let passwords = passwords(CHEAP);
        for stored in [None, Some(""), Some("!"), Some("$argon2id$"), Some("plain")] {
            let hash = stored.map(PasswordHash::from_stored);
            for typed in ["", "!", "plain", "$argon2id$"] {
                let verified = passwords.verify(&typed.into(), hash.as_ref()).await;
                assert!(!verified.unwrap(), "{stored:?} {typed}");
            }
        }
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_right_and_outdated() {
        let old = passwords(CHEAP);
        let new = passwords(HashCost { passes: 2, ..CHEAP });
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
    async fn beyond_the_queue_callers_are_sent_away() {
        let passwords = passwords(HashCost::default());
        let typed = Password::from("correct horse");
        let hashes = (0..10).map(|_| passwords.hash(&typed));
        let results = futures_util::future::join_all(hashes).await;
        let busy: Vec<_> = results.iter().filter_map(|r| r.as_ref().err()).collect();
        assert_eq!(busy.len(), 6);
        for error in busy {
            assert_eq!(
                (error.code(), error.retry_after()),
                ("unavailable", Some(RETRY_AFTER))
            );
        }
        assert!(passwords.hash(&typed).await.is_ok());
    }

    /// Work whose caller has gone away is not started.
    #[tokio::test]
    async fn work_of_a_caller_that_went_away_is_not_started() {
        use std::sync::atomic::{AtomicU32, Ordering};

        use tokio_util::sync::CancellationToken;

        use crate::password::Share;

        let passwords = Passwords::new(CHEAP, 1, 10).unwrap();
        let started = Arc::new(AtomicU32::new(0));
        let count = |turn: Turn| {
            let (passwords, started) = (passwords.clone(), Arc::clone(&started));
            async move {
                let work = move |_: &Inner, _: &mut Memory| started.fetch_add(1, Ordering::SeqCst);
                passwords.run(&turn, work).await
            }
        };
        let gone = CancellationToken::new();
        let stranger = Turn::new(Share::Network(None), gone.clone());
        let place = passwords.0.queue.place(&stranger).await.unwrap();
        let (cancelled, dropped) = (count(stranger.clone()), count(stranger));
        let cancelled = tokio::spawn(cancelled);
        let dropped = tokio::spawn(dropped);
        let waits = tokio::spawn(count(Turn::application()));
        tokio::task::yield_now().await;
        dropped.abort();
        gone.cancel();
        assert_eq!(cancelled.await.unwrap().unwrap_err().code(), "unavailable");
        assert!(dropped.await.is_err());
        drop(place);
        waits.await.unwrap().unwrap();
        assert_eq!(started.load(Ordering::SeqCst), 1);
    }

    /// However many hash at once, there is the memory of as many hashes as there are places.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn hashes_share_the_memory_of_their_places() {
        let passwords = Passwords::new(CHEAP, 2, 100).unwrap();
        let typed = Password::from("correct horse");
        let hash = passwords.hash(&typed).await.unwrap();
        let address = |_: &Inner, memory: &mut Memory| memory.address();
        let hashes = (0..50).map(|_| async {
            let verified = passwords.verify(&typed, Some(&hash)).await.unwrap();
            (verified, passwords.run(&Turn::application(), address).await)
        });
        let mut addresses = std::collections::BTreeSet::new();
        for (verified, address) in futures_util::future::join_all(hashes).await {
            assert!(verified);
            addresses.insert(address.unwrap());
        }
        assert!(addresses.len() <= 2, "{addresses:?}");
    }
}
