//! The answers that a component gives instead of markup: not found, a redirect, a sign-in.

use std::fmt;

use http::{HeaderValue, StatusCode, Uri};
use url::form_urlencoded;

/// The answer of a component that called `notFound()`, `redirect()`, `unauthorized()` or `forbidden()`
/// of the generated client before the shell of its page was sent.
///
/// [`Page::respond`](super::Page::respond) converts it to a response. Other renders return it as
/// [`RenderError::outcome`](crate::RenderError::outcome).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PageOutcome {
    /// The page does not exist: [`PagesBuilder::not_found`](super::PagesBuilder::not_found).
    NotFound,
    /// The page is at another path of this site.
    #[non_exhaustive]
    Redirect {
        /// The path, with an optional query and fragment.
        path: LocalPath,
        /// Set if clients may remember the redirect.
        permanent: bool,
    },
    /// The visitor has to sign in first: [`PagesBuilder::sign_in`](super::PagesBuilder::sign_in).
    Unauthorized,
    /// The visitor has no access: [`PagesBuilder::forbidden`](super::PagesBuilder::forbidden).
    Forbidden,
}

/// A path that every browser resolves to a URL of the page's own site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPath(String);

/// The beginning of the `digest` of a thrown outcome. `runtime/navigation/outcome.ts` of mizan-codegen and
/// `js/page_outcome.js` have the same value.
const DIGEST_PREFIX: &str = "mizan-page:";

impl PageOutcome {
    /// Parses the digest of a thrown outcome, for example `mizan-page:redirect:/posts/1/`.
    ///
    /// Returns `None` if it is malformed or redirects to another site.
    pub(crate) fn parse(digest: &str) -> Option<Self> {
        let outcome = digest.strip_prefix(DIGEST_PREFIX)?;
        let redirect = |path, permanent| {
            let path = LocalPath::parse(path)?;
            Some(Self::Redirect { path, permanent })
        };
        match outcome.split_once(':') {
            None if outcome == "not_found" => Some(Self::NotFound),
            None if outcome == "unauthorized" => Some(Self::Unauthorized),
            None if outcome == "forbidden" => Some(Self::Forbidden),
            Some(("redirect", path)) => redirect(path, false),
            Some(("permanent_redirect", path)) => redirect(path, true),
            _ => None,
        }
    }

    /// Returns the status of the response.
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Redirect {
                permanent: false, ..
            } => StatusCode::TEMPORARY_REDIRECT,
            Self::Redirect {
                permanent: true, ..
            } => StatusCode::PERMANENT_REDIRECT,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
        }
    }
}

impl fmt::Display for PageOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("not found"),
            Self::Redirect { path, .. } => write!(f, "a redirect to {}", path.as_str()),
            Self::Unauthorized => f.write_str("unauthorized"),
            Self::Forbidden => f.write_str("forbidden"),
        }
    }
}

impl LocalPath {
    /// Parses an absolute path with an optional query and fragment.
    ///
    /// Returns `None` for everything that a browser could resolve to another site: `//example.com`,
    /// `/\example.com`, and paths with tabs or line breaks, which browsers remove before they parse a URL.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let is_local = path.starts_with('/')
            && !path.starts_with("//")
            && path
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        is_local.then(|| Self(path.into()))
    }

    /// Returns the path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the path with the parameter `next`: the path and query of `uri`, unless it is this path.
    ///
    /// Returns `None` if `uri` has this path, because a sign-in page that asks to sign in would redirect
    /// to itself.
    pub(super) fn with_next(&self, uri: Option<&Uri>) -> Option<Self> {
        let path = self.0.split(['?', '#']).next().unwrap_or_default();
        let Some(uri) = uri else {
            return Some(self.clone());
        };
        if uri.path() == path {
            return None;
        }
        let Some(next) = Self::parse(uri.path_and_query()?.as_str()) else {
            return Some(self.clone());
        };
        let separator = if self.0.contains('?') { '&' } else { '?' };
        let next: String = form_urlencoded::byte_serialize(next.0.as_bytes()).collect();
        Some(Self(format!("{}{separator}next={next}", self.0)))
    }

    pub(super) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("a local path contains only visible ASCII characters")
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::{LocalPath, PageOutcome};

    #[test]
    fn parses_only_outcomes_of_this_site() {
        let redirect = |path: &str, permanent| {
            let path = LocalPath::parse(path).expect("a local path");
            Some(PageOutcome::Redirect { path, permanent })
        };
        assert_eq!(
            PageOutcome::parse("mizan-page:not_found"),
            Some(PageOutcome::NotFound)
        );
        assert_eq!(
            PageOutcome::parse("mizan-page:redirect:/a?b=c:d#e"),
            redirect("/a?b=c:d#e", false)
        );
        assert_eq!(
            PageOutcome::parse("mizan-page:permanent_redirect:/"),
            redirect("/", true)
        );
        for invalid in [
            "",
            "not_found",
            "mizan-page:",
            "mizan-page:teapot",
            "mizan-page:redirect",
            "mizan-page:redirect:",
            "mizan-page:redirect:posts",
            "mizan-page:redirect://example.com",
            "mizan-page:redirect:/\\example.com",
            "mizan-page:redirect:/\t/example.com",
            "mizan-page:redirect:https://example.com",
            "mizan-page:redirect:/a\r\nset-cookie: b=c",
        ] {
            assert_eq!(PageOutcome::parse(invalid), None, "{invalid:?}");
        }
    }

    #[test]
    fn sign_in_returns_to_the_page() {
        let with_next = |sign_in: &str, uri: &'static str| {
            let path = LocalPath::parse(sign_in).expect("a local path");
            let path = path.with_next(Some(&Uri::from_static(uri)))?;
            Some(path.as_str().to_owned())
        };
        assert_eq!(
            with_next("/sign-in/", "/posts/1/?a=b&c=d").as_deref(),
            Some("/sign-in/?next=%2Fposts%2F1%2F%3Fa%3Db%26c%3Dd")
        );
        assert_eq!(
            with_next("/sign-in/?by=mail", "https://example.com/a").as_deref(),
            Some("/sign-in/?by=mail&next=%2Fa")
        );
        assert_eq!(
            with_next("/sign-in/", "http://example.com//example.com/").as_deref(),
            Some("/sign-in/")
        );
        assert_eq!(with_next("/sign-in/", "/sign-in/?next=/"), None);
    }
}
