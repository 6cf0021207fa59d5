//! Building blocks for adapters: crates that serve an [`App`](crate::App) or render its pages.

mod html;

pub use html::escape_html;
