//! The response to a page whose component answered without markup.

use http::header::LOCATION;
use http::{HeaderValue, Response, StatusCode};

use super::body::PageBody;
use super::error_page::plain_answer;
use super::headers;
use super::outcome::PageOutcome;
use super::pages::Answers;
use super::response::Page;
use crate::error::RenderError;

/// A page in preparation that replaces one whose component answers without markup.
pub(super) struct AnswerPage<'a> {
    page: Page<'a>,
    answers: &'a Answers,
}

impl<'a> Page<'a> {
    /// Prepares the answer of a component that renders no markup.
    pub(super) fn answer_page(&self) -> AnswerPage<'a> {
        AnswerPage {
            page: self.with_component(self.parts.path),
            answers: &self.parts.pages.answers,
        }
    }
}

impl<'a> AnswerPage<'a> {
    /// Returns a redirect, or the page with the status of `outcome`.
    ///
    /// # Errors
    ///
    /// Returns [`RenderError`] if that page cannot be rendered or has an outcome too.
    pub(super) async fn respond(
        self,
        outcome: &PageOutcome,
    ) -> Result<Response<PageBody>, RenderError> {
        tracing::debug!(component = self.page.parts.path, %outcome, "component answered without markup");
        let component = match outcome {
            PageOutcome::Redirect { path, .. } => {
                return Ok(redirect(outcome.status(), path.header()));
            }
            PageOutcome::Unauthorized => {
                let sign_in = self.answers.sign_in.as_ref();
                if let Some(path) = sign_in.and_then(|path| path.with_next(self.page.uri.as_ref()))
                {
                    return Ok(redirect(StatusCode::SEE_OTHER, path.header()));
                }
                None
            }
            PageOutcome::NotFound => self.answers.not_found.as_deref(),
            PageOutcome::Forbidden => self.answers.forbidden.as_deref(),
        };
        match component {
            Some(component) if self.page.accepts_html => {
                self.render(component, outcome.status()).await
            }
            _ if self.page.accepts_json && !self.page.accepts_html => Ok(problem(outcome.status())),
            _ => {
                let nonce = self.page.parts.nonce.as_ref();
                Ok(plain_answer(outcome, self.page.accepts_html, nonce))
            }
        }
    }

    async fn render(
        self,
        component: &'a str,
        status: StatusCode,
    ) -> Result<Response<PageBody>, RenderError> {
        let mut page = self.page.with_component(component);
        page.status = status;
        page.render().await
    }
}

/// Returns a problem document (RFC 9457) for programs.
fn problem(status: StatusCode) -> Response<PageBody> {
    let title = status.canonical_reason().unwrap_or_default();
    let code = status.as_u16();
    let problem = format!("{{\"type\":\"about:blank\",\"title\":\"{title}\",\"status\":{code}}}");
    headers::response(
        status,
        "application/problem+json",
        PageBody::complete(problem),
    )
}

fn redirect(status: StatusCode, location: HeaderValue) -> Response<PageBody> {
    let body = PageBody::complete("");
    let mut response = headers::response(status, "text/plain; charset=utf-8", body);
    response.headers_mut().insert(LOCATION, location);
    response
}
