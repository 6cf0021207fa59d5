//! Writes the typed TypeScript and React client of a mizan app from its manifest.
//!
//! - [`Manifest`] is what an app offers, read from the JSON that `<program> manifest` prints;
//! - [`generate`] turns it into [`Files`], without touching the disk;
//! - [`write()`] brings a folder up to date with them, and [`check`] tells how a folder
//!   [differs](Difference);
//! - [`cli`] is the command `mizan-codegen`, which does these things one after the other.
//!
//! It reads no Rust: any program that prints a manifest gets a client.
//!
//! ```
//! let manifest = mizan_codegen::Manifest::parse(
//!     r#"{
//!         "mizan": 1,
//!         "contract": "9f86d081884c7d65",
//!         "codes": ["malformed", "internal"],
//!         "functions": [{ "name": "server_time", "kind": "query", "output": { "type": "string" } }]
//!     }"#,
//! )?;
//! let files = mizan_codegen::generate(&manifest)?;
//! let client = files.get("client.ts").unwrap_or_default();
//! assert!(client.contains("readonly serverTime: Query<void, string, types.CommonError>;"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod cli;
mod error;
mod files;
mod form;
mod generate;
pub mod manifest;
mod plan;
mod problem;
mod schema;
mod typescript;
mod write;

pub use error::{GenerateError, ManifestError, WriteError};
pub use files::Files;
pub use generate::generate;
pub use manifest::Manifest;
pub use write::{Change, Difference, Written, check, write};
