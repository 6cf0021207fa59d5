//! The step that builds a bundle.

mod builder;
mod error;
mod graph;
mod pages;
mod problem;
mod requests;
mod summary;
mod vite_build;
mod write;

pub use self::builder::BundleBuilder;
pub use self::error::BundleBuildError;
pub use self::summary::BundleSummary;
pub use self::vite_build::ViteBuild;
