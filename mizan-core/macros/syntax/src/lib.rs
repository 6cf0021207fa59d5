//! What the macros of mizan read and write alike: `mizan-core-macros` and `mizan-forms-macros` export
//! macros alone, so that what they share stands here. It is for them, and changes with them.

mod docs;
mod expand;
mod options;

pub use docs::doc_text;
pub use expand::{boxed_call, of_macro, source};
pub use options::{affects, options, value};
