//! The error of `.env` files and their settings.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// The error of loading the variables of `import.meta.env`.
#[derive(Debug)]
pub(crate) enum EnvError {
    /// The mode is `local`, which is the suffix of other files.
    LocalMode,
    /// A prefix is empty, so that all variables would be public.
    EmptyPrefix,
    /// A file exists, but cannot be read.
    Unreadable { file: PathBuf, source: io::Error },
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LocalMode => f.write_str(
                "the mode `local` conflicts with the suffix of `.env.local`; use another name for the mode",
            ),
            Self::EmptyPrefix => f.write_str(
                "an empty prefix would send all variables, including secrets, to the browser; use a prefix such \
                 as `VITE_`",
            ),
            Self::Unreadable { file, source } => {
                write!(f, "cannot read {}: {source}", file.display())
            }
        }
    }
}

impl std::error::Error for EnvError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unreadable { source, .. } => Some(source),
            Self::LocalMode | Self::EmptyPrefix => None,
        }
    }
}
