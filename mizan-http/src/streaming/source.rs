//! The sources of the events of a stream: a running function, or the log of a resumable stream.

use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::StreamExt as _;
use mizan_core::Error;
use mizan_core::adapter::CallStream;

use crate::calls::resources::StreamResources;

/// A part of a stream.
pub(super) struct Part {
    /// The position after which a client can continue, for a resumable stream.
    pub(super) id: Option<String>,
    pub(super) json: Bytes,
}

/// The error that ends a stream.
pub(super) enum StreamError {
    Error(Error),
    /// A problem document from a log.
    #[cfg(feature = "channels")]
    Document(Bytes),
}

/// A source of parts, which is polled when the server takes the next event.
pub(super) trait Source: Send {
    /// Returns the next part, or `None` after the last one.
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Part, StreamError>>>;

    /// Ends the source with `error` on behalf of the server.
    fn fail(&mut self, error: Error) -> Error;

    /// Ends the source because its client has left or does not read.
    fn leave(&mut self);

    /// Returns the invalidated queries after the end, in the format of the header `mizan-affects`.
    fn finish(self: Box<Self>) -> String;
}

/// A function that runs as fast as its client reads.
pub(super) struct CallSource {
    pub(super) stream: Box<CallStream>,
    pub(super) resources: StreamResources,
}

impl Source for CallSource {
    fn poll_part(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Part, StreamError>>> {
        self.stream.poll_next_unpin(cx).map(|part| {
            part.map(|part| match part {
                Ok(json) => Ok(Part { id: None, json }),
                Err(error) => Err(StreamError::Error(error)),
            })
        })
    }

    fn fail(&mut self, error: Error) -> Error {
        self.stream.fail(error)
    }

    fn leave(&mut self) {
        self.resources.cancel();
    }

    fn finish(self: Box<Self>) -> String {
        let end = self.stream.finish();
        self.resources.run_background(end.background);
        affects(&end.affects)
    }
}

/// Returns invalidated queries in the format of the header `mizan-affects`.
pub(super) fn affects(invalidations: &[mizan_core::Invalidation]) -> String {
    let entries: Vec<_> = invalidations.iter().map(ToString::to_string).collect();
    entries.join(",")
}
