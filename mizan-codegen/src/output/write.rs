//! Writing the generated files to a folder.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::error::WriteError;
use super::files::GeneratedFiles;
use super::folder;

/// The changes that [`write()`] made, as paths relative to the folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriteSummary {
    /// The files that were created or replaced.
    pub written: Vec<String>,
    /// The generated files that were removed because they are no longer part of the client.
    pub removed: Vec<String>,
}

/// Writes the files that changed to a folder, and removes files that are no longer generated.
///
/// Each file is replaced atomically, so that a bundler that watches the folder never reads a
/// partial file. Files that were not generated are never changed. If the folder has a `package.json` of its
/// own, it takes the place of the generated one; add `"sideEffects": false` to it.
///
/// ```
/// use mizan_codegen::output::{check, write};
/// use mizan_codegen::{Manifest, generate};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let folder = directory.path().join("web/src/mizan");
/// let json = r#"{ "mizan": 1, "contract": "9f86d081884c7d65", "codes": [], "functions": [] }"#;
/// let files = generate(&Manifest::parse(json)?)?;
/// write(&files, &folder)?;
/// assert!(check(&files, &folder)?.is_empty());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns [`WriteError`], which names the file, if a file cannot be read or written. In that case,
/// the files before it in the order of paths are up to date. If a file that was not generated has
/// the path of a generated file, nothing is written.
pub fn write(files: &GeneratedFiles, folder: &Path) -> Result<WriteSummary, WriteError> {
    let mut stale = Vec::new();
    for (path, contents) in files.iter() {
        let target = folder.join(path);
        if folder::is_own(path, &target)? {
            continue;
        }
        let found = folder::read(&target)?;
        if found.as_deref() == Some(contents.as_bytes()) {
            continue;
        }
        if found.is_some() && !folder::is_generated(&target)? {
            let reason = "mizan did not generate this file: move it, or choose another folder";
            let error = io::Error::new(io::ErrorKind::AlreadyExists, reason);
            return Err(WriteError::context("replace", &target)(error));
        }
        stale.push((path, target, contents));
    }
    let mut summary = WriteSummary::default();
    for (path, target, contents) in stale {
        replace(&target, contents)?;
        summary.written.push(path.to_owned());
    }
    for path in folder::obsolete(files, folder)? {
        folder::remove(folder, &path)?;
        summary.removed.push(path);
    }
    Ok(summary)
}

fn replace(path: &Path, contents: &str) -> Result<(), WriteError> {
    let parent = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(parent).map_err(WriteError::context("create", parent))?;
    persist(parent, path, contents).map_err(WriteError::context("write", path))
}

/// Writes a temporary file beside `path` and renames it, which is atomic within a file system.
fn persist(parent: &Path, path: &Path, contents: &str) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.suffix(".tmp");
    // Temporary files are private by default, but generated files are not secret.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(parent)?;
    file.write_all(contents.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
