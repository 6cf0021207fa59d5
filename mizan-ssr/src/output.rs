//! The output of a render: the markup as a whole or in chunks.

use std::fmt;

use bytes::Bytes;

use crate::embedded_data::PageData;

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
    /// Set if React rendered a fallback for a component that threw, or a server function failed.
    pub(crate) has_failures: bool,
    /// Set if the component displays a form, whose submission token belongs to one visitor.
    pub(crate) has_form: bool,
}

/// A part of a streamed render.
#[derive(Default)]
pub(crate) struct RenderChunk {
    pub(crate) markup: Bytes,
    /// The data that the markup depends on.
    pub(crate) data: PageData,
    /// The style sheets of the component. Only the first chunk, the shell, has them.
    pub(crate) styles: Vec<String>,
}

impl fmt::Debug for RenderChunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RenderChunk({} bytes)", self.markup.len())
    }
}
