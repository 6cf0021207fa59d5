//! The destination of a streamed render's chunks.

use super::job_deadline::ChunkQueue;
use crate::engine::Host;
use crate::error::RenderError;
use crate::output::RenderChunk;

/// A chunk of a stream, or the error that ends it.
pub(crate) type ChunkResult = Result<RenderChunk, RenderError>;

/// The destination of the chunks of a streamed render.
pub(super) enum ChunkSender<'a> {
    /// The reader of the stream.
    Queue(&'a ChunkQueue),
    /// The caller, on whose thread the render runs.
    Caller(&'a mut Vec<ChunkResult>),
}

impl ChunkSender<'_> {
    /// Sends the markup emitted so far of a render of the module `id`. Returns `false` if the stream was dropped.
    pub(super) fn send(&mut self, host: &Host, id: &str, shell_sent: &mut bool) -> bool {
        let Some((markup, data)) = host.take_chunk() else {
            return !self.is_closed();
        };
        let styles = if *shell_sent {
            Vec::new()
        } else {
            host.style_sheets(id)
        };
        *shell_sent = true;
        let chunk = Ok(RenderChunk {
            markup,
            data,
            styles,
        });
        match self {
            Self::Queue(queue) => queue.send(chunk).is_ok(),
            Self::Caller(chunks) => {
                chunks.push(chunk);
                true
            }
        }
    }

    /// Returns whether the reader dropped the stream.
    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::Queue(queue) => queue.is_closed(),
            Self::Caller(_) => false,
        }
    }
}
