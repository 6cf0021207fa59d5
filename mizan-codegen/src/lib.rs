//! Generates the typed TypeScript and React client of a mizan app from its manifest.
//!
//! The input is a [`Manifest`], the JSON document that `<program> manifest` prints. The generator
//! does not read Rust code, so it supports every program that prints a manifest.
//!
//! - [`generate`] creates the client in memory, as [`GeneratedFiles`]; [`GenerateOptions`] changes its
//!   types.
//! - [`output`] writes these files to a folder, or compares the folder with them.
//! - [`manifest`] describes the format of the input.
//! - [`compat`] compares two manifests, and finds changes that break existing clients.
//! - [`access`] prints the callers who may call each function, for reviews.
//! - [`cli`] is the `mizan-codegen` command, which combines these steps, and [`mod@watch`] repeats it.
//!
//! ```
//! use mizan_codegen::{Manifest, generate};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let manifest = Manifest::parse(
//!     r#"{
//!         "mizan": 1,
//!         "contract": "9f86d081884c7d65",
//!         "codes": ["malformed", "internal"],
//!         "functions": [{ "name": "server_time", "kind": "query", "output": { "type": "string" } }]
//!     }"#,
//! )?;
//! let files = generate(&manifest)?;
//! let client = files.get("client.ts").unwrap_or_default();
//! assert!(client.contains("readonly serverTime: Query<void, string, types.CommonError>;"));
//! # Ok(())
//! # }
//! ```

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod access;
pub mod cli;
pub mod compat;
mod declaration_maps;
mod diagnostic;
mod generate;
pub mod manifest;
mod naming;
mod openapi;
mod options;
pub mod output;
mod plan;
mod schema;
mod typescript;
pub mod watch;

pub use generate::{GenerateError, generate};
pub use manifest::{Manifest, ManifestError};
pub use naming::function_name;
pub use options::{Dates, GenerateOptions};
pub use output::GeneratedFiles;
