//! The error of a bundle that cannot be used.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// The error of [`Bundle::embedded`](super::Bundle::embedded) and [`Bundle::open`](super::Bundle::open).
#[derive(Debug)]
pub struct BundleError {
    kind: BundleErrorKind,
    /// The file; `None` for a bundle in the executable.
    file: Option<PathBuf>,
}

#[derive(Debug)]
pub(super) enum BundleErrorKind {
    Unreadable(io::Error),
    NotABundle,
    OtherVersion { version: String, format: u32 },
    Truncated { expected: u64, actual: u64 },
    Damaged,
}

impl BundleError {
    pub(super) fn new(file: Option<PathBuf>, kind: BundleErrorKind) -> Self {
        Self { kind, file }
    }
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.file {
            Some(file) => write!(f, "cannot use the bundle {}: ", file.display())?,
            None => f.write_str("cannot use the embedded bundle: ")?,
        }
        match &self.kind {
            BundleErrorKind::Unreadable(_) => f.write_str("the file cannot be read"),
            BundleErrorKind::NotABundle => f.write_str("it is not a bundle of mizan-ssr"),
            BundleErrorKind::OtherVersion { version, format } => write!(
                f,
                "mizan-ssr {version} built it in format {format}, and this program contains mizan-ssr {}; \
                 build the bundle again",
                env!("CARGO_PKG_VERSION")
            ),
            BundleErrorKind::Truncated { expected, actual } => write!(
                f,
                "it has {actual} bytes instead of {expected}; copy or build it again"
            ),
            BundleErrorKind::Damaged => {
                f.write_str("its checksum does not match its content; copy or build it again")
            }
        }
    }
}

impl StdError for BundleError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.kind {
            BundleErrorKind::Unreadable(source) => Some(source),
            _ => None,
        }
    }
}
