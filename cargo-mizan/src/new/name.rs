//! The name of a new application.

use std::fmt;
use std::str::FromStr;

use anyhow::{bail, ensure};

/// The maximum number of characters, which is the limit of crates.io.
const MAX_CHARS: usize = 64;

/// The keywords of Rust that a package cannot be named after, and the crates of its distribution.
const RESERVED: [&str; 57] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "proc_macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "union",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
];

/// A name that is valid for a package, a crate and a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApplicationName(String);

impl ApplicationName {
    /// Returns the name of the package and the folder.
    pub(crate) fn package(&self) -> &str {
        &self.0
    }

    /// Returns the name of the crate.
    pub(crate) fn krate(&self) -> String {
        self.0.replace('-', "_")
    }

    /// Returns the name in titles, such as `My Shop` for `my-shop`.
    pub(crate) fn title(&self) -> String {
        let words = self.0.split(['-', '_']).filter(|word| !word.is_empty());
        let words = words.map(|word| {
            let (first, rest) = word.split_at(1);
            first.to_uppercase() + rest
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

impl FromStr for ApplicationName {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        const RULE: &str =
            "use ASCII letters, digits, `-` and `_`, and begin with a letter, such as `my-shop`";
        let is_allowed = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
        if let Some(invalid) = name.chars().find(|it| !is_allowed(*it)) {
            bail!("`{name}` is no crate name, because of the character {invalid:?}: {RULE}");
        }
        ensure!(
            name.starts_with(|first: char| first.is_ascii_alphabetic()),
            "`{name}` is no crate name: {RULE}"
        );
        ensure!(
            name.len() <= MAX_CHARS,
            "`{name}` is longer than {MAX_CHARS} characters: choose a shorter name"
        );
        ensure!(
            !RESERVED.contains(&name.to_ascii_lowercase().replace('-', "_").as_str()),
            "`{name}` is a reserved word of Rust: choose another name, such as `{name}-app`"
        );
        Ok(Self(name.to_owned()))
    }
}

impl fmt::Display for ApplicationName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ApplicationName;

    #[test]
    fn accepts_names_of_crates() {
        for (name, krate, title) in [
            ("shop", "shop", "Shop"),
            ("my-shop", "my_shop", "My Shop"),
            ("Web_2", "Web_2", "Web 2"),
        ] {
            let name: ApplicationName = name.parse().expect(name);
            assert_eq!(
                (name.krate().as_str(), name.title().as_str()),
                (krate, title)
            );
        }
    }

    #[test]
    fn refuses_other_names_with_a_reason() {
        let long = "a".repeat(65);
        for (name, reason) in [
            ("", "begin with a letter"),
            ("1shop", "begin with a letter"),
            ("-shop", "begin with a letter"),
            ("my shop", "because of the character ' '"),
            ("../shop", "because of the character '.'"),
            ("caf\u{e9}", "because of the character 'é'"),
            ("match", "reserved word"),
            ("Self", "reserved word"),
            ("proc-macro", "reserved word"),
            (long.as_str(), "longer than 64"),
        ] {
            let error = name.parse::<ApplicationName>().expect_err(name);
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}
