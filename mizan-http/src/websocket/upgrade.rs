//! The upgrade of a request to a WebSocket.

use std::sync::Arc;

use http::{Method, Response, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use mizan_channels::Channels;
use mizan_core::{Error, ErrorCode, RequestHead};

use super::handshake::{self, malformed};
use super::transport::WebSocketTransport;
use crate::authenticate::Authenticate;
use crate::channel_connection::{self, ConnectionAuthenticator};
use crate::response::ReplyBody;
use crate::response::problem_details;
use crate::service::state::{AllowedMethods, ServiceState};

/// Accepts a WebSocket with status 101, and serves it in a separate task.
pub(crate) fn handle<A: Authenticate>(
    state: &Arc<ServiceState<A>>,
    head: &Arc<RequestHead>,
) -> Result<Response<ReplyBody>, Error> {
    let channels = channel_connection::channels(state)?;
    if *head.method() != Method::GET {
        return Ok(state.method_not_allowed(AllowedMethods::Read, head));
    }
    let headers = head.headers();
    if !state.cross_origin.allows_websocket(head.uri(), headers) {
        return Err(cross_site());
    }
    handshake::check_upgrade(headers)?;
    if !handshake::is_version_supported(headers) {
        let error = malformed("the version of the WebSocket protocol must be 13");
        let mut response = problem_details::response(&error, false);
        *response.status_mut() = StatusCode::UPGRADE_REQUIRED;
        response
            .headers_mut()
            .insert(header::SEC_WEBSOCKET_VERSION, handshake::VERSION);
        return Ok(response);
    }
    let accept_key = handshake::accept_key(headers)?;
    if let Some(refused) = channel_connection::refuse_large_head(head) {
        return Ok(refused);
    }
    let authenticator = channel_connection::admit(state, head, channels)?;
    let upgrade = head
        .extensions()
        .get::<OnUpgrade>()
        .cloned()
        .ok_or_else(|| malformed("this connection does not support upgrades"))?;
    tokio::spawn(serve_upgraded(upgrade, channels.clone(), authenticator));
    Ok(handshake::switching_protocols(accept_key))
}

async fn serve_upgraded<A: Authenticate>(
    upgrade: OnUpgrade,
    channels: Channels,
    authenticator: ConnectionAuthenticator<A>,
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
