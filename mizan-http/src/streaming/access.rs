//! The repeated check whether a client may still receive a stream.

use std::pin::pin;
use std::sync::Arc;

use bytes::Bytes;
use mizan_core::adapter::{FunctionEntry, Uploads};
use mizan_core::{Error, ErrorCode, RequestHead};

use super::body::AccessCheck;
use crate::authenticate::Authenticate;
use crate::service::state::ServiceState;
use crate::timeout::LazyTimeout;

/// Returns a check for the call that a client made with a request.
pub(crate) fn access_check<A: Authenticate>(
    state: &Arc<ServiceState<A>>,
    function: &FunctionEntry,
    head: &Arc<RequestHead>,
    input: Bytes,
    uploads: Option<Uploads>,
) -> AccessCheck {
    let (state, function, head) = (Arc::clone(state), function.clone(), Arc::clone(head));
    Box::new(move || {
        let (state, function, head) = (Arc::clone(&state), function.clone(), Arc::clone(&head));
        let (input, uploads) = (input.clone(), uploads.clone());
        Box::pin(async move {
            let principal = state.authenticate(&head).await?;
            let mut cx = state.calls.app().context(principal, head);
            if let Some(uploads) = uploads {
                cx = cx.with_uploads(uploads);
            }
            let check = pin!(function.check_access(&cx, &input));
            let checked = LazyTimeout::new(state.limits.call_deadline, check).await;
            checked.unwrap_or_else(|| {
                let message = "the check of the permission exceeded its deadline";
                Err(Error::new(ErrorCode::DeadlineExceeded, message))
            })
        })
    })
}
