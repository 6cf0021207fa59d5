//! The layer that wraps an application in [`FormPages`].

use std::fmt;

use tower_layer::Layer;

use super::form_pages::FormPages;
use crate::authenticate::Anonymous;
use crate::service::MizanService;

/// A [`Layer`] that wraps an application in [`FormPages`].
///
/// Apply it to the whole router, not with `Router::layer`, which wraps each route individually:
///
/// ```
/// use axum::Router;
/// use axum::routing::get;
/// use mizan_core::{BuildError, Registry};
/// use mizan_http::MizanService;
/// use mizan_http::forms::{FormPages, FormPagesLayer};
/// use tower_layer::Layer;
///
/// fn service() -> Result<FormPages<Router>, BuildError> {
///     let mizan = MizanService::new(Registry::new().build()?);
///     let router = Router::new()
///         .route("/contact/", get(|| async { "a page with a form" }))
///         .nest_service("/api/mizan", mizan.clone());
///     Ok(FormPagesLayer::new(mizan).layer(router))
/// }
/// ```
pub struct FormPagesLayer<A = Anonymous> {
    mizan: MizanService<A>,
}

impl<A> FormPagesLayer<A> {
    /// Creates a layer for the forms of `mizan`.
    pub fn new(mizan: MizanService<A>) -> Self {
        Self { mizan }
    }
}

impl<S, A> Layer<S> for FormPagesLayer<A> {
    type Service = FormPages<S, A>;

    fn layer(&self, inner: S) -> FormPages<S, A> {
        FormPages::new(inner, self.mizan.clone())
    }
}

impl<A> Clone for FormPagesLayer<A> {
    fn clone(&self) -> Self {
        Self::new(self.mizan.clone())
    }
}

impl<A> fmt::Debug for FormPagesLayer<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormPagesLayer")
            .field("mizan", &self.mizan)
            .finish()
    }
}
