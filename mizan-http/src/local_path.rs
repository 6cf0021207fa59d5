//! Paths of this site, where browsers may be sent.

use http::uri::PathAndQuery;
use mizan_core::adapter::is_local_path;

/// A path of this site, with its query and fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LocalPath(String);

impl LocalPath {
    /// Takes what browsers may be sent to: a form's hidden field may hold anything.
    pub(crate) fn new(path: &str) -> Option<Self> {
        is_local_path(path).then(|| Self(path.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this lies under `mount`, where calls are answered and no pages are.
    pub(crate) fn is_under(&self, mount: &str) -> bool {
        let path = self.0.split(['?', '#']).next().unwrap_or_default();
        match path.strip_prefix(mount) {
            Some(rest) if mount.is_empty() => {
                let calls = ["/call/", "/form/", "/batch", "/ws"];
                calls.iter().any(|call| rest.starts_with(call))
            }
            Some(rest) => rest.is_empty() || rest.starts_with('/'),
            None => false,
        }
    }

    /// The path and the query, to ask for the page.
    pub(crate) fn target(&self) -> Option<PathAndQuery> {
        self.0.split('#').next()?.parse().ok()
    }

    /// This page, told that the form `name` was sent, or not any more.
    pub(crate) fn with_sent(&self, name: &str, sent: bool) -> Self {
        let (rest, fragment) = match self.0.split_once('#') {
            Some((rest, fragment)) => (rest, Some(fragment)),
            None => (&self.0[..], None),
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let told = format!("sent={name}");
        let pairs = query
            .split('&')
            .filter(|pair| !pair.is_empty() && *pair != told);
        let pairs: Vec<_> = pairs.chain(sent.then_some(&told[..])).collect();
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
    fn a_page_is_told_from_a_call() {
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
    fn a_page_is_told_once_that_its_form_was_sent() {
        for (page, sent, unsent) in [
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
            assert_eq!(page.with_sent("contact", true).as_str(), sent);
            assert_eq!(page.with_sent("contact", false).as_str(), unsent);
        }
    }
}
