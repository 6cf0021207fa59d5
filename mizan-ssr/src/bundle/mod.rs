//! Bundles: everything that pages need, in one archive that a program contains or reads.

mod archive;
mod build;
mod error;
mod include;
mod index;
mod modules;

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

pub use self::build::{BundleBuildError, BundleBuilder, BundleSummary, ViteBuild};
pub use self::error::BundleError;
use self::error::BundleErrorKind;
#[doc(hidden)]
pub use self::include::Aligned;
pub(crate) use self::modules::BundledModules;

/// The modules and browser files of an application, built by [`BundleBuilder`].
///
/// A renderer and a [`Vite`](crate::Vite) of a bundle read no other file: neither sources nor `node_modules`.
/// Clones share the bundle.
#[derive(Clone)]
pub struct Bundle {
    modules: Arc<BundledModules>,
}

impl Bundle {
    /// Uses a bundle that is part of the executable; see [`include_bundle!`](crate::include_bundle).
    ///
    /// # Errors
    ///
    /// Returns [`BundleError`] if the bytes are not a complete bundle of this version of the crate.
    pub fn embedded(bytes: &'static [u8]) -> Result<Self, BundleError> {
        Self::new(bytes).map_err(|kind| BundleError::new(None, kind))
    }

    /// Reads the bundle in `file`.
    ///
    /// The content stays in memory until the process ends, because the engine refers to it. Call this method once.
    ///
    /// # Errors
    ///
    /// Returns [`BundleError`] if the file cannot be read, or is not a complete bundle of this version of the crate.
    pub fn open(file: impl AsRef<Path>) -> Result<Self, BundleError> {
        let file = file.as_ref();
        let error = |kind| BundleError::new(Some(file.into()), kind);
        let bytes = fs::read(file).map_err(|source| error(BundleErrorKind::Unreadable(source)))?;
        Self::new(bytes.leak()).map_err(error)
    }

    fn new(bytes: &'static [u8]) -> Result<Self, BundleErrorKind> {
        let archive = archive::Archive::open(bytes)?;
        Ok(Self {
            modules: Arc::new(BundledModules::new(archive)?),
        })
    }

    /// Returns the paths of the components that a renderer of the bundle can render.
    pub fn pages(&self) -> impl Iterator<Item = &str> {
        self.modules.pages()
    }

    pub(crate) fn modules(&self) -> &Arc<BundledModules> {
        &self.modules
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle")
            .field("pages", &self.pages().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
