//! The static files, as far as they are public.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::middleware::map_request;
use axum::response::IntoResponse;
use percent_encoding::percent_decode_str;
use tower_service::Service;

/// The longest path of a file, in bytes. File systems take more, but not beyond 4096 with the folder.
const MAX_PATH_BYTES: usize = 1024;
/// The longest name of a file or folder that file systems take, in bytes.
const MAX_NAME_BYTES: usize = 255;
/// A path that leads out of the folder, where `ServeDir` never finds anything.
const OUTSIDE: &str = "/..";

/// Serves `files`, a `ServeDir`, without those that are hidden, such as Vite's manifest in `.vite`.
///
/// A path that no file can have is answered as one where there is none, by the fallback of `files`, and not with
/// an error of the file system.
pub fn public<S>(files: S) -> Router
where
    S: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    Router::new()
        .fallback_service(files)
        .layer(map_request(hide))
}

async fn hide(mut request: Request) -> Request {
    if !may_be_public(request.uri().path()) {
        *request.uri_mut() = Uri::from_static(OUTSIDE);
    }
    request
}

/// Returns whether a public file can have this percent-encoded path.
fn may_be_public(path: &str) -> bool {
    let path: Vec<u8> = percent_decode_str(path).collect();
    let mut names = path.split(|byte| matches!(byte, b'/' | b'\\'));
    path.len() <= MAX_PATH_BYTES
        && !path.contains(&0)
        && names.all(|name| {
            name.len() <= MAX_NAME_BYTES && (!name.starts_with(b".") || name == b".well-known")
        })
}
