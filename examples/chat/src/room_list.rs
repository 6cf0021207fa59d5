//! The list of rooms and the numbers of unread messages, which stay current in all browsers.

use std::collections::HashMap;
use std::sync::Mutex;

use mizan_core::{Cx, Error, Invalidation, client};
use schemars::JsonSchema;
use serde::Serialize;

/// The names of the rooms.
pub const ROOMS: [&str; 3] = ["lobby", "rust", "react"];

/// The numbers of messages in the rooms since the start of the process, and how many of them each user has read.
///
/// Each process counts the messages of its own clients. An application with several processes keeps the numbers in its
/// database.
#[derive(Default)]
pub struct RoomActivity(Mutex<HashMap<&'static str, Counts>>);

#[derive(Default)]
struct Counts {
    messages: u32,
    /// The number of read messages, by the id of the user.
    read: HashMap<String, u32>,
}

impl RoomActivity {
    fn update<T>(&self, room: &str, change: impl FnOnce(&mut Counts) -> T) -> Result<T, Error> {
        let Some(room) = ROOMS.into_iter().find(|known| *known == room) else {
            return Err(Error::not_found("There is no room with this name."));
        };
        let mut rooms = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        Ok(change(rooms.entry(room).or_default()))
    }
}

/// Counts a new message of `author`, who has read it, and invalidates the queries that contain the numbers.
pub fn count_message(cx: &Cx, room: &str, author: &str) -> Result<(), Error> {
    cx.state::<RoomActivity>().update(room, |counts| {
        let unread = counts.messages - counts.read.get(author).copied().unwrap_or_default();
        counts.messages += 1;
        if unread == 0 {
            counts.read.insert(author.to_owned(), counts.messages);
        }
    })?;
    cx.affects(Invalidation::function::<ListRooms>());
    cx.affects(Invalidation::function::<Unread>().with("room", room));
    Ok(())
}

/// A room in the list.
#[derive(Serialize, JsonSchema)]
pub struct RoomSummary {
    /// The name of the room.
    pub name: &'static str,
    /// The number of messages since the server was started.
    pub messages: u32,
}

/// Returns the rooms.
#[client(query, live, auth = "anyone")]
pub async fn list_rooms(cx: &Cx) -> Result<Vec<RoomSummary>, Error> {
    let activity = cx.state::<RoomActivity>();
    let rooms = ROOMS.into_iter().map(|name| {
        let messages = activity.update(name, |counts| counts.messages)?;
        Ok(RoomSummary { name, messages })
    });
    rooms.collect()
}

/// Returns the number of messages in a room that the user has not read.
#[client(query, live, auth)]
pub async fn unread(cx: &Cx, room: String) -> Result<u32, Error> {
    let user = cx.principal().id().unwrap_or_default();
    cx.state::<RoomActivity>().update(&room, |counts| {
        counts.messages - counts.read.get(user).copied().unwrap_or_default()
    })
}

/// Marks the messages of a room as read.
#[client(auth, affects(unread(room)))]
pub async fn mark_read(cx: &Cx, room: String) -> Result<(), Error> {
    let user = cx.principal().id().unwrap_or_default();
    cx.state::<RoomActivity>().update(&room, |counts| {
        counts.read.insert(user.to_owned(), counts.messages);
    })
}
