//! The output of a render: the markup as a whole or in chunks.

use bytes::Bytes;

/// The markup of a component, with the style sheets and data that a page needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The markup, inside `<div id="mizan-root">`.
    pub html: String,
    /// The files of the style sheets that the component imports, in import order.
    pub styles: Vec<String>,
    /// The results of the server functions that the component called, as a `<script>` element.
    ///
    /// The page includes the element after the root, and the generated client reads it. Empty if the
    /// component called no function.
    pub function_results: String,
}

/// A part of a streamed render.
#[derive(Debug, Default)]
pub(crate) struct RenderChunk {
    pub(crate) markup: Bytes,
    /// The style sheets of the component. Only the first chunk, the shell, has them.
    pub(crate) styles: Vec<String>,
}
