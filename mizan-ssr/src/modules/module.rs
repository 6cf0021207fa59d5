//! A loaded module.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

use super::disk_cache::key::CacheKey;
use super::error::ModuleError;
use super::transform::TransformedModule;

/// A module as of the time at which its file was read.
pub(crate) struct Module {
    /// The path with the query, for example `/app/logo.svg?raw`.
    pub(crate) id: String,
    /// The file; `None` for the empty module, which the renderer generates.
    pub(crate) file: Option<SourceFile>,
    pub(crate) transformed: TransformedModule,
    /// The specifiers of the static imports with the ids that they resolve to, in evaluation order.
    pub(crate) imports: Vec<(String, String)>,
    /// Set for style sheets, which the page links and the engine ignores.
    pub(crate) is_style_sheet: bool,
    /// Set if the module imports CommonJS by the rules of Node.js instead of reading `__esModule`.
    pub(crate) strict_interop: bool,
    /// The key in the disk cache, for modules that are worth caching.
    pub(crate) cache_key: Option<CacheKey>,
    /// Set if the code depends on the files that an `import.meta.glob` matches.
    pub(crate) has_globs: bool,
    pub(crate) compiled: Mutex<Option<CompiledCode>>,
}

/// A file of a module, with the metadata by which changes are detected.
pub(crate) struct SourceFile {
    pub(crate) path: PathBuf,
    pub(super) digest: [u8; 32],
    stamp: Option<FileStamp>,
}

/// Code compiled by an engine, which replaces compilation in other isolates and processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CompiledCode {
    /// Identifies the engine, its version and its flags.
    pub(crate) tag: u32,
    pub(crate) bytes: Bytes,
}

/// The ids of the React modules with which the renderer renders a component.
pub(crate) struct ReactFiles {
    /// The server build of react-dom.
    pub(crate) server: String,
    /// The JSX runtime.
    pub(crate) jsx: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    modified: Option<SystemTime>,
    length: u64,
}

impl Module {
    /// Returns the compiled code, if an engine has stored it.
    pub(crate) fn compiled(&self) -> Option<CompiledCode> {
        self.compiled.lock().clone()
    }

    #[cfg(feature = "v8")]
    pub(crate) fn set_compiled(&self, code: Option<CompiledCode>) {
        *self.compiled.lock() = code;
    }
}

impl SourceFile {
    /// Reads the file at `path` and returns it with its content.
    pub(super) fn read(path: &Path) -> Result<(Self, Vec<u8>), ModuleError> {
        // Before the content: a write in between makes the stamp differ later.
        let stamp = FileStamp::of(path);
        let content = fs::read(path).map_err(|error| ModuleError::Unreadable {
            file: path.into(),
            reason: error.to_string(),
        })?;
        let file = Self {
            path: path.into(),
            digest: Sha256::digest(&content).into(),
            stamp,
        };
        Ok((file, content))
    }

    /// Returns the file of a module in a bundle, which never changes.
    pub(crate) fn bundled(path: &str) -> Self {
        Self {
            path: path.into(),
            digest: [0; 32],
            stamp: None,
        }
    }

    /// Returns whether the content of the file on disk has changed since it was read.
    ///
    /// A file rewritten with the same content has not changed.
    pub(super) fn has_changed(&self) -> bool {
        let stamp = FileStamp::of(&self.path);
        if stamp.is_some() && stamp == self.stamp {
            return false;
        }
        let digest = fs::read(&self.path).map(|content| Sha256::digest(content).into());
        digest.ok() != Some(self.digest)
    }
}

impl FileStamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            modified: metadata.modified().ok(),
            length: metadata.len(),
        })
    }
}
