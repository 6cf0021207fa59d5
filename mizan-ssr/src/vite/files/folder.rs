//! The files of a folder.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::content::Content;
use super::{BrowserFiles, HashedNames, NewFile, is_public};

/// The size up to which a file is held in memory.
const MAX_BYTES_IN_MEMORY: u64 = 1 << 20;
/// The memory of all files together. Further files are read from disk for each request.
const MAX_TOTAL_BYTES_IN_MEMORY: u64 = 64 << 20;

impl BrowserFiles {
    /// Reads the files in `folder`.
    ///
    /// A symbolic link that leads out of the folder is left out, with a warning.
    ///
    /// # Errors
    ///
    /// Returns an error if a file cannot be read.
    pub(crate) fn read_folder(folder: &Path, hashed: &HashedNames) -> io::Result<Self> {
        let root = folder.canonicalize()?;
        let mut found = Vec::new();
        let mut visited = HashSet::from([root.clone()]);
        find_files(&root, &root, "", &mut visited, &mut found)?;
        found.sort_by(|one, other| one.path.cmp(&other.path));
        let mut memory = MAX_TOTAL_BYTES_IN_MEMORY;
        let mut files = Vec::with_capacity(found.len());
        for file in &found {
            let content = if file.length <= MAX_BYTES_IN_MEMORY && file.length <= memory {
                memory -= file.length;
                Content::Memory(fs::read(&file.file)?.into())
            } else {
                Content::Disk {
                    file: file.file.clone(),
                    length: file.length,
                }
            };
            files.push(NewFile {
                path: &file.path,
                content,
                last_modified: file.last_modified,
            });
        }
        Self::new(files, hashed)
    }
}

struct FoundFile {
    /// Relative to the folder, with `/` as the separator.
    path: String,
    file: PathBuf,
    length: u64,
    last_modified: Option<SystemTime>,
}

/// Adds the public files in `directory`, whose path relative to `root` is `prefix`, to `found`.
fn find_files(
    root: &Path,
    directory: &Path,
    prefix: &str,
    visited: &mut HashSet<PathBuf>,
    found: &mut Vec<FoundFile>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{prefix}{name}");
        if !is_public(&name) {
            continue;
        }
        let file = entry.path().canonicalize().ok();
        let Some(file) = file.filter(|file| is_public_file(root, file)) else {
            let link = entry.path();
            tracing::warn!(link = %link.display(), "not serving a symbolic link that leads out of the folder");
            continue;
        };
        let metadata = fs::metadata(&file)?;
        if metadata.is_dir() {
            // A link to a folder above would never end.
            if visited.insert(file.clone()) {
                find_files(root, &file, &format!("{path}/"), visited, found)?;
            }
        } else if metadata.is_file() {
            found.push(FoundFile {
                path,
                file,
                length: metadata.len(),
                last_modified: metadata.modified().ok(),
            });
        }
    }
    Ok(())
}

/// Returns whether the target of a symbolic link is a public file of the folder.
fn is_public_file(root: &Path, file: &Path) -> bool {
    let relative = file.strip_prefix(root).ok().and_then(Path::to_str);
    relative.is_some_and(is_public)
}
