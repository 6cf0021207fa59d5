//! Generated files in a folder on disk.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use super::error::WriteError;
use super::files::GeneratedFiles;
use super::header::{DESCRIPTION, HEADER};

/// Reads a file. Returns `None` if it does not exist.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, WriteError> {
    match fs::read(path) {
        Ok(contents) => Ok(Some(contents)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(WriteError::context("read", path)(error)),
    }
}

/// The documents that are part of a client on request.
const DOCUMENTS: [&str; 2] = ["openapi.json", "asyncapi.json"];

/// Returns whether the application has its own file at the path of a generated one, which stays as it is.
///
/// A client may be generated into the folder of a package.
pub(super) fn is_own(path: &str, target: &Path) -> Result<bool, WriteError> {
    Ok(path == "package.json" && target.is_file() && !is_generated(target)?)
}

/// Returns whether a file is part of a client: TypeScript or JavaScript with the header, the map of a
/// declaration file, a manifest, a document that describes the app, or the `package.json` of the client.
pub(super) fn is_generated(path: &Path) -> Result<bool, WriteError> {
    let metadata = fs::symlink_metadata(path).map_err(WriteError::context("read", path))?;
    if !metadata.is_file() {
        return Ok(false);
    }
    match path.extension().and_then(OsStr::to_str) {
        Some("js" | "ts" | "tsx") => {
            starts_with_header(path).map_err(WriteError::context("read", path))
        }
        Some("json") => Ok(read(path)?.is_some_and(|json| {
            let json = serde_json::from_slice::<serde_json::Value>(&json);
            json.is_ok_and(|json| {
                json.get("mizan").is_some() && json.get("functions").is_some()
                    || json.get("x-mizan-contract").is_some()
                    || json
                        .get("description")
                        .is_some_and(|text| text == DESCRIPTION)
            })
        })),
        // The map of a generated declaration file.
        Some("map") => {
            let declarations = path.with_extension("");
            Ok(declarations.is_file() && is_generated(&declarations)?)
        }
        _ => Ok(false),
    }
}

fn starts_with_header(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    let file = fs::File::open(path)?;
    file.take(HEADER.len() as u64).read_to_end(&mut start)?;
    Ok(start == HEADER.as_bytes())
}

/// Lists the generated files in the folder that are not among `files`, sorted by path.
///
/// Folders that contain generated files, such as `runtime`, are searched recursively. Other
/// subfolders may contain another client, so they are skipped.
pub(super) fn obsolete(files: &GeneratedFiles, folder: &Path) -> Result<Vec<String>, WriteError> {
    let roots: BTreeSet<&str> = files
        .iter()
        .filter_map(|(path, _)| Some(path.split_once('/')?.0))
        .collect();
    let mut obsolete = Vec::new();
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        let path = folder.join(&directory);
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries.map_err(WriteError::context("list", &path))?,
        };
        for entry in entries {
            let entry = entry.map_err(WriteError::context("list", &path))?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let is_root = directory.is_empty();
            let name = if is_root {
                name
            } else {
                format!("{directory}/{name}")
            };
            let file_type = entry.file_type();
            let file_type = file_type.map_err(WriteError::context("read", &entry.path()))?;
            if file_type.is_dir() {
                if !is_root || roots.contains(name.as_str()) {
                    directories.push(name);
                }
                continue;
            }
            // A manifest under another name may be a copy that the user made.
            let is_manifest = name.ends_with(".json")
                && name != "package.json"
                && !DOCUMENTS.contains(&name.as_str());
            if files.get(&name).is_none() && !is_manifest && is_generated(&entry.path())? {
                obsolete.push(name);
            }
        }
    }
    obsolete.sort();
    Ok(obsolete)
}

/// Removes a generated file, and the parent folders within `folder` that become empty.
pub(super) fn remove(folder: &Path, path: &str) -> Result<(), WriteError> {
    let target = folder.join(path);
    fs::remove_file(&target).map_err(WriteError::context("remove", &target))?;
    let mut inner = path;
    while let Some((parent, _)) = inner.rsplit_once('/') {
        // Removing a folder fails if it still has entries.
        if fs::remove_dir(folder.join(parent)).is_err() {
            break;
        }
        inner = parent;
    }
    Ok(())
}
