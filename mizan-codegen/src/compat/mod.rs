//! Compares two manifests, and finds changes that break the clients of the old one.
//!
//! Values flow in two directions: a *writer* sends inputs, params and messages to the server, so the
//! new server must accept everything that an old client may send. A *reader* receives outputs, the data
//! of errors and messages from the server, so old clients must understand everything that the new
//! server may send. Clients ignore unknown members and unknown error codes.
//!
//! Constraints such as a length count for writers only. For readers, the type of a value counts: a wider
//! integer, another format of a string, a new variant of an enum.
//!
//! ```
//! use mizan_codegen::{Manifest, compat};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let manifest = |output| {
//!     Manifest::parse(&format!(
//!         r#"{{
//!             "mizan": 1, "contract": "c", "codes": [],
//!             "functions": [{{
//!                 "name": "price", "kind": "query", "contract": "3f2a9c1b",
//!                 "output": {{ "type": {output} }}
//!             }}]
//!         }}"#
//!     ))
//! };
//! let old = manifest(r#""number""#)?;
//! let new = manifest(r#"["number", "null"]"#)?;
//! let comparison = compat::compare(&old, &new)?;
//! assert_eq!(comparison.unhandled().count(), 1);
//! assert_eq!(comparison.changes()[0].to_string(), "output: was number, is number or null");
//! assert!(compat::compare(&new, &old)?.is_compatible());
//! # Ok(())
//! # }
//! ```

mod alternatives;
mod change;
mod compare;
mod constraints;
mod describe;
mod difference;
mod effect;
mod error;
mod model;
mod relation;
mod report;

pub use change::{Change, ChangeKind, Handled, Item, ItemKind};
pub use effect::Effect;
pub use error::CompareError;
pub use report::Comparison;

use crate::manifest::Manifest;
use error::ManifestAge;
use model::Model;

/// Compares two manifests of an app.
///
/// # Errors
///
/// Returns [`CompareError`] if one of the manifests contains a schema that the generator cannot read.
pub fn compare(old: &Manifest, new: &Manifest) -> Result<Comparison, CompareError> {
    let old = Model::read(old).map_err(|found| CompareError::new(ManifestAge::Old, &found))?;
    let new = Model::read(new).map_err(|found| CompareError::new(ManifestAge::New, &found))?;
    Ok(Comparison::new(compare::changes(&old, &new)))
}
