//! The manifest: the description of an application from which its client is generated.

mod contract;
mod definitions;
mod describe;
mod error_types;
mod map_keys;
mod normalize;
mod shapes;
mod type_names;

use std::collections::HashMap;
use std::fmt;

use serde_json::Value;

pub(crate) use self::describe::{Parts, contract_of, describe};
pub(crate) use self::map_keys::{Decode, decode_error};
pub(crate) use self::shapes::UnsupportedShape;

/// The description of an application as a JSON document.
///
/// The same application always has the same manifest. `println!("{manifest}")` prints it as text
/// for `mizan-codegen`. The document contains:
///
/// - `functions`: kind, contract, policy, input, output, error, invalidations, documentation and source
///   location; `authorize` if a check decides about calls with their input, and `unspecified_policy` if
///   the function declares no policy
/// - `forms` and `channels`, if there are any
/// - `errors`: the declared error types
/// - `codes`: the error codes of every call
/// - `$defs`: the shared JSON Schemas
/// - `previous` and `retired`, if there are any: the earlier versions of functions and channels that the
///   server still supports, and those that it refuses
/// - `contract`: a hash of everything that clients depend on
///
/// The `contract` of a function or channel is a hash of everything that its clients depend on: its
/// schemas and errors, but not its name, the names of its types, and its documentation. A client
/// sends it with each call, so that the server knows the version that the client was generated from.
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
    /// It identifies a version of the interface, for example in a log.
    #[must_use]
    pub fn contract(&self) -> &str {
        &self.contract
    }

    /// Returns the contracts of all functions, by name.
    pub(crate) fn function_contracts(&self) -> HashMap<&str, &str> {
        self.contracts("functions")
    }

    /// Returns the contracts of all channels, by name.
    pub(crate) fn channel_contracts(&self) -> HashMap<&str, &str> {
        self.contracts("channels")
    }

    fn contracts(&self, key: &str) -> HashMap<&str, &str> {
        let entries = self.document.get(key).and_then(Value::as_array);
        entries
            .into_iter()
            .flatten()
            .filter_map(|entry| Some((entry["name"].as_str()?, entry["contract"].as_str()?)))
            .collect()
    }
}

impl fmt::Display for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.document)
    }
}
