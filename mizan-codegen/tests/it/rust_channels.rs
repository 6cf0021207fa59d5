//! The client of channels that are declared in Rust.

use mizan_codegen::{Manifest, generate};
use mizan_core::policy::IntoDecision;
use mizan_core::{Channel, Cx, Decision, Never, Registry, channel};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
struct Room {
    /// The name of the room.
    room: String,
}

#[derive(Deserialize, Serialize, JsonSchema)]
struct Line {
    text: String,
    #[serde(default)]
    loud: bool,
}

struct Chat;

impl Channel for Chat {
    type Params = Room;
    type ServerMessage = Line;
    type ClientMessage = Line;
    type Reply = u32;
    type Snapshot = Vec<Line>;
    type Member = Never;
    const NAME: &'static str = "staff.chat";
    const DOCS: &'static str = "Chat of the staff.";

    async fn authorize(_: &Cx, _: &Room) -> impl IntoDecision {
        Decision::Allow
    }

    fn group(params: &Room) -> String {
        params.room.clone()
    }
}

#[derive(Deserialize, JsonSchema)]
struct Empty {}

struct Clock;

#[channel]
impl Channel for Clock {
    type Params = Empty;
    type ServerMessage = u32;
    const NAME: &'static str = "clock";

    async fn authorize(_: &Cx, _: &Empty) -> Decision {
        Decision::Allow
    }

    fn group(_: &Empty) -> String {
        String::new()
    }
}

#[test]
fn generates_client_for_channels() {
    let registry = Registry::new().channel::<Chat>().channel::<Clock>();
    let manifest = registry.manifest().unwrap();
    let contract = |index: usize| {
        let channel = &manifest.as_json()["channels"][index];
        channel["contract"].as_str().unwrap()
    };
    let files = generate(&Manifest::parse(&manifest.to_string()).unwrap()).unwrap();
    let channels = files.get("channels.ts").unwrap();
    let (_, declared) = channels.split_once("ChannelCode>;\n").unwrap();
    assert_eq!(
        declared,
        r#"
/** The types of the channel `clock`. */
export interface ClockChannel {
  readonly params: void;
  readonly message: number;
  readonly send: never;
  readonly reply: never;
  readonly snapshot: never;
  readonly member: never;
  readonly error: ChannelError;
}

export const clockChannel: ChannelDefinition<ClockChannel> = {
  name: "clock",
  contract: "CLOCK",
};

/** The types of the channel `staff.chat`. */
export interface StaffChatChannel {
  readonly params: {
    /** The name of the room. */
    room: string;
  };
  readonly message: types.Line;
  readonly send: types.LineIn;
  readonly reply: number;
  readonly snapshot: types.Line[];
  readonly member: never;
  readonly error: ChannelError;
}

/** Chat of the staff. */
export const staffChatChannel: ChannelDefinition<StaffChatChannel> = {
  name: "staff.chat",
  contract: "CHAT",
};
"#
        .replace("CLOCK", contract(0))
        .replace("CHAT", contract(1))
    );
    assert!(files.get("runtime/channels/socket.ts").is_some());
}
