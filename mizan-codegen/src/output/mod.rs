//! The generated files: in memory, written to a folder, and compared with a folder.

mod check;
mod error;
mod files;
mod folder;
mod header;
mod write;

pub use check::{Change, Difference, check};
pub use error::WriteError;
pub use files::GeneratedFiles;
pub(crate) use header::{DESCRIPTION, HEADER};
pub use write::{WriteSummary, write};
