//! The settings that all pages of an application share.

use std::fmt;
use std::sync::Arc;

use super::csp::CspTemplate;
use super::error::{PagesError, PagesErrorKind};
use crate::renderer::Renderer;
use crate::vite::PageAssets;

/// Renders pages: HTML documents around components, which the browser hydrates.
///
/// Clones share the renderer and the settings. See the [module](crate::page) for an example.
#[derive(Clone)]
pub struct Pages {
    pub(super) shared: Arc<PageSettings>,
}

pub(super) struct PageSettings {
    pub(super) renderer: Renderer,
    pub(super) assets: Option<PageAssets>,
    pub(super) lang: Option<String>,
    pub(super) title: Option<String>,
    pub(super) head: String,
    pub(super) csp: Option<CspTemplate>,
}

/// A builder of [`Pages`].
///
/// ```no_run
/// use mizan_ssr::page::{PagesError, STRICT_CSP};
/// use mizan_ssr::{Pages, Renderer};
///
/// fn pages(renderer: Renderer) -> Result<Pages, PagesError> {
///     Pages::builder(renderer)
///         .entry("src/main.tsx")
///         .lang("en")
///         .title("Chat")
///         .head(r#"<link rel="icon" href="/favicon.svg">"#)
///         .content_security_policy(STRICT_CSP)
///         .build()
/// }
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct PagesBuilder {
    renderer: Renderer,
    entry: Option<String>,
    lang: Option<String>,
    title: Option<String>,
    head: String,
    csp: Option<String>,
}

impl Pages {
    /// Returns a builder of pages rendered by `renderer`.
    pub fn builder(renderer: Renderer) -> PagesBuilder {
        PagesBuilder {
            renderer,
            entry: None,
            lang: None,
            title: None,
            head: String::new(),
            csp: None,
        }
    }
}

impl PagesBuilder {
    /// Sets the entry module of the browser, relative to Vite's root: `src/main.tsx`.
    ///
    /// The module reads the component's path and props from `#mizan-page` and hydrates `#mizan-root`.
    pub fn entry(mut self, entry: impl Into<String>) -> Self {
        self.entry = Some(entry.into());
        self
    }

    /// Sets the language of the pages, for example `en`.
    pub fn lang(mut self, lang: impl Into<String>) -> Self {
        self.lang = Some(lang.into());
        self
    }

    /// Sets the title of pages whose component does not render a `<title>`.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets HTML for the head of every page. The HTML is trusted: it is not escaped.
    pub fn head(mut self, html: impl Into<String>) -> Self {
        self.head = html.into();
        self
    }

    /// Sends a content security policy with every page, for example [`STRICT_CSP`](super::STRICT_CSP).
    ///
    /// The template has two placeholders. `{nonce}`, used as `'nonce-{nonce}'`, is a random value that
    /// the scripts of the response carry. `{vite}` is the list of origins from which Vite's files load,
    /// if these differ from the page's own origin.
    pub fn content_security_policy(mut self, template: impl Into<String>) -> Self {
        self.csp = Some(template.into());
        self
    }

    /// Checks the settings and creates the pages.
    ///
    /// # Errors
    ///
    /// Returns [`PagesError`] if Vite's build has no such entry or a setting is malformed.
    pub fn build(self) -> Result<Pages, PagesError> {
        let vite = self.renderer.vite();
        let assets = vite.map(|vite| vite.page_assets(self.entry)).transpose()?;
        let origins = assets.as_ref().map(PageAssets::origins).unwrap_or_default();
        let csp = match self.csp {
            Some(template) => Some(
                CspTemplate::new(&template, &origins)
                    .ok_or(PagesErrorKind::InvalidCsp { policy: template })?,
            ),
            None => None,
        };
        Ok(Pages {
            shared: Arc::new(PageSettings {
                renderer: self.renderer,
                assets,
                lang: self.lang,
                title: self.title,
                head: self.head,
                csp,
            }),
        })
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("renderer", &self.shared.renderer)
            .finish_non_exhaustive()
    }
}
