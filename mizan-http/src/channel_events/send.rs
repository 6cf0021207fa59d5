//! The requests with which a client sends frames.

use std::str;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Method, Response, StatusCode};
use http_body::Body;
use mizan_core::{Error, ErrorCode, RequestHead};

use super::connections::{EventConnection, MAX_WAITING_FRAMES, Owner};
use super::open::check_protocol;
use crate::authenticate::Authenticate;
use crate::body::body_budget::Destination;
use crate::body::read::read_bytes;
use crate::channel_connection;
use crate::client_budget::ClientKey;
use crate::response::ReplyBody;
use crate::service::state::{AllowedMethods, ServiceState};

/// The header with the id of the connection. It is not in the URL, because URLs are logged.
const MIZAN_CONNECTION: HeaderName = HeaderName::from_static("mizan-connection");

/// The header with the number of the request in its connection, which begins with 0.
const MIZAN_SEQUENCE: HeaderName = HeaderName::from_static("mizan-sequence");

/// The maximum time that a request waits for places among the frames that its session has not processed.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Passes the frames of a request, one in each line, to the session of its connection.
pub(crate) async fn send<A: Authenticate, B: Body>(
    state: &Arc<ServiceState<A>>,
    head: &Arc<RequestHead>,
    body: B,
) -> Result<Response<ReplyBody>, Error> {
    let channels = channel_connection::channels(state)?;
    if *head.method() != Method::POST {
        return Ok(state.method_not_allowed(AllowedMethods::Post, head));
    }
    let headers = head.headers();
    check_protocol(headers)?;
    let sequence = sequence(headers)?;
    let owner = Owner::of(&state.authenticate(head).await?);
    let id = headers.get(MIZAN_CONNECTION);
    let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
    let connection = state.event_connections.find(id, &owner).ok_or_else(gone)?;
    let client = ClientKey::of_request(head);
    let mut share = state.bodies.admit(client, &body, Destination::Memory)?;
    let body = read_bytes(headers, body, &state.limits, &mut share).await?;
    let frames = frames(&body, channels.limits().max_frame_bytes)?;
    let passed = pass_on(&connection, sequence, frames);
    match tokio::time::timeout(SEND_TIMEOUT, passed).await {
        Ok(result) => result?,
        Err(_) => return Err(Error::new(ErrorCode::Unavailable, "the connection is busy")),
    }
    let mut response = Response::new(ReplyBody::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// Passes frames to the session, once for each number, in the order of the numbers.
async fn pass_on(
    connection: &EventConnection,
    sequence: u64,
    frames: Vec<Bytes>,
) -> Result<(), Error> {
    let mut next_request = connection.next_request.lock().await;
    if sequence < *next_request {
        // A proxy has repeated the request.
        return Ok(());
    }
    if sequence > *next_request {
        let message = "a request of the connection is missing: send one after the other";
        return Err(Error::new(ErrorCode::Conflict, message));
    }
    // All places are taken before the first frame is passed on, so that a request that times out passes on none.
    let mut places = connection
        .frames
        .reserve_many(frames.len())
        .await
        .map_err(|_| gone())?;
    *next_request += 1;
    for frame in frames {
        if let Some(place) = places.next() {
            place.send(frame);
        }
    }
    Ok(())
}

/// Returns the number of a request.
fn sequence(headers: &HeaderMap) -> Result<u64, Error> {
    let sequence = headers.get(MIZAN_SEQUENCE);
    let sequence = sequence.and_then(|sequence| sequence.to_str().ok()?.parse().ok());
    sequence.ok_or_else(|| {
        let message = "the header `mizan-sequence` must be the number of the request";
        Error::new(ErrorCode::Malformed, message)
    })
}

/// Splits a body into frames.
fn frames(body: &Bytes, max_frame_bytes: usize) -> Result<Vec<Bytes>, Error> {
    if str::from_utf8(body).is_err() {
        return Err(Error::new(ErrorCode::Malformed, "the frames are not UTF-8"));
    }
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let frames: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    if frames.len() > MAX_WAITING_FRAMES {
        let message = format!("more than {MAX_WAITING_FRAMES} frames in one request");
        return Err(Error::new(ErrorCode::TooLarge, message));
    }
    if frames.iter().any(|frame| frame.len() > max_frame_bytes) {
        let message = format!("a frame is larger than {max_frame_bytes} bytes");
        return Err(Error::new(ErrorCode::TooLarge, message));
    }
    // Copied, so that a small frame does not keep the memory of the whole body.
    Ok(frames.into_iter().map(Bytes::copy_from_slice).collect())
}

/// Returns the error for a connection that has ended, never existed, or belongs to another user.
fn gone() -> Error {
    Error::not_found("this connection of channels is not open")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_lines_within_the_limits() {
        let split = |text: &str| frames(&Bytes::copy_from_slice(text.as_bytes()), 8);
        assert_eq!(split("{}\r\n\n[1]\n").unwrap(), ["{}", "[1]"]);
        assert_eq!(
            split("12345678\n123456789").unwrap_err().code(),
            "too_large"
        );
        let many = "1\n".repeat(MAX_WAITING_FRAMES);
        assert_eq!(split(&many).unwrap().len(), MAX_WAITING_FRAMES);
        assert_eq!(split(&(many + "1")).unwrap_err().code(), "too_large");
        assert!(frames(&Bytes::from_static(b"\xff"), 8).is_err());
    }
}
