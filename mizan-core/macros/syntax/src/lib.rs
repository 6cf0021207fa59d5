//! Shared code of mizan's macro crates: parsing of options, doc comments, and parts of their output.
//!
//! `mizan-core-macros` and `mizan-forms-macros` use this crate. Applications must not depend on it:
//! it may change without notice.

mod affects;
mod as_number;
mod constraints;
mod docs;
mod expand;
mod limit;
mod options;
mod serde_attributes;
mod state;

pub use affects::{Affected, affects};
pub use as_number::as_number;
pub use constraints::Constraints;
pub use docs::doc_text;
pub use expand::{boxed_call, call_site_at, source};
pub use limit::Limits;
pub use options::{options, value};
pub use serde_attributes::SerdeAttributes;
pub use state::{declared_state, required_state, state_of_block};
