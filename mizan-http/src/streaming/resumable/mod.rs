//! Resumable streams: a task runs the function and appends its parts to a log of the broker, which clients read.

pub(crate) mod kept_logs;
mod log;
mod producer;
mod reader;
mod record;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use mizan_channels::Channels;
use mizan_core::adapter::FunctionEntry;
use mizan_core::channel::Position;
use mizan_core::{Error, ErrorCode, Principal, RequestHead};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use tokio::sync::oneshot;
use uuid::Uuid;

use self::log::{LogCursor, StreamLog, decode, unavailable};
use self::producer::Producer;
use self::reader::LogSource;
use self::record::{Begin, Record};
use super::access::access_check;
use super::active::StreamShare;
use super::body::{EventStream, StreamSettings};
use crate::authenticate::Authenticate;
use crate::body::payload::Payload;
use crate::calls::idempotency::IdempotencyKey;
use crate::response::ReplyBody;
use crate::response::{problem_details, reply};
use crate::service::state::ServiceState;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The response header with the id of a stream.
const MIZAN_STREAM: HeaderName = HeaderName::from_static("mizan-stream");

/// The maximum length of an id of a stream.
const MAX_ID_BYTES: usize = 64;

/// The call that a stream belongs to.
struct StreamCall {
    /// The offset of its record in the log.
    offset: u64,
    run: u128,
    function: String,
    owner: Option<String>,
    input: Bytes,
}

impl StreamCall {
    /// Returns whether the caller may read the stream of this call. Streams of other users do not exist for them.
    fn is_of(&self, function: &str, principal: &Principal) -> bool {
        self.function == function && self.owner.as_deref() == principal.id()
    }
}

/// Starts a resumable stream, or returns to one by its key or by the position in `Last-Event-ID`.
pub(crate) async fn handle<A: Authenticate>(
    state: &Arc<ServiceState<A>>,
    function: &FunctionEntry,
    principal: Principal,
    head: &Arc<RequestHead>,
    payload: Payload,
    key: Option<&IdempotencyKey>,
) -> Result<Response<ReplyBody>, Error> {
    if let Some(position) = last_event_id(head)? {
        return resume(state, function, &principal, head, position).await;
    }
    if payload.uploads.is_some() {
        let message = "a resumable stream accepts no files: send them with another call";
        return Err(Error::new(ErrorCode::UnsupportedMediaType, message));
    }
    let request = StreamRequest {
        state,
        function,
        principal: &principal,
        head,
    };
    state.calls.check_policy(function, &principal, head).await?;
    let place = state.streams.admit(head)?;
    let id = match key {
        Some(key) => keyed_id(function.name(), &principal, key),
        None => Uuid::new_v4().simple().to_string(),
    };
    let log = stream_log(state, &id)?;
    let mut cursor = log.attach(None).await?;
    if let Some(call) = current_call(&mut cursor) {
        return read(&request, &log, id, call, place).await;
    }
    // The function runs on when its client leaves, so it has a place of its own.
    let share = state.streams.admit(head)?;
    state.kept_logs.add(head, &payload.input)?;
    let run = Uuid::new_v4().as_u128();
    let input = if payload.input.trim_ascii().is_empty() {
        "{}"
    } else {
        std::str::from_utf8(&payload.input).unwrap_or_default()
    };
    let malformed = || Error::new(ErrorCode::Malformed, "the input is not JSON");
    let begin = Record::Begin(Begin {
        run,
        function: function.name().to_owned(),
        owner: principal.id().map(str::to_owned),
        input: serde_json::from_str::<&RawValue>(input).map_err(|_| malformed())?,
    });
    log.append(&begin, Some(format!("{run:x}.begin")))
        .await
        .map_err(|error| unavailable(&error))?;
    // Several clients may have begun at the same time: the first one in the log runs the function.
    let mut cursor = log.attach(None).await?;
    let call = current_call(&mut cursor).ok_or_else(unknown)?;
    if call.run != run {
        return read(&request, &log, id, call, place).await;
    }
    let mut stops = log.attach(None).await?;
    stops.skip_to(call.offset);
    let producer = Producer {
        calls: Arc::clone(&state.calls),
        limits: state.limits.clone(),
        function: function.clone(),
        principal: principal.clone(),
        head: Arc::clone(head),
        stops,
        log: log.clone(),
        run,
        share,
    };
    let (sender, started) = oneshot::channel();
    tokio::spawn(producer.run(payload, sender));
    let stopped = |_| Error::internal("the task of a resumable stream ended");
    match started.await.map_err(stopped)? {
        Ok(reply_head) => {
            let mut response = read(&request, &log, id, call, place).await?;
            reply::apply_head(reply_head, response.headers_mut());
            Ok(response)
        }
        Err(error) => Ok(problem_details::response(
            &error,
            state.is_outdated(head, &error),
        )),
    }
}

/// Stops the stream with this id, on whatever server it runs.
pub(crate) async fn stop<A: Authenticate>(
    state: &Arc<ServiceState<A>>,
    id: &str,
    head: &Arc<RequestHead>,
) -> Result<Response<ReplyBody>, Error> {
    if *head.method() != Method::DELETE {
        let message = "method not allowed: use DELETE";
        return Err(Error::new(ErrorCode::MethodNotAllowed, message));
    }
    let principal = state.authenticate(head).await?;
    if !is_id(id) {
        return Err(unknown());
    }
    let _place = state.streams.admit(head)?;
    let log = stream_log(state, id)?;
    let mut cursor = log.attach(None).await?;
    let call = current_call(&mut cursor).filter(|call| call.is_of(&call.function, &principal));
    if call.is_none() {
        return Err(unknown());
    }
    log.append(&Record::Stop, None)
        .await
        .map_err(|error| unavailable(&error))?;
    let mut response = Response::new(ReplyBody::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

/// Continues a stream after a position that its client received.
async fn resume<A: Authenticate>(
    state: &Arc<ServiceState<A>>,
    function: &FunctionEntry,
    principal: &Principal,
    head: &Arc<RequestHead>,
    (id, position): (String, Position),
) -> Result<Response<ReplyBody>, Error> {
    state.calls.check_policy(function, principal, head).await?;
    let place = state.streams.admit(head)?;
    let log = stream_log(state, &id)?;
    let mut cursor = log.attach(Some(&position)).await?;
    let is_known = *cursor.position.epoch == *position.epoch && position.offset <= cursor.top();
    let call = current_call(&mut cursor).filter(|_| is_known);
    let call = call.ok_or_else(unknown)?;
    let mut cursor = log.attach(Some(&position)).await?;
    cursor.skip_to(position.offset.max(call.offset));
    let request = StreamRequest {
        state,
        function,
        principal,
        head,
    };
    send(&request, id, call, cursor, place).await
}

/// A request that reads a stream.
struct StreamRequest<'a, A> {
    state: &'a Arc<ServiceState<A>>,
    function: &'a FunctionEntry,
    principal: &'a Principal,
    head: &'a Arc<RequestHead>,
}

/// Reads a stream from its beginning.
async fn read<A: Authenticate>(
    request: &StreamRequest<'_, A>,
    log: &StreamLog,
    id: String,
    call: StreamCall,
    place: StreamShare,
) -> Result<Response<ReplyBody>, Error> {
    let mut cursor = log.attach(None).await?;
    cursor.skip_to(call.offset);
    send(request, id, call, cursor, place).await
}

/// Sends the events from the position of `cursor`, if the caller may still make the call.
async fn send<A: Authenticate>(
    request: &StreamRequest<'_, A>,
    id: String,
    call: StreamCall,
    cursor: LogCursor,
    place: StreamShare,
) -> Result<Response<ReplyBody>, Error> {
    let StreamRequest {
        state,
        function,
        principal,
        head,
    } = *request;
    if !call.is_of(function.name(), principal) {
        return Err(unknown());
    }
    let access = access_check(state, function, head, call.input, None);
    access().await?;
    let header = HeaderValue::from_str(&id).map_err(|_| unknown())?;
    let source = Box::new(LogSource::new(id, cursor, state.limits.resumable_lease));
    let settings = StreamSettings::new(&state.limits);
    let events = EventStream::with_source(source, function.name(), place, access, settings);
    let mut response = super::response(ReplyBody::events(events));
    response.headers_mut().insert(MIZAN_STREAM, header);
    Ok(response)
}

fn stream_log<A>(state: &ServiceState<A>, id: &str) -> Result<StreamLog, Error> {
    let channels = state.calls.app().state::<Channels>();
    let channels = channels.ok_or_else(|| Error::internal("the app has no `Channels`"))?;
    let limits = &state.limits;
    Ok(StreamLog::new(
        channels.broker(),
        id,
        limits.max_resumable_parts,
        kept_logs::age(limits),
    ))
}

/// Returns the call that a log belongs to: the first one after the last one that was refused.
fn current_call(cursor: &mut LogCursor) -> Option<StreamCall> {
    let mut call = None;
    loop {
        let records = cursor.read()?;
        if records.is_empty() {
            return call;
        }
        for record in &records {
            match decode(&record.data) {
                Some(Record::Begin(begin)) if call.is_none() => {
                    call = Some(StreamCall {
                        offset: record.offset,
                        run: begin.run,
                        input: record.data.slice_ref(begin.input.get().as_bytes()),
                        function: begin.function,
                        owner: begin.owner,
                    });
                }
                Some(Record::Refused(_)) => call = None,
                // The function has returned its stream, so the call does not change any more.
                Some(Record::Part(_) | Record::Problem(_) | Record::End(_)) => return call,
                _ => {}
            }
        }
    }
}

/// Returns the id of the stream with a key, which differs for each user and function.
fn keyed_id(function: &str, principal: &Principal, key: &IdempotencyKey) -> String {
    let mut hasher = Sha256::new();
    for part in [
        function.as_bytes(),
        principal.id().unwrap_or_default().as_bytes(),
        key.as_bytes(),
    ] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.update([u8::from(principal.is_signed_in())]);
    let hash = hasher.finalize();
    hash.iter()
        .take(24)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Parses `Last-Event-ID`: the id of the stream, the epoch of the log and the offset, separated by `.`.
fn last_event_id(head: &RequestHead) -> Result<Option<(String, Position)>, Error> {
    let Some(value) = head.headers().get(LAST_EVENT_ID) else {
        return Ok(None);
    };
    let position = value.to_str().ok().and_then(|value| {
        let (id, rest) = value.split_once('.')?;
        let (epoch, offset) = rest.rsplit_once('.')?;
        let epoch = epoch.to_owned();
        let offset = offset.parse().ok()?;
        is_id(id).then(|| (id.to_owned(), Position { epoch, offset }))
    });
    position.map(Some).ok_or_else(unknown)
}

fn is_id(id: &str) -> bool {
    (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Returns the same error for streams that never existed, have expired, or belong to others.
fn unknown() -> Error {
    Error::not_found("there is no such stream")
}
