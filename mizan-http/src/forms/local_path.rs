//! Paths of the same site, to which a browser may be redirected.

use http::uri::PathAndQuery;
use mizan_core::adapter::is_local_path;

/// A path of the same site, with its query and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LocalPath(String);

impl LocalPath {
    /// Returns the path if it is local. A hidden field of a form may contain any text.
    pub(super) fn new(path: &str) -> Option<Self> {
        is_local_path(path).then(|| Self(path.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether the path is below `mount`, which has calls and no pages.
    pub(super) fn is_under(&self, mount: &str) -> bool {
        let path = self.0.split(['?', '#']).next().unwrap_or_default();
        match path.strip_prefix(mount) {
            Some(rest) if mount.is_empty() => ["/call/", "/form/", "/batch", "/ws"]
                .iter()
                .any(|call| rest.starts_with(call)),
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }

    /// Returns the path without the fragment, which is not sent in requests.
    pub(super) fn path_and_query(&self) -> Option<PathAndQuery> {
        self.0.split('#').next()?.parse().ok()
    }

    /// Adds `sent={form}` to the query, which tells the page that the form was submitted.
    pub(super) fn with_sent(&self, form: &str) -> Self {
        self.set_sent(form, true)
    }

    /// Removes `sent={form}` from the query.
    pub(super) fn without_sent(&self, form: &str) -> Self {
        self.set_sent(form, false)
    }

    fn set_sent(&self, form: &str, is_sent: bool) -> Self {
        let (rest, fragment) = match self.0.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (&self.0[..], None),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let sent = format!("sent={form}");
        let pairs: Vec<_> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && *pair != sent)
            .chain(is_sent.then_some(&sent[..]))
            .collect();
        let mut page = path.to_owned();
        if !pairs.is_empty() {
            page.extend(["?", &pairs.join("&")]);
        }
        if let Some(fragment) = fragment {
            page.extend(["#", fragment]);
        }
        Self(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_pages_from_calls() {
        let is_under = |path: &str, mount: &str| LocalPath::new(path).unwrap().is_under(mount);
        for path in [
            "/api/mizan",
            "/api/mizan?a",
            "/api/mizan/call/x",
            "/api/mizan/form/contact",
        ] {
            assert!(is_under(path, "/api/mizan"), "{path}");
        }
        for path in ["/", "/api", "/api/mizans", "/call/x"] {
            assert!(!is_under(path, "/api/mizan"), "{path}");
        }
        assert!(is_under("/form/contact", "") && is_under("/batch", ""));
        assert!(!is_under("/contact", ""));
    }

    #[test]
    fn adds_and_removes_sent_parameter_once() {
        for (page, with, without) in [
            ("/a", "/a?sent=contact", "/a"),
            ("/a?b=c", "/a?b=c&sent=contact", "/a?b=c"),
            ("/a?sent=contact&b#c", "/a?b&sent=contact#c", "/a?b#c"),
            (
                "/a?sent=other",
                "/a?sent=other&sent=contact",
                "/a?sent=other",
            ),
        ] {
            let page = LocalPath::new(page).unwrap();
            assert_eq!(page.with_sent("contact").as_str(), with);
            assert_eq!(page.without_sent("contact").as_str(), without);
        }
    }
}
