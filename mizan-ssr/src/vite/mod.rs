//! The browser's scripts, style sheets and assets, from Vite's build or development server: their URLs in pages,
//! and the service that sends them.

mod assets;
mod build_id;
mod config;
mod data_url;
mod env;
mod files;
mod manifest;

pub(crate) use assets::{PageAssets, PageLinks, ScriptLink};
pub(crate) use config::MANIFEST;
pub use config::Vite;
pub(crate) use data_url::data_url;
pub(crate) use env::EnvError;
pub use files::{BrowserFileBody, BrowserFilesService, NoFallback};
pub(crate) use files::{precompress, public_files};
