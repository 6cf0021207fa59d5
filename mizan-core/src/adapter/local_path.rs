//! Redirect targets.

/// Returns `true` if every browser resolves `path` to a path on this site.
///
/// Check a redirect target that comes from a request with this function, such as the `next` of a
/// sign-in page or the hidden field of a form, to prevent open redirects.
///
/// `//example.com` and `/\example.com` point to other sites, and browsers remove tabs and line
/// breaks before they parse an address (<https://url.spec.whatwg.org/#url-parsing>; OWASP ASVS
/// 3.7.2). The function rejects characters outside of ASCII as well, because browsers send them
/// percent-encoded.
///
/// ```
/// use mizan_core::adapter::is_local_path;
///
/// assert!(is_local_path("/posts?page=2#new"));
/// assert!(!is_local_path("//example.com"));
/// assert!(!is_local_path("/\\example.com"));
/// assert!(!is_local_path("javascript:alert(1)"));
/// ```
#[must_use]
pub fn is_local_path(path: &str) -> bool {
    path.starts_with('/')
        && !path.starts_with("//")
        && path
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use super::is_local_path;

    #[test]
    fn accepts_only_paths_of_this_site() {
        for path in [
            "/",
            "/contact/",
            "/a?next=//b",
            "/a?b=//c#d",
            "/a#b",
            "/a//b",
            "/%2F%2Fexample.com",
            "/:80",
        ] {
            assert!(is_local_path(path), "{path}");
        }
        for path in [
            "",
            "contact",
            "//example.com",
            "///example.com",
            "/\\example.com",
            "\\/example.com",
            "\\\\example.com",
            "/a\\b",
            "/\t/example.com",
            "/\n/example.com",
            "/\r/example.com",
            "/a\r\nset-cookie: b=c",
            " /a",
            " //example.com",
            "/a b",
            "https://example.com",
            "https:example.com",
            "javascript:alert(1)",
            "data:text/html,x",
            "/ünicode",
            "/\0",
        ] {
            assert!(!is_local_path(path), "{path:?}");
        }
    }
}
