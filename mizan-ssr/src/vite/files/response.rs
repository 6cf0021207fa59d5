//! The response with a file: conditional requests, ranges, encodings and caching (RFC 9110, 9111).

use std::io;
use std::time::SystemTime;

use headers::{
    AcceptRanges, ContentLength, ContentRange, ETag, HeaderMapExt, IfMatch, IfModifiedSince,
    IfNoneMatch, IfRange, IfUnmodifiedSince, LastModified,
};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, RANGE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};

use super::body::FileBody;
use super::encoding::{self, ContentEncoding};
use super::{BrowserFile, Representation, content_type};

/// A name with a hash never gets another content.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// Caches ask whether the file changed before each use.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

impl BrowserFile {
    /// Returns the response to a request for the file.
    ///
    /// # Errors
    ///
    /// Returns an error if a file on disk cannot be read, or has changed since the files were listed.
    pub(super) async fn respond(
        &self,
        method: &Method,
        request: &HeaderMap,
    ) -> io::Result<Response<FileBody>> {
        if !matches!(*method, Method::GET | Method::HEAD) {
            let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
            let allowed = HeaderValue::from_static("GET, HEAD");
            response.headers_mut().insert(ALLOW, allowed);
            return Ok(response);
        }
        let (encoding, representation) = self.negotiate(request).await;
        let mut response = match self.precondition(&representation.etag, request) {
            Some(status) => empty(status),
            None => {
                representation
                    .respond(method, request, self.last_modified)
                    .await?
            }
        };
        self.add_headers(&representation.etag, encoding, &mut response);
        Ok(response)
    }

    /// Returns the variant that the client prefers.
    async fn negotiate(&self, request: &HeaderMap) -> (Option<ContentEncoding>, Representation) {
        for encoding in encoding::accepted(request) {
            if let Some(variant) = self.variant(encoding).await {
                return (Some(encoding), variant);
            }
        }
        (None, self.identity.clone())
    }

    /// Evaluates the conditions of a request in the order of RFC 9110, 13.2.2. Returns the status of a
    /// response without the file.
    fn precondition(&self, etag: &ETag, request: &HeaderMap) -> Option<StatusCode> {
        if let Some(condition) = request.typed_get::<IfMatch>() {
            if !condition.precondition_passes(etag) {
                return Some(StatusCode::PRECONDITION_FAILED);
            }
        } else if let (Some(condition), Some(modified)) =
            (request.typed_get::<IfUnmodifiedSince>(), self.last_modified)
            && !condition.precondition_passes(modified)
        {
            return Some(StatusCode::PRECONDITION_FAILED);
        }
        if let Some(condition) = request.typed_get::<IfNoneMatch>() {
            if !condition.precondition_passes(etag) {
                return Some(StatusCode::NOT_MODIFIED);
            }
        } else if let (Some(condition), Some(modified)) =
            (request.typed_get::<IfModifiedSince>(), self.last_modified)
            && !condition.is_modified(modified)
        {
            return Some(StatusCode::NOT_MODIFIED);
        }
        None
    }

    fn add_headers(
        &self,
        etag: &ETag,
        encoding: Option<ContentEncoding>,
        response: &mut Response<FileBody>,
    ) {
        let has_file = response.status().is_success();
        let headers = response.headers_mut();
        headers.typed_insert(etag.clone());
        if let Some(modified) = self.last_modified {
            headers.typed_insert(LastModified::from(modified));
        }
        let cache = if self.is_hashed {
            IMMUTABLE
        } else {
            REVALIDATE
        };
        headers.insert(CACHE_CONTROL, cache);
        if !self.precompressed.is_empty() || content_type::is_compressible(self.content_type) {
            headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        if has_file {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
            headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
            if let Some(encoding) = encoding {
                headers.insert(CONTENT_ENCODING, encoding.header_value());
            }
        }
    }
}

impl Representation {
    /// Returns the response with the bytes, or those of a range.
    async fn respond(
        &self,
        method: &Method,
        request: &HeaderMap,
        last_modified: Option<SystemTime>,
    ) -> io::Result<Response<FileBody>> {
        let length = self.content.length();
        let (status, range) = match self.range(request, last_modified) {
            RequestedRange::Whole => (StatusCode::OK, 0..length),
            RequestedRange::Part { first, last } => (StatusCode::PARTIAL_CONTENT, first..last + 1),
            RequestedRange::Unsatisfiable => {
                let mut response = empty(StatusCode::RANGE_NOT_SATISFIABLE);
                let headers = response.headers_mut();
                headers.typed_insert(ContentRange::unsatisfied_bytes(length));
                return Ok(response);
            }
        };
        let sent = range.end - range.start;
        let content_range = ContentRange::bytes(range.clone(), length);
        let body = if method == Method::HEAD {
            FileBody::empty()
        } else {
            FileBody::open(&self.content, range).await?
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.typed_insert(AcceptRanges::bytes());
        headers.typed_insert(ContentLength(sent));
        if status == StatusCode::PARTIAL_CONTENT {
            let content_range = content_range.map_err(|_| io::ErrorKind::InvalidInput)?;
            headers.typed_insert(content_range);
        }
        Ok(response)
    }

    /// Returns the range that the client asks for.
    ///
    /// A malformed header and several ranges are answered with the whole file, as RFC 9110, 14.2 allows.
    fn range(&self, request: &HeaderMap, last_modified: Option<SystemTime>) -> RequestedRange {
        let modified = last_modified.map(LastModified::from);
        let is_outdated = request
            .typed_get::<IfRange>()
            .is_some_and(|condition| condition.is_modified(Some(&self.etag), modified.as_ref()));
        let range = request.get(RANGE).and_then(|range| range.to_str().ok());
        let range = range.filter(|_| !is_outdated);
        range.map_or(RequestedRange::Whole, |range| {
            RequestedRange::parse(range, self.content.length())
        })
    }
}

#[derive(Debug, PartialEq, Eq)]
enum RequestedRange {
    Whole,
    Part { first: u64, last: u64 },
    Unsatisfiable,
}

impl RequestedRange {
    /// Parses the header `Range` for a file of `length` bytes.
    fn parse(header: &str, length: u64) -> Self {
        let range = header.strip_prefix("bytes=").map(str::trim);
        let Some((first, last)) = range.and_then(|range| range.split_once('-')) else {
            return Self::Whole;
        };
        let (first, last) = match (first, parse_digits(first), last, parse_digits(last)) {
            ("", _, _, Some(suffix)) => (length.saturating_sub(suffix), length.saturating_sub(1)),
            (_, Some(first), "", _) => (first, length.saturating_sub(1)),
            (_, Some(first), _, Some(last)) if first <= last => {
                (first, last.min(length.saturating_sub(1)))
            }
            _ => return Self::Whole,
        };
        if first > last || first >= length {
            return Self::Unsatisfiable;
        }
        Self::Part { first, last }
    }
}

/// Parses a number without a sign. One that is too large is larger than every file.
fn parse_digits(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

fn empty(status: StatusCode) -> Response<FileBody> {
    let mut response = Response::new(FileBody::empty());
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::RequestedRange::{self, Part, Unsatisfiable, Whole};

    #[test]
    fn parses_ranges() {
        let part = |first, last| Part { first, last };
        for (header, expected) in [
            ("bytes=0-0", part(0, 0)),
            ("bytes=2-4", part(2, 4)),
            ("bytes=2-", part(2, 9)),
            ("bytes=2-99999999999999999999", part(2, 9)),
            ("bytes=-3", part(7, 9)),
            ("bytes=-30", part(0, 9)),
            ("bytes=-0", Unsatisfiable),
            ("bytes=10-", Unsatisfiable),
            ("bytes=99999999999999999999-", Unsatisfiable),
            ("bytes=4-2", Whole),
            ("bytes=-", Whole),
            ("bytes=", Whole),
            ("bytes=a-b", Whole),
            ("bytes=+1-2", Whole),
            ("bytes=--1", Whole),
            ("bytes=0-1,3-4", Whole),
            ("lines=0-1", Whole),
            ("", Whole),
        ] {
            assert_eq!(RequestedRange::parse(header, 10), expected, "{header}");
        }
        assert_eq!(RequestedRange::parse("bytes=0-", 0), Unsatisfiable);
    }
}
