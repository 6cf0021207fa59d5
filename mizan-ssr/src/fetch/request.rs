//! The conversion of requests and responses between JavaScript and HTTP.

use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE,
    COOKIE, EXPECT, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use url::Url;

/// The headers that the client itself sets.
const CLIENT_HEADERS: [HeaderName; 10] = [
    ACCEPT_ENCODING,
    CONNECTION,
    CONTENT_LENGTH,
    EXPECT,
    HOST,
    PROXY_AUTHORIZATION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// A request as `js/fetch_api.js` describes it.
#[derive(Deserialize)]
struct Described {
    method: String,
    url: String,
    redirect: Redirect,
    headers: Vec<(String, String)>,
}

/// The handling of redirects.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Redirect {
    Follow,
    Error,
    Manual,
}

/// A request of a component.
#[derive(Clone, Debug)]
pub(super) struct FetchRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) redirect: Redirect,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<bytes::Bytes>,
}

impl FetchRequest {
    /// Parses a request. Returns a message if it is invalid.
    pub(super) fn parse(described: &str, body: Option<&[u8]>) -> Result<Self, String> {
        let described: Described =
            serde_json::from_str(described).map_err(|error| error.to_string())?;
        let url = Url::parse(&described.url).map_err(|error| error.to_string())?;
        let mut headers = HeaderMap::new();
        for (name, value) in described.headers {
            let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
            // The characters of a value are bytes.
            let bytes: Vec<u8> = value.chars().map(|byte| byte as u8).collect();
            let value = HeaderValue::from_bytes(&bytes).map_err(|error| error.to_string())?;
            if !CLIENT_HEADERS.contains(&name) {
                headers.append(name, value);
            }
        }
        Ok(Self {
            method: described.method.parse().map_err(|_| "invalid method")?,
            url,
            redirect: described.redirect,
            headers,
            body: body.map(bytes::Bytes::copy_from_slice),
        })
    }

    /// Changes the request to follow a redirect to `location`, as the Fetch standard requires.
    pub(super) fn follow(&mut self, status: StatusCode, location: Url) {
        let becomes_get = match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            StatusCode::SEE_OTHER => self.method != Method::GET && self.method != Method::HEAD,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = None;
            self.headers.remove(CONTENT_TYPE);
            self.headers.remove(CONTENT_ENCODING);
        }
        if location.origin() != self.url.origin() {
            self.headers.remove(AUTHORIZATION);
            self.headers.remove(COOKIE);
        }
        self.url = location;
    }
}

/// Returns the head of a response as JSON for `js/fetch_api.js`.
pub(super) fn describe_response(
    status: StatusCode,
    url: &Url,
    redirected: bool,
    headers: &HeaderMap,
) -> String {
    let headers: Vec<(&str, String)> = headers
        .iter()
        .map(|(name, value)| {
            let value = value.as_bytes().iter().copied().map(char::from).collect();
            (name.as_str(), value)
        })
        .collect();
    json!({
        "status": status.as_u16(),
        "statusText": status.canonical_reason().unwrap_or_default(),
        "url": url.as_str(),
        "redirected": redirected,
        "headers": headers,
    })
    .to_string()
}

/// Returns whether `status` redirects.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}
