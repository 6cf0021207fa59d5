//! The response to the request for one page.

use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_SECURITY_POLICY, IF_NONE_MATCH, VARY};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use serde::Serialize;

use super::body::PageBody;
use super::cache::policy::CachePolicy;
use super::csp::Nonce;
use super::document::{DOCUMENT_END, Document, Hydration, has_title, split_hoisted};
use super::error_page::ErrorPage;
use super::headers;
use super::navigation::{self, NAVIGATION, PageDescription, RequestKind};
use super::navigation_stream::NavigationStream;
use super::observer::PageObserver;
use super::outcome::PageOutcome;
use super::pages::{PageSettings, Pages};
use crate::embedded_data::PageData;
use crate::error::RenderError;
use crate::function_calls::{self, CallFunction};
use crate::renderer::{Component, encode_props};

/// The header by which `error_page.js` marks its requests.
const RETRY: HeaderName = HeaderName::from_static("mizan-retry");

/// A page in preparation, created by [`Pages::page`].
///
/// ```no_run
/// use http::{Request, Response, StatusCode};
/// use mizan_ssr::Pages;
/// use mizan_ssr::page::PageBody;
///
/// async fn not_found(pages: &Pages, request: &Request<()>) -> Response<PageBody> {
///     pages
///         .page("pages/NotFound.tsx")
///         .props(&serde_json::json!({ "path": request.uri().path() }))
///         .request(request)
///         .status(StatusCode::NOT_FOUND)
///         .respond()
///         .await
/// }
/// ```
#[must_use = "a page is rendered by `respond`"]
pub struct Page<'a> {
    pub(super) component: Component<'a>,
    pub(super) parts: DocumentParts<'a>,
    pub(super) status: StatusCode,
    pub(super) functions: Option<CallFunction>,
    /// Set if the functions do not run on behalf of a user.
    has_public_functions: bool,
    pub(super) cache_policy: Option<CachePolicy>,
    pub(super) if_none_match: Option<HeaderValue>,
    is_whole: bool,
    pub(super) method: Method,
    pub(super) uri: Option<Uri>,
    pub(super) accepts_html: bool,
    pub(super) accepts_json: bool,
    is_retry: bool,
    pub(super) kind: RequestKind,
    /// The answer that replaces the component's markup.
    answer: Option<PageOutcome>,
    /// Observes a page that is exported.
    pub(super) observer: Option<PageObserver>,
}

/// A document that was rendered as a whole.
pub(super) struct WholeDocument {
    pub(super) html: String,
    /// Set if a component or a server function failed.
    pub(super) has_failures: bool,
    /// Set if the page contains a form.
    pub(super) has_form: bool,
}

/// The parts of the document besides the component's markup.
pub(super) struct DocumentParts<'a> {
    pub(super) pages: &'a Arc<PageSettings>,
    pub(super) path: &'a str,
    /// A JSON object.
    pub(super) props: String,
    pub(super) nonce: Option<Nonce>,
    pub(super) title: Option<String>,
    pub(super) head: String,
}

impl Pages {
    /// Prepares the page of the component at `path`; see [`Renderer::component`](crate::Renderer::component).
    pub fn page<'a>(&'a self, path: &'a str) -> Page<'a> {
        let pages = &self.shared;
        Page {
            component: pages.renderer.component(path),
            parts: DocumentParts {
                pages,
                path,
                props: "{}".into(),
                nonce: None,
                title: None,
                head: String::new(),
            },
            status: StatusCode::OK,
            functions: None,
            has_public_functions: false,
            cache_policy: None,
            if_none_match: None,
            is_whole: pages.assets.is_none(),
            method: Method::GET,
            uri: None,
            accepts_html: true,
            accepts_json: false,
            is_retry: false,
            kind: RequestKind::Document,
            answer: None,
            observer: None,
        }
    }

    /// Prepares the response to a request for which the application has no page: a redirect to the canonical
    /// form of its path, or the page with status 404.
    ///
    /// Use it in the fallback of the router; see [`PagesBuilder::trailing_slash`] and
    /// [`PagesBuilder::not_found`]. A client that does not accept HTML receives a problem document (RFC 9457).
    ///
    /// ```no_run
    /// use http::{Request, Response};
    /// use mizan_ssr::Pages;
    /// use mizan_ssr::page::PageBody;
    ///
    /// async fn fallback(pages: &Pages, request: &Request<()>) -> Response<PageBody> {
    ///     pages.fallback(request).respond().await
    /// }
    /// ```
    ///
    /// [`PagesBuilder::trailing_slash`]: super::PagesBuilder::trailing_slash
    /// [`PagesBuilder::not_found`]: super::PagesBuilder::not_found
    pub fn fallback<B>(&self, request: &Request<B>) -> Page<'_> {
        let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
        let redirect = self.shared.trailing_slash.redirect(request.uri());
        let mut page = self.page("").request(request);
        page.accepts_json |= !page.accepts_html;
        page.answer = Some(match redirect.filter(|_| is_safe) {
            Some(path) => PageOutcome::Redirect {
                path,
                permanent: true,
            },
            None => PageOutcome::NotFound,
        });
        page
    }
}

impl<'a> Page<'a> {
    /// Sets the props: any value that serializes to a JSON object.
    ///
    /// The page contains the props for hydration, so they must not contain data that is secret from the
    /// visitor. Rendering fails if they contain NaN, infinity or an integer that JavaScript would round; see
    /// [`Component::props`](crate::renderer::Component::props).
    pub fn props(mut self, props: &(impl Serialize + ?Sized)) -> Self {
        self.component = match encode_props(props) {
            Ok(json) => {
                self.parts.props = json.as_str().into();
                self.component.props_json(json)
            }
            // The component stores the error until it is rendered.
            Err(_) => self.component.props(props),
        };
        self
    }

    /// Sets the function that runs the component's calls of server functions; see
    /// [`Component::functions`].
    ///
    /// The results depend on the caller, so the response gets `Cache-Control: private, no-store`.
    pub fn functions<C, F>(mut self, call: C) -> Self
    where
        C: Fn(String, Bytes) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Bytes, Bytes>> + Send + 'static,
    {
        let call = function_calls::boxed(call);
        self.component = self.component.shared_functions(Some(Arc::clone(&call)));
        self.functions = Some(call);
        self.has_public_functions = false;
        self
    }

    /// Sets the function that runs the component's calls of server functions as [`functions`](Self::functions)
    /// does, for functions that run without a principal and do not depend on the request, such as those of
    /// `MizanService::anonymous_caller` of mizan-http.
    ///
    /// All visitors may receive the same response, so it may be [cached](Self::cache).
    pub fn public_functions<C, F>(mut self, call: C) -> Self
    where
        C: Fn(String, Bytes) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Bytes, Bytes>> + Send + 'static,
    {
        self = self.functions(call);
        self.has_public_functions = true;
        self
    }

    /// Starts a call of the query `name` when the render starts, before a component asks for it; see
    /// [`Component::prefetch`].
    ///
    /// ```no_run
    /// use mizan_ssr::page::Page;
    ///
    /// fn post(page: Page<'_>, id: u64) -> Page<'_> {
    ///     page.prefetch("current_user", &())
    ///         .prefetch("post", &serde_json::json!({ "id": id }))
    /// }
    /// ```
    pub fn prefetch(mut self, name: &str, input: &(impl Serialize + ?Sized)) -> Self {
        self.component = self.component.prefetch(name, input);
        self
    }

    /// Returns whether the page may depend on the visitor.
    pub(super) fn is_private(&self) -> bool {
        self.functions.is_some() && !self.has_public_functions
    }

    /// Returns the component with its props and functions, for a second render.
    pub(super) fn component_again(&self) -> Component<'a> {
        let component = self.parts.pages.renderer.component(self.parts.path);
        component
            .props_json(self.parts.props.clone())
            .shared_functions(self.functions.clone())
    }

    /// Sets the nonce of the response's scripts, for an application that sets the policy's header itself.
    ///
    /// With [`PagesBuilder::content_security_policy`](super::PagesBuilder::content_security_policy)
    /// each response gets a random nonce.
    pub fn nonce(mut self, nonce: Nonce) -> Self {
        self.parts.nonce = Some(nonce);
        self
    }

    /// Sets the status of the response. The default is 200.
    pub fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets the title, in place of the title of all pages.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.parts.title = Some(title.into());
        self
    }

    /// Sets HTML for the head of this page, after the HTML for all pages. The HTML is trusted.
    pub fn head(mut self, html: impl Into<String>) -> Self {
        self.parts.head = html.into();
        self
    }

    /// Waits for suspended parts before responding, so that the page is complete without JavaScript.
    pub fn whole(mut self) -> Self {
        self.is_whole = true;
        self
    }

    /// Adapts the response to the request.
    ///
    /// The response to `HEAD` has no body. An error is plain text if the client does not accept HTML. The
    /// sign-in page receives the path and query; see
    /// [`PagesBuilder::sign_in`](super::PagesBuilder::sign_in). A client navigation receives the data of the
    /// page without its markup.
    pub fn request<B>(mut self, request: &Request<B>) -> Self {
        self.method = request.method().clone();
        self.uri = Some(request.uri().clone());
        let headers = request.headers();
        self.is_retry = headers.contains_key(RETRY);
        self.if_none_match = headers.get(IF_NONE_MATCH).cloned();
        self.observer = request.extensions().get::<PageObserver>().cloned();
        if self.parts.pages.assets.is_some() {
            self.kind = RequestKind::of(headers, &self.parts.pages.build_id);
        }
        let is_navigation = matches!(self.kind, RequestKind::Navigation | RequestKind::Prefetch);
        self.accepts_html =
            is_navigation || accepts(headers, &["text/html", "application/xhtml+xml"]);
        self.accepts_json = accepts(headers, &["application/json", "application/problem+json"]);
        self
    }

    /// Renders the page, or an error page.
    ///
    /// This method returns when the shell is rendered; the body streams the rest. Without
    /// [`functions`](Self::functions) the response has `Cache-Control: no-cache`, so that caches
    /// revalidate it before each use.
    ///
    /// An error before the shell is logged with an id. In development the error page shows the message
    /// and the source lines, and reloads when the error changes or is fixed. In production it shows only
    /// the id, or renders [`PagesBuilder::error`](super::PagesBuilder::error). The status is 503 if the render
    /// queue is full, 504 if the render exceeded its deadline, and 500 otherwise.
    ///
    /// A component that calls `notFound()`, `redirect()`, `unauthorized()` or `forbidden()` before the shell
    /// determines the status; see [`PageOutcome`](super::PageOutcome).
    pub async fn respond(self) -> Response<PageBody> {
        let parts = &self.parts;
        let error_page = ErrorPage {
            component: parts.path,
            development: parts.pages.renderer.development(),
            html: self.accepts_html,
            is_retry: self.is_retry,
            nonce: parts.nonce.clone(),
        };
        let is_head = self.method == Method::HEAD;
        let component = self.error_component();
        match self.try_respond().await {
            Ok(response) => response,
            Err(error) => {
                let id = error_page.log(&error);
                let rendered = match component {
                    Some(component) => component.render_error(&error, &id).await,
                    None => None,
                };
                let mut response = rendered.unwrap_or_else(|| error_page.respond(&error, &id));
                let cache = HeaderValue::from_static("private, no-store");
                response.headers_mut().insert(CACHE_CONTROL, cache);
                if is_head {
                    response.map(|_| PageBody::empty())
                } else {
                    response
                }
            }
        }
    }

    /// Renders the page like [`respond`](Self::respond), for applications with their own error page.
    ///
    /// # Errors
    ///
    /// Returns [`RenderError`] if the shell cannot be rendered or, with [`whole`](Self::whole), any part
    /// of the page. The error is not logged, and its message must not be sent to visitors.
    pub async fn try_respond(self) -> Result<Response<PageBody>, RenderError> {
        let is_private = self.is_private()
            || matches!(
                self.kind,
                RequestKind::ForeignNavigation | RequestKind::OutdatedNavigation
            );
        let is_head = self.method == Method::HEAD;
        let has_navigation = self.parts.pages.assets.is_some();
        let answer = self.answer_page();
        let mut response = match &self.answer {
            Some(outcome) => answer.respond(outcome).await?,
            None => match self.render_or_reuse().await {
                Err(error) => match error.outcome() {
                    Some(outcome) => answer.respond(outcome).await?,
                    None => return Err(error),
                },
                response => response?,
            },
        };
        let cache = if is_private {
            "private, no-store"
        } else {
            "no-cache"
        };
        let cache = HeaderValue::from_static(cache);
        response.headers_mut().insert(CACHE_CONTROL, cache);
        if has_navigation {
            let vary = HeaderValue::from_name(NAVIGATION);
            response.headers_mut().insert(VARY, vary);
        }
        Ok(if is_head {
            response.map(|_| PageBody::empty())
        } else {
            response
        })
    }

    /// Adds the members of a JSON object, which take precedence over earlier ones.
    pub(super) fn with_more_props(mut self, members: &str) -> Self {
        let known = self.parts.props.trim_end();
        let known = known.strip_suffix('}').unwrap_or("{").trim_end();
        let separator = if known.ends_with('{') { "" } else { "," };
        let props = format!("{known}{separator}{members}}}");
        self.component = self.component.props_json(props.clone());
        self.parts.props = props;
        self
    }

    /// Returns the same page with another component.
    pub(super) fn with_component(&self, path: &'a str) -> Self {
        let component = self.parts.pages.renderer.component(path);
        Self {
            component: component
                .props_json(self.parts.props.clone())
                .shared_functions(self.functions.clone()),
            parts: DocumentParts {
                path,
                props: self.parts.props.clone(),
                nonce: self.parts.nonce.clone(),
                title: None,
                head: String::new(),
                ..self.parts
            },
            functions: self.functions.clone(),
            cache_policy: None,
            if_none_match: None,
            method: self.method.clone(),
            uri: self.uri.clone(),
            answer: None,
            observer: self.observer.clone(),
            ..*self
        }
    }

    /// Renders the component, and returns the response without the headers for caches.
    pub(super) async fn render(mut self) -> Result<Response<PageBody>, RenderError> {
        match self.kind {
            RequestKind::Navigation | RequestKind::Prefetch => {
                let with_files = self.kind == RequestKind::Prefetch;
                return self
                    .parts
                    .navigate(self.component, self.status, with_files)
                    .await;
            }
            RequestKind::OutdatedNavigation => {
                return Ok(navigation::reload(&self.parts.pages.build_id));
            }
            RequestKind::Document | RequestKind::ForeignNavigation => {}
        }
        if let Some(observer) = self.observer.take() {
            return self.export(&observer).await;
        }
        let csp = self.parts.pages.csp.as_ref();
        if csp.is_some() {
            self.parts.nonce.get_or_insert_with(Nonce::random);
        }
        let body = if self.is_whole {
            self.parts.render_whole(self.component).await?
        } else {
            self.parts.render_stream(self.component).await?
        };
        let mut response = headers::response(self.status, "text/html; charset=utf-8", body);
        let headers = response.headers_mut();
        if let (Some(csp), Some(nonce)) = (csp, &self.parts.nonce) {
            headers.insert(CONTENT_SECURITY_POLICY, csp.header(nonce));
        }
        Ok(response)
    }
}

impl Page<'_> {
    /// Renders the document for a file, without a nonce.
    async fn export(mut self, observer: &PageObserver) -> Result<Response<PageBody>, RenderError> {
        observer.record_page(self.parts.path);
        let functions = self.functions.take();
        let functions = functions.map(|call| observer.observe(call));
        let component = self.component.shared_functions(functions);
        self.parts.nonce = None;
        let document = self
            .parts
            .whole_document(component)
            .await
            .inspect_err(|error| {
                // The other lines are the stack, which the log contains.
                let message = error.to_string();
                let message = message.lines().next().unwrap_or_default();
                observer.record_problem(format!("the render failed: {message}"));
            })?;
        if document.has_form {
            observer.record_problem(
                "a form has a submission token that belongs to one visitor; render it on the server, or in the browser",
            );
        }
        if document.has_failures {
            observer.record_problem("a component threw an error, which the log contains");
        }
        let body = PageBody::complete(document.html);
        Ok(headers::response(
            self.status,
            "text/html; charset=utf-8",
            body,
        ))
    }
}

impl DocumentParts<'_> {
    async fn render_whole(&self, component: Component<'_>) -> Result<PageBody, RenderError> {
        let document = self.whole_document(component).await?;
        Ok(PageBody::complete(document.html))
    }

    /// Renders the complete document.
    pub(super) async fn whole_document(
        &self,
        component: Component<'_>,
    ) -> Result<WholeDocument, RenderError> {
        let rendered = self.with_nonce(component).render().await?;
        let mut markup = rendered.html;
        if self.pages.assets.is_some() {
            markup.push_str(&rendered.function_results);
        }
        let mut html = self.document_beginning(&markup, &rendered.styles);
        html.push_str(DOCUMENT_END);
        Ok(WholeDocument {
            html,
            has_failures: rendered.has_failures,
            has_form: rendered.has_form,
        })
    }

    async fn render_stream(&self, component: Component<'_>) -> Result<PageBody, RenderError> {
        let mut stream = self.with_nonce(component).stream().await?;
        if let Some(markup) = stream.take_complete() {
            let markup = String::from_utf8_lossy(&markup);
            let mut html = self.document_beginning(&markup, stream.styles());
            html.push_str(DOCUMENT_END);
            return Ok(PageBody::complete(html));
        }
        let shell = match stream.next().await {
            Some(shell) => shell?,
            None => Bytes::new(),
        };
        let html = self.document_beginning(&String::from_utf8_lossy(&shell), stream.styles());
        Ok(PageBody::streamed(html, stream, self.path))
    }

    /// Renders the component for its calls of server functions, and returns its data without the markup.
    async fn navigate(
        &self,
        component: Component<'_>,
        status: StatusCode,
        with_files: bool,
    ) -> Result<Response<PageBody>, RenderError> {
        let mut stream = component.stream().await?;
        let first = match poll_fn(|cx| stream.poll_chunk(cx)).await {
            Some(shell) => {
                let shell = shell?;
                let markup = String::from_utf8_lossy(&shell.markup);
                let (hoisted, _) = split_hoisted(&markup);
                self.description_line(hoisted, &shell.data, with_files)
            }
            None => self.description_line("", &PageData::default(), with_files),
        };
        let body = NavigationStream::new(first, stream, self.path).into();
        Ok(navigation::response(status, &self.pages.build_id, body))
    }

    fn description_line(&self, hoisted: &str, data: &PageData, with_files: bool) -> String {
        let pages = self.pages;
        let file = pages.renderer.vite_path(self.path).unwrap_or_default();
        let assets = pages.assets.as_ref().filter(|_| with_files);
        let (styles, modules) = assets
            .map(|assets| assets.component_files(&file))
            .unwrap_or_default();
        let title = self.title.as_deref().or(pages.title.as_deref());
        let description = PageDescription {
            component: &normalized(self.path),
            props: &self.props,
            title: title.filter(|_| !has_title(hoisted)),
            head: &self.head,
            styles: &styles,
            modules: &modules,
        };
        description.line(data)
    }

    fn with_nonce<'a>(&self, component: Component<'a>) -> Component<'a> {
        match &self.nonce {
            Some(nonce) => component.nonce(nonce.as_str()),
            None => component,
        }
    }

    fn document_beginning(&self, markup: &str, styles: &[String]) -> String {
        let pages = self.pages;
        let component = normalized(self.path);
        if let Some(style_check) = &pages.style_check {
            style_check.check(&component, markup);
        }
        let document = Document {
            lang: pages.lang.as_deref(),
            title: self.title.as_deref().or(pages.title.as_deref()),
            shared_head: &pages.head,
            own_head: &self.head,
            nonce: self.nonce.as_ref(),
            hydration: pages.assets.as_ref().map(|assets| {
                let file = pages.renderer.vite_path(self.path).unwrap_or_default();
                Hydration {
                    links: assets.links(&file, styles),
                    component: &component,
                    props: &self.props,
                    build_id: &pages.build_id,
                    answers: &pages.answers,
                }
            }),
        };
        document.beginning(markup)
    }
}

/// Returns whether the header `Accept` names one of the types.
fn accepts(headers: &HeaderMap, types: &[&str]) -> bool {
    headers.get_all(ACCEPT).iter().any(|accept| {
        let accept = accept.as_bytes().to_ascii_lowercase();
        let contains = |kind: &str| {
            accept
                .windows(kind.len())
                .any(|part| part == kind.as_bytes())
        };
        types.iter().any(|kind| contains(kind))
    })
}

/// Removes empty segments and `.` from a path, as Vite's `import.meta.glob` does.
fn normalized(path: &str) -> String {
    let segments: Vec<_> = path
        .split('/')
        .filter(|segment| !segment.is_empty() && *segment != ".")
        .collect();
    segments.join("/")
}

impl fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Page")
            .field("path", &self.parts.path)
            .finish_non_exhaustive()
    }
}
