//! A guard for the presence of a subscription, which ends with the subscription.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::sleep;

use crate::server::ServerState;

/// The time that a member stays present after leaving, so that a page reload is not announced.
const LEAVE_DELAY: Duration = Duration::from_secs(1);

/// Removes a connection from a group when it is dropped.
pub(super) struct PresenceGuard {
    server: Arc<ServerState>,
    group: Arc<str>,
    connection: String,
}

impl PresenceGuard {
    pub(super) fn new(server: Arc<ServerState>, group: Arc<str>, connection: String) -> Self {
        Self {
            server,
            group,
            connection,
        }
    }
}

impl Drop for PresenceGuard {
    fn drop(&mut self) {
        // If there is no runtime, for example while it shuts down, the presence expires in the broker.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (server, group) = (Arc::clone(&self.server), Arc::clone(&self.group));
        let connection = std::mem::take(&mut self.connection);
        runtime.spawn(async move {
            if !server.is_draining() {
                sleep(LEAVE_DELAY).await;
            }
            if let Err(error) = server.broker.leave(&group, &connection).await {
                tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "removing the presence of a connection failed; it will expire"
                );
            }
        });
    }
}
