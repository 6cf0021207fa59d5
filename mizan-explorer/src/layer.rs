//! The layer that answers requests for the explorer.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::Body as AxumBody;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderName, Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use mizan_http::PeerAddr;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

/// The path of the explorer.
pub(crate) const PATH: &str = "/_mizan";

/// The headers with which a proxy names its clients.
const FORWARDED: [HeaderName; 2] = [
    header::FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
];

/// A layer that answers requests below `/_mizan`, and passes all others to the application.
///
/// Put it around the whole application. [`builder`](Self::builder) creates it. A disabled explorer, which is the
/// default in a release build, answers no request.
#[derive(Clone)]
pub struct Explorer(Option<Site>);

#[derive(Clone)]
struct Site {
    router: Router,
    allows_remote_clients: bool,
}

impl Explorer {
    pub(crate) fn enabled(router: Router, allows_remote_clients: bool) -> Self {
        Self(Some(Site {
            router,
            allows_remote_clients,
        }))
    }

    pub(crate) fn disabled() -> Self {
        Self(None)
    }

    /// Returns `true` if the explorer answers requests.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.0.is_some()
    }
}

impl fmt::Debug for Explorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explorer")
            .field("is_enabled", &self.is_enabled())
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for Explorer {
    type Service = ExplorerService<S>;

    fn layer(&self, inner: S) -> ExplorerService<S> {
        ExplorerService {
            site: self.0.clone(),
            inner,
        }
    }
}

/// The service of the layer [`Explorer`].
#[derive(Clone)]
pub struct ExplorerService<S> {
    site: Option<Site>,
    inner: S,
}

impl<S> fmt::Debug for ExplorerService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExplorerService").finish_non_exhaustive()
    }
}

impl<S, B, R> Service<Request<B>> for ExplorerService<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<ExplorerBody<R>>;
    type Error = S::Error;
    type Future = ExplorerFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let path = request.uri().path().strip_prefix(PATH);
        let is_own = path.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        let state = match &mut self.site {
            Some(site) if is_own => State::Explorer {
                response: site.respond(request.map(AxumBody::new)),
            },
            _ => State::Application {
                response: self.inner.call(request),
            },
        };
        ExplorerFuture { state }
    }
}

impl Site {
    fn respond(&mut self, request: Request<AxumBody>) -> BoxFuture<'static, Response<AxumBody>> {
        if !self.allows_remote_clients && !is_local(&request) {
            return Box::pin(async { refused() });
        }
        let response = self.router.call(request);
        Box::pin(async { response.await.unwrap_or_else(|never| match never {}) })
    }
}

/// Returns `true` if the client is known to be on this computer. A client whose address is unknown, or whose request a
/// proxy has forwarded, is not.
fn is_local(request: &Request<AxumBody>) -> bool {
    let peer = request.extensions().get::<PeerAddr>();
    let is_forwarded = FORWARDED
        .iter()
        .any(|name| request.headers().contains_key(name));
    !is_forwarded && peer.is_some_and(|PeerAddr(peer)| peer.ip().to_canonical().is_loopback())
}

fn refused() -> Response<AxumBody> {
    let message = "the explorer answers only clients on this computer: connect from it, or allow others with \
                   `ExplorerBuilder::allow_remote_clients`\n";
    let mut response = Response::new(AxumBody::from(message));
    *response.status_mut() = StatusCode::FORBIDDEN;
    let content_type = http::HeaderValue::from_static("text/plain; charset=utf-8");
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, content_type);
    response
}

pin_project! {
    /// The future of an [`ExplorerService`].
    pub struct ExplorerFuture<F> {
        #[pin]
        state: State<F>,
    }
}

pin_project! {
    #[project = StateProjection]
    enum State<F> {
        Application {
            #[pin]
            response: F,
        },
        Explorer {
            response: BoxFuture<'static, Response<AxumBody>>,
        },
    }
}

impl<F, R, E> Future for ExplorerFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<ExplorerBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project().state.project() {
            StateProjection::Application { response } => {
                let response = ready!(response.poll(cx))?;
                Ok(response.map(|body| ExplorerBody {
                    content: Content::Application { body },
                }))
            }
            StateProjection::Explorer { response } => {
                let response = ready!(response.as_mut().poll(cx));
                Ok(response.map(|body| ExplorerBody {
                    content: Content::Explorer { body },
                }))
            }
        })
    }
}

pin_project! {
    /// A response body: the application's, or the explorer's.
    pub struct ExplorerBody<R> {
        #[pin]
        content: Content<R>,
    }
}

pin_project! {
    #[project = ContentProjection]
    enum Content<R> {
        Application {
            #[pin]
            body: R,
        },
        Explorer {
            #[pin]
            body: AxumBody,
        },
    }
}

impl<R> fmt::Debug for ExplorerBody<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExplorerBody").finish_non_exhaustive()
    }
}

impl<R> Body for ExplorerBody<R>
where
    R: Body<Data = Bytes>,
    R::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        match self.project().content.project() {
            ContentProjection::Application { body } => body
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(Into::into))),
            ContentProjection::Explorer { body } => body
                .poll_frame(cx)
                .map(|frame| frame.map(|frame| frame.map_err(Into::into))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Application { body } => body.is_end_stream(),
            Content::Explorer { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Application { body } => body.size_hint(),
            Content::Explorer { body } => body.size_hint(),
        }
    }
}
