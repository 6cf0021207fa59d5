use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;
use http::{
    Extensions, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri, Version, header,
};
use http_body::Body;
use http_body_util::{Either, Empty};
use tower_service::Service;

use crate::form::Again;
use crate::{Anonymous, Authenticate, MizanService};

/// A body of the server's, or none: that of a request which asks for a page anew.
pub type PageBody<B> = Either<B, Empty<<B as Body>::Data>>;

/// Forms that work without JavaScript: wraps the whole service of an application, whose pages it
/// shows again with what a person has entered and what is wrong with it.
///
/// Every request goes to the service that it wraps, posts under `{mount}/form/` too, so that all
/// layers of a router apply to them: limits of bodies, lists of addresses, [`PeerAddr`](crate::PeerAddr).
/// That service has to hold `mizan`, which marks the answer to a form that is to be shown again. In its
/// place `FormPages` then sends the page, for which it asks the same service with the headers of the post
/// and with a [`FormPost`](mizan_core::adapter::FormPost) as an extension, where [`MizanService::caller`] finds it.
///
/// It goes around the router, not into `Router::layer`: a layer of axum wraps each route by itself, and
/// none of them has the page of another.
///
/// ```
/// use axum::{Router, routing::get};
/// use mizan_core::{BuildError, Registry};
/// use mizan_http::{FormPages, MizanService};
///
/// # fn main() -> Result<(), BuildError> {
/// let mizan = MizanService::new(Registry::new().build()?);
/// let router = Router::new()
///     .route("/contact/", get(|| async { "a page with a form" }))
///     .nest_service("/api/mizan", mizan.clone());
/// let service = FormPages::new(router, mizan); // for `mizan_http::serve(listener, service)`
/// # let _ = Router::<()>::new().fallback_service(service); // for `axum::serve`
/// # Ok(())
/// # }
/// ```
pub struct FormPages<S, A = Anonymous> {
    pages: S,
    mizan: MizanService<A>,
}

impl<S, A> FormPages<S, A> {
    /// Shows the forms of `mizan` on the pages of `pages`.
    pub fn new(pages: S, mizan: MizanService<A>) -> Self {
        Self { pages, mizan }
    }
}

impl<S, A, B, R> Service<Request<B>> for FormPages<S, A>
where
    S: Service<Request<PageBody<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    A: Authenticate,
    B: Body + Send + 'static,
    B::Data: Send,
    R: Send + 'static,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, S::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.pages.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The clone may not be ready; the one that was asked is.
        let clone = self.pages.clone();
        let mut pages = std::mem::replace(&mut self.pages, clone);
        let endpoint = &self.mizan.0;
        if !endpoint.is_form(&request) {
            let answer = pages.call(request.map(Either::Left));
            return Box::pin(answer);
        }
        let origin = Origin::of(&request);
        let mount_path = endpoint.mount_path.clone();
        Box::pin(async move {
            let mut answer = pages.call(request.map(Either::Left)).await?;
            let again = answer.extensions_mut().remove::<Arc<Again>>();
            let page = again.as_ref().and_then(|again| {
                let page = again.page.as_ref()?;
                let target = page.target().filter(|_| !page.is_under(&mount_path))?;
                Some((origin.request(target, again)?, again))
            });
            let Some((request, again)) = page else {
                return Ok(answer);
            };
            poll_fn(|cx| pages.poll_ready(cx)).await?;
            let response = pages.call(request).await?;
            Ok(if response.status().is_success() {
                shown(response, again)
            } else {
                answer
            })
        })
    }
}

impl<S: Clone, A> Clone for FormPages<S, A> {
    fn clone(&self) -> Self {
        Self::new(self.pages.clone(), self.mizan.clone())
    }
}

impl<S, A> fmt::Debug for FormPages<S, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormPages")
            .field("mizan", &self.mizan)
            .finish_non_exhaustive()
    }
}

/// What a request for the page has in common with the post.
struct Origin {
    uri: Uri,
    version: Version,
    headers: HeaderMap,
    extensions: Extensions,
}

impl Origin {
    fn of<B>(request: &Request<B>) -> Self {
        let mut headers = request.headers().clone();
        // These are about the body of the post, or about an answer that the browser knows.
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

    /// The request for a page of the same site.
    fn request<B: Body>(
        self,
        page: http::uri::PathAndQuery,
        again: &Again,
    ) -> Option<Request<PageBody<B>>> {
        let mut uri = self.uri.into_parts();
        uri.path_and_query = Some(page);
        let mut request = Request::new(Either::Right(Empty::new()));
        *request.method_mut() = Method::GET;
        *request.uri_mut() = Uri::from_parts(uri).ok()?;
        *request.version_mut() = self.version;
        *request.headers_mut() = self.headers;
        *request.extensions_mut() = self.extensions;
        request.extensions_mut().insert(again.post.clone());
        Some(request)
    }
}

/// The page as the answer to the post, which is nobody's to keep.
fn shown<R>(mut response: Response<R>, again: &Again) -> Response<R> {
    if again.status != StatusCode::OK {
        *response.status_mut() = again.status;
    }
    let headers = response.headers_mut();
    headers.remove(header::ETAG);
    headers.remove(header::LAST_MODIFIED);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in &again.headers {
        headers.append(name, value.clone());
    }
    response
}
