//! The channels that the tests subscribe to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use mizan_channels::broker::MemoryBroker;
use mizan_channels::{Channels, ChannelsExt};
use mizan_core::channel::{Member, SlowConsumer, Snapshot};
use mizan_core::{
    App, Channel, Cx, Decision, Error, Identity, Principal, Registry, RequestHead, channel, client,
};
use mizan_http::{Authenticate, MizanService};
use schemars::JsonSchema;
use serde::Deserialize;
use tokio::sync::Notify;

use crate::harness::Server;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Room {
    pub(crate) room: String,
}

impl Room {
    pub(crate) fn new(room: &str) -> Self {
        Self {
            room: room.to_owned(),
        }
    }
}

/// The conditions that a test sets, and the events that it observes.
#[derive(Default)]
pub(crate) struct TestState {
    /// Signals the end of mia's session.
    pub(crate) session_ended: Notify,
    pub(crate) received: AtomicUsize,
    pub(crate) authorized: AtomicUsize,
    pub(crate) is_closed: std::sync::atomic::AtomicBool,
    pub(crate) credentials_expired: std::sync::atomic::AtomicBool,
    /// Receives the ids of users whose permissions have changed.
    pub(crate) permission_observer: OnceLock<Box<PermissionObserver>>,
}

pub(crate) type PermissionObserver = dyn Fn(&str) + Send + Sync;

pub(crate) struct Chat;

#[channel]
impl Channel for Chat {
    type Params = Room;
    type ServerMessage = String;
    type ClientMessage = String;
    type Reply = usize;
    type Snapshot = String;
    type Member = String;
    const NAME: &'static str = "chat";
    const HISTORY_LEN: usize = 10;
    const REAUTHORIZE_INTERVAL: Duration = Duration::from_millis(200);

    async fn authorize(cx: &Cx, params: &Room) -> Decision {
        let state = cx.state::<Arc<TestState>>();
        state.authorized.fetch_add(1, Ordering::Relaxed);
        let is_private = params.room.starts_with("of-");
        let own = params.room.strip_prefix("of-");
        let allowed = !is_private || cx.principal().id() == own;
        let is_open = !state.is_closed.load(Ordering::Relaxed);
        (cx.principal().is_signed_in() && allowed && is_open).into()
    }

    fn group(params: &Room) -> String {
        params.room.clone()
    }

    async fn snapshot(_: &Cx, params: &Room) -> Result<Option<Snapshot<String>>, Error> {
        Ok(Some(Snapshot::new(format!("about {}", params.room))))
    }

    async fn member(cx: &Cx, _: &Room) -> Result<Option<Member<String>>, Error> {
        let Some(id) = cx.principal().id() else {
            return Ok(None);
        };
        Ok(Some(Member::new(id.to_owned(), id.to_uppercase())))
    }

    async fn receive(cx: &Cx, params: &Room, message: String) -> Result<usize, Error> {
        if message == "panic" {
            panic!("requested panic");
        }
        if message == "slow" {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        let received = cx
            .state::<Arc<TestState>>()
            .received
            .fetch_add(1, Ordering::Relaxed);
        let text = format!("{}: {message}", cx.principal().id().unwrap_or("?"));
        cx.channels().publish::<Chat>(params, text).await?;
        Ok(received + 1)
    }
}

macro_rules! feed {
    ($name:ident, $text:literal, $slow:expr) => {
        pub(crate) struct $name;

        #[channel]
        impl Channel for $name {
            type Params = Room;
            type ServerMessage = String;
            const NAME: &'static str = $text;
            const HISTORY_LEN: usize = 16;
            const SLOW_CONSUMER: SlowConsumer = $slow;

            async fn authorize(_: &Cx, _: &Room) -> Decision {
                Decision::Allow
            }

            fn group(params: &Room) -> String {
                params.room.clone()
            }
        }
    };
}

feed!(Feed, "feed", SlowConsumer::Gap);
feed!(Prices, "prices", SlowConsumer::Latest);
feed!(Ledger, "ledger", SlowConsumer::Disconnect);

/// Publishes to a room from a function.
#[client]
pub(crate) async fn announce(cx: &Cx, room: String, text: String) -> Result<u64, Error> {
    let position = cx.channels().publish::<Feed>(&Room { room }, text).await?;
    Ok(position.offset)
}

/// Trusts a bearer token or the cookie `user` as the name of a user.
pub(crate) struct ByName(pub(crate) Arc<TestState>);

impl Authenticate for ByName {
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let bearer = head.headers().get("authorization");
        let bearer = bearer.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let cookie = head.cookie("user").map(|cookie| cookie.value().to_owned());
        let name = bearer.map(str::to_owned).or(cookie);
        let is_expired = self.0.credentials_expired.load(Ordering::Relaxed);
        let name = name.filter(|name| name != "wrong" && (!is_expired || name.ends_with("-again")));
        Ok(name.map_or_else(Principal::anonymous, |name| {
            let id = name.trim_end_matches("-again").to_owned();
            Identity::new(&*id)
                .in_session(format!("session-of-{id}"))
                .into()
        }))
    }

    async fn wait_until_ended(&self, principal: &Principal) {
        if principal.id() == Some("mia") {
            self.0.session_ended.notified().await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    fn on_permissions_changed(&self, notify: impl Fn(&str) + Send + Sync + 'static) {
        let is_first = self.0.permission_observer.set(Box::new(notify)).is_ok();
        assert!(is_first, "a service registers one observer");
    }
}

/// A running server, its channels, and the state that its functions share with the test.
pub(crate) struct RunningServer {
    pub(crate) server: Server,
    pub(crate) channels: Channels,
    pub(crate) state: Arc<TestState>,
}

pub(crate) fn app(channels: Channels, state: &Arc<TestState>) -> App {
    let registry = Registry::new()
        .channel::<Chat>()
        .channel::<Feed>()
        .channel::<Prices>()
        .channel::<Ledger>()
        .function::<Announce>()
        .merge(crate::app::registry(&Arc::default()))
        .state(channels)
        .state(Arc::clone(state));
    registry.build().unwrap()
}

/// Returns the service, its channels, and the state that its functions share with the test.
pub(crate) fn service(
    limits: impl FnOnce(&mut mizan_channels::ConnectionLimits),
) -> (MizanService<ByName>, Channels, Arc<TestState>) {
    let mut settings = mizan_channels::ConnectionLimits::default();
    limits(&mut settings);
    let channels = Channels::with_limits(MemoryBroker::new(), settings);
    let state = Arc::<TestState>::default();
    let service = MizanService::builder(app(channels.clone(), &state))
        .authenticate(ByName(Arc::clone(&state)))
        .public_origin("https://friend.example")
        .build()
        .unwrap();
    (service, channels, state)
}

pub(crate) async fn start_server(
    limits: impl FnOnce(&mut mizan_channels::ConnectionLimits),
) -> RunningServer {
    let (service, channels, state) = service(limits);
    RunningServer {
        server: Server::start_with(service, |serve| serve).await,
        channels,
        state,
    }
}
