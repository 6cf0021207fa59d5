//! The requests to the service that answers with pages.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;

use bytes::Buf;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, LOCATION, SET_COOKIE};
use http::{Request, Response, StatusCode};
use http_body::Body;
use tower_service::Service;

use crate::page::{PageBody, PageObserver};

/// Renders the page at `path`. The error is the reason for which it cannot be a file.
pub(super) async fn render_page<S, R>(
    mut site: S,
    path: &str,
    is_not_found: bool,
) -> Result<Vec<u8>, String>
where
    S: Service<Request<PageBody>, Response = Response<R>>,
    S::Error: fmt::Display,
    R: Body,
    R::Data: Buf,
    R::Error: fmt::Display,
{
    let observer = PageObserver::default();
    let request = Request::get(path)
        .header(HOST, "localhost")
        .header(ACCEPT, "text/html")
        .extension(observer.clone())
        .body(PageBody::empty())
        .map_err(|error| format!("is not a valid path: {error}"))?;
    let failed = |error: S::Error| format!("failed: {error}");
    poll_fn(|cx| site.poll_ready(cx)).await.map_err(failed)?;
    let response = site.call(request).await.map_err(failed)?;
    // A function that needs a user is the cause of the redirect to the sign-in page.
    if let Some(problem) = observer.problem() {
        return Err(problem);
    }
    check_head(&response, is_not_found)?;
    if !observer.is_page() {
        return Err("is not a page whose handler passes the request to `Page::request`".into());
    }
    read(response.into_body())
        .await
        .map_err(|error| format!("is incomplete: {error}"))
}

fn check_head<R>(response: &Response<R>, is_not_found: bool) -> Result<(), String> {
    let (status, headers) = (response.status(), response.headers());
    if let Some(location) = headers.get(LOCATION) {
        let location = String::from_utf8_lossy(location.as_bytes());
        return Err(format!("redirects to {location}"));
    }
    let expected = if is_not_found {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    if status != expected {
        return Err(format!("has the status {status}"));
    }
    let content_type = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    if !content_type.is_some_and(|value| value.starts_with("text/html")) {
        return Err("is not HTML".into());
    }
    if headers.contains_key(SET_COOKIE) {
        return Err("sets a cookie".into());
    }
    Ok(())
}

async fn read<R>(body: R) -> Result<Vec<u8>, R::Error>
where
    R: Body,
    R::Data: Buf,
{
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|cx| body.as_mut().poll_frame(cx)).await {
        if let Ok(mut data) = frame?.into_data() {
            while data.has_remaining() {
                let chunk = data.chunk();
                bytes.extend_from_slice(chunk);
                let length = chunk.len();
                data.advance(length);
            }
        }
    }
    Ok(bytes)
}
