//! The open connections over server-sent events.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use bytes::Bytes;
use mizan_core::{Identity, Principal};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use uuid::Uuid;

/// The number of frames of a client that wait for its session. Its next request waits for a place.
pub(super) const MAX_WAITING_FRAMES: usize = 32;

/// The open connections, by their ids. Cloning is cheap.
#[derive(Clone, Default)]
pub(crate) struct EventConnections(Arc<Mutex<HashMap<Uuid, Arc<EventConnection>>>>);

/// The part of a connection that receives the requests of its client.
pub(super) struct EventConnection {
    owner: Owner,
    pub(super) frames: mpsc::Sender<Bytes>,
    /// The number of the next request. Locked while the frames of a request are passed on, so that they stay in order.
    pub(super) next_request: tokio::sync::Mutex<u64>,
}

/// The user and the login session that opened a connection. Only they can send on it.
#[derive(PartialEq, Eq)]
pub(super) struct Owner {
    user: Option<String>,
    session: Option<String>,
}

impl Owner {
    pub(super) fn of(principal: &Principal) -> Self {
        let session = principal.identity().and_then(Identity::session_id);
        Self {
            user: principal.id().map(str::to_owned),
            session: session.map(str::to_owned),
        }
    }
}

/// The place of a connection among the open ones, until it is dropped.
pub(super) struct Registration {
    id: Uuid,
    connections: Weak<Mutex<HashMap<Uuid, Arc<EventConnection>>>>,
}

impl Registration {
    /// Returns the id of the connection: 122 random bits, which only its client learns.
    pub(super) fn id(&self) -> String {
        self.id.simple().to_string()
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(connections) = self.connections.upgrade() {
            connections.lock().remove(&self.id);
        }
    }
}

impl EventConnections {
    /// Adds a connection, and returns its place and the frames that its client sends.
    pub(super) fn add(&self, owner: Owner) -> (Registration, mpsc::Receiver<Bytes>) {
        let (frames, received) = mpsc::channel(MAX_WAITING_FRAMES);
        let connection = EventConnection {
            owner,
            frames,
            next_request: tokio::sync::Mutex::new(0),
        };
        let id = Uuid::new_v4();
        self.0.lock().insert(id, Arc::new(connection));
        let connections = Arc::downgrade(&self.0);
        (Registration { id, connections }, received)
    }

    /// Returns a connection, if it is open and belongs to `owner`.
    pub(super) fn find(&self, id: &str, owner: &Owner) -> Option<Arc<EventConnection>> {
        let id = Uuid::try_parse(id).ok()?;
        let connection = self.0.lock().get(&id).cloned();
        connection.filter(|connection| connection.owner == *owner)
    }
}
