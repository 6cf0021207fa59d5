//! Batches of queries in one request, whose results are streamed as they become available.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Response};
use http_body::Body;
use mizan_core::adapter::ClientVersion;
use mizan_core::function::CallOrigin;
use mizan_core::{Error, ErrorCode, RequestHead};
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::live::LivePosition;
use crate::authenticate::Authenticate;
use crate::body::body_budget::Destination;
use crate::body::read::read_json;
use crate::client_budget::ClientKey;
use crate::response::ReplyBody;
use crate::response::problem_document::ProblemDetails;
use crate::response::reply;
use crate::service::state::{AllowedMethods, ServiceState};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchCall<'a> {
    name: String,
    /// The contract of the function from which the client was generated.
    #[serde(default)]
    contract: Option<String>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    index: usize,
    error: ProblemDetails<'a>,
}

/// Starts the calls of a batch, and returns a response that streams one line for each call.
///
/// Each call is a task, so that it finishes and releases its permit even if the client does not read the
/// response. Dropping the response body cancels all of them.
pub(crate) async fn handle<A: Authenticate, B: Body>(
    state: &ServiceState<A>,
    head: &Arc<RequestHead>,
    body: B,
) -> Result<Response<ReplyBody>, Error> {
    if *head.method() != Method::POST {
        return Ok(state.method_not_allowed(AllowedMethods::Post, head));
    }
    let principal = state.authenticate(head).await?;
    let mut share = state
        .bodies
        .admit(ClientKey::of_request(head), &body, Destination::Memory)?;
    let body = read_json(head.headers(), body, &state.limits, &mut share).await?;
    let share = Arc::new(share.finish_reading());

    let mut lines = JoinSet::new();
    let calls = parse(&body, state.limits.max_batch_calls)?;
    for (index, call) in calls.into_iter().enumerate() {
        let input = call
            .input
            .map(|input| body.slice_ref(input.get().as_bytes()))
            .unwrap_or_default();
        let BatchCall { name, contract, .. } = call;
        let (calls, principal) = (Arc::clone(&state.calls), principal.clone());
        // Each call has its own copy of the head, which carries its cancellation.
        let head = RequestHead::clone(head).with_origin(CallOrigin::Batch);
        let share = Arc::clone(&share);
        let call = async move {
            let _share = share;
            let (client, function) = calls.app().resolve(&name, contract.as_deref());
            let live = function.as_ref().ok();
            let live = live.and_then(|function| LivePosition::current(calls.app(), function));
            let result = calls.run_read(function, principal, head, input).await;
            to_line(index, &result, live.as_ref(), client)
        };
        lines.spawn(call.in_current_span());
    }
    let lines = ReplyBody::lines(lines);
    Ok(reply::response(lines, "application/jsonl", "no-store"))
}

fn parse(body: &Bytes, max_calls: usize) -> Result<Vec<BatchCall<'_>>, Error> {
    let batch: Vec<BatchCall<'_>> = serde_json::from_slice(body).map_err(|_| {
        Error::new(
            ErrorCode::Malformed,
            "a batch is an array of calls: [{\"name\": .., \"input\": ..}, ..]",
        )
    })?;
    if batch.len() > max_calls {
        return Err(Error::new(
            ErrorCode::TooLarge,
            format!("the batch has more than {max_calls} calls"),
        ));
    }
    Ok(batch)
}

fn to_line(
    index: usize,
    result: &Result<Bytes, Error>,
    live: Option<&LivePosition>,
    client: ClientVersion,
) -> Bytes {
    let mut line = match result {
        Ok(output) => {
            let live = live.map(|live| format!(",\"live\":{}", json!(live.as_str())));
            let start = format!(
                "{{\"index\":{index}{},\"output\":",
                live.unwrap_or_default()
            );
            [start.as_bytes(), output, b"}"].concat()
        }
        Err(error) => serde_json::to_vec(&ErrorLine {
            index,
            error: ProblemDetails::new(error, client.is_outdated_by(error.code())),
        })
        .expect("all keys of a problem are strings"),
    };
    // A type with its own serializer may write JSON with line breaks. Strings in JSON contain none.
    for byte in &mut line {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    line.push(b'\n');
    Bytes::from(line)
}
