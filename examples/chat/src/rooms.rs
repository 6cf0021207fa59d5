//! The chat rooms.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mizan_channels::ChannelsExt as _;
use mizan_core::channel::Member;
use mizan_core::{Channel, Cx, Decision, Error, ErrorCode, channel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::profile::Profiles;
use crate::room_list::{ROOMS, count_message};

/// The maximum number of characters in a message.
const MAX_MESSAGE_CHARS: usize = 500;

/// The room of a subscription.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// `lobby`, `rust` or `react`.
    pub room: String,
}

/// A message in a room.
#[derive(Serialize, JsonSchema)]
pub struct ChatMessage {
    /// The id of its author.
    pub author: String,
    /// The display name of its author.
    pub name: String,
    /// The text.
    pub text: String,
    /// The time in milliseconds since 1970.
    pub at: f64,
}

/// A message to send.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// At most 500 characters.
    pub text: String,
}

/// A user who is present in a room.
#[derive(Serialize, JsonSchema)]
pub struct Guest {
    /// The display name.
    pub name: String,
}

/// A chat room. Everyone can read; signed-in users can write and appear in its list of guests.
pub struct Chat;

#[channel]
impl Channel for Chat {
    type Params = Room;
    type ServerMessage = ChatMessage;
    type ClientMessage = Say;
    type Reply = ();
    type Member = Guest;
    const NAME: &'static str = "chat";
    const DOCS: &'static str = "A chat room.";
    const HISTORY_AGE: Duration = Duration::from_secs(24 * 60 * 60);

    async fn authorize(_: &Cx, params: &Room) -> Decision {
        if ROOMS.contains(&params.room.as_str()) {
            Decision::Allow
        } else {
            Decision::not_found("There is no room with this name.")
        }
    }

    fn group(params: &Room) -> String {
        params.room.clone()
    }

    async fn member(cx: &Cx, _: &Room) -> Result<Option<Member<Guest>>, Error> {
        Ok(cx.principal().id().map(|id| {
            let name = cx.state::<Profiles>().name_of(id);
            Member::new(id.to_owned(), Guest { name })
        }))
    }

    async fn receive(cx: &Cx, params: &Room, say: Say) -> Result<(), Error> {
        let Some(id) = cx.principal().id() else {
            let code = ErrorCode::Unauthenticated;
            return Err(Error::new(code, "Sign in to send messages."));
        };
        let text = say.text.trim();
        if text.is_empty() {
            return Err(Error::invalid("text", "Enter a message."));
        }
        if text.chars().count() > MAX_MESSAGE_CHARS {
            let reason = format!("Must have at most {MAX_MESSAGE_CHARS} characters.");
            return Err(Error::invalid("text", reason));
        }
        let at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        let message = ChatMessage {
            author: id.to_owned(),
            name: cx.state::<Profiles>().name_of(id),
            text: text.to_owned(),
            at: at as f64,
        };
        cx.channels().publish::<Self>(params, message).await?;
        count_message(cx, &params.room, id)
    }
}
