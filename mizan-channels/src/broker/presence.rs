//! Presence logs, their messages, and the members of a group.
//!
//! The presence changes of a group are messages in a separate log, which a [`Broker`](crate::broker::Broker) writes
//! with the functions of this module.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use serde_json::json;

/// Returns the name of the group whose log has the presence changes of `group`.
///
/// ```
/// assert_eq!(mizan_channels::broker::presence::presence_log("chat:lobby"), "+chat:lobby");
/// ```
#[must_use]
pub fn presence_log(group: &str) -> String {
    // The groups of channels begin with the channel's name, which begins with a letter.
    format!("+{group}")
}

/// Returns the message that the member `id` has joined, with `info` as JSON.
///
/// ```
/// use mizan_channels::broker::presence::join_message;
///
/// assert_eq!(join_message("42", b"7"), r#"{"join":[{"id":"42","info":7}]}"#);
/// ```
#[must_use]
pub fn join_message(id: &str, info: &[u8]) -> Bytes {
    let mut message = br#"{"join":["#.to_vec();
    write_member(&mut message, id, info);
    message.extend_from_slice(b"]}");
    message.into()
}

/// Returns the message that the member `id` has left.
///
/// ```
/// use mizan_channels::broker::presence::leave_message;
///
/// assert_eq!(leave_message("42"), r#"{"leave":["42"]}"#);
/// ```
#[must_use]
pub fn leave_message(id: &str) -> Bytes {
    json!({ "leave": [id] }).to_string().into()
}

/// Returns the list of the members of a group, each with its id and its info as JSON.
///
/// ```
/// use mizan_channels::broker::presence::members_message;
///
/// let members = [("42", &b"7"[..])];
/// assert_eq!(members_message(members), r#"{"members":[{"id":"42","info":7}]}"#);
/// ```
pub fn members_message<'a>(members: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Bytes {
    let mut message = br#"{"members":["#.to_vec();
    for (index, (id, info)) in members.into_iter().enumerate() {
        if index > 0 {
            message.push(b',');
        }
        write_member(&mut message, id, info);
    }
    message.extend_from_slice(b"]}");
    message.into()
}

fn write_member(text: &mut Vec<u8>, id: &str, info: &[u8]) {
    text.extend_from_slice(br#"{"id":"#);
    text.extend_from_slice(json!(id).to_string().as_bytes());
    text.extend_from_slice(br#","info":"#);
    text.extend_from_slice(info);
    text.push(b'}');
}

/// The members of a group, each with one or more connections.
#[derive(Default)]
pub(crate) struct PresenceSet {
    /// The ids of members by connection.
    connections: HashMap<String, String>,
    members: BTreeMap<String, Member>,
}

struct Member {
    info: Bytes,
    connections: usize,
}

impl PresenceSet {
    /// Adds a connection. Returns the message to publish if the member was not present before.
    pub(crate) fn enter(&mut self, connection: &str, id: &str, info: Bytes) -> Option<Bytes> {
        if self.connections.contains_key(connection) {
            return None;
        }
        self.connections
            .insert(connection.to_owned(), id.to_owned());
        if let Some(member) = self.members.get_mut(id) {
            member.connections += 1;
            return None;
        }
        let message = join_message(id, &info);
        let connections = 1;
        self.members
            .insert(id.to_owned(), Member { info, connections });
        Some(message)
    }

    /// Removes a connection. Returns the message to publish if it was the member's last one.
    pub(crate) fn leave(&mut self, connection: &str) -> Option<Bytes> {
        let id = self.connections.remove(connection)?;
        let member = self.members.get_mut(&id)?;
        member.connections -= 1;
        if member.connections > 0 {
            return None;
        }
        self.members.remove(&id);
        Some(leave_message(&id))
    }

    pub(crate) fn members(&self) -> Bytes {
        let members = self.members.iter();
        members_message(members.map(|(id, member)| (id.as_str(), &member.info[..])))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}
