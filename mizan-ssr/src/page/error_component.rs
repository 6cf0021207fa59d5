//! The application's own page for errors.

use http::Response;

use super::body::PageBody;
use super::error_page;
use super::response::Page;
use crate::error::{RenderError, RenderErrorCode};
use crate::log_text::log_text;

impl Page<'_> {
    /// Prepares the page that replaces this one after an error; `None` if the built-in page does.
    ///
    /// In development the built-in page shows the error.
    pub(super) fn error_component(&self) -> Option<Self> {
        let pages = self.parts.pages;
        let component = pages.answers.error.as_deref()?;
        let is_possible = self.accepts_html && !pages.renderer.development();
        is_possible.then(|| self.with_component(component))
    }

    /// Renders the page for an error that is logged as `id`. Returns `None` if this fails too.
    ///
    /// A renderer that is overloaded or did not finish in time is not asked again.
    pub(super) async fn render_error(
        mut self,
        error: &RenderError,
        id: &str,
    ) -> Option<Response<PageBody>> {
        if matches!(
            error.code(),
            RenderErrorCode::Overloaded | RenderErrorCode::DeadlineExceeded
        ) {
            return None;
        }
        let component = self.parts.path;
        self.status = error_page::status(error.code());
        let props = format!("\"status\":{},\"id\":\"{id}\"", self.status.as_u16());
        match self.with_more_props(&props).render().await {
            Ok(response) => Some(response),
            Err(error) => {
                tracing::error!(error_id = id, component, error = %log_text(&error), "the page for errors failed to render");
                None
            }
        }
    }
}
