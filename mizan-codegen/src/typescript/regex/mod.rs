//! Translation of regular expressions from the `regex` crate to JavaScript.

mod linear_time;
mod translate;

pub(super) use translate::{literal_text, to_javascript};
