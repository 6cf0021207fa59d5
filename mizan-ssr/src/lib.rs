#![doc = include_str!("../README.md")]

#[cfg(not(any(feature = "quickjs", feature = "v8")))]
compile_error!("mizan-ssr needs an engine: turn on the feature `v8` or `quickjs`");

mod cache;
mod crew;
#[cfg(feature = "css-modules")]
mod css_module;
mod engine;
mod error;
mod functions;
mod host;
mod job;
mod loader;
mod lock;
mod module_error;
mod page;
mod path;
mod renderer;
mod replacements;
mod resolve;
mod source_map;
mod stack;
mod transform;
mod vite;
mod watchdog;
mod worker;

pub use cache::CacheStatistics;
pub use engine::EngineKind;
pub use error::{BuildError, RenderError, RenderErrorCode};
pub use page::{
    InvalidNonce, Nonce, Page, PageBody, Pages, PagesBuilder, PagesError, STRICT_POLICY,
};
pub use renderer::{Builder, Component, RenderStream, Rendered, Renderer};
pub use vite::Vite;
