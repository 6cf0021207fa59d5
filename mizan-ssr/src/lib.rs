//! Server-side rendering of React components, inside the Rust process and without a build step.
//!
//! A [`Renderer`] takes the path of a `.tsx` file and props, and returns the component's markup, as a
//! template engine does. [`Pages`] puts a document around the component and answers an HTTP request
//! with it; the browser then hydrates the page.
//!
//! ```no_run
//! use mizan_ssr::Renderer;
//!
//! async fn hello() -> Result<String, Box<dyn std::error::Error>> {
//!     let renderer = Renderer::builder().root("web").build()?;
//!     let props = serde_json::json!({ "name": "World" });
//!     let rendered = renderer.render("components/Hello.tsx", &props).await?;
//!     Ok(rendered.html)
//! }
//! ```
//!
//! # Modules
//!
//! - [`renderer`]: renders a component to a string or a stream, and configures engine, threads, limits and
//!   caches.
//! - [`page`]: documents with scripts, style sheets, hydration data and a content security policy, as
//!   responses of the crate `http`.
//! - [`prerender`]: the static export of pages into files.
//! - [`vite`]: the URLs of the browser's scripts and style sheets, from Vite's build or its development server.
//! - `fetch`, with the feature `fetch`: the origins that components may request, and the limits of requests.
//! - [`error`]: the error of a failed render, with the source location and the mapped stack.
//!
//! # Features
//!
//! | feature | effect |
//! |---|---|
//! | `quickjs` (default) | the engine QuickJS, which builds anywhere from the sources in the registry, without `Intl` |
//! | `v8` | the engine V8, for production; used in preference to QuickJS |
//! | `css-modules` | the class names of CSS modules, equal to those of Vite with `css.transformer: "lightningcss"` |
//! | `fetch` | the function `fetch`, for the origins that `RendererBuilder::fetch` allows |
//!
//! Without an engine the crate compiles, and [`RendererBuilder::build`](renderer::RendererBuilder::build)
//! returns an error.
//!
//! # Logs
//!
//! Events are emitted through `tracing`. `console` calls of components have the target `mizan_ssr::console`;
//! the progress of loading modules after a cold start has the target `mizan_ssr::modules`.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(any(feature = "quickjs", feature = "v8")),
    allow(
        dead_code,
        unreachable_code,
        unused_imports,
        unused_variables,
        reason = "without an engine no code can run a render"
    )
)]

pub mod bundle;
pub mod error;
#[cfg(feature = "fetch")]
#[cfg_attr(docsrs, doc(cfg(feature = "fetch")))]
pub mod fetch;
pub mod page;
pub mod prerender;
pub mod renderer;
pub mod vite;

mod embedded_data;
mod engine;
#[cfg(not(feature = "fetch"))]
mod fetch;
mod function_calls;
mod inline_json;
mod log_text;
mod modules;
mod observation;
mod output;
mod pool;

pub use bundle::Bundle;
pub use error::RenderError;
pub use observation::set_error_ids;
pub use page::Pages;
pub use renderer::Renderer;
pub use vite::Vite;
