//! Closing of connections when the session that opened them ends.

use std::sync::Arc;

use mizan_channels::Channels;
use mizan_core::{Identity, Principal};
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use crate::authenticate::Authenticate;
use crate::service::state::ServiceState;

/// Watches the session of a connection for as long as the connection is open.
#[derive(Default)]
pub(super) struct SessionWatch(Mutex<Option<WatchedSession>>);

struct WatchedSession {
    id: String,
    task: AbortHandle,
}

impl Drop for WatchedSession {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SessionWatch {
    /// Watches the session of `principal` instead of any earlier session. When the session ends, all of its
    /// connections are closed.
    pub(super) fn watch<A: Authenticate>(
        &self,
        state: &Arc<ServiceState<A>>,
        channels: &Channels,
        principal: &Principal,
    ) {
        let id = principal.identity().and_then(Identity::session_id);
        let mut watched = self.0.lock();
        if watched.as_ref().map(|watched| &*watched.id) == id {
            return;
        }
        *watched = id.map(|id| {
            let id = id.to_owned();
            let revoke_when_ended = {
                let (state, channels) = (Arc::clone(state), channels.clone());
                let (principal, id) = (principal.clone(), id.clone());
                async move {
                    state.authenticator.wait_until_ended(&principal).await;
                    if let Err(error) = channels.revoke_session(&id).await {
                        tracing::error!(
                            %error,
                            "cannot close the connections of an ended session on all servers"
                        );
                    }
                }
            };
            let task = tokio::spawn(revoke_when_ended).abort_handle();
            WatchedSession { id, task }
        });
    }
}
