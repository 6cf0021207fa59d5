//! Responses that send a file.

mod body;
mod conditions;
mod content_disposition;
mod range;

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Response, StatusCode, header};
use mizan_core::adapter::FunctionEntry;
use mizan_core::{Download, Error, RequestHead};

pub(crate) use self::body::DownloadStream;
use self::conditions::Validators;
use self::range::Selection;
use crate::client_budget::Share;
use crate::response::ReplyBody;

/// Everything other than the file that the response depends on.
pub(crate) struct DownloadContext<'a> {
    pub(crate) function: &'a FunctionEntry,
    pub(crate) head: &'a RequestHead,
    /// The download's share of the budget, which it holds until the client has received the file.
    pub(crate) share: Share,
    /// The time in which a stream has to produce its next part.
    pub(crate) part_timeout: Duration,
}

/// Returns the response that sends `download`, or the part of it that a `GET` request asks for.
///
/// # Errors
///
/// Returns an internal error if the content type or the entity tag is not a header value.
pub(crate) fn response(
    download: Download,
    context: DownloadContext<'_>,
) -> Result<Response<ReplyBody>, Error> {
    let DownloadContext { function, head, .. } = context;
    let is_read = matches!(*head.method(), Method::GET | Method::HEAD);
    let content_type = content_type(&download)?;
    let disposition = content_disposition::header_value(download.name(), download.is_inline());
    let mut headers = vec![
        (header::CONTENT_TYPE, content_type),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::CONTENT_DISPOSITION, disposition),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static(if is_read {
                "private, no-cache"
            } else {
                "no-store"
            }),
        ),
    ];
    if download.is_inline() && !is_passive(download.content_type()) {
        headers.push((
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox"),
        ));
    }
    let mut selection = Selection::All;
    if is_read {
        let validators = Validators::of(&download)?;
        headers.extend(validators.headers());
        if validators.are_current(head.headers()) {
            headers.retain(|(name, _)| *name != header::CONTENT_TYPE);
            return Ok(with_headers(
                StatusCode::NOT_MODIFIED,
                headers,
                ReplyBody::empty(),
            ));
        }
        if let Some(size) = seekable_size(&download) {
            headers.push((header::ACCEPT_RANGES, HeaderValue::from_static("bytes")));
            if *head.method() == Method::GET && validators.allow_range(head.headers()) {
                selection = range::select(head.headers(), size);
            }
            if let Some(range) = selection.content_range(size) {
                headers.push((header::CONTENT_RANGE, range));
            }
        }
    }
    let (status, range) = match selection {
        Selection::All => (StatusCode::OK, None),
        Selection::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
        Selection::Unsatisfiable => {
            headers.retain(|(name, _)| {
                ![header::CONTENT_TYPE, header::CONTENT_DISPOSITION].contains(name)
            });
            return Ok(with_headers(
                StatusCode::RANGE_NOT_SATISFIABLE,
                headers,
                ReplyBody::empty(),
            ));
        }
    };
    let content = DownloadStream::new(
        download.into_body(),
        range,
        function.name(),
        context.part_timeout,
        context.share,
    );
    Ok(with_headers(status, headers, ReplyBody::download(content)))
}

fn content_type(download: &Download) -> Result<HeaderValue, Error> {
    let content_type = download.content_type();
    HeaderValue::from_str(content_type).map_err(|_| {
        Error::internal(format!(
            "`{}` is not the content type of a file: correct `with_content_type` of the download `{}`",
            content_type.escape_debug(),
            download.name()
        ))
    })
}

/// Returns the size of a content whose parts can be read in any order.
fn seekable_size(download: &Download) -> Option<u64> {
    download.is_seekable().then(|| download.size())?
}

/// Returns `true` for content types in which browsers run no scripts.
///
/// The viewers of PDF in browsers do not work in a sandbox, and run the scripts of a document without
/// access to the page.
fn is_passive(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    let (kind, subtype) = essence.split_once('/').unwrap_or_default();
    match kind {
        "audio" | "video" | "font" => true,
        "image" => !subtype.contains("svg") && !subtype.contains("xml"),
        _ => matches!(
            &*essence,
            "application/pdf" | "text/plain" | "text/csv" | "application/json"
        ),
    }
}

fn with_headers(
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: ReplyBody,
) -> Response<ReplyBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend(headers);
    response
}
