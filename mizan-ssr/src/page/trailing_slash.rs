//! The canonical form of paths, with or without a slash at the end.

use http::Uri;

use super::outcome::LocalPath;

/// The form of the paths of an application's pages.
///
/// [`Pages::fallback`](super::Pages::fallback) redirects from the other form with 308, which browsers remember.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TrailingSlash {
    /// Paths are answered as they are.
    #[default]
    Ignore,
    /// Paths end with a slash: `/contact/`. A path such as `/missing.png` is not changed.
    Always,
    /// Paths do not end with a slash: `/contact`.
    Never,
}

impl TrailingSlash {
    /// Returns the canonical path with the query of `uri`; `None` if the path has this form.
    ///
    /// A path that a browser would resolve to another site, such as `//example.com`, has no other form.
    pub(super) fn redirect(self, uri: &Uri) -> Option<LocalPath> {
        let path = uri.path();
        let canonical = match self {
            Self::Ignore => return None,
            Self::Always => {
                let name = path.rsplit('/').next().unwrap_or_default();
                if name.is_empty() || name.contains('.') {
                    return None;
                }
                format!("{path}/")
            }
            Self::Never => {
                let trimmed = path.trim_end_matches('/');
                if trimmed == path || trimmed.is_empty() {
                    return None;
                }
                trimmed.into()
            }
        };
        LocalPath::parse(&match uri.query() {
            Some(query) => format!("{canonical}?{query}"),
            None => canonical,
        })
    }
}

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::TrailingSlash::{self, Always, Ignore, Never};

    #[test]
    fn redirects_to_canonical_path_of_this_site() {
        let redirect = |form: TrailingSlash, uri: &str| {
            let uri: Uri = uri.parse().expect("a URI");
            form.redirect(&uri).map(|path| path.as_str().to_owned())
        };
        for (form, uri, expected) in [
            (Always, "/contact", Some("/contact/")),
            (Always, "/contact?a=b&c=%2F", Some("/contact/?a=b&c=%2F")),
            (Always, "http://x/contact", Some("/contact/")),
            (Always, "/a//b", Some("/a//b/")),
            (Always, "/%2f/evil", Some("/%2f/evil/")),
            (Always, "/contact/", None),
            (Always, "/", None),
            (Always, "/missing.png", None),
            (Always, "//evil.example", None),
            (Always, "//evil", None),
            (Always, "//evil/a", None),
            (Never, "/contact/", Some("/contact")),
            (Never, "/contact///?a=/", Some("/contact?a=/")),
            (Never, "/contact", None),
            (Never, "/", None),
            (Never, "///", None),
            (Never, "//evil/", None),
            (Ignore, "/contact", None),
        ] {
            assert_eq!(redirect(form, uri).as_deref(), expected, "{form:?} {uri}");
        }
    }
}
