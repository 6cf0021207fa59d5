//! HTML forms that work without JavaScript.

mod control_fields;
mod form_pages;
mod layer;
mod local_path;
pub(crate) mod outcome;
mod plain_page;
pub(crate) mod submission;

pub use form_pages::{FormPageBody, FormPages};
pub use layer::FormPagesLayer;
