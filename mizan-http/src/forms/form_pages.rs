//! The service that shows the page of a form again after its submission failed.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::uri::PathAndQuery;
use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header,
};
use http_body::Body;
use tower_service::Service;

use super::form_page_body::FormPageBody;
use super::outcome::Redisplay;
use crate::authenticate::{Anonymous, Authenticate};
use crate::service::MizanService;

/// A service that makes forms work without JavaScript: if the submission of a form fails, it shows the
/// form's page again, with the values of the user and with error messages.
///
/// It wraps the whole application, and passes every request to it, including posts below `{mount}/form/`.
/// So all layers of a router also apply to forms: limits of body size, address allow-lists,
/// [`PeerAddr`](crate::PeerAddr). The application must contain `mizan`, which answers the post. If the form
/// has to be shown again, `FormPages` requests its page from the application, with the headers of the post
/// and with a [`FormPost`](mizan_core::adapter::FormPost) as an extension, and sends that page as the response.
/// [`MizanService::caller`] passes the extension to the form's functions.
///
/// Wrap the router in it. Do not use `Router::layer`: axum applies a layer to each route individually, so the
/// service would not have access to the pages of other routes. [`FormPagesLayer`](super::FormPagesLayer)
/// is the corresponding layer.
///
/// ```no_run
/// use axum::{Router, routing::get};
/// use mizan_core::Registry;
/// use mizan_http::{FormPages, MizanService, serve};
///
/// async fn run() -> Result<(), Box<dyn std::error::Error>> {
///     let mizan = MizanService::new(Registry::new().build()?);
///     let router: Router = Router::new()
///         .route("/contact/", get(|| async { "a page with a form" }))
///         .nest_service("/api/mizan", mizan.clone());
///     let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
///     serve(listener, FormPages::new(router, mizan)).await?;
///     Ok(())
/// }
/// ```
///
/// For `axum::serve`, make it the fallback of an empty router:
/// `Router::new().fallback_service(form_pages)`.
pub struct FormPages<S, A = Anonymous> {
    inner: S,
    mizan: MizanService<A>,
}

impl<S, A> FormPages<S, A> {
    /// Wraps the application `inner`, which contains `mizan`.
    pub fn new(inner: S, mizan: MizanService<A>) -> Self {
        Self { inner, mizan }
    }
}

impl<S, A, B, R> Service<Request<B>> for FormPages<S, A>
where
    S: Service<Request<FormPageBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    A: Authenticate,
    B: Body + Send + 'static,
    B::Data: Send,
    R: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // `self.inner` is ready, but a clone of it may not be, so the request uses `self.inner`.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let state = &self.mizan.0;
        if !state.is_form(&request) {
            let response = inner.call(request.map(FormPageBody::of_client));
            return Box::pin(response);
        }
        let template = PageRequest::from_post(&request);
        let mount_path = state.mount_path.clone();
        Box::pin(async move {
            let mut response = inner.call(request.map(FormPageBody::of_client)).await?;
            let Some(redisplay) = response.extensions_mut().remove::<Arc<Redisplay>>() else {
                return Ok(response);
            };
            let page_request = redisplay
                .page
                .as_ref()
                .filter(|page| !page.is_under(&mount_path))
                .and_then(|page| template.build(page.path_and_query()?, &redisplay));
            let Some(page_request) = page_request else {
                return Ok(response);
            };
            poll_fn(|cx| inner.poll_ready(cx)).await?;
            let page = inner.call(page_request).await?;
            Ok(if page.status().is_success() {
                page_response(page, &redisplay)
            } else {
                response
            })
        })
    }
}

impl<S: Clone, A> Clone for FormPages<S, A> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), self.mizan.clone())
    }
}

impl<S, A> fmt::Debug for FormPages<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormPages")
            .field("mizan", &self.mizan)
            .finish_non_exhaustive()
    }
}

/// The parts of a post that are copied into the request for the form's page.
struct PageRequest {
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    extensions: Extensions,
}

impl PageRequest {
    fn from_post<B>(request: &Request<B>) -> Self {
        let mut headers = request.headers().clone();
        // These headers describe the body of the post, or a cached response.
        for name in [
            header::CONTENT_ENCODING,
            header::CONTENT_LENGTH,
            header::CONTENT_TYPE,
            header::EXPECT,
            header::IF_MATCH,
            header::IF_MODIFIED_SINCE,
            header::IF_NONE_MATCH,
            header::IF_RANGE,
            header::IF_UNMODIFIED_SINCE,
            header::RANGE,
            header::TE,
            header::TRAILER,
            header::TRANSFER_ENCODING,
        ] {
            headers.remove(name);
        }
        Self {
            uri: request.uri().clone(),
            version: request.version(),
            headers,
            extensions: request.extensions().clone(),
        }
    }

    /// Builds a `GET` request for a page of the same host.
    fn build<B>(
        self,
        page: PathAndQuery,
        redisplay: &Redisplay,
    ) -> Option<Request<FormPageBody<B>>> {
        let mut uri = self.uri.into_parts();
        uri.path_and_query = Some(page);
        let mut request = Request::new(FormPageBody::empty());
        *request.method_mut() = Method::GET;
        *request.uri_mut() = Uri::from_parts(uri).ok()?;
        *request.version_mut() = self.version;
        *request.headers_mut() = self.headers;
        *request.extensions_mut() = self.extensions;
        request.extensions_mut().insert(redisplay.post.clone());
        Some(request)
    }
}

/// Turns the response with the page into the response to the post, which must not be cached.
fn page_response<R>(mut response: Response<R>, redisplay: &Redisplay) -> Response<R> {
    if redisplay.status != StatusCode::OK {
        *response.status_mut() = redisplay.status;
    }
    let headers = response.headers_mut();
    headers.remove(header::ETAG);
    headers.remove(header::LAST_MODIFIED);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in &redisplay.headers {
        headers.append(name, value.clone());
    }
    response
}
