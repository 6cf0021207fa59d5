//! The stream of a component's markup.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use tracing::Span;

use crate::error::RenderError;
use crate::output::RenderChunk;

/// The markup of a component in chunks: first the shell, then the suspended parts as they complete.
///
/// Dropping the stream cancels the render. An error in the stream occurred after the shell.
///
/// ```no_run
/// use futures_util::StreamExt;
/// use mizan_ssr::{RenderError, Renderer};
///
/// async fn print(renderer: &Renderer) -> Result<(), RenderError> {
///     let mut chunks = renderer.render_stream("Hello.tsx", &()).await?;
///     while let Some(chunk) = chunks.next().await {
///         println!("{}", String::from_utf8_lossy(&chunk?));
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct RenderStream {
    shell: Option<RenderChunk>,
    styles: Vec<String>,
    /// `None` if the shell is the complete stream.
    chunks: Option<mpsc::UnboundedReceiver<Result<RenderChunk, RenderError>>>,
    /// Runs the server functions that the component calls.
    _calls: Option<AbortOnDropHandle<()>>,
    /// The span of the render, which ends with the stream.
    span: Span,
}

impl RenderStream {
    pub(super) fn new(
        mut shell: RenderChunk,
        chunks: mpsc::UnboundedReceiver<Result<RenderChunk, RenderError>>,
        calls: Option<AbortOnDropHandle<()>>,
    ) -> Self {
        Self {
            styles: std::mem::take(&mut shell.styles),
            shell: Some(shell),
            chunks: Some(chunks),
            _calls: calls,
            span: Span::current(),
        }
    }

    /// Creates a stream whose chunks are all available.
    ///
    /// # Errors
    ///
    /// Returns the error of the shell.
    pub(super) fn complete(
        chunks: Vec<Result<RenderChunk, RenderError>>,
    ) -> Result<Self, RenderError> {
        let mut chunks = chunks.into_iter();
        let mut shell = chunks
            .next()
            .unwrap_or_else(|| Ok(RenderChunk::default()))?;
        if chunks.len() == 0 {
            return Ok(Self {
                styles: std::mem::take(&mut shell.styles),
                shell: Some(shell),
                chunks: None,
                _calls: None,
                span: Span::current(),
            });
        }
        let (sender, receiver) = mpsc::unbounded_channel();
        for chunk in chunks {
            // The receiver is not dropped yet.
            let _ = sender.send(chunk);
        }
        Ok(Self::new(shell, receiver, None))
    }

    /// Returns the shell if it is the complete stream.
    pub(crate) fn take_complete(&mut self) -> Option<Bytes> {
        let shell = self.chunks.is_none().then(|| self.shell.take()).flatten();
        shell.map(|shell| with_results(shell, true))
    }

    /// Returns the files of the style sheets that the modules of the shell import, in import order.
    #[must_use]
    pub fn styles(&self) -> &[String] {
        &self.styles
    }

    /// Returns the span of the render, for log messages about later chunks.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// Polls for the next chunk, with the data apart from the markup.
    pub(crate) fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<RenderChunk, RenderError>>> {
        if let Some(shell) = self.shell.take() {
            return Poll::Ready(Some(Ok(shell)));
        }
        let Some(chunks) = &mut self.chunks else {
            return Poll::Ready(None);
        };
        let chunk = ready!(chunks.poll_recv(cx));
        if matches!(chunk, Some(Err(_))) {
            // A stuck thread would keep the channel open.
            chunks.close();
        }
        Poll::Ready(chunk)
    }
}

impl Stream for RenderStream {
    type Item = Result<Bytes, RenderError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let is_shell = self.shell.is_some();
        let chunk = ready!(self.poll_chunk(cx));
        Poll::Ready(chunk.map(|chunk| chunk.map(|chunk| with_results(chunk, is_shell))))
    }
}

/// Returns the markup of a chunk with the data that it depends on: after the
/// shell, and before later chunks, so that it is available when the browser hydrates the chunk.
fn with_results(chunk: RenderChunk, is_shell: bool) -> Bytes {
    let results = chunk.data.element();
    if results.is_empty() {
        return chunk.markup;
    }
    let results = results.as_bytes();
    let parts = if is_shell {
        [&*chunk.markup, results]
    } else {
        [results, &*chunk.markup]
    };
    parts.concat().into()
}
