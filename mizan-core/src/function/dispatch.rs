//! The steps of every call: policy, decoding, validation, `authorize`, then the function itself.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::FutureExt;

use super::affected::invalidations;
use super::{CallError, ServerFunction};
use crate::cx::Cx;
use crate::error::Error;
use crate::json;
use crate::principal::Principal;
use crate::reply_head::ReplyHead;

/// The reply to a dispatched call.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallReply {
    /// The output as JSON, or the error.
    pub result: Result<Bytes, Error>,
    /// The cookies, headers and invalidations that the function added.
    pub head: ReplyHead,
}

impl CallReply {
    /// Creates a reply with an empty head.
    #[must_use]
    pub fn new(result: Result<Bytes, Error>) -> Self {
        Self {
            result,
            head: ReplyHead::default(),
        }
    }

    /// Sets the head.
    #[must_use]
    pub fn with_head(mut self, head: ReplyHead) -> Self {
        self.head = head;
        self
    }
}

impl Cx {
    /// Calls another function with Rust values on behalf of the same caller.
    ///
    /// The call runs the same steps as one from a client, except for decoding: policy, validation,
    /// `authorize`, then the function itself.
    ///
    /// ```
    /// use mizan_core::{Cx, Error, client};
    ///
    /// #[client(query, auth = "staff")]
    /// async fn open_tickets() -> Result<u32, Error> {
    ///     Ok(3)
    /// }
    ///
    /// #[client(query)]
    /// async fn status(cx: &Cx) -> Result<String, Error> {
    ///     let tickets = cx.call(OpenTickets {}).await?;
    ///     Ok(format!("{tickets} open tickets"))
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`CallError::Refused`] if the policy, the validation or `authorize` rejects the call,
    /// and [`CallError::Failed`] with the error that the function returned.
    pub async fn call<F: ServerFunction>(
        &self,
        input: F,
    ) -> Result<F::Output, CallError<F::Error>> {
        run(self, None, || Ok(input)).await
    }

    /// Calls another function with Rust values on behalf of `principal`.
    ///
    /// The call has the same application state and request head. Cookies, headers and invalidations
    /// that it adds to its reply are dropped.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`call`](Self::call).
    pub async fn call_as<F: ServerFunction>(
        &self,
        principal: impl Into<Principal>,
        input: F,
    ) -> Result<F::Output, CallError<F::Error>> {
        let state = Arc::clone(self.shared_state());
        let head = Arc::clone(self.shared_head());
        Self::new(state, principal.into(), head).call(input).await
    }
}

async fn run<F: ServerFunction>(
    cx: &Cx,
    document: Option<&[u8]>,
    input: impl FnOnce() -> Result<F, Error>,
) -> Result<F::Output, CallError<F::Error>> {
    F::POLICY.decide(cx).await.into_result(cx.principal())?;
    let input = input()?;
    match document {
        Some(document) => input.validate_document(document),
        None => input.validate(),
    }
    .map_err(Error::invalid_fields)?;
    input.authorize(cx).await.into_result(cx.principal())?;
    input.call(cx).await.map_err(CallError::Failed)
}

/// Calls a function with its input as JSON.
pub(super) async fn dispatch<F: ServerFunction>(cx: Cx, input: Bytes) -> CallReply {
    let outcome = AssertUnwindSafe(async {
        let decode = || cx.uploads().decoding(|| json::decode_input(&input));
        let output = run::<F>(&cx, Some(&input), decode).await?;
        Ok(Bytes::from(json::encode_json(&output)?))
    })
    .catch_unwind()
    .await;
    let result = outcome.unwrap_or_else(|panic| Err(Error::from_panic(&*panic)));
    let mut head = cx.into_reply_head();
    if result.is_ok() && !F::AFFECTS.is_empty() {
        head.affects.splice(..0, invalidations(F::AFFECTS, &input));
    }
    CallReply {
        result: result.map_err(|error: Error| error.logged(F::NAME)),
        head,
    }
}
