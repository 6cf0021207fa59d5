//! Describes a mizan app as OpenAPI 3.1 and AsyncAPI 3 documents.
//!
//! The input is the manifest, the JSON document that `<program> manifest` prints and that
//! `mizan_core::Registry::manifest` returns. This crate depends on no server and on no other crate of
//! mizan, so every program that has a manifest gets the documents.
//!
//! - [`openapi`] describes the functions and forms: every way to call them over HTTP, and every
//!   response with its error codes.
//! - [`asyncapi`] describes the channels.
//! - [`Options`] has the title, the server's URL and the authentication, which a manifest does not
//!   contain.
//!
//! ```
//! use mizan_openapi::{Options, openapi};
//! use serde_json::json;
//!
//! let manifest = json!({
//!     "mizan": 1,
//!     "contract": "9f86d081884c7d65",
//!     "codes": ["malformed", "internal"],
//!     "functions": [{ "name": "server_time", "kind": "query", "output": { "type": "string" } }]
//! });
//! let document = openapi(&manifest, &Options::default().title("Clock"));
//! let call = &document["paths"]["/call/server_time"]["get"];
//! assert_eq!(call["operationId"], "server_time");
//! ```
//!
//! A member that a manifest lacks counts as empty. The same manifest always produces the same document.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod asyncapi;
mod json;
mod openapi;
mod options;
mod schema;

pub use asyncapi::asyncapi;
pub use openapi::openapi;
pub use options::{Authentication, Options};
