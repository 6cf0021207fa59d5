use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use mizan_core::{Error, ErrorCode};
use tokio::sync::Semaphore;

use super::hash::Hasher;
use crate::{HashCost, Password, PasswordHash};

/// How long somebody is asked to wait who finds the queue full.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Hashes and checks passwords on threads of their own, so many at once and so many waiting.
///
/// Each hash takes its time and memory on purpose. Without a bound, a flood of sign-ins would take
/// all there is; beyond this one, callers are answered with 503 and `Retry-After`.
#[derive(Clone)]
pub struct Passwords(Arc<Inner>);

struct Inner {
    hasher: Hasher,
    /// What is checked where there is no hash, so that it takes as long.
    nobodys: PasswordHash,
    at_work: Semaphore,
    admitted: Arc<Semaphore>,
}

impl Passwords {
    /// Passwords that are hashed at `cost`, at most `at_once` at a time, while at most `waiting`
    /// more wait.
    ///
    /// # Errors
    ///
    /// A cost that argon2 does not know.
    pub fn new(
        cost: HashCost,
        at_once: usize,
        waiting: usize,
    ) -> Result<Self, Box<dyn StdError + Send + Sync>> {
        let hasher = Hasher::new(cost).ok_or("this is no cost of argon2")?;
        let nobodys = hasher.hash(&Password::from(crate::Token::random().expose()))?;
        Ok(Self(Arc::new(Inner {
            hasher,
            nobodys,
            at_work: Semaphore::new(at_once.max(1)),
            admitted: Arc::new(Semaphore::new(at_once.max(1) + waiting)),
        })))
    }

    /// The hash of a password, under a new salt.
    ///
    /// # Errors
    ///
    /// [`Busy`] when too many wait already.
    pub async fn hash(&self, password: &Password) -> Result<PasswordHash, Error> {
        let password = password.clone();
        Ok(self
            .run(move |inner| inner.hasher.hash(&password))
            .await??)
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
        let (password, stored) = (password.clone(), stored.cloned());
        let verify = move |inner: &Inner| {
            let hash = stored.as_ref().unwrap_or(&inner.nobodys);
            inner.hasher.verify(&password, hash) & stored.is_some()
        };
        self.run(verify).await
    }

    /// Whether the password should be hashed anew when it is next at hand.
    #[must_use]
    pub fn is_outdated(&self, stored: &PasswordHash) -> bool {
        self.0.hasher.is_outdated(stored)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let admitted = Arc::clone(&self.0.admitted).try_acquire_owned();
        let admitted = admitted.map_err(|_| Busy)?;
        let inner = Arc::clone(&self.0);
        // The thread keeps its place though the caller goes away: the work goes on.
        let work = async move {
            let at_work = inner.at_work.acquire().await?;
            let thread_of = Arc::clone(&inner);
            let done = tokio::task::spawn_blocking(move || work(&thread_of)).await?;
            drop((at_work, admitted));
            Ok::<_, Error>(done)
        };
        tokio::spawn(work).await?
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords")
            .field("free", &self.0.at_work.available_permits())
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
        .retry_after(RETRY_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) const CHEAP: HashCost = HashCost {
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
                (error.code(), error.wait()),
                ("unavailable", Some(RETRY_AFTER))
            );
        }
        assert!(passwords.hash(&typed).await.is_ok());
    }
}
