/// `next`, where it is a path on this site, as a place to go after signing in; otherwise `/`.
///
/// Browsers read `//host`, `/\host` and, after they have taken out tabs and line breaks,
/// `/<tab>/host` as another site, and `javascript:` as a script (OWASP ASVS 3.7.2).
pub(crate) fn local_path(next: Option<&str>) -> &str {
    let is_local = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.contains(|c: char| c == '\\' || c.is_control())
    };
    next.filter(is_local).unwrap_or("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_gone_to() {
        for next in ["/", "/a", "/a?b=//c#d", "/a//b", "/ä"] {
            assert_eq!(local_path(Some(next)), next);
        }
        for next in [
            "",
            "a",
            "//evil",
            "///evil",
            "/\\evil",
            "\\\\evil",
            "/a\\b",
            "/\t/evil",
            "/\n/evil",
            "/\r/evil",
            " //evil",
            "javascript:alert(1)",
            "https://evil",
            "https:evil",
            "data:text/html,x",
            "/\u{0}",
        ] {
            assert_eq!(local_path(Some(next)), "/", "{next:?}");
        }
        assert_eq!(local_path(None), "/");
    }
}
