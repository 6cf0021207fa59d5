//! Access under review: a table of the callers who may call each function, form, context and channel.
//!
//! [`AccessTable`] reads the policies of a manifest. A committed copy of the table shows every change of a
//! policy in the review of the commit, and [`AccessTable::difference`] finds changes without such a review.

mod policy;
mod table;

pub use table::{AccessRow, AccessTable};
