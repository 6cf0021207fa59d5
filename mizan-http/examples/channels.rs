//! A chat server with one channel.
//!
//! `channels [address]` starts the server and prints its URL; `channels manifest` prints the manifest.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use mizan_channels::broker::MemoryBroker;
use mizan_channels::{Channels, ChannelsExt};
use mizan_core::channel::{Member, Snapshot};
use mizan_core::{
    Channel, Cx, Decision, Error, Identity, Principal, Registry, RequestHead, channel, client,
};
use mizan_http::{Authenticate, MizanService, serve, shutdown_signal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The room of a conversation.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Room {
    room: String,
}

/// A message of a user.
#[derive(Serialize, JsonSchema)]
struct ChatMessage {
    who: String,
    text: String,
}

/// The number of messages so far.
#[derive(Serialize, JsonSchema)]
struct MessageCount {
    number: u32,
}

struct Chat;

#[channel]
impl Channel for Chat {
    type Params = Room;
    type ServerMessage = ChatMessage;
    type ClientMessage = String;
    type Reply = MessageCount;
    type Snapshot = MessageCount;
    type Member = String;
    const NAME: &'static str = "chat";
    const HISTORY_LEN: usize = 2_000;
    const DOCS: &'static str = "Messages of a room.";

    async fn authorize(cx: &Cx, params: &Room) -> Decision {
        (cx.principal().is_signed_in() && params.room != "closed").into()
    }

    fn group(params: &Room) -> String {
        params.room.clone()
    }

    async fn snapshot(cx: &Cx, _: &Room) -> Result<Option<Snapshot<MessageCount>>, Error> {
        let number = cx.state::<Arc<AtomicU32>>().load(Ordering::Relaxed);
        Ok(Some(Snapshot::new(MessageCount { number })))
    }

    async fn member(cx: &Cx, _: &Room) -> Result<Option<Member<String>>, Error> {
        let id = cx.principal().id().map(str::to_owned);
        Ok(id.map(|id| Member::new(id.clone(), id)))
    }

    async fn receive(cx: &Cx, params: &Room, text: String) -> Result<MessageCount, Error> {
        if text.is_empty() {
            return Err(Error::conflict("the message is empty"));
        }
        let count = cx.state::<Arc<AtomicU32>>();
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        let who = cx.principal().id().unwrap_or("anonymous").to_owned();
        let message = ChatMessage { who, text };
        cx.channels().publish::<Chat>(params, message).await?;
        Ok(MessageCount { number })
    }
}

/// Closes all connections of a user.
#[client]
async fn revoke(cx: &Cx, user: String) -> Result<(), Error> {
    Ok(cx.channels().revoke_user(&user).await?)
}

/// Trusts a bearer token as the name of the user.
struct ByToken;

impl Authenticate for ByToken {
    async fn authenticate(&self, head: &RequestHead) -> Result<Principal, Error> {
        let header = head.headers().get("authorization");
        let token = header.and_then(|header| header.to_str().ok()?.strip_prefix("Bearer "));
        Ok(token.map_or_else(Principal::anonymous, |name| Identity::new(name).into()))
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new()
        .state(Channels::new(MemoryBroker::new()))
        .state(Arc::new(AtomicU32::new(0)))
        .channel::<Chat>()
        .function::<Revoke>();
    let argument = std::env::args().nth(1);
    if argument.as_deref() == Some("manifest") {
        println!("{}", registry.manifest()?);
        return Ok(());
    }
    let address = argument.as_deref().unwrap_or("127.0.0.1:0");
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("http://{}", listener.local_addr()?);
    let service = MizanService::builder(registry.build()?).authenticate(ByToken);
    serve(listener, service.build()?)
        .with_graceful_shutdown(shutdown_signal())
        .await?;
    Ok(())
}
