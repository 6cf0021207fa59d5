//! The files of a build whose names contain a hash of their content.

use std::collections::HashSet;

use super::super::manifest::Chunks;

/// The length of Vite's hashes in base64url.
const HASH_LENGTH: usize = 8;

/// Paths that never get another content, so that browsers may keep the file for ever.
#[derive(Debug, Default)]
pub(crate) struct HashedNames(HashSet<String>);

impl HashedNames {
    /// Returns the files of the manifest with a hash in their name.
    ///
    /// A build may be configured without hashes, and then a manifest lists files whose content changes. A
    /// name has a hash if it continues after the name of its source.
    pub(crate) fn of_manifest(chunks: &Chunks) -> Self {
        let sources: HashSet<&str> = chunks
            .iter()
            .flat_map(|(source, chunk)| [Some(stem(source)), chunk.name.as_deref()])
            .flatten()
            .collect();
        let files = chunks.values().flat_map(|chunk| {
            std::iter::once(&chunk.file)
                .chain(&chunk.css)
                .chain(&chunk.assets)
        });
        Self(
            files
                .filter(|file| has_hash(stem(file), &sources))
                .cloned()
                .collect(),
        )
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.0.contains(path)
    }
}

/// Returns the name of a file without folders and extension.
fn stem(path: &str) -> &str {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}

/// Returns whether a hash follows the longest name of a source with which `stem` begins.
fn has_hash(stem: &str, sources: &HashSet<&str>) -> bool {
    let ends = stem.char_indices().map(|(at, _)| at).chain([stem.len()]);
    let name = ends
        .filter(|end| sources.contains(&stem[..*end]))
        .max()
        .unwrap_or_default();
    // The hash itself may begin with `-` or `_`.
    let rest = &stem[name..];
    let rest = rest.strip_prefix(['-', '.', '_']).unwrap_or(rest);
    rest.len() >= HASH_LENGTH
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::HashedNames;
    use crate::vite::manifest::Chunks;

    #[test]
    fn names_with_hash_are_immutable() {
        let chunks: Chunks = serde_json::from_str(
            r#"{
              "src/main.tsx": { "file": "assets/main-Bx3dQ-_T.js", "name": "main", "isEntry": true,
                "css": ["assets/main-C0ffee00.css", "assets/main--2FT0mf5.css"], "assets": ["assets/logo-Dk2l9sKq.svg"] },
              "src/pages/Home.tsx": { "file": "assets/Home.js", "name": "Home" },
              "src/pages/Sub.tsx": { "file": "assets/Sub.bundle.js", "name": "Sub" },
              "src/long/someComponent.tsx": { "file": "someComponent.js", "name": "someComponent" },
              "src/only.tsx": { "file": "D3fa8dsa.js", "name": "only" },
              "src/logo.svg": { "file": "assets/logo-Dk2l9sKq.svg", "src": "src/logo.svg" }
            }"#,
        )
        .expect("a manifest");
        let names = HashedNames::of_manifest(&chunks);
        for (file, expected) in [
            ("assets/main-Bx3dQ-_T.js", true),
            ("assets/main-C0ffee00.css", true),
            ("assets/main--2FT0mf5.css", true),
            ("assets/logo-Dk2l9sKq.svg", true),
            ("D3fa8dsa.js", true),
            ("assets/Home.js", false),
            ("assets/Sub.bundle.js", false),
            ("someComponent.js", false),
            ("assets/other-Bx3dQ-_T.js", false),
        ] {
            assert_eq!(names.contains(file), expected, "{file}");
        }
    }
}
