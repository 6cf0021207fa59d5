//! JSON Schemas: their conversion from the manifest, their named components, files and examples.

mod components;
mod convert;
mod example;
mod files;
mod pattern;
mod reference;

pub(crate) use components::{Components, pascal_case, to_name, unique};
pub(crate) use example::example;
pub(crate) use files::{FileField, WithFiles, split_files};
