//! The settings that all pages of an application share.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::cache::store::PageCache;
use super::csp::CspTemplate;
use super::error::{PagesError, PagesErrorKind};
use super::outcome::LocalPath;
use super::style_check::StyleCheck;
use super::trailing_slash::TrailingSlash;
use crate::renderer::Renderer;
use crate::vite::PageAssets;

/// The limits of the default cache.
const MAX_CACHED_BYTES: usize = 64 << 20;
const MAX_CACHED_PAGES: usize = 10_000;

/// Renders pages: HTML documents around components, which the browser hydrates.
///
/// Clones share the renderer and the settings. See the [module](crate::page) for an example.
#[derive(Clone)]
pub struct Pages {
    pub(super) shared: Arc<PageSettings>,
}

pub(super) struct PageSettings {
    /// Distinguishes these settings in a cache that several share.
    pub(super) id: Uuid,
    pub(super) renderer: Renderer,
    pub(super) assets: Option<PageAssets>,
    /// The id of the browser files; empty without any.
    pub(super) build_id: String,
    pub(super) lang: Option<String>,
    pub(super) title: Option<String>,
    pub(super) head: String,
    pub(super) csp: Option<CspTemplate>,
    pub(super) style_check: Option<StyleCheck>,
    pub(super) cache: PageCache,
    pub(super) answers: Answers,
    pub(super) trailing_slash: TrailingSlash,
}

/// The pages that answer when a component does not; see [`PageOutcome`](super::PageOutcome).
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) not_found: Option<String>,
    pub(super) forbidden: Option<String>,
    pub(super) sign_in: Option<LocalPath>,
    pub(super) error: Option<String>,
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
    cache: PageCache,
    not_found: Option<String>,
    forbidden: Option<String>,
    sign_in: Option<String>,
    error: Option<String>,
    trailing_slash: TrailingSlash,
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
            cache: PageCache::new(MAX_CACHED_BYTES, MAX_CACHED_PAGES),
            not_found: None,
            forbidden: None,
            sign_in: None,
            error: None,
            trailing_slash: TrailingSlash::default(),
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

    /// Sets the cache of [`Page::cache`](super::Page::cache), for example one that the registry of the application
    /// invalidates. The default is a cache of 64 MB and 10,000 pages.
    pub fn page_cache(mut self, cache: PageCache) -> Self {
        self.cache = cache;
        self
    }

    /// Sets the component of the page with status 404 that replaces a page whose component calls
    /// `notFound()`, or uses a query that fails with status 404 and renders no boundary around it.
    ///
    /// The component receives the props of the page that it replaces. By default, the page is a sentence.
    pub fn not_found(mut self, component: impl Into<String>) -> Self {
        self.not_found = Some(component.into());
        self
    }

    /// Sets the component of the page with status 403 that replaces a page whose component calls
    /// `forbidden()`, or uses a query that fails with status 403 and renders no boundary around it.
    ///
    /// The component receives the props of the page that it replaces. By default, the page is a sentence.
    pub fn forbidden(mut self, component: impl Into<String>) -> Self {
        self.forbidden = Some(component.into());
        self
    }

    /// Sets the path of the sign-in page, for example `/sign-in/`.
    ///
    /// A page whose component calls `unauthorized()`, or uses a query that fails with status 401 and
    /// renders no boundary around it, redirects to this path. The parameter `next` has the path and query of
    /// the page, if [`Page::request`](super::Page::request) received the request. The sign-in page must
    /// check `next` before it redirects, for example with `is_local_path` of mizan-core. By default, the
    /// answer is a sentence with status 401.
    pub fn sign_in(mut self, path: impl Into<String>) -> Self {
        self.sign_in = Some(path.into());
        self
    }

    /// Sets the component of the page that production shows after an error, instead of the built-in page.
    ///
    /// The component receives the props of the page that it replaces, `status`, and `id`, the id of the error in
    /// the log. It may call functions.
    /// If it fails too, or if the renderer is overloaded or too slow, the built-in page answers. In development
    /// the built-in page shows the error.
    pub fn error(mut self, component: impl Into<String>) -> Self {
        self.error = Some(component.into());
        self
    }

    /// Sets the form of the paths of pages, to which [`Pages::fallback`] redirects from the other form.
    ///
    /// By default it does not redirect.
    pub fn trailing_slash(mut self, form: TrailingSlash) -> Self {
        self.trailing_slash = form;
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
        let style_check = self.csp.as_deref().map(StyleCheck::new);
        let csp = match self.csp {
            Some(template) => Some(
                CspTemplate::new(&template, &origins)
                    .ok_or(PagesErrorKind::InvalidCsp { policy: template })?,
            ),
            None => None,
        };
        let sign_in = self.sign_in.map(|path| match LocalPath::parse(&path) {
            Some(path) => Ok(path),
            None => Err(PagesErrorKind::InvalidSignIn { path }),
        });
        let answers = Answers {
            not_found: self.not_found,
            forbidden: self.forbidden,
            sign_in: sign_in.transpose()?,
            error: self.error,
        };
        Ok(Pages {
            shared: Arc::new(PageSettings {
                id: Uuid::new_v4(),
                renderer: self.renderer,
                build_id: assets
                    .as_ref()
                    .map(PageAssets::build_id)
                    .unwrap_or_default(),
                assets,
                lang: self.lang,
                title: self.title,
                head: self.head,
                csp,
                style_check,
                cache: self.cache,
                answers,
                trailing_slash: self.trailing_slash,
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
