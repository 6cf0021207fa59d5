//! The table of attacks and faults in `SECURITY.md`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// The program that runs a test.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Runner {
    Nextest,
    Vitest,
    Playwright,
}

/// A reference to a test in a code span of the table.
///
/// - `mizan-auth::it attacks::name`: a binary id of nextest, and a test in it; `attacks::` stands for all tests
///   of that module
/// - `vitest forms.test.tsx: title` and `playwright contact.test.ts: title`: a file, and a test in it
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct TestRef {
    pub(super) runner: Runner,
    /// A test file, or the binary id of a Rust test.
    pub(super) file: String,
    pub(super) title: String,
}

impl TestRef {
    /// Parses a code span. Returns `None` if it is not a reference to a test.
    fn parse(span: &str) -> Option<Self> {
        for (prefix, runner) in [
            ("vitest ", Runner::Vitest),
            ("playwright ", Runner::Playwright),
        ] {
            if let Some(rest) = span.strip_prefix(prefix) {
                let (file, title) = rest.split_once(": ")?;
                return Some(Self::new(runner, file, title));
            }
        }
        let (binary, test) = span.split_once(' ')?;
        let is_path = |text: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_alphanumeric() || "-_:/".contains(c))
        };
        (is_path(binary) && is_path(test) && (binary.contains("::") || test.contains("::")))
            .then(|| Self::new(Runner::Nextest, binary, test))
    }

    fn new(runner: Runner, file: &str, title: &str) -> Self {
        Self {
            runner,
            file: file.to_owned(),
            title: title.to_owned(),
        }
    }

    /// The folder that holds the test's source.
    fn folder(&self, root: &Path) -> PathBuf {
        match self.runner {
            Runner::Vitest => root.join("mizan-codegen/runtime/tests"),
            Runner::Playwright => root.join("examples/chat/web/e2e"),
            Runner::Nextest => {
                let package = self.file.split("::").next().unwrap_or_default();
                match package {
                    "chat" | "hello" => root.join("examples").join(package),
                    package => root.join(package),
                }
            }
        }
    }

    fn exists(&self, root: &Path) -> anyhow::Result<bool> {
        let folder = self.folder(root);
        match self.runner {
            Runner::Nextest => {
                let declaration = match self.title.strip_suffix("::") {
                    Some(module) => format!("mod {}", last_segment(module)),
                    None => format!("fn {}(", last_segment(&self.title)),
                };
                any_rust_file_contains(&folder, &declaration)
            }
            Runner::Vitest | Runner::Playwright => {
                let source = fs::read_to_string(folder.join(&self.file)).unwrap_or_default();
                Ok(source.contains(&self.title))
            }
        }
    }
}

impl std::fmt::Display for TestRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.runner {
            Runner::Nextest => write!(f, "{} {}", self.file, self.title),
            Runner::Vitest => write!(f, "vitest {}: {}", self.file, self.title),
            Runner::Playwright => write!(f, "playwright {}: {}", self.file, self.title),
        }
    }
}

/// The tests that the table names.
pub(crate) struct Table(BTreeSet<TestRef>);

impl Table {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let table = Self::parse(&text);
        anyhow::ensure!(!table.0.is_empty(), "{} names no test", path.display());
        Ok(table)
    }

    fn parse(text: &str) -> Self {
        let rows = text.lines().filter(|line| line.starts_with('|'));
        // Every second part between backticks is a code span.
        let spans = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
        Self(spans.filter_map(TestRef::parse).collect())
    }

    pub(super) fn tests(&self, runner: Runner) -> Vec<&TestRef> {
        let of_runner = |test: &&TestRef| test.runner == runner;
        self.0.iter().filter(of_runner).collect()
    }

    pub(super) fn missing_tests(&self, root: &Path) -> anyhow::Result<Vec<String>> {
        let mut missing = Vec::new();
        for test in &self.0 {
            if !test.exists(root)? {
                missing.push(test.to_string());
            }
        }
        Ok(missing)
    }
}

fn last_segment(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or(path)
}

fn any_rust_file_contains(folder: &Path, text: &str) -> anyhow::Result<bool> {
    let entries =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let is_dependency = path.ends_with("target") || path.ends_with("node_modules");
        let found = if path.is_dir() {
            !is_dependency && any_rust_file_contains(&path, text)?
        } else {
            path.extension().is_some_and(|extension| extension == "rs")
                && fs::read_to_string(&path)?.contains(text)
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        Table::parse(text)
            .0
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn reads_references_of_each_runner() {
        let row = "| a | `GET /` | `mizan-auth::it attacks::one` `vitest a.test.ts: two words` | `playwright b.test.ts: three` |";
        assert_eq!(
            names(row),
            [
                "mizan-auth::it attacks::one",
                "vitest a.test.ts: two words",
                "playwright b.test.ts: three"
            ]
        );
    }

    #[test]
    fn ignores_code_outside_of_rows_and_other_code() {
        assert!(names("`mizan-auth::it attacks::one`\n| `cargo test` | `SIGTERM` |").is_empty());
    }

    #[test]
    fn reports_a_test_that_does_not_exist() {
        let root = crate::project::root();
        let table = Table::parse(
            "| `xtask attacks::table::tests::reports_a_test_that_does_not_exist` | `xtask tests::is_not_there` |",
        );
        let missing = table.missing_tests(root).expect("readable sources");
        assert_eq!(missing, ["xtask tests::is_not_there"]);
    }
}
