//! Redirects of browsers.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

use super::body::ReplyBody;
use super::reply;

/// The request header with the kind of request (Fetch Metadata), which browsers send to secure origins.
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// The request headers that decide whether the reply with a redirect is 303 or JSON.
const VARY: &str = "accept, sec-fetch-mode";

/// Returns a response with status 303 that redirects to `location`, which is visible ASCII. `headers` are those
/// that the function set.
pub(crate) fn see_other(location: &str, headers: HeaderMap) -> Response<ReplyBody> {
    let mut response = reply::response(ReplyBody::empty(), "text/plain", "no-store");
    *response.status_mut() = StatusCode::SEE_OTHER;
    let response_headers = response.headers_mut();
    response_headers.remove(header::CONTENT_TYPE);
    response_headers.extend(headers);
    let location = HeaderValue::from_str(location)
        .expect("a location was checked to consist of visible ASCII characters");
    response_headers.insert(header::LOCATION, location);
    response
}

/// Returns `true` if a browser opens the response as a document, so that it follows a redirect.
///
/// Code receives JSON instead, because `fetch` would follow the redirect with its own headers, without
/// changing the page.
pub(crate) fn is_navigation(headers: &HeaderMap) -> bool {
    match headers.get(SEC_FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => headers.get_all(header::ACCEPT).iter().any(accepts_html),
    }
}

fn accepts_html(accept: &HeaderValue) -> bool {
    let types = accept.to_str().unwrap_or_default().split(',');
    let mut names = types.map(|entry| entry.split(';').next().unwrap_or_default().trim());
    names.any(|name| name.eq_ignore_ascii_case("text/html"))
}

/// Adds the header `Vary` to a reply with a redirect.
pub(crate) fn add_vary(headers: &mut HeaderMap) {
    headers.append(header::VARY, HeaderValue::from_static(VARY));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_documents_are_navigations() {
        let html = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (mode, accept, expected) in [
            (Some("navigate"), html, true),
            (Some("navigate"), "*/*", true),
            (Some("cors"), html, false),
            (Some("same-origin"), "*/*", false),
            (None, html, true),
            (None, "application/json, TEXT/HTML;q=0.1", true),
            (None, "*/*", false),
            (None, "application/json", false),
            (None, "text/html2", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
            if let Some(mode) = mode {
                headers.insert(SEC_FETCH_MODE, HeaderValue::from_static(mode));
            }
            assert_eq!(is_navigation(&headers), expected, "{mode:?} {accept}");
        }
    }
}
