//! Messages from requests to their render.

use bytes::Bytes;

/// A message from a request to its render.
#[derive(Debug)]
pub(crate) struct FetchEvent {
    pub(crate) id: u32,
    pub(crate) kind: FetchEventKind,
}

/// The content of a [`FetchEvent`].
#[derive(Debug)]
#[cfg_attr(
    not(feature = "fetch"),
    expect(dead_code, reason = "without the feature no request exists")
)]
pub(crate) enum FetchEventKind {
    /// The head of the response as JSON.
    Response(String),
    /// A part of the body.
    Chunk(Bytes),
    End,
    Error(String),
}
