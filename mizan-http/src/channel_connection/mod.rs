//! Connections of channels: their admission and the authentication of their clients, for all transports.

mod authenticator;
pub(crate) mod permissions;
mod retained_head;
mod session_watch;

use std::sync::Arc;
use std::time::Duration;

use http::{Response, StatusCode};
use mizan_channels::Channels;
use mizan_core::{Error, ErrorCode, RequestHead};

pub(crate) use self::authenticator::ConnectionAuthenticator;
use self::retained_head::{MAX_RETAINED_HEAD_BYTES, retained_bytes, retained_head};
use crate::authenticate::Authenticate;
use crate::client_budget::ClientKey;
use crate::response::ReplyBody;
use crate::response::busy::busy;
use crate::response::problem_details;
use crate::service::state::ServiceState;

/// Returns the channels of the application.
pub(crate) fn channels<A>(state: &ServiceState<A>) -> Result<&Channels, Error> {
    let channels = state.calls.app().state::<Channels>();
    channels.ok_or_else(|| Error::not_found("this server has no channels"))
}

/// Returns the response to a request whose headers are too large to be kept while its connection is open.
pub(crate) fn refuse_large_head(head: &RequestHead) -> Option<Response<ReplyBody>> {
    if retained_bytes(head.headers()) <= MAX_RETAINED_HEAD_BYTES {
        return None;
    }
    let message = "the headers of the request for a connection of channels are too large";
    let error = Error::new(ErrorCode::Malformed, message);
    let mut response = problem_details::response(&error, false);
    *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    Some(response)
}

/// Takes a place among the connections of the server and of the client, and returns the authenticator that holds it.
pub(crate) fn admit<A: Authenticate>(
    state: &Arc<ServiceState<A>>,
    head: &Arc<RequestHead>,
    channels: &Channels,
) -> Result<ConnectionAuthenticator<A>, Error> {
    channels.admit().map_err(|close| {
        Error::new(ErrorCode::Unavailable, close.reason().to_owned())
            .with_retry_after(Duration::from_secs(1))
    })?;
    let share = state
        .websockets
        .take(ClientKey::of_request(head), 1)
        .map_err(busy)?;
    Ok(ConnectionAuthenticator {
        state: Arc::clone(state),
        head: retained_head(head),
        channels: channels.clone(),
        session: Arc::default(),
        _share: share,
    })
}
