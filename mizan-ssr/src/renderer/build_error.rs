//! The error of building a renderer.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::error::RenderError;
#[cfg(feature = "fetch")]
use crate::fetch::FetchClientError;
use crate::vite::EnvError;

/// The error of [`RendererBuilder::build`](super::RendererBuilder::build).
#[derive(Debug)]
pub struct RendererBuildError {
    kind: RendererBuildErrorKind,
}

#[derive(Debug)]
pub(super) enum RendererBuildErrorKind {
    NoEngine,
    DevelopmentWithBundle,
    InvalidRoot {
        root: PathBuf,
        source: io::Error,
    },
    CannotStartThread(io::Error),
    Env(EnvError),
    #[cfg(feature = "fetch")]
    Fetch(FetchClientError),
    NoReact {
        root: PathBuf,
        source: RenderError,
    },
    Component(RenderError),
}

#[cfg(feature = "fetch")]
impl From<FetchClientError> for RendererBuildError {
    fn from(error: FetchClientError) -> Self {
        RendererBuildErrorKind::Fetch(error).into()
    }
}

impl From<RendererBuildErrorKind> for RendererBuildError {
    fn from(kind: RendererBuildErrorKind) -> Self {
        Self { kind }
    }
}

impl From<EnvError> for RendererBuildError {
    fn from(error: EnvError) -> Self {
        RendererBuildErrorKind::Env(error).into()
    }
}

impl fmt::Display for RendererBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            RendererBuildErrorKind::NoEngine => f.write_str(
                "no JavaScript engine is compiled in; enable the feature `v8` or `quickjs` of mizan-ssr",
            ),
            RendererBuildErrorKind::DevelopmentWithBundle => f.write_str(
                "a bundle contains production modules; use `Renderer::builder` in development",
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
            #[cfg(feature = "fetch")]
            RendererBuildErrorKind::Fetch(FetchClientError::Origin(invalid)) => invalid.fmt(f),
            #[cfg(feature = "fetch")]
            RendererBuildErrorKind::Fetch(FetchClientError::Start(_)) => {
                f.write_str("cannot start the HTTP client of `fetch`")
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
            RendererBuildErrorKind::NoEngine | RendererBuildErrorKind::DevelopmentWithBundle => {
                None
            }
            RendererBuildErrorKind::InvalidRoot { source, .. }
            | RendererBuildErrorKind::CannotStartThread(source) => Some(source),
            RendererBuildErrorKind::Env(source) => Some(source),
            #[cfg(feature = "fetch")]
            RendererBuildErrorKind::Fetch(FetchClientError::Origin(_)) => None,
            #[cfg(feature = "fetch")]
            RendererBuildErrorKind::Fetch(FetchClientError::Start(source)) => Some(&**source),
            RendererBuildErrorKind::NoReact { source, .. } => Some(source),
            RendererBuildErrorKind::Component(error) => error.source(),
        }
    }
}
