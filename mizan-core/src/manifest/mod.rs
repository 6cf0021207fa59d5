//! The manifest: the description of an application from which its client is generated.

mod contract;
mod definitions;
mod describe;
mod error_types;
mod normalize;
mod shapes;
mod type_names;

use std::fmt;

use serde_json::Value;

pub(crate) use self::describe::describe;
pub(crate) use self::shapes::UnsupportedShape;

/// The description of an application as a JSON document.
///
/// The same application always has the same manifest. `println!("{manifest}")` prints it as text
/// for `mizan-codegen`. The document contains:
///
/// - `functions`: kind, policy, input, output, error, invalidations, documentation and source location
/// - `forms` and `channels`, if there are any
/// - `errors`: the declared error types
/// - `codes`: the error codes of every call
/// - `$defs`: the shared JSON Schemas
/// - `contract`: a hash of everything that a client depends on
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    document: Value,
    contract: String,
}

impl Manifest {
    /// Returns the document.
    #[must_use]
    pub fn as_json(&self) -> &Value {
        &self.document
    }

    /// Returns a hash of everything that clients depend on: names, schemas and errors, but not
    /// documentation and source locations.
    ///
    /// A client that was generated from a different contract may be incompatible with the server.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.contract
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.document)
    }
}
