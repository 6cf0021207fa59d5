//! HTML forms that work without JavaScript.

mod control_fields;
mod form_page_body;
mod form_pages;
mod layer;
mod local_path;
pub(crate) mod outcome;
mod plain_page;
pub(crate) mod submission;

pub use form_page_body::FormPageBody;
pub use form_pages::FormPages;
pub use layer::FormPagesLayer;
