//! The public API, on every engine that is built in.

mod app;
mod bad_input;
mod development;
mod dom;
mod functions;
mod globals;
mod memory;
mod modules;
mod packages;
mod pages;
mod rendering;
mod same_as_node;
mod streaming;
