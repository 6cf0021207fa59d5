use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::sessions::Inner;
use crate::TokenId;

/// How often the store is asked for sessions that another process may have ended.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Those that wait for the end of a session.
#[derive(Default)]
pub(super) struct Ended(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    sessions: HashMap<TokenId, watch::Sender<bool>>,
    is_asking: bool,
}

impl Ended {
    /// Tells those that wait for the end of this session.
    pub(super) fn tell(&self, id: TokenId) {
        if let Some(waiting) = self.lock().sessions.remove(&id) {
            waiting.send_replace(true);
        }
    }

    pub(super) async fn wait(&self, sessions: &Arc<Inner>, id: TokenId) {
        let mut ended = {
            let mut waiting = self.lock();
            if !waiting.is_asking {
                waiting.is_asking = true;
                tokio::spawn(ask(Arc::clone(sessions)));
            }
            let sender = waiting.sessions.entry(id);
            sender
                .or_insert_with(|| watch::Sender::new(false))
                .subscribe()
        };
        // It fails when the sender is gone, which is after it has told.
        let _ = ended.wait_for(|ended| *ended).await;
    }

    /// The sessions that somebody waits for; nothing when nobody waits for any.
    fn waited_for(&self) -> Option<Vec<TokenId>> {
        let mut waiting = self.lock();
        waiting
            .sessions
            .retain(|_, sender| sender.receiver_count() > 0);
        waiting.is_asking = !waiting.sessions.is_empty();
        waiting
            .is_asking
            .then(|| waiting.sessions.keys().copied().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One question for all sessions that are waited for, again and again while there are any.
async fn ask(sessions: Arc<Inner>) {
    while let Some(ids) = sessions.ended().waited_for() {
        let now = sessions.clock.now();
        match sessions.store.live(&ids, now).await {
            Ok(live) => {
                let live: HashSet<_> = live.into_iter().collect();
                for id in ids.into_iter().filter(|id| !live.contains(id)) {
                    sessions.ended().tell(id);
                }
            }
            Err(error) => tracing::error!(
                cause = error.source().map(tracing::field::display),
                "{error}: sessions that other processes end are not heard of"
            ),
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}
