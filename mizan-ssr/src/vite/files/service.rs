//! The tower service that sends the files to browsers.

use std::convert::Infallible;
use std::fmt;
use std::future::{self, Future};
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderMap, Method, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use tower_service::Service;

use super::body::{BrowserFileBody, FileBody};
use super::{BrowserFiles, HashedNames};

/// A tower service with the files of Vite's build, created by [`Vite::service`](crate::Vite::service).
///
/// - Files whose name contains a hash are `immutable` for a year; caches revalidate all others, such as those
///   of the folder `public`, with `ETag` or `Last-Modified`.
/// - `Accept-Encoding` selects among the file, compressed files of the build (`main.js.br`, `.zst`, `.gz`) and
///   a variant that the service compresses on its first use. Only text and similar types between 1 KB and 1 MB
///   are compressed.
/// - `Range` and `If-Range` select a part.
/// - Files that did not exist when the service was created, hidden files, Vite's manifest and symbolic links
///   that lead out of the folder have no URL. Paths with an encoded `/` or `\` are not found.
/// - Methods other than `GET` and `HEAD` get 405 for a file.
///
/// All other requests go to the [`fallback`](Self::fallback), which by default answers 404 without a body.
#[derive(Clone)]
pub struct BrowserFilesService<F = NoFallback> {
    files: FileList,
    fallback: F,
}

/// The service behind [`BrowserFilesService`] without a fallback. It answers 404 without a body.
#[derive(Clone, Copy, Debug)]
pub struct NoFallback(());

#[derive(Clone)]
enum FileList {
    Fixed(Arc<BrowserFiles>),
    /// A folder in development, which is listed again for each request.
    Development(Arc<Path>),
}

impl BrowserFilesService {
    pub(in super::super) fn fixed(files: BrowserFiles) -> Self {
        Self {
            files: FileList::Fixed(Arc::new(files)),
            fallback: NoFallback(()),
        }
    }

    pub(in super::super) fn development(folder: PathBuf) -> Self {
        Self {
            files: FileList::Development(folder.into()),
            fallback: NoFallback(()),
        }
    }
}

impl<F> BrowserFilesService<F> {
    /// Sets the service that answers requests for which there is no file, for example a page with the status
    /// 404.
    pub fn fallback<G>(self, fallback: G) -> BrowserFilesService<G> {
        BrowserFilesService {
            files: self.files,
            fallback,
        }
    }
}

impl FileList {
    /// Returns the response with the file at the path of a URL; `None` if there is no such file.
    async fn respond(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
    ) -> io::Result<Option<Response<FileBody>>> {
        let listed;
        let files = match self {
            Self::Fixed(files) => &**files,
            Self::Development(folder) => {
                let folder = Arc::clone(folder);
                let list = move || BrowserFiles::read_folder(&folder, &HashedNames::default());
                listed = match tokio::task::spawn_blocking(list).await? {
                    // Vite does not need the folder `public`.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    listed => listed?,
                };
                &listed
            }
        };
        match file_path(path).and_then(|path| files.get(&path)) {
            Some(file) => file.respond(method, headers).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Returns the path of a file from the path of a URL.
///
/// An encoded separator is not the same as a separator, so that proxies and the server agree on the path.
fn file_path(path: &str) -> Option<String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let segments = path.split('/').map(|segment| {
        let segment = percent_decode_str(segment).decode_utf8().ok()?;
        let is_valid = !segment.contains(['/', '\\', '\0']);
        is_valid.then_some(segment)
    });
    Some(segments.collect::<Option<Vec<_>>>()?.join("/"))
}

impl<F, B, ReqBody> Service<Request<ReqBody>> for BrowserFilesService<F>
where
    F: Service<Request<ReqBody>, Response = Response<B>> + Clone + Send + 'static,
    F::Future: Send,
    ReqBody: Send + 'static,
{
    type Response = Response<BrowserFileBody<B>>;
    type Error = F::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, F::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), F::Error>> {
        self.fallback.poll_ready(cx)
    }

    fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
        // The fallback that is ready, not the clone, must take the request.
        let clone = self.fallback.clone();
        let mut fallback = std::mem::replace(&mut self.fallback, clone);
        let files = self.files.clone();
        Box::pin(async move {
            let path = request.uri().path();
            match files
                .respond(request.method(), path, request.headers())
                .await
            {
                Ok(Some(response)) => Ok(response.map(BrowserFileBody::file)),
                Ok(None) => Ok(fallback.call(request).await?.map(BrowserFileBody::fallback)),
                Err(error) => {
                    tracing::error!(path, %error, "cannot read a file of Vite's build");
                    let mut response = Response::new(BrowserFileBody::file(FileBody::empty()));
                    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
                    Ok(response)
                }
            }
        })
    }
}

impl<ReqBody> Service<Request<ReqBody>> for NoFallback {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<ReqBody>) -> Self::Future {
        let mut response = Response::new(String::new());
        *response.status_mut() = StatusCode::NOT_FOUND;
        future::ready(Ok(response))
    }
}

impl<F> fmt::Debug for BrowserFilesService<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrowserFilesService")
            .finish_non_exhaustive()
    }
}
