//! Channels in the registry and in the manifest.

use std::sync::Arc;

use bytes::Bytes;
use mizan_core::channel::Snapshot;
use mizan_core::function::Source;
use mizan_core::{
    App, Channel, Cx, Decision, Error, Identity, Never, Principal, Registry, RequestHead, channel,
    client,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Room {
    room: String,
}

/// A type with different schemas as an input and as an output.
#[derive(Deserialize, Serialize, schemars::JsonSchema)]
struct Line {
    text: String,
    #[serde(default)]
    loud: bool,
}

struct Chat;

#[channel]
impl Channel for Chat {
    type Params = Room;
    type ServerMessage = Line;
    type ClientMessage = Line;
    type Reply = usize;
    type Snapshot = Vec<String>;
    const NAME: &'static str = "chat";
    const DOCS: &'static str = "Talk.";
    const SOURCE: Option<Source> = Some(Source::new("chat.rs", 7));

    async fn authorize(cx: &Cx, _: &Room) -> Decision {
        cx.principal().is_signed_in().into()
    }

    fn group(params: &Room) -> String {
        params.room.clone()
    }

    async fn snapshot(_: &Cx, params: &Room) -> Result<Option<Snapshot<Vec<String>>>, Error> {
        Ok(Some(Snapshot::new(vec![params.room.clone()])))
    }

    async fn receive(_: &Cx, _: &Room, message: Line) -> Result<usize, Error> {
        assert!(!message.loud, "too loud");
        Ok(message.text.len())
    }
}

#[derive(Deserialize, schemars::JsonSchema)]
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

#[client]
async fn read() -> Result<u8, Error> {
    Ok(1)
}

fn app() -> App {
    Registry::new().channel::<Chat>().build().unwrap()
}

fn cx(app: &App, principal: impl Into<Principal>) -> Cx {
    app.context(principal.into(), Arc::new(RequestHead::empty()))
}

#[test]
fn sorts_channels_in_the_manifest_by_name() {
    let registry = Registry::new().channel::<Clock>().channel::<Chat>();
    let manifest = registry.manifest().unwrap();
    let channels = &manifest.as_json()["channels"];
    assert_eq!(
        channels[0],
        json!({
            "name": "chat",
            "contract": channels[0]["contract"],
            "params": {
                "type": "object",
                "properties": { "room": { "type": "string" } },
                "additionalProperties": false,
                "required": ["room"],
            },
            "client_message": { "$ref": "#/$defs/LineIn" },
            "server_message": { "$ref": "#/$defs/Line" },
            "reply": { "type": "integer", "format": "uint", "minimum": 0 },
            "snapshot": { "type": "array", "items": { "type": "string" } },
            "docs": "Talk.",
            "source": { "file": "chat.rs", "line": 7 },
        }),
        "{channels:#}"
    );
    let members: Vec<_> = channels[1].as_object().unwrap().keys().collect();
    assert_eq!(members, ["name", "contract", "server_message"]);
}

#[test]
fn omits_channels_from_a_manifest_without_any() {
    let manifest = Registry::new().function::<Read>().manifest().unwrap();
    assert_eq!(manifest.as_json().get("channels"), None);
}

#[test]
fn contract_covers_channels_without_their_documentation() {
    struct Quiet;
    impl Channel for Quiet {
        type Params = Room;
        type ServerMessage = Line;
        type ClientMessage = Line;
        type Reply = usize;
        type Snapshot = Vec<String>;
        type Member = Never;
        const NAME: &'static str = "chat";

        #[allow(
            refining_impl_trait,
            reason = "`#[channel]` adds this attribute, but rejects `Reply` without `receive`"
        )]
        async fn authorize(_: &Cx, _: &Room) -> Decision {
            Decision::Allow
        }

        fn group(_: &Room) -> String {
            String::new()
        }
    }
    let contract = |registry: Registry| registry.manifest().unwrap().contract().to_owned();
    let chat = contract(Registry::new().channel::<Chat>());
    assert_eq!(chat, contract(Registry::new().channel::<Quiet>()));
    assert_ne!(chat, contract(Registry::new().channel::<Clock>()));
}

#[test]
fn rejects_duplicate_channel_names() {
    let twice = Registry::new().channel::<Chat>().channel::<Chat>();
    let error = twice.build().unwrap_err().to_string();
    assert!(
        error.contains("duplicate channel `chat`: registered at"),
        "{error}"
    );
}

#[tokio::test]
async fn decodes_and_authorizes_a_subscription() {
    let app = app();
    let chat = app.channel("chat").unwrap();
    let rejected = chat.subscription(b"{\"rom\":1}").map(|_| ()).unwrap_err();
    assert_eq!(rejected.code(), "invalid");
    let deep = [b"{\"room\":".to_vec(), vec![b'['; 100]].concat();
    assert_eq!(
        chat.subscription(&deep).map(|_| ()).unwrap_err().code(),
        "malformed"
    );
    let subscription = chat.subscription(br#"{"room":"tea"}"#).unwrap();
    assert_eq!(subscription.group(), "tea");
    let anonymous = cx(&app, Principal::anonymous());
    let denied = Arc::clone(&subscription)
        .authorize(anonymous)
        .await
        .unwrap_err();
    assert_eq!(denied.code(), "unauthenticated");
    let mia = || cx(&app, Identity::new("mia").in_session("s1"));
    Arc::clone(&subscription).authorize(mia()).await.unwrap();
    let (snapshot, position) = Arc::clone(&subscription)
        .snapshot(mia())
        .await
        .unwrap()
        .unwrap();
    assert_eq!((&snapshot[..], position), (&b"[\"tea\"]"[..], None));
    let receive = |message: Value| {
        let message = Bytes::from(message.to_string());
        Arc::clone(&subscription).receive(mia(), message)
    };
    assert_eq!(receive(json!({"text": "hello"})).await.unwrap(), "5");
    assert_eq!(receive(json!("hello")).await.unwrap_err().code(), "invalid");
    let loud = receive(json!({"text": "hello", "loud": true})).await;
    assert_eq!(loud.unwrap_err().code(), "internal");
}

#[tokio::test]
async fn authorizes_with_a_policy() {
    struct Backstage;

    #[channel]
    impl Channel for Backstage {
        type Params = Room;
        type ServerMessage = String;
        const NAME: &'static str = "backstage";

        async fn authorize(cx: &Cx, _: &Room) -> Result<Decision, Error> {
            mizan_core::policy!(or("staff", group("editors")))
                .decide(cx)
                .await
        }

        fn group(params: &Room) -> String {
            params.room.clone()
        }
    }

    let app = Registry::new().channel::<Backstage>().build().unwrap();
    let channel = app.channel("backstage").unwrap();
    let subscription = channel.subscription(br#"{"room":"a"}"#).unwrap();
    for (identity, allowed) in [
        (Identity::new("1"), false),
        (Identity::new("2").group("editors"), true),
        (Identity::new("3").staff(), true),
    ] {
        let decided = Arc::clone(&subscription)
            .authorize(cx(&app, identity))
            .await;
        assert_eq!(decided.is_ok(), allowed);
    }
}

#[tokio::test]
async fn a_check_that_fails_or_panics_refuses_the_subscription_with_an_id() {
    struct Vault;

    #[channel]
    impl Channel for Vault {
        type Params = Room;
        type ServerMessage = String;
        const NAME: &'static str = "vault";

        async fn authorize(_: &Cx, params: &Room) -> Result<Decision, std::io::Error> {
            match params.room.as_str() {
                "locked" => Err(std::io::Error::other("the table `secrets` is locked")),
                "broken" => panic!("secrets"),
                _ => Ok(Decision::not_found("there is no such vault")),
            }
        }

        fn group(params: &Room) -> String {
            params.room.clone()
        }
    }
    let app = Registry::new().channel::<Vault>().build().unwrap();
    let vault = app.channel("vault").unwrap();
    for (room, code) in [
        ("locked", "internal"),
        ("broken", "internal"),
        ("x", "not_found"),
    ] {
        let params = json!({ "room": room }).to_string();
        let subscription = vault.subscription(params.as_bytes()).unwrap();
        let refused = subscription.authorize(cx(&app, Identity::new("mia"))).await;
        let error = refused.unwrap_err();
        assert_eq!(error.code(), code, "{room}");
        assert_eq!(error.id().is_some(), code == "internal");
        assert!(!error.message().contains("secrets"));
    }
}

struct Database;

fn database(cx: &Cx) -> &Database {
    cx.state()
}

struct Orders;

#[channel(limit = ["2/min by principal", "3/min by address"], state(Database))]
impl Channel for Orders {
    type Params = Empty;
    type ServerMessage = u32;
    type ClientMessage = Line;
    type Reply = u32;
    const NAME: &'static str = "orders";

    async fn authorize(cx: &Cx, _: &Empty) -> Decision {
        cx.state::<Vec<u32>>().is_empty().into()
    }

    fn group(_: &Empty) -> String {
        String::new()
    }

    async fn receive(cx: &Cx, _: &Empty, _: Line) -> Result<u32, Error> {
        let Database = database(cx);
        Ok(1)
    }
}

#[test]
fn checks_the_state_of_channels() {
    let problems = Registry::new().channel::<Orders>().build().unwrap_err();
    let problems = problems.to_string();
    for (problem, count) in [
        ("`orders` (", 2),
        ("requires state of type `it::channels::Database`", 1),
        ("requires state of type `alloc::vec::Vec<u32>`", 1),
    ] {
        assert_eq!(problems.matches(problem).count(), count, "{problems}");
    }
}

fn orders() -> App {
    let registry = Registry::new().channel::<Orders>();
    let registry = registry.state(Database).state(Vec::<u32>::new());
    registry.build().unwrap()
}

#[test]
fn manifest_has_the_limits_of_messages() {
    let app = orders();
    assert_eq!(
        app.manifest().as_json()["channels"][0]["limits"],
        json!(["2/min by principal", "3/min by address"])
    );
}

#[tokio::test(start_paused = true)]
async fn limits_the_messages_of_each_user_and_address() {
    let app = orders();
    let send = async |user: &str, address: [u8; 4]| {
        let (parts, ()) = http::Request::new(()).into_parts();
        let head = RequestHead::new(parts, Some(address.into()));
        let cx = app.context(Identity::new(user).into(), Arc::new(head));
        let subscription = app.channel("orders").unwrap().subscription(b"{}").unwrap();
        subscription.check_limits(&cx).await
    };
    let home = [192, 0, 2, 1];
    send("ada", home).await.unwrap();
    send("ada", home).await.unwrap();
    let error = send("ada", home).await.unwrap_err();
    assert_eq!(error.code(), "rate_limited");
    assert_eq!(
        error.retry_after(),
        Some(std::time::Duration::from_secs(30))
    );
    send("eve", home).await.unwrap();
    let error = send("eve", home).await.unwrap_err();
    assert_eq!(
        error.code(),
        "rate_limited",
        "the address has sent 3 messages"
    );
    send("bob", [192, 0, 2, 77]).await.unwrap();
    tokio::time::advance(std::time::Duration::from_secs(60)).await;
    send("ada", home).await.unwrap();
}
