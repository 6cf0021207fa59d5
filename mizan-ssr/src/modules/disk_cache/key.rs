//! The keys of the disk cache.

use std::fmt::Write;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::modules::transform::SyntaxOptions;

/// The version of the file format. Part of the key, so that files of other versions are not found.
const FORMAT_VERSION: u32 = 5;

/// The extension of the files in the cache directory.
pub(super) const FILE_EXTENSION: &str = "module";

/// A hash of everything that determines the transformed module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CacheKey(pub(super) [u8; 32]);

impl CacheKey {
    /// Creates a key from a file's path, the options of its transformation and the digest of its content.
    pub(crate) fn new(path: &Path, syntax: &SyntaxOptions, content_digest: &[u8; 32]) -> Self {
        let mut hash = Sha256::new();
        hash.update(env!("CARGO_PKG_VERSION"));
        hash.update(FORMAT_VERSION.to_le_bytes());
        hash.update([
            u8::from(syntax.type_module),
            u8::from(syntax.verbatim_module_syntax),
            u8::from(syntax.development),
            u8::from(syntax.package),
            u8::from(syntax.experimental_decorators),
            u8::from(syntax.decorator_metadata),
            u8::from(syntax.jsx_import_source.is_some()),
        ]);
        let jsx_import_source = syntax.jsx_import_source.as_deref().unwrap_or_default();
        for text in [
            jsx_import_source.as_bytes(),
            path.as_os_str().as_encoded_bytes(),
        ] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        }
        hash.update(content_digest);
        Self(hash.finalize().into())
    }

    /// Returns the name of the cache file.
    pub(super) fn file_name(self) -> String {
        let mut name = String::with_capacity(72);
        for byte in &self.0[..20] {
            let _ = write!(name, "{byte:02x}");
        }
        name.push('.');
        name.push_str(FILE_EXTENSION);
        name
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{CacheKey, SyntaxOptions};

    #[test]
    fn key_depends_on_path_content_and_options() {
        let content = [0; 32];
        let path = Path::new("/App.tsx");
        let default = CacheKey::new(path, &SyntaxOptions::default(), &content);
        let with = |change: fn(&mut SyntaxOptions)| {
            let mut syntax = SyntaxOptions::default();
            change(&mut syntax);
            CacheKey::new(path, &syntax, &content)
        };
        for other in [
            with(|syntax| syntax.type_module = true),
            with(|syntax| syntax.verbatim_module_syntax = true),
            with(|syntax| syntax.jsx_import_source = Some("preact".into())),
            with(|syntax| syntax.development = true),
            with(|syntax| syntax.package = true),
            with(|syntax| syntax.experimental_decorators = true),
            with(|syntax| syntax.decorator_metadata = true),
            CacheKey::new(Path::new("/App.jsx"), &SyntaxOptions::default(), &content),
            CacheKey::new(path, &SyntaxOptions::default(), &[1; 32]),
        ] {
            assert_ne!(default, other);
        }
    }
}
