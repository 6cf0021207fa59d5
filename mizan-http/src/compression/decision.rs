//! The decision whether a response is compressed.

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_RANGE, CONTENT_TYPE,
    COOKIE, ETAG, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body::Body;

/// The size below which a response fits into one packet anyway.
const MIN_BYTES: u64 = 1024;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Returns whether the client understands compressed responses, and their length is safe.
pub(super) fn is_possible(request: &HeaderMap) -> bool {
    request.contains_key(ACCEPT_ENCODING) && is_safe(request)
}

/// Tells caches that the response depends on `Accept-Encoding`, even if this one is not compressed.
pub(super) fn vary_by_encoding(response: &mut HeaderMap) {
    let is_listed = response.get_all(VARY).iter().any(|vary| {
        let mut names = vary.as_bytes().split(|byte| *byte == b',');
        names.any(|name| {
            matches!(name.trim_ascii(), name if name == b"*"
            || name.eq_ignore_ascii_case(b"accept-encoding"))
        })
    });
    if !is_listed {
        response.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// Returns whether the length of the response to a request can tell another site nothing; see
/// [`Compression`](super::Compression).
fn is_safe(request: &HeaderMap) -> bool {
    let has_credentials = request.contains_key(COOKIE) || request.contains_key(AUTHORIZATION);
    if !has_credentials {
        return true;
    }
    let mut sites = request.get_all(SEC_FETCH_SITE).iter();
    let site = sites.next().map(|site| site.as_bytes());
    matches!(site, Some(b"same-origin" | b"none")) && sites.next().is_none()
}

/// Returns whether compression is allowed for the response and makes it smaller.
pub(super) fn pays<B: Body>(response: &Response<B>) -> bool {
    let headers = response.headers();
    let status = response.status();
    let has_body = !status.is_informational() && status != 204 && status != 304;
    has_body
        && !headers.contains_key(CONTENT_ENCODING)
        && !headers.contains_key(CONTENT_RANGE)
        // The service that sets the tag chooses among variants itself.
        && !headers.contains_key(ETAG)
        && !forbids_transformation(headers)
        && is_compressible(headers)
        && response.body().size_hint().exact().is_none_or(|size| size >= MIN_BYTES)
}

fn forbids_transformation(headers: &HeaderMap) -> bool {
    let values = headers.get_all(CACHE_CONTROL).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|directive| directive.trim().eq_ignore_ascii_case("no-transform"))
}

fn is_compressible(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE);
    let Some(content_type) = content_type.and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = content_type.split(';').next().unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    match &*essence {
        // Proxies and clients expect each event at once.
        "text/event-stream" => false,
        "application/javascript"
        | "application/json"
        | "application/x-ndjson"
        | "application/xml"
        | "application/wasm" => true,
        _ => {
            essence.starts_with("text/") || essence.ends_with("+json") || essence.ends_with("+xml")
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{COOKIE, SEC_FETCH_SITE, is_safe};

    #[test]
    fn trusts_one_exact_value_only() {
        for (sites, expected) in [
            (&["same-origin"][..], true),
            (&["none"], true),
            (&["same-site"], false),
            (&["cross-site"], false),
            (&["Same-Origin"], false),
            (&["same-origin, cross-site"], false),
            (&["same-origin", "cross-site"], false),
            (&["none", "none"], false),
            (&[""], false),
            (&[], false),
        ] {
            let mut request = HeaderMap::new();
            request.insert(COOKIE, HeaderValue::from_static("a=b"));
            for site in sites {
                request.append(SEC_FETCH_SITE, HeaderValue::from_static(site));
            }
            assert_eq!(is_safe(&request), expected, "{sites:?}");
            request.remove(COOKIE);
            assert!(is_safe(&request), "without credentials: {sites:?}");
        }
    }
}
