//! The URLs of the browser's scripts, style sheets and assets, from Vite's build or development server.

mod assets;
mod build_id;
mod config;
mod data_url;
mod manifest;

pub(crate) use assets::{PageAssets, PageLinks, ScriptLink};
pub use config::Vite;
