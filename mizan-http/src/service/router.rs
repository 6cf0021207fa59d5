//! Routing of a request to the call, batch, form or WebSocket that its path names.

use std::sync::Arc;

use http::{Method, Request, Response};
use http_body::Body;
use mizan_core::{Error, ErrorCode, RequestHead};

#[cfg(feature = "openapi")]
use super::state::AllowedMethods;
use super::state::ServiceState;
use crate::authenticate::Authenticate;
use crate::calls::{batch, call};
#[cfg(feature = "channels")]
use crate::channel_events;
use crate::forms::outcome::FormOutcome;
use crate::forms::submission;
use crate::response::ReplyBody;
use crate::response::{problem_details, reply};
#[cfg(feature = "channels")]
use crate::streaming::resumable;
#[cfg(feature = "channels")]
use crate::websocket::upgrade;

/// Answers a request. Its head is processed before the future is created, which keeps the future small.
pub(crate) fn answer<A: Authenticate, B: Body>(
    state: Arc<ServiceState<A>>,
    request: Request<B>,
) -> impl Future<Output = Response<ReplyBody>> {
    let is_allowed = state.cross_origin.allows(&request);
    let (parts, body) = request.into_parts();
    let client_addr = state
        .client_addresses
        .resolve(&parts.extensions, &parts.headers);
    let head = Arc::new(state.observe(RequestHead::new(parts, client_addr)));
    async move {
        let response = if is_allowed {
            route(&state, &head, body).await
        } else {
            Err(cross_site())
        };
        let response = response.unwrap_or_else(|error| {
            let is_outdated = state.is_outdated(&head, &error);
            problem_details::response(&error, is_outdated)
        });
        if *head.method() == Method::HEAD {
            reply::without_body(response)
        } else {
            response
        }
    }
}

async fn route<A: Authenticate, B: Body>(
    state: &Arc<ServiceState<A>>,
    head: &Arc<RequestHead>,
    body: B,
) -> Result<Response<ReplyBody>, Error> {
    let path = state.path(head);
    if let Some(name) = path.strip_prefix("/call/") {
        call::handle(state, state.find(name, head)?, head, body).await
    } else if path == "/batch" {
        batch::handle(state, head, body).await
    } else if let Some(name) = path.strip_prefix("/form/") {
        // Boxed, because the future of a form is large and would enlarge that of each call.
        match Box::pin(submission::handle(state, name, head, body)).await? {
            FormOutcome::Response(response) => Ok(response),
            FormOutcome::Redisplay(redisplay) => Ok(redisplay.into_response()),
        }
    } else {
        #[cfg(feature = "channels")]
        if let Some(id) = path.strip_prefix("/stream/") {
            return resumable::stop(state, id, head).await;
        }
        #[cfg(feature = "channels")]
        if path == "/ws" {
            return upgrade::handle(state, head);
        }
        #[cfg(feature = "channels")]
        if path == "/channels/events" {
            return channel_events::open(state, head).await;
        }
        #[cfg(feature = "channels")]
        if path == "/channels/send" {
            return channel_events::send(state, head, body).await;
        }
        #[cfg(feature = "openapi")]
        if let Some(document) = state.documents.find(path) {
            return Ok(if matches!(*head.method(), Method::GET | Method::HEAD) {
                document.response(head.headers())
            } else {
                state.method_not_allowed(AllowedMethods::Read, head)
            });
        }
        Err(Error::not_found("there is no resource at this path"))
    }
}

fn cross_site() -> Error {
    Error::new(
        ErrorCode::CrossSite,
        "cross-site request: if the page that sent it is yours, add its origin to the public origins",
    )
}
