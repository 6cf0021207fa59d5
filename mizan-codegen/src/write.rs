use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::WriteError;
use crate::files::Files;
use crate::typescript::PREAMBLE;

/// What [`write()`] changed, by paths relative to the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// Files that were created or replaced.
    pub written: Vec<String>,
    /// Files of an earlier client that are no longer generated.
    pub removed: Vec<String>,
}

/// A file that is not as it would be generated now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The path, relative to the folder.
    pub path: String,
    /// What is the matter with it.
    pub change: Change,
}

/// How a file differs from what would be generated now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is not there.
    Missing,
    /// It was generated earlier and is no longer.
    Extra,
    /// It has other contents.
    Stale {
        /// The first line that differs, from 1.
        line: usize,
        /// What the file has there; nothing when it has ended.
        found: Option<String>,
        /// What would be generated there; nothing when it has ended.
        expected: Option<String>,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = &self.path;
        match &self.change {
            Change::Missing => write!(f, "{path} is missing"),
            Change::Extra => write!(f, "{path} is no longer generated"),
            Change::Stale {
                line,
                found,
                expected,
            } => {
                let shown = |line: &Option<String>| match line {
                    Some(line) => line.trim().to_owned(),
                    None => "the end of the file".to_owned(),
                };
                write!(
                    f,
                    "{path} is stale from line {line}\n  - {}\n  + {}",
                    shown(found),
                    shown(expected)
                )
            }
        }
    }
}

/// Brings the folder up to date: writes what changed, and removes what is no longer generated.
///
/// Each file is replaced at once, so that a bundler that watches the folder never reads half of
/// one. Files that were not generated are never touched.
///
/// # Errors
///
/// [`WriteError`] names the file that could not be read or written. Files before it, in the order
/// of their paths, are up to date then.
pub fn write(files: &Files, folder: &Path) -> Result<Written, WriteError> {
    let mut changed = Written::default();
    for (path, contents) in files.iter() {
        let target = folder.join(path);
        if read(&target)?.as_deref() != Some(contents.as_bytes()) {
            replace(&target, contents)?;
            changed.written.push(path.to_owned());
        }
    }
    for path in extra(files, folder)? {
        let target = folder.join(&path);
        fs::remove_file(&target).map_err(failed("remove", &target))?;
        changed.removed.push(path);
    }
    Ok(changed)
}

/// Tells how the folder differs from what would be generated now; nothing when it is up to date.
///
/// # Errors
///
/// [`WriteError`] names the file that could not be read.
pub fn check(files: &Files, folder: &Path) -> Result<Vec<Difference>, WriteError> {
    let mut differences = Vec::new();
    for (path, expected) in files.iter() {
        let change = match read(&folder.join(path))? {
            None => Some(Change::Missing),
            Some(found) if found == expected.as_bytes() => None,
            Some(found) => Some(stale(&String::from_utf8_lossy(&found), expected)),
        };
        differences.extend(change.map(|change| Difference {
            path: path.to_owned(),
            change,
        }));
    }
    let extra = extra(files, folder)?.into_iter().map(|path| Difference {
        path,
        change: Change::Extra,
    });
    differences.extend(extra);
    Ok(differences)
}

fn stale(found: &str, expected: &str) -> Change {
    // Not `lines`, which would not see that a line ends otherwise.
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

/// The generated files in the folder that are not among `files`.
fn extra(files: &Files, folder: &Path) -> Result<Vec<String>, WriteError> {
    let mut folders = BTreeSet::from([""]);
    folders.extend(
        files
            .iter()
            .filter_map(|(path, _)| Some(path.rsplit_once('/')?.0)),
    );
    let mut extra = Vec::new();
    for inner in folders {
        let path = folder.join(inner);
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(failed("list", &path))?,
        };
        for entry in entries {
            let entry = entry.map_err(failed("list", &path))?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let name = if inner.is_empty() {
                name
            } else {
                format!("{inner}/{name}")
            };
            if files.get(&name).is_none() && is_generated(&entry.path())? {
                extra.push(name);
            }
        }
    }
    extra.sort();
    Ok(extra)
}

fn is_generated(path: &Path) -> Result<bool, WriteError> {
    let is_typescript = path
        .extension()
        .is_some_and(|extension| extension == "ts" || extension == "tsx");
    let metadata = fs::symlink_metadata(path).map_err(failed("read", path))?;
    if !is_typescript || !metadata.is_file() {
        return Ok(false);
    }
    let mut beginning = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(PREAMBLE.len() as u64).read_to_end(&mut beginning))
        .map_err(failed("read", path))?;
    Ok(beginning == PREAMBLE.as_bytes())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, WriteError> {
    match fs::read(path) {
        Ok(contents) => Ok(Some(contents)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

fn replace(path: &Path, contents: &str) -> Result<(), WriteError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed("create", parent))?;
    }
    // In the same folder, because a rename is atomic only within one file system.
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let replaced = fs::write(&temporary, contents).and_then(|()| fs::rename(&temporary, path));
    if replaced.is_err() {
        // What went wrong first is what the user has to know.
        let _ = fs::remove_file(&temporary);
    }
    replaced.map_err(failed("write", path))
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> WriteError + 'a {
    move |source| WriteError {
        action,
        path: path.to_owned(),
        source,
    }
}
