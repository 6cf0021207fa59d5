//! HTML pages: a document around a component, and the HTTP response with it.
//!
//! ```no_run
//! use mizan_ssr::page::STRICT_CSP;
//! use mizan_ssr::{Pages, Renderer, Vite};
//!
//! async fn home() -> Result<(), Box<dyn std::error::Error>> {
//!     let renderer = Renderer::builder()
//!         .root("web/src")
//!         .vite(Vite::manifest("web/dist")?)
//!         .build()?;
//!     let pages = Pages::builder(renderer)
//!         .entry("src/main.tsx")
//!         .lang("en")
//!         .title("Chat")
//!         .content_security_policy(STRICT_CSP)
//!         .build()?;
//!
//!     // In a handler of any server that uses the types of the crate `http`:
//!     let props = serde_json::json!({ "name": "World" });
//!     let response = pages.page("pages/Home.tsx").props(&props).respond().await;
//!     assert_eq!(response.status(), 200);
//!     Ok(())
//! }
//! ```

mod answer;
mod body;
mod cache;
mod csp;
mod document;
mod error;
mod error_component;
mod error_page;
mod headers;
mod navigation;
mod navigation_stream;
mod observer;
pub(crate) mod outcome;
mod pages;
mod response;
mod style_check;
mod trailing_slash;

pub use body::PageBody;
pub use cache::{CachePolicy, CacheTag, PageCache};
pub use csp::{InvalidNonce, Nonce, STRICT_CSP};
pub use document::RECOVERY_SCRIPT_HASH;
pub use error::PagesError;
pub(crate) use error::PagesErrorKind;
pub(crate) use observer::PageObserver;
pub use outcome::{LocalPath, PageOutcome};
pub use pages::{Pages, PagesBuilder};
pub use response::Page;
pub use trailing_slash::TrailingSlash;
