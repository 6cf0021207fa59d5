//! The upgrade of a request to a WebSocket.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use mizan_channels::Channels;
use mizan_core::{Error, ErrorCode, RequestHead};

use super::authenticator::WebSocketAuthenticator;
use super::handshake::{self, malformed};
use super::retained_head::{MAX_RETAINED_HEAD_BYTES, retained_bytes, retained_head};
use super::transport::WebSocketTransport;
use crate::authenticate::Authenticate;
use crate::client_budget::ClientKey;
use crate::response::ReplyBody;
use crate::response::busy::busy;
use crate::response::problem_details;
use crate::service::state::{AllowedMethods, ServiceState};

/// Accepts a WebSocket with status 101, and serves it in a separate task.
pub(crate) fn handle<A: Authenticate>(
    state: &Arc<ServiceState<A>>,
    head: &Arc<RequestHead>,
) -> Result<Response<ReplyBody>, Error> {
    let channels = state
        .calls
        .app()
        .state::<Channels>()
        .ok_or_else(|| Error::not_found("this server has no channels"))?;
    if *head.method() != Method::GET {
        return Ok(state.method_not_allowed(AllowedMethods::Read, head));
    }
    let headers = head.headers();
    if !state.cross_origin.allows_websocket(head.uri(), headers) {
        return Err(cross_site());
    }
    handshake::check_upgrade(headers)?;
    let respond_with = |status: StatusCode, message: &'static str| {
        let mut response = problem_details::response(&malformed(message), false);
        *response.status_mut() = status;
        response
    };
    if !handshake::is_version_supported(headers) {
        let mut response = respond_with(
            StatusCode::UPGRADE_REQUIRED,
            "the version of the WebSocket protocol must be 13",
        );
        response
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_VERSION, handshake::VERSION);
        return Ok(response);
    }
    let accept_key = handshake::accept_key(headers)?;
    channels.admit().map_err(|close| {
        Error::new(ErrorCode::Unavailable, close.reason().to_owned())
            .with_retry_after(Duration::from_secs(1))
    })?;
    if retained_bytes(headers) > MAX_RETAINED_HEAD_BYTES {
        return Ok(respond_with(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "the headers of the WebSocket handshake are too large",
        ));
    }
    let share = state
        .websockets
        .take(ClientKey::of_request(head), 1)
        .map_err(busy)?;
    let upgrade = head
        .extensions()
        .get::<OnUpgrade>()
        .cloned()
        .ok_or_else(|| malformed("this connection does not support upgrades"))?;

    let authenticator = WebSocketAuthenticator {
        state: Arc::clone(state),
        head: retained_head(head),
        channels: channels.clone(),
        session: Arc::default(),
        _share: share,
    };
    tokio::spawn(serve_upgraded(upgrade, channels.clone(), authenticator));
    Ok(handshake::switching_protocols(accept_key))
}

async fn serve_upgraded<A: Authenticate>(
    upgrade: OnUpgrade,
    channels: Channels,
    authenticator: WebSocketAuthenticator<A>,
) {
    match upgrade.await {
        Ok(upgraded) => {
            let max_frame_bytes = channels.limits().max_frame_bytes;
            let transport = WebSocketTransport::new(TokioIo::new(upgraded), max_frame_bytes);
            let app = authenticator.state.calls.app().clone();
            // The connection runs in another task, so that the memory of the upgrade is released.
            tokio::spawn(channels.serve(&app, transport, authenticator));
        }
        Err(error) => tracing::debug!(%error, "the upgrade to a WebSocket failed"),
    }
}

fn cross_site() -> Error {
    Error::new(
        ErrorCode::CrossSite,
        "cross-site WebSocket, or a cookie without an `Origin` header: if the page that opened it is \
         yours, add its origin to the public origins",
    )
}
