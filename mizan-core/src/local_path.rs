/// Whether `path` is a path of this site for every browser, so that one may be sent there though its text
/// comes from a request: the `next` of a sign-in, a form's hidden field.
///
/// `//example.com` and `/\example.com` are other sites, and browsers take tabs and line breaks out of an
/// address before they look (<https://url.spec.whatwg.org/#url-parsing>; OWASP ASVS 3.7.2). What is not
/// ASCII is refused too, since browsers send it percent-encoded.
///
/// ```
/// use mizan_core::is_local_path;
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
    fn only_paths_of_this_site_are_local() {
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
