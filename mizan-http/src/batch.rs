//! Several queries in one request, each answered on a line of its own as soon as it is done.

use std::sync::Arc;

use bytes::Bytes;
use mizan_core::{Error, ErrorCode, Principal, RequestHead};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::task::JoinSet;

use crate::body::ReplyBody;
use crate::body_budget::HeldShare;
use crate::call::Calls;
use crate::problem::Problem;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BatchCall<'a> {
    name: String,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct ErrorLine<'a> {
    index: usize,
    error: Problem<'a>,
}

/// Starts the calls of a batch, and answers with the lines to come.
///
/// Each call is a task, so that it ends and makes room for others whether or not the client reads
/// the answers. Dropping the reply ends them all.
pub(crate) fn run(
    calls: &Arc<Calls>,
    body: &Bytes,
    most: usize,
    principal: &Principal,
    head: &RequestHead,
    outdated_client: bool,
    held: HeldShare,
) -> Result<ReplyBody, Error> {
    let batch: Vec<BatchCall<'_>> = serde_json::from_slice(body).map_err(|_| {
        Error::new(
            ErrorCode::Malformed,
            "a batch is an array of calls: [{\"name\": .., \"input\": ..}, ..]",
        )
    })?;
    if batch.len() > most {
        return Err(Error::new(
            ErrorCode::TooLarge,
            format!("a batch holds at most {most} calls"),
        ));
    }
    let held = Arc::new(held);
    let mut lines = JoinSet::new();
    for (index, BatchCall { name, input }) in batch.into_iter().enumerate() {
        let input = input
            .map(|input| body.slice_ref(input.get().as_bytes()))
            .unwrap_or_default();
        let (calls, principal, head) = (Arc::clone(calls), principal.clone(), head.clone());
        let held = Arc::clone(&held);
        lines.spawn(async move {
            let _held = held;
            let result = calls.read(&name, principal, head, input).await;
            line(index, &result, outdated_client)
        });
    }
    Ok(ReplyBody::lines(lines))
}

fn line(index: usize, result: &Result<Bytes, Error>, outdated_client: bool) -> Bytes {
    let mut line = match result {
        Ok(output) => [
            format!("{{\"index\":{index},\"output\":").as_bytes(),
            output,
            b"}",
        ]
        .concat(),
        Err(error) => serde_json::to_vec(&ErrorLine {
            index,
            error: Problem::new(error, outdated_client),
        })
        .expect("a problem has string keys alone"),
    };
    // A type may write its own JSON, over several lines. Within strings, JSON has no line breaks.
    for byte in &mut line {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    line.push(b'\n');
    Bytes::from(line)
}
