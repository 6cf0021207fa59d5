use std::fmt;
use std::path::PathBuf;

use crate::problem::Problem;

/// Reading a manifest failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ManifestError {
    #[from]
    kind: ManifestErrorKind,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum ManifestErrorKind {
    #[error("this is not a mizan manifest")]
    Json(#[source] serde_json::Error),
    #[error(
        "the manifest has version {0}, and this mizan-codegen reads version {version}: use the \
         same mizan release for the app and for mizan-codegen",
        version = crate::manifest::VERSION
    )]
    Version(u64),
}

/// The manifest holds something that has no TypeScript.
///
/// It displays as one line for each problem, in the order of the manifest.
#[derive(Debug)]
pub struct GenerateError {
    problems: Vec<Problem>,
}

impl GenerateError {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for GenerateError {}

/// Writing a client, or comparing one with what is on disk, failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {action} {}", path.display())]
pub struct WriteError {
    pub(crate) action: &'static str,
    pub(crate) path: PathBuf,
    pub(crate) source: std::io::Error,
}
