//! The response to a client navigation: the data of a page without its markup.
//!
//! The response is a stream of JSON objects, one per line. The first one describes the page, and later ones
//! have the results of server functions as they complete. `NAVIGATION.md` describes the protocol.

use http::header::ORIGIN;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use serde_json::Value;

use super::body::PageBody;
use super::headers;
use crate::embedded_data::{PageData, push_json_line};

/// The request header of a client navigation, and the value of `Vary`.
pub(super) const NAVIGATION: HeaderName = HeaderName::from_static("mizan-navigation");

/// The header with the id of the browser files: of the page that navigates, and of the response.
pub(super) const BUILD: HeaderName = HeaderName::from_static("mizan-build");

const CONTENT_TYPE: &str = "application/x-ndjson";

/// The kind of a request for a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum RequestKind {
    /// A browser opens the page.
    #[default]
    Document,
    /// A page of this site asks for the data of another page.
    Navigation,
    /// A page of this site asks for the data of a page that the user may open, and for the names of its files.
    Prefetch,
    /// A navigation of a page with other browser files. It has to load the document.
    OutdatedNavigation,
    /// A navigation that another site sent. It receives the document, which no cache may store.
    ForeignNavigation,
}

impl RequestKind {
    /// Determines the kind of a request to a server whose browser files have the id `build`.
    pub(super) fn of(headers: &HeaderMap, build: &str) -> Self {
        let kind = match headers.get(NAVIGATION) {
            Some(value) if value == "1" => Self::Navigation,
            Some(value) if value == "prefetch" => Self::Prefetch,
            _ => return Self::Document,
        };
        // A browser sends `Origin` only with requests to other origins, and with requests that change data.
        let is_same_origin = match headers.get("sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => !headers.contains_key(ORIGIN),
        };
        match headers.get(BUILD) {
            _ if !is_same_origin => Self::ForeignNavigation,
            Some(value) if value == build => kind,
            _ => Self::OutdatedNavigation,
        }
    }
}

/// The description of a page in the first line of a response.
pub(super) struct PageDescription<'a> {
    pub(super) component: &'a str,
    /// A JSON object.
    pub(super) props: &'a str,
    /// The title, unless the component renders one.
    pub(super) title: Option<&'a str>,
    /// Trusted HTML for the head.
    pub(super) head: &'a str,
    /// The style sheets and modules of the component that not every page has, for a prefetch. Otherwise, the
    /// loader of Vite's build requests them.
    pub(super) styles: &'a [String],
    pub(super) modules: &'a [String],
}

impl PageDescription<'_> {
    /// Returns the first line.
    pub(super) fn line(&self, data: &PageData) -> String {
        let mut line = String::from("{\"page\":{\"component\":");
        push_string(&mut line, self.component);
        line.push_str(",\"props\":");
        push_json_line(&mut line, self.props);
        if let Some(title) = self.title {
            line.push_str(",\"title\":");
            push_string(&mut line, title);
        }
        if !self.head.is_empty() {
            line.push_str(",\"head\":");
            push_string(&mut line, self.head);
        }
        for (name, urls) in [("styles", self.styles), ("modules", self.modules)] {
            if !urls.is_empty() {
                line.push_str(&format!(",\"{name}\":{}", Value::from(urls)));
            }
        }
        line.push('}');
        let members = data.members();
        if !members.is_empty() {
            line.push(',');
            line.push_str(&members);
        }
        line.push_str("}\n");
        line
    }
}

/// Returns a response that begins with the line `first`.
pub(super) fn response(status: StatusCode, build: &str, body: PageBody) -> Response<PageBody> {
    let mut response = headers::response(status, CONTENT_TYPE, body);
    if let Ok(build) = HeaderValue::from_str(build) {
        response.headers_mut().insert(BUILD, build);
    }
    response
}

/// Returns the response to a page whose browser files are outdated: it loads the document.
pub(super) fn reload(build: &str) -> Response<PageBody> {
    let body = PageBody::complete("{\"reload\":true}\n");
    response(StatusCode::OK, build, body)
}

fn push_string(line: &mut String, text: &str) {
    line.push_str(&Value::from(text).to_string());
}

#[cfg(test)]
mod tests {
    use http::header::ORIGIN;
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::{BUILD, NAVIGATION, PageDescription, RequestKind};
    use crate::embedded_data::EmbeddedData;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(HeaderName, &'static str)| {
            (name.clone(), HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_pages_of_the_same_build_and_origin_navigate() {
        let site = HeaderName::from_static("sec-fetch-site");
        let of = |pairs: &[(HeaderName, &'static str)]| RequestKind::of(&headers(pairs), "b1");
        let navigation = (NAVIGATION, "1");
        let current = (BUILD, "b1");
        let with = |header| of(&[navigation.clone(), current.clone(), header]);
        assert_eq!(of(&[]), RequestKind::Document);
        assert_eq!(of(&[(NAVIGATION, "0")]), RequestKind::Document);
        assert_eq!(with((site.clone(), "same-origin")), RequestKind::Navigation);
        let prefetch = (NAVIGATION, "prefetch");
        assert_eq!(of(&[prefetch, current.clone()]), RequestKind::Prefetch);
        for foreign in ["cross-site", "same-site", "none", ""] {
            let kind = with((site.clone(), foreign));
            assert_eq!(kind, RequestKind::ForeignNavigation, "{foreign}");
        }
        let origin = (ORIGIN, "https://example.com");
        assert_eq!(with(origin), RequestKind::ForeignNavigation);
        assert_eq!(
            of(&[navigation.clone(), current.clone()]),
            RequestKind::Navigation
        );
        let only = std::slice::from_ref(&navigation);
        assert_eq!(of(only), RequestKind::OutdatedNavigation);
        let old = (BUILD, "b0");
        assert_eq!(of(&[navigation, old]), RequestKind::OutdatedNavigation);
    }

    #[test]
    fn each_object_has_one_line() {
        let mut embedded = EmbeddedData::default();
        embedded.push_result("user", "", Ok("{\n\"name\": 1}"));
        let data = embedded.take([("slow", "")]);
        let page = PageDescription {
            component: "pages/\"Home\".tsx",
            props: "{\n\"a\":1}",
            title: Some("a\nb"),
            head: "<meta name=\"a\">",
            styles: &[],
            modules: &["/a.js".into()],
        };
        assert_eq!(
            page.line(&data),
            r#"{"page":{"component":"pages/\"Home\".tsx","props":{ "a":1},"title":"a\nb","head":"<meta name=\"a\">","modules":["/a.js"]},"results":[{"name":"user","output":{ "name": 1}}],"pending":[{"name":"slow"}]}"#
                .to_owned()
                + "\n"
        );
    }
}
