//! OpenAPI 3.1: functions and forms over HTTP.

mod batch;
mod calls;
mod context;
mod document;
mod download;
mod event_stream;
mod form_posts;
mod multipart;
mod problems;
mod redirect;
mod references;
mod security;

pub use document::openapi;
