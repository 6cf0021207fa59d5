//! The error of building an explorer.

use mizan_codegen::ManifestError;
use mizan_core::BuildError;
use mizan_http::service::HttpConfigError;
use mizan_ssr::bundle::BundleError;
use mizan_ssr::page::PagesError;
use mizan_ssr::renderer::RendererBuildError;

/// The error of [`ExplorerBuilder::build`](crate::ExplorerBuilder::build).
#[derive(Debug, thiserror::Error)]
#[error("cannot build the explorer")]
pub struct ExplorerBuildError(#[from] ExplorerBuildErrorKind);

#[derive(Debug, thiserror::Error)]
pub(crate) enum ExplorerBuildErrorKind {
    #[error("cannot read the manifest of the application")]
    Manifest(#[source] ManifestError),
    #[error("cannot build the functions of the page")]
    Functions(#[source] BuildError),
    #[error("cannot serve the functions of the page")]
    Service(#[source] HttpConfigError),
    #[error("cannot read the bundle of the page")]
    Bundle(#[source] BundleError),
    #[error("cannot start the renderer of the page")]
    Renderer(#[source] RendererBuildError),
    #[error("cannot use the browser files of the page")]
    Pages(#[source] PagesError),
}
