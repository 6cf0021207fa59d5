//! The browser's scripts, style sheets and assets, from Vite's build or development server: their URLs in pages,
//! and the service that sends them.

mod assets;
mod build_id;
mod config;
mod data_url;
mod files;
mod manifest;

pub(crate) use assets::{PageAssets, PageLinks, ScriptLink};
pub use config::Vite;
pub use files::{BrowserFileBody, BrowserFilesService, NoFallback};
