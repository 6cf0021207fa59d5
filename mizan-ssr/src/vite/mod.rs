//! The URLs of the browser's scripts, style sheets and assets, from Vite's build or development server.

mod assets;
mod config;
mod data_url;
mod env;
mod manifest;

pub(crate) use assets::{PageAssets, PageLinks, ScriptLink};
pub use config::Vite;
pub(crate) use env::EnvError;
