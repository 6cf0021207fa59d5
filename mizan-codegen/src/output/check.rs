//! Comparison of a folder with the generated files.

use std::fmt;
use std::path::Path;

use super::error::WriteError;
use super::files::GeneratedFiles;
use super::folder;

/// A file that differs from the generated file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The path, relative to the folder.
    pub path: String,
    /// The kind of difference.
    pub change: Change,
}

/// The kind of a [`Difference`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// The file does not exist.
    Missing,
    /// The file was generated earlier and is no longer part of the client.
    Obsolete,
    /// The contents of the file differ.
    Stale {
        /// The number of the first line that differs, counted from 1.
        line: usize,
        /// The line in the file; `None` after the end of the file.
        found: Option<String>,
        /// The generated line; `None` after the end of the generated file.
        expected: Option<String>,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.change {
            Change::Missing => write!(f, "{path} is missing"),
            Change::Obsolete => write!(f, "{path} is no longer generated"),
            Change::Stale {
                line,
                found,
                expected,
            } => {
                let display = |line: &Option<String>| match line {
                    Some(line) => line.trim().to_owned(),
                    None => "(end of file)".to_owned(),
                };
                write!(
                    f,
                    "{path} differs from line {line} on\n  - {}\n  + {}",
                    display(found),
                    display(expected)
                )
            }
        }
    }
}

/// Compares a folder with the generated files. Returns no differences if the folder is up to date.
///
/// Declaration maps are not compared.
///
/// # Errors
///
/// Returns [`WriteError`], which names the file, if a file cannot be read.
pub fn check(files: &GeneratedFiles, folder: &Path) -> Result<Vec<Difference>, WriteError> {
    let mut differences = Vec::new();
    for (path, expected) in files.iter() {
        let target = folder.join(path);
        // A map changes with each line that moves in Rust, so it is not committed.
        if path.ends_with(".d.ts.map") || folder::is_own(path, &target)? {
            continue;
        }
        let change = match folder::read(&target)? {
            None => Some(Change::Missing),
            Some(found) if found == expected.as_bytes() => None,
            Some(found) => Some(first_difference(&String::from_utf8_lossy(&found), expected)),
        };
        differences.extend(change.map(|change| Difference {
            path: path.to_owned(),
            change,
        }));
    }
    let obsolete = folder::obsolete(files, folder)?;
    differences.extend(obsolete.into_iter().map(|path| Difference {
        path,
        change: Change::Obsolete,
    }));
    Ok(differences)
}

fn first_difference(found: &str, expected: &str) -> Change {
    // `str::lines` would ignore differences in line endings.
    let mut found = found.split('\n');
    let mut expected = expected.split('\n');
    let mut line = 0;
    loop {
        line += 1;
        let (found, expected) = (found.next(), expected.next());
        if found != expected || found.is_none() {
            return Change::Stale {
                line,
                found: found.map(str::to_owned),
                expected: expected.map(str::to_owned),
            };
        }
    }
}
