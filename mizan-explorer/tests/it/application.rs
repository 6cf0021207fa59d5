//! An application with an explorer, and the requests of tests.

use std::io;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use mizan_channels::Channels;
use mizan_channels::broker::MemoryBroker;
use mizan_core::{App, Channel, Cx, Decision, Error, Identity, Registry, channel, client};
use mizan_explorer::{Explorer, ExplorerBuilder};
use mizan_http::PeerAddr;
use serde_json::{Value, json};
use tower_layer::Layer as _;
use tower_service::Service as _;

/// The posts of the last month.
#[client(query)]
async fn posts() -> Result<Vec<String>, Error> {
    Ok(Vec::new())
}

/// One post.
#[client(query, auth)]
async fn post(cx: &Cx, id: u64) -> Result<String, Error> {
    let user = cx.principal().id().unwrap_or_default();
    Ok(format!("post {id} for {user}"))
}

async fn is_first(_: &Cx, input: &Rename) -> Decision {
    if input.id == 1 {
        Decision::Allow
    } else {
        Decision::deny_because("Only the first post can be renamed.")
    }
}

/// Renames a post.
#[client(auth = "staff", authorize = is_first, affects(post(id), posts))]
async fn rename(
    id: u64,
    #[validate(length(min = 1, max = 10))] title: String,
) -> Result<(), Error> {
    let _ = (id, title);
    Ok(())
}

/// Fails with a cause.
#[client]
async fn fail() -> Result<(), Error> {
    Err(io::Error::other("the disk is full").into())
}

/// May be called once.
#[client(limit = "1/day burst 1 by address")]
async fn once(cx: &Cx) -> Result<bool, Error> {
    Ok(cx.head().headers().contains_key(header::COOKIE))
}

/// The params of a subscription.
#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Room {
    /// The name of the room.
    name: String,
}

struct News;

#[channel]
impl Channel for News {
    type Params = Room;
    type ServerMessage = String;
    const NAME: &'static str = "news";
    const DOCS: &'static str = "The news of a room.";

    async fn authorize(_: &Cx, _: &Room) -> Decision {
        Decision::Allow
    }

    fn group(params: &Room) -> String {
        params.name.clone()
    }
}

pub(crate) fn app() -> App {
    let registry = Registry::new()
        .state(Channels::new(MemoryBroker::new()))
        .function::<Posts>()
        .function::<Post>()
        .function::<Rename>()
        .function::<Fail>()
        .function::<Once>()
        .channel::<News>();
    registry.build().unwrap()
}

pub(crate) fn builder() -> ExplorerBuilder {
    Explorer::builder(app())
        .test_principal("member", Identity::new("7"))
        .test_principal("staff", Identity::new("8").staff())
}

/// The application behind an explorer. It answers each request with 404 and its name.
pub(crate) struct Site {
    explorer: Explorer,
}

/// A response as a whole.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Site {
    pub(crate) fn new() -> Self {
        Self::of(builder())
    }

    pub(crate) fn of(builder: ExplorerBuilder) -> Self {
        Self {
            explorer: builder.build().unwrap(),
        }
    }

    /// Sends a request of a client on this computer, unless the request has another peer.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Reply {
        let extensions = request.extensions_mut();
        let local = PeerAddr("127.0.0.1:4000".parse().unwrap());
        extensions.get_or_insert(local);
        self.send_without_peer(request).await
    }

    /// Sends a request whose peer is unknown, unless the request has one.
    pub(crate) async fn send_without_peer(&self, mut request: Request<Body>) -> Reply {
        request
            .headers_mut()
            .entry(header::HOST)
            .or_insert(header::HeaderValue::from_static("localhost:8000"));
        let application = Router::new().fallback(async || (StatusCode::NOT_FOUND, "application"));
        let response = self.explorer.layer(application).call(request).await;
        let (head, body) = response.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply {
            status: head.status,
            headers: head.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    /// Calls a function of the explorer.
    pub(crate) async fn call(&self, name: &str, input: &Value) -> Reply {
        let request = Request::post(format!("/_mizan/api/call/{name}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(input.to_string()));
        self.send(request.unwrap()).await
    }

    /// Tries a function of the application, and returns what the page shows.
    pub(crate) async fn try_call(
        &self,
        function: &str,
        input: &str,
        principal: Option<&str>,
    ) -> Value {
        let input = json!({"function": function, "input": input, "principal": principal});
        let reply = self.call("try_call", &input).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
        serde_json::from_str(&reply.body).unwrap()
    }
}
