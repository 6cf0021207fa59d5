//! The request that opens a connection.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, Method, Response};
use mizan_channels::transport::SUBPROTOCOL;
use mizan_core::{Error, ErrorCode, RequestHead};
use serde_json::json;

use super::body::ChannelEvents;
use super::buffer::EventBuffer;
use super::connections::Owner;
use super::transport::EventTransport;
use crate::authenticate::Authenticate;
use crate::channel_connection;
use crate::response::ReplyBody;
use crate::service::state::{AllowedMethods, ServiceState};
use crate::streaming::{self, Event};

/// The header that names the protocol of the frames. A page of another site cannot set it without the permission of the
/// server.
const MIZAN_PROTOCOL: HeaderName = HeaderName::from_static("mizan-protocol");

/// A comment that fills the buffers of proxies that wait for a minimum of bytes before they forward a response.
const PADDING_BYTES: usize = 2 * 1024;

/// Opens a connection, and returns the response with its frames.
pub(crate) async fn open<A: Authenticate>(
    state: &Arc<ServiceState<A>>,
    head: &Arc<RequestHead>,
) -> Result<Response<ReplyBody>, Error> {
    let channels = channel_connection::channels(state)?;
    if *head.method() != Method::GET {
        return Ok(state.method_not_allowed(AllowedMethods::Read, head));
    }
    check_protocol(head.headers())?;
    if let Some(refused) = channel_connection::refuse_large_head(head) {
        return Ok(refused);
    }
    let authenticator = channel_connection::admit(state, head, channels)?;
    let owner = Owner::of(&state.authenticate(head).await?);
    let (registration, frames) = state.event_connections.add(owner);
    let buffer = EventBuffer::default();
    let opened = json!({ "connection": registration.id() });
    let start = [
        format!(":{}\n\n", " ".repeat(PADDING_BYTES)).as_bytes(),
        &Event::Open.encode(opened.to_string().as_bytes()),
    ]
    .concat();
    let closed = |_| Error::internal("the response ended before it began");
    buffer.push(&start).map_err(closed)?;
    let events = ChannelEvents::new(buffer.clone(), state.limits.stream_heartbeat);
    let transport = EventTransport::new(buffer, frames, registration);
    let app = state.calls.app();
    tokio::spawn(channels.serve(app, transport, authenticator));
    Ok(streaming::response(ReplyBody::channel_events(events)))
}

/// Checks the version of the protocol that a request names.
pub(super) fn check_protocol(headers: &HeaderMap) -> Result<(), Error> {
    match headers.get(MIZAN_PROTOCOL) {
        Some(protocol) if protocol == SUBPROTOCOL => Ok(()),
        _ => Err(Error::new(
            ErrorCode::Malformed,
            "the header `mizan-protocol` must be `mizan.v1.json`",
        )),
    }
}
