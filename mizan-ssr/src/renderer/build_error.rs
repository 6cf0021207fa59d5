//! The error of building a renderer.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::error::RenderError;
use crate::vite::EnvError;

/// The error of [`RendererBuilder::build`](super::RendererBuilder::build).
#[derive(Debug)]
pub struct RendererBuildError {
    kind: RendererBuildErrorKind,
}

#[derive(Debug)]
pub(super) enum RendererBuildErrorKind {
    NoEngine,
    InvalidRoot { root: PathBuf, source: io::Error },
    CannotStartThread(io::Error),
    Env(EnvError),
    NoReact { root: PathBuf, source: RenderError },
    Component(RenderError),
}

impl From<RendererBuildErrorKind> for RendererBuildError {
    fn from(kind: RendererBuildErrorKind) -> Self {
        Self { kind }
    }
}

impl fmt::Display for RendererBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RendererBuildErrorKind::NoEngine => f.write_str(
                "no JavaScript engine is compiled in; enable the feature `v8` or `quickjs` of mizan-ssr",
            ),
            RendererBuildErrorKind::InvalidRoot { root, .. } => {
                write!(f, "cannot use {} as a component directory", root.display())
            }
            RendererBuildErrorKind::CannotStartThread(_) => {
                f.write_str("cannot start the threads of the renderer")
            }
            RendererBuildErrorKind::Env(_) => {
                f.write_str("cannot load the variables of `import.meta.env`")
            }
            RendererBuildErrorKind::NoReact { root, .. } => write!(
                f,
                "cannot find React for the components in {}; install the packages `react` and `react-dom`",
                root.display()
            ),
            RendererBuildErrorKind::Component(error) => error.fmt(f),
        }
    }
}

impl StdError for RendererBuildError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.kind {
            RendererBuildErrorKind::NoEngine => None,
            RendererBuildErrorKind::InvalidRoot { source, .. }
            | RendererBuildErrorKind::CannotStartThread(source) => Some(source),
            RendererBuildErrorKind::Env(source) => Some(source),
            RendererBuildErrorKind::NoReact { source, .. } => Some(source),
            RendererBuildErrorKind::Component(error) => error.source(),
        }
    }
}
