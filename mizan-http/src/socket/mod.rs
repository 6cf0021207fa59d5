//! The upgrade to a WebSocket, for channels.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use mizan_channels::{Channels, Identify, SUBPROTOCOL, Visitor};
use mizan_core::{Error, ErrorCode, Identity, Principal, RequestHead};
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::body::ReplyBody;
use crate::body_budget::busy;
use crate::endpoint::{Endpoint, client};
use crate::share::Share;
use crate::{Authenticate, problem};
use transport::WebSocket;

mod joined;
mod transport;

/// The maximum size of the part of its request head that a socket keeps while it is open.
const KEPT_BYTES: usize = 16 * 1024;

/// The only version there is (RFC 6455, section 4.1).
const VERSION: HeaderValue = HeaderValue::from_static("13");

impl<A: Authenticate> Endpoint<A> {
    /// Answers with 101 to whoever may have a socket, and serves it in a task of its own.
    pub(crate) fn socket(
        self: &Arc<Self>,
        head: &Arc<RequestHead>,
    ) -> Result<Response<ReplyBody>, Error> {
        let app = self.calls.app();
        let channels = app.state::<Channels>();
        let channels = channels.ok_or_else(|| Error::not_found("there are no channels here"))?;
        if *head.method() != Method::GET {
            return Ok(self.method_not_allowed(true, head));
        }
        let headers = head.headers();
        if !self.sites.admit_socket(head.uri(), headers) {
            return Err(Error::new(
                ErrorCode::CrossSite,
                "the socket is asked for by another site, or with a cookie and without an origin; \
                 if that site is yours, add it as a public origin",
            ));
        }
        let malformed = |message| Error::new(ErrorCode::Malformed, message);
        if !has_token(headers, &header::UPGRADE, "websocket")
            || !has_token(headers, &header::CONNECTION, "upgrade")
        {
            return Err(malformed("this answers to WebSocket over HTTP/1.1"));
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
            let error = malformed("the version of WebSocket is 13");
            let mut response = problem::response(&error, self.is_outdated(head));
            *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
            let headers = response.headers_mut();
            headers.insert(header::SEC_WEBSOCKET_VERSION, VERSION);
            return Ok(response);
        }
        let key = headers
            .get(header::SEC_WEBSOCKET_KEY)
            .filter(|key| is_key(key.as_bytes()))
            .ok_or_else(|| malformed("`sec-websocket-key` is 16 bytes in base64"))?;
        if !has_token(headers, &header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL) {
            return Err(malformed("the subprotocol is `mizan.v1.json`"));
        }
        channels.admit().map_err(|close| {
            Error::new(ErrorCode::Unavailable, close.reason().to_owned())
                .with_retry_after(std::time::Duration::from_secs(1))
        })?;
        if kept_bytes(headers) > KEPT_BYTES {
            let error = malformed("the headers of a request for a WebSocket are too large");
            let mut response = problem::response(&error, self.is_outdated(head));
            *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
            return Ok(response);
        }
        let share = self.sockets.take(client(head), 1).map_err(busy)?;
        let upgrade = head.extensions().get::<OnUpgrade>().cloned();
        let upgrade = upgrade.ok_or_else(|| malformed("this connection cannot be upgraded"))?;

        let client = Client {
            endpoint: Arc::clone(self),
            head: kept(head),
            channels: channels.clone(),
            watch: Arc::default(),
            _share: share,
        };
        let (channels, app) = (channels.clone(), app.clone());
        tokio::spawn(async move {
            match upgrade.await {
                Ok(upgraded) => {
                    let limit = channels.limits().frame_bytes;
                    let socket = WebSocket::new(TokioIo::new(upgraded), limit);
                    // Spawned by itself, so that what the upgrade needed is freed.
                    tokio::spawn(channels.serve(&app, socket, client));
                }
                Err(error) => tracing::debug!(%error, "the connection was not upgraded"),
            }
        });

        let mut response = Response::new(ReplyBody::whole(bytes::Bytes::new()));
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let accept = HeaderValue::try_from(derive_accept_key(key.as_bytes()));
        let accept = accept.map_err(Error::internal)?;
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        let protocol = HeaderValue::from_static(SUBPROTOCOL);
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        Ok(response)
    }
}

/// Whether a list of tokens has one, in whatever case.
fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).iter();
    let mut tokens = values.flat_map(|value| value.to_str().unwrap_or_default().split(','));
    tokens.any(|found| found.trim().eq_ignore_ascii_case(token))
}

fn is_key(key: &[u8]) -> bool {
    let is_digit = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    key.len() == 24 && key.ends_with(b"==") && key[..22].iter().all(is_digit)
}

/// Headers that say how a response is to be sent, and nothing of the client.
const NOT_KEPT: [HeaderName; 12] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::CACHE_CONTROL,
    header::CONNECTION,
    header::DNT,
    header::PRAGMA,
    header::SEC_WEBSOCKET_EXTENSIONS,
    header::SEC_WEBSOCKET_KEY,
    header::SEC_WEBSOCKET_PROTOCOL,
    header::SEC_WEBSOCKET_VERSION,
    header::UPGRADE,
    header::UPGRADE_INSECURE_REQUESTS,
];

fn kept_headers(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    headers.iter().filter(|(name, _)| !NOT_KEPT.contains(name))
}

fn kept_bytes(headers: &HeaderMap) -> usize {
    kept_headers(headers)
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum()
}

/// The head as it is kept while the socket is open: without the upgrade, and copied, since what a server
/// parses may be slices that keep the whole of its read buffer.
fn kept(head: &RequestHead) -> Arc<RequestHead> {
    let headers = kept_headers(head.headers()).filter_map(|(name, value)| {
        let mut copy = HeaderValue::from_bytes(value.as_bytes()).ok()?;
        copy.set_sensitive(value.is_sensitive());
        Some((HeaderName::from_bytes(name.as_str().as_bytes()).ok()?, copy))
    });
    with_headers(head, headers.collect())
}

fn with_headers(head: &RequestHead, headers: HeaderMap) -> Arc<RequestHead> {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = head.method().clone();
    // Parsed anew, for the same reason.
    parts.uri = head.uri().to_string().parse().unwrap_or_default();
    parts.headers = headers;
    parts.extensions = head.extensions().clone();
    parts.extensions.remove::<OnUpgrade>();
    Arc::new(RequestHead::new(parts, head.client_addr()))
}

/// Finds out who is at the other end, as for a request: a token that comes later stands where the
/// request's would.
struct Client<A> {
    endpoint: Arc<Endpoint<A>>,
    head: Arc<RequestHead>,
    channels: Channels,
    watch: Arc<Mutex<Option<SessionWatch>>>,
    _share: Share,
}

/// Waits for the end of a session, for as long as the socket is open.
struct SessionWatch {
    session: String,
    task: AbortHandle,
}

impl Drop for SessionWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SessionWatch {
    /// Has the sockets of the principal's session closed when it is over.
    fn keep<A: Authenticate>(
        watch: &Mutex<Option<Self>>,
        endpoint: &Arc<Endpoint<A>>,
        channels: &Channels,
        principal: &Principal,
    ) {
        let session = principal.identity().and_then(Identity::session_id);
        let mut watch = watch.lock().unwrap_or_else(PoisonError::into_inner);
        if watch.as_ref().map(|watch| &*watch.session) == session {
            return;
        }
        *watch = session.map(|session| {
            let session = session.to_owned();
            let ended = {
                let (endpoint, channels) = (Arc::clone(endpoint), channels.clone());
                let (principal, session) = (principal.clone(), session.clone());
                async move {
                    endpoint.authenticate.ended(&principal).await;
                    if let Err(error) = channels.revoke_session(&session).await {
                        tracing::error!(%error, "the sockets of a session that is over were not all closed");
                    }
                }
            };
            let task = tokio::spawn(ended).abort_handle();
            Self { session, task }
        });
    }
}

impl<A: Authenticate> Identify for Client<A> {
    fn identify(&self, token: Option<String>) -> BoxFuture<'static, Result<Visitor, Error>> {
        let endpoint = Arc::clone(&self.endpoint);
        let head = match token {
            None => Arc::clone(&self.head),
            Some(token) => {
                let mut headers = self.head.headers().clone();
                headers.remove(header::AUTHORIZATION);
                // A token that no header can hold is no token.
                if let Ok(mut bearer) = HeaderValue::try_from(format!("Bearer {token}")) {
                    bearer.set_sensitive(true);
                    headers.insert(header::AUTHORIZATION, bearer);
                }
                with_headers(&self.head, headers)
            }
        };
        let (channels, watch) = (self.channels.clone(), Arc::clone(&self.watch));
        async move {
            let principal = endpoint.principal(&head).await?;
            SessionWatch::keep(&watch, &endpoint, &channels, &principal);
            Ok(Visitor { principal, head })
        }
        .boxed()
    }
}
