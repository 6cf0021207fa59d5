//! The id of a build, by which an open page detects a deployment.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use super::manifest::Chunks;

/// The id of the browser files of a development server, which change without a new id.
pub(super) const DEVELOPMENT: &str = "development";

/// Returns an id of the build's files. Their names contain hashes of their contents.
pub(super) fn build_id(chunks: &Chunks) -> String {
    let mut files: Vec<_> = chunks
        .iter()
        .map(|(key, chunk)| (key, &chunk.file))
        .collect();
    files.sort();
    let mut hash = Sha256::new();
    for text in files.iter().flat_map(|(key, file)| [key, file]) {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let mut id = String::with_capacity(16);
    for byte in &hash.finalize()[..8] {
        let _ = write!(id, "{byte:02x}");
    }
    id
}
