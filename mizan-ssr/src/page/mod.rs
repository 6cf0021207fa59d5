//! The document around a component's markup, and the response that it goes out with.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{
    ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use serde::Serialize;

use crate::error::RenderError;
use crate::renderer::{Component, Renderer};
use crate::vite::Assets;

mod body;
mod document;
mod error;
mod failure;
mod policy;

pub use body::PageBody;
use document::{Browser, Document, END};
pub use error::PagesError;
pub(crate) use error::PagesErrorKind;
use failure::Failure;
use policy::Policy;
pub use policy::{InvalidNonce, Nonce, STRICT_POLICY};

/// Sent by `failure.js`.
const RETRY: HeaderName = HeaderName::from_static("mizan-retry");

/// Answers requests with pages: documents around components, which the browser takes over.
///
/// A clone makes the same pages.
///
/// ```no_run
/// # async fn page() -> Result<(), Box<dyn std::error::Error>> {
/// use mizan_ssr::{Pages, Renderer, STRICT_POLICY, Vite};
///
/// let renderer = Renderer::builder()
///     .root("web/src")
///     .vite(Vite::manifest("web/dist")?)
///     .build()?;
/// let pages = Pages::builder(renderer)
///     .entry("src/main.tsx")
///     .lang("en")
///     .title("Chat")
///     .content_security_policy(STRICT_POLICY)
///     .build()?;
///
/// // In the handler of any server that speaks the types of the crate `http`:
/// let props = serde_json::json!({ "name": "World" });
/// let response = pages.page("pages/Home.tsx").props(&props).respond().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Pages {
    inner: Arc<Inner>,
}

struct Inner {
    renderer: Renderer,
    assets: Option<Assets>,
    lang: Option<String>,
    title: Option<String>,
    head: String,
    policy: Option<Policy>,
}

/// The settings of [`Pages`].
#[derive(Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct PagesBuilder {
    renderer: Renderer,
    entry: Option<String>,
    lang: Option<String>,
    title: Option<String>,
    head: String,
    policy: Option<String>,
}

/// A page to be answered with. Made by [`Pages::page`].
#[must_use = "a page is rendered by `respond`"]
pub struct Page<'a> {
    pages: &'a Inner,
    path: &'a str,
    component: Component<'a>,
    /// A JSON object.
    props: String,
    private: bool,
    nonce: Option<Nonce>,
    status: StatusCode,
    title: Option<String>,
    head: String,
    whole: bool,
    method: Method,
    html: bool,
    retry: bool,
}

impl Pages {
    /// Settings to build pages from, which `renderer` renders.
    pub fn builder(renderer: Renderer) -> PagesBuilder {
        PagesBuilder {
            renderer,
            entry: None,
            lang: None,
            title: None,
            head: String::new(),
            policy: None,
        }
    }

    /// The page of the component at `path`, as [`Renderer::component`] takes it.
    pub fn page<'a>(&'a self, path: &'a str) -> Page<'a> {
        let pages = &*self.inner;
        Page {
            pages,
            path,
            component: pages.renderer.component(path),
            props: "{}".into(),
            private: false,
            nonce: None,
            status: StatusCode::OK,
            title: None,
            head: String::new(),
            whole: pages.assets.is_none(),
            method: Method::GET,
            html: true,
            retry: false,
        }
    }
}

impl PagesBuilder {
    /// The module that the browser begins with, from Vite's root: `src/main.tsx`.
    ///
    /// It finds the component's path and props in `#mizan-page`, and hydrates `#mizan-root`.
    pub fn entry(mut self, entry: impl Into<String>) -> Self {
        self.entry = Some(entry.into());
        self
    }

    /// The language of the pages, as `en`.
    pub fn lang(mut self, lang: impl Into<String>) -> Self {
        self.lang = Some(lang.into());
        self
    }

    /// The title of pages whose component renders no `<title>`.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// HTML for the head of every page, which is trusted.
    pub fn head(mut self, html: impl Into<String>) -> Self {
        self.head = html.into();
        self
    }

    /// Sends a content security policy with every page, as [`STRICT_POLICY`].
    ///
    /// In it, `{nonce}` is what the scripts of this response carry, in `'nonce-{nonce}'`, and `{vite}`
    /// the origins of Vite's files where they are not the page's own, as those of the dev server.
    pub fn content_security_policy(mut self, template: impl Into<String>) -> Self {
        self.policy = Some(template.into());
        self
    }

    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// [`PagesError`] when Vite's build has no such entry, or a setting is of the wrong form.
    pub fn build(self) -> Result<Pages, PagesError> {
        let vite = self.renderer.vite();
        let assets = vite.map(|vite| vite.assets(self.entry)).transpose()?;
        let origins = assets.as_ref().map(Assets::origins).unwrap_or_default();
        let policy = match self.policy {
            Some(template) => Some(
                Policy::new(&template, &origins)
                    .ok_or(PagesErrorKind::InvalidPolicy { policy: template })?,
            ),
            None => None,
        };
        Ok(Pages {
            inner: Arc::new(Inner {
                renderer: self.renderer,
                assets,
                lang: self.lang,
                title: self.title,
                head: self.head,
                policy,
            }),
        })
    }
}

impl Page<'_> {
    /// The props: anything that becomes a JSON object. They are in the page for the browser, so nothing
    /// may be in them that the visitor is not to see.
    pub fn props(mut self, props: &(impl Serialize + ?Sized)) -> Self {
        self.component = match serde_json::value::to_raw_value(props) {
            Ok(json) => {
                if json.get().starts_with('{') {
                    self.props = json.get().into();
                }
                self.component.props(&json)
            }
            // Says what is wrong with them when it is rendered.
            Err(_) => self.component.props(props),
        };
        self
    }

    /// Runs the functions that the component calls, in the process; see [`Component::functions`].
    ///
    /// They run for somebody, so the response is for nobody else and is not stored:
    /// `Cache-Control: private, no-store`.
    pub fn functions<C, F>(mut self, call: C) -> Self
    where
        C: Fn(String, Bytes) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Bytes, Bytes>> + Send + 'static,
    {
        self.component = self.component.functions(call);
        self.private = true;
        self
    }

    /// The nonce of this response's scripts, where something else than these pages sets the header.
    ///
    /// With [`PagesBuilder::content_security_policy`] a fresh one is made for each response.
    pub fn nonce(mut self, nonce: Nonce) -> Self {
        self.nonce = Some(nonce);
        self
    }

    /// The status; 200 at first.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The title, instead of the one of all pages.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// HTML for the head of this page, behind that of all pages. It is trusted.
    pub fn head(mut self, html: impl Into<String>) -> Self {
        self.head = html.into();
        self
    }

    /// Waits for what suspends, so that the page is whole without a script.
    pub fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Answers as the request asks: `HEAD` gets no body, and an error is told in plain text to who does
    /// not accept HTML.
    pub fn request(mut self, method: &Method, headers: &HeaderMap) -> Self {
        self.method = method.clone();
        self.retry = headers.contains_key(RETRY);
        self.html = headers.get_all(ACCEPT).iter().any(|accept| {
            let accept = accept.as_bytes().to_ascii_lowercase();
            [&b"text/html"[..], b"application/xhtml+xml"]
                .iter()
                .any(|kind| accept.windows(kind.len()).any(|part| part == *kind))
        });
        self
    }

    /// Renders the page, or the page of an error.
    ///
    /// The shell is rendered when this returns; the rest follows in the body. Without
    /// [`functions`](Self::functions) the response has `Cache-Control: no-cache`, with which nothing
    /// stored is shown without asking here again.
    ///
    /// An error before the shell is logged under an id. In development the page shows it, with its
    /// source lines, and reloads once the error is gone or is another one; else it shows that id and nothing more. Its status is 503 when too many renders
    /// wait, 504 when one took too long, else 500.
    pub async fn respond(self) -> Response<PageBody> {
        let failure = Failure {
            component: self.path,
            development: self.pages.renderer.development(),
            html: self.html,
            retry: self.retry,
            nonce: self.nonce.clone(),
        };
        let head = self.method == Method::HEAD;
        match self.try_respond().await {
            Ok(response) => response,
            Err(error) => {
                let response = failure.respond(&error);
                if head {
                    response.map(|_| PageBody::none())
                } else {
                    response
                }
            }
        }
    }

    /// Renders the page like [`respond`](Self::respond), for who has a page of errors of their own.
    ///
    /// # Errors
    ///
    /// [`RenderError`] when the shell, or with [`whole`](Self::whole) the page, cannot be rendered. It
    /// was not logged, and holds what no visitor is to see.
    pub async fn try_respond(self) -> Result<Response<PageBody>, RenderError> {
        let pages = self.pages;
        let fresh = || pages.policy.is_some().then(Nonce::fresh);
        let nonce = self.nonce.or_else(fresh);
        let mut component = self.component;
        if let Some(nonce) = &nonce {
            component = component.nonce(nonce.as_str());
        }
        let name = normal(self.path);
        let chunk = pages.renderer.vite_name(self.path);
        let begin = |markup: &str, styles: &[String]| {
            let document = Document {
                lang: pages.lang.as_deref(),
                title: self.title.as_deref().or(pages.title.as_deref()),
                head: [&pages.head, &self.head],
                nonce: nonce.as_ref(),
                browser: pages.assets.as_ref().map(|assets| Browser {
                    links: assets.links(chunk.as_deref().unwrap_or_default(), styles),
                    component: &name,
                    props: &self.props,
                }),
            };
            document.begin(markup)
        };
        let body = if self.whole {
            let rendered = component.render().await?;
            let mut markup = rendered.html;
            if pages.assets.is_some() {
                markup.push_str(&rendered.answers);
            }
            let mut html = begin(&markup, &rendered.styles);
            html.push_str(END);
            PageBody::whole(html)
        } else {
            let mut stream = component.stream().await?;
            let shell = match stream.next().await {
                Some(shell) => shell?,
                None => Bytes::new(),
            };
            let html = begin(&String::from_utf8_lossy(&shell), stream.styles());
            PageBody::stream(html, stream, self.path)
        };
        let body = if self.method == Method::HEAD {
            PageBody::none()
        } else {
            body
        };
        let mut response = response(self.status, "text/html; charset=utf-8", body);
        let headers = response.headers_mut();
        let cache = if self.private {
            "private, no-store"
        } else {
            "no-cache"
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        if let (Some(policy), Some(nonce)) = (&pages.policy, &nonce) {
            headers.insert(CONTENT_SECURITY_POLICY, policy.with(nonce));
        }
        Ok(response)
    }
}

/// A response that is what it says it is.
fn response(status: StatusCode, kind: &'static str, body: PageBody) -> Response<PageBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A path as Vite writes it, without parts that lead nowhere.
fn normal(path: &str) -> String {
    let parts: Vec<_> = path
        .split('/')
        .filter(|part| !part.is_empty() && *part != ".")
        .collect();
    parts.join("/")
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("renderer", &self.inner.renderer)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
