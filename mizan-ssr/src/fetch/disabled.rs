//! The types of a build without the feature `fetch`. They have no values.

use std::sync::Arc;

use crossbeam_channel::Receiver;

use super::event::FetchEvent;

/// The client of a renderer, which does not exist.
pub(crate) enum FetchClient {}

/// The requests of a render, which do not exist.
pub(crate) enum Fetches {}

impl Fetches {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the signature with the feature"
    )]
    pub(crate) fn new(client: Arc<FetchClient>) -> Self {
        match *client {}
    }

    pub(crate) fn start(&mut self, _described: &str, _body: Option<&[u8]>) -> Result<u32, String> {
        match *self {}
    }

    pub(crate) fn read(&mut self, _id: u32) {
        match *self {}
    }

    pub(crate) fn cancel(&mut self, _id: u32) {
        match *self {}
    }

    pub(crate) fn pending_events(&self) -> Option<&Receiver<FetchEvent>> {
        match *self {}
    }

    pub(crate) fn record(&mut self, _event: &FetchEvent) -> bool {
        match *self {}
    }
}
