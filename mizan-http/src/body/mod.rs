//! Request bodies: JSON, forms and files, read within the limits.

pub(crate) mod body_budget;
pub(crate) mod form_data;
mod media_type;
mod multipart;
pub(crate) mod payload;
pub(crate) mod read;
mod slow_body;
mod upload;
pub(crate) mod urlencoded;
