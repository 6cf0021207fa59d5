//! The public static files.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use axum::middleware::map_request;
use axum::response::IntoResponse;
use percent_encoding::percent_decode_str;
use tower_service::Service;

/// The maximum length of a path in bytes. File systems allow 4096, including the folder.
const MAX_PATH_BYTES: usize = 1024;
/// The maximum length of a file name in bytes, as in common file systems.
const MAX_NAME_BYTES: usize = 255;
/// A path outside of the folder, for which `ServeDir` finds no file.
const OUTSIDE: &str = "/..";

/// Serves the files of a `ServeDir`, except hidden ones such as Vite's manifest in `.vite`.
///
/// For an invalid path, the fallback of `files` responds as for a missing file. Otherwise the response would be
/// an error of the file system.
pub fn public<S>(files: S) -> Router
where
    S: Service<Request, Error = Infallible> + Clone + Send + Sync + 'static,
    S::Response: IntoResponse,
    S::Future: Send + 'static,
{
    Router::new()
        .fallback_service(files)
        .layer(map_request(hide_private_paths))
}

async fn hide_private_paths(mut request: Request) -> Request {
    if !can_be_public(request.uri().path()) {
        *request.uri_mut() = Uri::from_static(OUTSIDE);
    }
    request
}

/// Returns true if a public file can have this percent-encoded path.
fn can_be_public(path: &str) -> bool {
    let path: Vec<u8> = percent_decode_str(path).collect();
    let mut names = path.split(|byte| matches!(byte, b'/' | b'\\'));
    path.len() <= MAX_PATH_BYTES
        && !path.contains(&0)
        && names.all(|name| {
            name.len() <= MAX_NAME_BYTES && (!name.starts_with(b".") || name == b".well-known")
        })
}
