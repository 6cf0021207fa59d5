//! The error of building a bundle.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use super::problem::Problem;
use crate::page::PagesError;
use crate::renderer::RendererBuildError;

/// The error of [`BundleBuilder::build`](super::BundleBuilder::build).
#[derive(Debug)]
pub struct BundleBuildError {
    kind: BundleBuildErrorKind,
}

#[derive(Debug)]
pub(super) enum BundleBuildErrorKind {
    NoRoot,
    NoPages,
    InvalidPattern {
        pattern: String,
        reason: &'static str,
    },
    NoPageMatches {
        pattern: String,
        roots: Vec<PathBuf>,
    },
    NotUtf8(PathBuf),
    NoCommonFolder,
    CannotRun {
        command: String,
        directory: PathBuf,
        source: io::Error,
    },
    CommandFailed {
        command: String,
        status: ExitStatus,
        output: String,
    },
    Vite(PagesError),
    Renderer(RendererBuildError),
    /// Not empty.
    Imports(Vec<Problem>),
    Unreadable {
        file: PathBuf,
        source: io::Error,
    },
    Encoding(postcard::Error),
    CannotWrite {
        file: PathBuf,
        source: io::Error,
    },
}

impl From<BundleBuildErrorKind> for BundleBuildError {
    fn from(kind: BundleBuildErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for BundleBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            BundleBuildErrorKind::NoRoot => f.write_str(
                "the bundle has no component directory; set it with `BundleBuilder::root`",
            ),
            BundleBuildErrorKind::NoPages => {
                f.write_str("the bundle has no pages; name them with `BundleBuilder::pages`")
            }
            BundleBuildErrorKind::InvalidPattern { pattern, reason } => {
                write!(f, "invalid pattern {pattern:?} of pages: {reason}")
            }
            BundleBuildErrorKind::NoPageMatches { pattern, roots } => {
                write!(f, "no component matches {pattern:?} in")?;
                roots
                    .iter()
                    .try_for_each(|root| write!(f, " {}", root.display()))
            }
            BundleBuildErrorKind::NotUtf8(file) => {
                write!(
                    f,
                    "the path {} is not valid UTF-8; rename the file",
                    file.display()
                )
            }
            BundleBuildErrorKind::NoCommonFolder => {
                f.write_str("the modules have no folder in common; move the project to one drive")
            }
            BundleBuildErrorKind::CannotRun {
                command, directory, ..
            } => {
                write!(f, "cannot run {command} in {}", directory.display())
            }
            BundleBuildErrorKind::CommandFailed {
                command,
                status,
                output,
            } => {
                write!(f, "{command} ended with {status}\n{}", output.trim_end())
            }
            BundleBuildErrorKind::Vite(_) => f.write_str("cannot use Vite's build"),
            BundleBuildErrorKind::Renderer(_) => f.write_str("cannot start the renderer"),
            BundleBuildErrorKind::Imports(problems) => {
                write!(f, "{} imports cannot be bundled", problems.len())?;
                problems
                    .iter()
                    .try_for_each(|problem| write!(f, "\n{problem}"))
            }
            BundleBuildErrorKind::Unreadable { file, .. } => {
                write!(f, "cannot read {}", file.display())
            }
            BundleBuildErrorKind::Encoding(_) => f.write_str("cannot encode the bundle"),
            BundleBuildErrorKind::CannotWrite { file, .. } => {
                write!(f, "cannot write {}", file.display())
            }
        }
    }
}

impl StdError for BundleBuildError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.kind {
            BundleBuildErrorKind::CannotRun { source, .. }
            | BundleBuildErrorKind::Unreadable { source, .. }
            | BundleBuildErrorKind::CannotWrite { source, .. } => Some(source),
            BundleBuildErrorKind::Vite(source) => Some(source),
            BundleBuildErrorKind::Renderer(source) => Some(source),
            BundleBuildErrorKind::Encoding(source) => Some(source),
            _ => None,
        }
    }
}
