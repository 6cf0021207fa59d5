//! Notifies tasks about the end of a session, including sessions that another process ends.

use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::store::SessionStore;
use crate::token::TokenId;

/// The interval between queries for sessions that other processes have ended.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// Notifies tasks when the session that they wait for has ended.
///
/// One task polls the store for all watched sessions, as long as there are any. Cloning is cheap.
#[derive(Clone)]
pub(super) struct SessionEndWatcher(Arc<Inner>);

struct Inner {
    store: Arc<dyn SessionStore>,
    clock: Clock,
    watched: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    sessions: HashMap<TokenId, watch::Sender<bool>>,
    is_polling: bool,
}

impl SessionEndWatcher {
    pub(super) fn new(store: Arc<dyn SessionStore>, clock: Clock) -> Self {
        Self(Arc::new(Inner {
            store,
            clock,
            watched: Mutex::default(),
        }))
    }

    /// Notifies the tasks that wait for the end of this session.
    pub(super) fn notify_ended(&self, id: TokenId) {
        if let Some(ended) = self.0.watched.lock().sessions.remove(&id) {
            ended.send_replace(true);
        }
    }

    /// Waits until the session ends.
    pub(super) async fn wait_until_ended(&self, id: TokenId) {
        let mut ended = {
            let mut watched = self.0.watched.lock();
            if !watched.is_polling {
                watched.is_polling = true;
                tokio::spawn(self.clone().poll());
            }
            let sender = watched.sessions.entry(id);
            sender
                .or_insert_with(|| watch::Sender::new(false))
                .subscribe()
        };
        // Fails only if the sender is dropped, which happens after it has sent `true`.
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// Polls the store for all watched sessions with one query, until no session is watched.
    async fn poll(self) {
        while let Some(ids) = self.watched_ids() {
            let now = self.0.clock.now();
            match self.0.store.find_live(&ids, now).await {
                Ok(live) => {
                    let live: HashSet<_> = live.into_iter().collect();
                    for id in ids.into_iter().filter(|id| !live.contains(id)) {
                        self.notify_ended(id);
                    }
                }
                Err(error) => tracing::error!(
                    cause = error.source().map(tracing::field::display),
                    "{error}: cannot detect sessions that other processes have ended; retrying"
                ),
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Returns the sessions that a task waits for, or `None` if there are none.
    fn watched_ids(&self) -> Option<Vec<TokenId>> {
        let mut watched = self.0.watched.lock();
        watched
            .sessions
            .retain(|_, sender| sender.receiver_count() > 0);
        watched.is_polling = !watched.sessions.is_empty();
        watched
            .is_polling
            .then(|| watched.sessions.keys().copied().collect())
    }
}
