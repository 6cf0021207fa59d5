//! Rooms to talk in.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mizan_channels::ChannelsExt as _;
use mizan_core::{Channel, Cx, Decision, Error, ErrorCode, Member};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::profile::Profiles;

/// All there are.
const ROOMS: [&str; 3] = ["lobby", "rust", "react"];

/// How many characters a message may have.
const MOST: usize = 500;

/// Where one talks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Room {
    /// `lobby`, `rust` or `react`.
    pub room: String,
}

/// What somebody said.
#[derive(Serialize, JsonSchema)]
pub struct ChatMessage {
    /// The id of who said it.
    pub author: String,
    /// What they are called.
    pub name: String,
    /// What they said.
    pub text: String,
    /// When, in milliseconds since 1970.
    pub at: f64,
}

/// What to say.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// At most 500 characters.
    pub text: String,
}

/// Somebody in a room, as the others see them.
#[derive(Serialize, JsonSchema)]
pub struct Guest {
    /// What they are called.
    pub name: String,
}

/// A room. Everybody may listen; who is signed in may talk, and is seen.
pub struct Chat;

impl Channel for Chat {
    type Params = Room;
    type ServerMessage = ChatMessage;
    type ClientMessage = Say;
    type Reply = ();
    type Snapshot = mizan_core::Nothing;
    type Member = Guest;
    const NAME: &'static str = "chat";
    const DOCS: &'static str = "Talk in a room.";
    const HISTORY_AGE: Duration = Duration::from_secs(24 * 60 * 60);

    async fn authorize(_: &Cx, params: &Room) -> Decision {
        if ROOMS.contains(&params.room.as_str()) {
            Decision::Allow
        } else {
            Decision::not_found("there is no such room")
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

    async fn receive(cx: &Cx, params: &Room, message: Say) -> Result<(), Error> {
        let Some(id) = cx.principal().id() else {
            let code = ErrorCode::Unauthenticated;
            return Err(Error::new(code, "sign in to say something"));
        };
        let text = message.text.trim();
        if text.is_empty() {
            return Err(Error::invalid("text", "is required"));
        }
        if text.chars().count() > MOST {
            let reason = format!("must have at most {MOST} characters");
            return Err(Error::invalid("text", reason));
        }
        let at = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
        let said = ChatMessage {
            author: id.to_owned(),
            name: cx.state::<Profiles>().name_of(id),
            text: text.to_owned(),
            at: at as f64,
        };
        cx.channels().publish::<Self>(params, said).await?;
        Ok(())
    }
}
