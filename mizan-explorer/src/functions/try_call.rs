//! Calls that a developer tries.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use mizan_core::{Cx, Error, ErrorCode, Invalidation, RequestHead, client};
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::Serialize;

use super::outcome::{Outcome, collect_parts};
use super::steps::{StepOut, steps};
use crate::explored::Explored;

/// The time after which a call is dropped: before the deadline of the call of `try_call` itself.
const DEADLINE: Duration = Duration::from_secs(20);

/// The outcome of a call and everything that it did.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Trial {
    outcome: Outcome,
    /// The steps of the call, in their order. Empty if the call exceeded its deadline.
    steps: Vec<StepOut>,
    /// The queries that the call invalidated.
    stale: Vec<StaleQuery>,
    /// The names of the cookies that the reply would set.
    cookies: Vec<String>,
    /// The names of the headers that the reply would have.
    headers: Vec<String>,
    /// The duration of the whole call in milliseconds.
    milliseconds: f64,
}

/// A query that a call made stale.
#[derive(Debug, Serialize, JsonSchema, PartialEq)]
pub(crate) struct StaleQuery {
    /// The name of the query; `*` means all queries.
    query: String,
    /// The arguments that must match, as JSON; `null` for all inputs.
    input: Option<String>,
    /// True if the output of the call is the new data of the query.
    is_returned: bool,
}

/// Calls a function of the application, and returns its outcome with the steps of the call.
///
/// The call has no cookies or headers of the browser, and its reply sets none.
#[client(auth = "anyone")]
pub(crate) async fn try_call(
    cx: &Cx,
    /// The name of the function on the wire.
    function: String,
    /// The input as JSON. Text, so that it reaches the function unchanged.
    input: String,
    /// The name of a test principal; `null` for an anonymous caller.
    principal: Option<String>,
) -> Result<Trial, Error> {
    let explored = cx.state::<Explored>();
    let entry = explored
        .app
        .function(&function)
        .ok_or_else(|| Error::not_found("the application has no function with this name"))?;
    let principal = explored.principals.find(principal.as_deref()).await?;
    let head = Arc::new(head(cx, explored, entry.kind().is_safe(), &function));
    let call = entry.dispatch(
        explored.app.context(principal, Arc::clone(&head)),
        Bytes::from(input),
    );

    let began = Instant::now();
    let Ok(reply) = tokio::time::timeout(DEADLINE, call).await else {
        head.cancellation().cancel();
        let error = Error::new(
            ErrorCode::DeadlineExceeded,
            "the call took longer than 20 seconds",
        );
        return Ok(Trial {
            outcome: Outcome::of_error(&error),
            steps: Vec::new(),
            stale: Vec::new(),
            cookies: Vec::new(),
            headers: Vec::new(),
            milliseconds: began.elapsed().as_secs_f64() * 1e3,
        });
    };
    let mut affects = reply.head.affects;
    let mut background = reply.background;
    let succeeded = reply.result.is_ok();
    let outcome = match (reply.result, reply.download, reply.stream) {
        (Err(error), _, _) => Outcome::of_error(&error),
        (Ok(_), Some(download), _) => Outcome::of_download(&download),
        (Ok(_), None, Some(stream)) => {
            let (outcome, mut end) =
                collect_parts(*stream, DEADLINE.saturating_sub(began.elapsed())).await;
            affects.append(&mut end.affects);
            background = end.background;
            outcome
        }
        (Ok(json), None, None) => Outcome::of_json(&json),
    };
    let milliseconds = began.elapsed().as_secs_f64() * 1e3;
    cx.after_reply(async move {
        let to_its_end = |work: BoxFuture<'static, _>| work.map(Some);
        background.run(&function, to_its_end).await;
        Ok(())
    });
    Ok(Trial {
        outcome,
        steps: reply
            .timings
            .map(|timings| steps(&timings, succeeded))
            .unwrap_or_default(),
        stale: affects.iter().map(StaleQuery::new).collect(),
        cookies: reply
            .head
            .cookies
            .iter()
            .map(|cookie| cookie.name().to_owned())
            .collect(),
        headers: reply.head.headers.keys().map(ToString::to_string).collect(),
        milliseconds,
    })
}

/// Returns the head that a request for the call would have, with only the host of the browser's request.
fn head(cx: &Cx, explored: &Explored, is_safe: bool, function: &str) -> RequestHead {
    let mut request = http::Request::new(());
    *request.method_mut() = if is_safe {
        http::Method::GET
    } else {
        http::Method::POST
    };
    if let Ok(uri) = format!("{}/call/{function}", explored.api_path).parse() {
        *request.uri_mut() = uri;
    }
    if let Some(host) = cx.head().headers().get(http::header::HOST) {
        request
            .headers_mut()
            .insert(http::header::HOST, host.clone());
    }
    RequestHead::new(request.into_parts().0, cx.head().client_addr()).with_timings()
}

impl StaleQuery {
    /// Reads the format of the header `mizan-affects`.
    fn new(invalidation: &Invalidation) -> Self {
        let text = invalidation.to_string();
        let (_, arguments) = text.split_once('?').unwrap_or((&text, ""));
        let mut arguments = arguments.split('&');
        let is_returned = arguments.clone().any(|argument| argument == "returns");
        let input = arguments.find_map(|argument| argument.strip_prefix("input="));
        Self {
            query: invalidation.query().to_owned(),
            input: input.map(|input| percent_decode_str(input).decode_utf8_lossy().into_owned()),
            is_returned,
        }
    }
}

#[cfg(test)]
mod tests {
    use mizan_core::Invalidation;

    use super::StaleQuery;

    #[test]
    fn reads_invalidations_with_and_without_arguments() {
        let thread = Invalidation::of("thread").with("title", "a & b?");
        assert_eq!(
            StaleQuery::new(&thread),
            StaleQuery {
                query: "thread".to_owned(),
                input: Some(r#"{"title":"a & b?"}"#.to_owned()),
                is_returned: false,
            }
        );
        assert_eq!(StaleQuery::new(&"inbox".into()).input, None);
    }
}
