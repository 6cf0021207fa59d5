//! The manifest of a Vite build; see <https://vite.dev/guide/backend-integration>.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use serde::Deserialize;

use crate::page::{PagesError, PagesErrorKind};

/// The chunks of a build, by the source file.
pub(crate) type Chunks = HashMap<String, Chunk>;

/// An output file of a build, with the files that it needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Chunk {
    pub(super) file: String,
    #[serde(default)]
    pub(super) is_entry: bool,
    #[serde(default)]
    pub(super) imports: Vec<String>,
    #[serde(default)]
    pub(super) dynamic_imports: Vec<String>,
    #[serde(default)]
    pub(super) css: Vec<String>,
    /// Images, fonts and other files that the chunk refers to.
    #[serde(default)]
    pub(super) assets: Vec<String>,
    /// The name of a script without the hash.
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// The key of the single style sheet of a build with `cssCodeSplit: false`.
pub(super) const SINGLE_STYLE_SHEET: &str = "style.css";

/// Reads and checks the manifest in `file`.
pub(super) fn read(file: PathBuf) -> Result<Chunks, PagesError> {
    let text = match fs::read(&file) {
        Ok(text) => text,
        Err(source) => return Err(PagesErrorKind::UnreadableManifest { file, source }.into()),
    };
    let chunks: Chunks = match serde_json::from_slice(&text) {
        Ok(chunks) => chunks,
        Err(source) => return Err(PagesErrorKind::InvalidManifest { file, source }.into()),
    };
    for (importer, chunk) in &chunks {
        if let Some(missing) = chunk.imports.iter().find(|key| !chunks.contains_key(*key)) {
            return Err(PagesErrorKind::MissingChunk {
                importer: importer.clone(),
                chunk: missing.clone(),
                file,
            }
            .into());
        }
    }
    Ok(chunks)
}

/// Percent-encodes the characters of a file path that would end the path of a URL.
pub(super) fn encode_path(file: &str) -> String {
    file.replace('%', "%25")
        .replace('?', "%3F")
        .replace('#', "%23")
}
