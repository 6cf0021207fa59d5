//! Tests of the public API, on every engine that is compiled in.

mod answers;
mod app;
mod bad_input;
mod browser_files;
mod bundle;
mod cache;
mod caller_thread;
#[cfg(feature = "css-modules")]
mod css_modules;
mod development;
mod dom;
mod env;
mod error_pages;
mod fetch;
mod functions;
mod glob;
mod globals;
mod limits;
mod log;
mod memory;
mod modules;
mod navigation;
mod node_parity;
mod packages;
mod page_cache;
mod pages;
mod prefetch;
mod prerender;
mod react_19_0;
mod rendering;
mod streaming;
mod style_policy;
mod test262;
mod values;
mod wpt;
