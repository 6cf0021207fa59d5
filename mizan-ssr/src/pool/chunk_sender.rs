//! The sender of a streamed render's chunks.

use super::job_deadline::ChunkQueue;
use crate::engine::Host;
use crate::output::RenderChunk;

/// Sends the markup of a render to the reader of the stream.
pub(super) struct ChunkSender<'a> {
    chunks: &'a ChunkQueue,
    /// The component's module.
    id: &'a str,
    shell_sent: bool,
}

impl<'a> ChunkSender<'a> {
    pub(super) fn new(chunks: &'a ChunkQueue, id: &'a str) -> Self {
        Self {
            chunks,
            id,
            shell_sent: false,
        }
    }

    /// Sends the markup emitted so far. Returns `false` if the stream was dropped.
    pub(super) fn send(&mut self, host: &Host) -> bool {
        let Some((markup, data)) = host.take_chunk() else {
            return !self.chunks.is_closed();
        };
        let styles = if self.shell_sent {
            Vec::new()
        } else {
            host.style_sheets(self.id)
        };
        self.shell_sent = true;
        let chunk = RenderChunk {
            markup,
            data,
            styles,
        };
        self.chunks.send(Ok(chunk)).is_ok()
    }
}
