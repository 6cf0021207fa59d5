//! The subscription to a live query, in place of a channel's.

use std::future::ready;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use mizan_core::adapter::{DynSubscription, FunctionEntry, SnapshotReply};
use mizan_core::{Cx, Error, ErrorCode};

use super::arguments::Arguments;
use super::quota::{LiveQuota, LiveShare};
use super::shared::SharedResult;
use crate::limits::ConnectionLimits;

/// A function with the input of a subscriber, who is authorized like a caller of the function.
pub(crate) struct LiveHandler {
    function: FunctionEntry,
    input: Bytes,
    target: LiveTarget,
    _share: LiveShare,
}

/// The invalidations that a subscriber receives.
#[derive(Clone)]
pub(crate) struct LiveTarget {
    /// The name of the function that invalidations contain.
    pub(super) function: &'static str,
    /// `None` for an earlier version of the function, whose arguments may have other names.
    pub(super) arguments: Option<Arguments>,
    pub(super) shared: Option<Arc<SharedResult>>,
}

impl LiveHandler {
    /// Creates the subscription of a client.
    ///
    /// # Errors
    ///
    /// Returns an error if the input is not an object, or if a limit is reached.
    pub(crate) fn new(
        function: &FunctionEntry,
        input: &Bytes,
        client: Option<IpAddr>,
        limits: &ConnectionLimits,
        quota: &Arc<LiveQuota>,
        shared: Option<Arc<SharedResult>>,
    ) -> Result<Self, Error> {
        let max_bytes = limits.max_live_input_bytes;
        if input.len() > max_bytes {
            let message =
                format!("the input of a live query must not be larger than {max_bytes} bytes");
            return Err(Error::new(ErrorCode::Malformed, message));
        }
        let arguments = Arguments::parse(input)
            .map_err(|error| Error::new(ErrorCode::Malformed, format!("invalid input: {error}")))?;
        let share = quota.take(client).ok_or_else(|| {
            Error::new(
                ErrorCode::RateLimited,
                "too many live queries; try again later",
            )
        })?;
        Ok(Self {
            function: function.clone(),
            input: input.clone(),
            target: LiveTarget {
                function: function.runs(),
                arguments: (!function.is_previous()).then_some(arguments),
                shared,
            },
            _share: share,
        })
    }

    pub(crate) fn target(&self) -> &LiveTarget {
        &self.target
    }
}

impl DynSubscription for LiveHandler {
    fn group(&self) -> String {
        String::new()
    }

    fn authorize(self: Arc<Self>, cx: Cx) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move { self.function.check_access(&cx, &self.input).await })
    }

    fn snapshot(self: Arc<Self>, _: Cx) -> BoxFuture<'static, SnapshotReply> {
        Box::pin(ready(Ok(None)))
    }

    fn member(
        self: Arc<Self>,
        _: Cx,
    ) -> BoxFuture<'static, Result<Option<(String, Bytes)>, Error>> {
        Box::pin(ready(Ok(None)))
    }

    fn check_limits<'a>(&'a self, _: &'a Cx) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(ready(Ok(())))
    }

    fn receive(self: Arc<Self>, _: Cx, _: Bytes) -> BoxFuture<'static, Result<Bytes, Error>> {
        Box::pin(ready(Err(Error::new(
            ErrorCode::MethodNotAllowed,
            "a live query accepts no messages",
        ))))
    }
}
