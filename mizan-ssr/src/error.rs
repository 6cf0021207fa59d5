use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::module_error::{ModuleError, excerpt};

/// What kind of failure a [`RenderError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RenderErrorCode {
    /// The path leaves the directories, or is none.
    InvalidPath,
    /// There is no such file.
    NotFound,
    /// The props are not a JSON object.
    InvalidProps,
    /// A module's source is not what its extension says.
    Syntax,
    /// A module that is imported cannot be had.
    Module,
    /// The file has no component as its default export.
    NoDefaultExport,
    /// The component threw.
    Component,
    /// The component waits for something that cannot happen any more.
    Suspended,
    /// The render took longer than it may.
    DeadlineExceeded,
    /// The render needed more memory than it may have.
    OutOfMemory,
    /// Too many renders wait already.
    Overloaded,
    /// The engine does not work.
    Engine,
}

/// Why a component was not rendered.
///
/// The message is for whoever writes the component, and holds paths: a visitor gets none of it.
#[derive(Debug)]
pub struct RenderError {
    kind: Box<RenderErrorKind>,
}

#[derive(Debug)]
pub(crate) enum RenderErrorKind {
    InvalidPath { path: String, reason: &'static str },
    NotFound { path: String, roots: Vec<PathBuf> },
    InvalidProps(String),
    Module(ModuleError),
    NoDefaultExport(String),
    Component(Thrown),
    Suspended { path: String },
    DeadlineExceeded { path: String, after: Duration },
    OutOfMemory { path: String, limit: usize },
    Overloaded { queued: usize },
    Engine(String),
}

/// Something that JavaScript threw, with its places in the files as they were written.
#[derive(Debug)]
pub(crate) struct Thrown {
    pub(crate) name: String,
    pub(crate) message: String,
    pub(crate) stack: String,
    pub(crate) hint: Option<String>,
    pub(crate) place: Option<(PathBuf, u32, u32)>,
}

impl RenderError {
    /// What kind of failure this is.
    #[must_use]
    pub fn code(&self) -> RenderErrorCode {
        match &*self.kind {
            RenderErrorKind::InvalidPath { .. } => RenderErrorCode::InvalidPath,
            RenderErrorKind::NotFound { .. } => RenderErrorCode::NotFound,
            RenderErrorKind::InvalidProps(_) => RenderErrorCode::InvalidProps,
            RenderErrorKind::Module(ModuleError::Syntax(_)) => RenderErrorCode::Syntax,
            RenderErrorKind::Module(_) => RenderErrorCode::Module,
            RenderErrorKind::NoDefaultExport(_) => RenderErrorCode::NoDefaultExport,
            RenderErrorKind::Component(_) => RenderErrorCode::Component,
            RenderErrorKind::Suspended { .. } => RenderErrorCode::Suspended,
            RenderErrorKind::DeadlineExceeded { .. } => RenderErrorCode::DeadlineExceeded,
            RenderErrorKind::OutOfMemory { .. } => RenderErrorCode::OutOfMemory,
            RenderErrorKind::Overloaded { .. } => RenderErrorCode::Overloaded,
            RenderErrorKind::Engine(_) => RenderErrorCode::Engine,
        }
    }

    /// The calls that led to what was thrown, one a line, with places in the files as written.
    #[must_use]
    pub fn stack(&self) -> Option<&str> {
        match &*self.kind {
            RenderErrorKind::Component(thrown) => Some(&thrown.stack),
            _ => None,
        }
    }

    /// The file, line and column that it is about, both counted from one.
    #[must_use]
    pub fn place(&self) -> Option<(&Path, u32, u32)> {
        match &*self.kind {
            RenderErrorKind::Module(ModuleError::Syntax(error)) => {
                Some((&error.file, error.line, error.column))
            }
            RenderErrorKind::Component(thrown) => thrown
                .place
                .as_ref()
                .map(|(file, line, column)| (file.as_path(), *line, *column)),
            _ => None,
        }
    }

    /// The source lines around the [`place`](Self::place), with a caret under it.
    ///
    /// Those of what was thrown are read from the file, now.
    #[must_use]
    pub fn excerpt(&self) -> Option<Cow<'_, str>> {
        if let RenderErrorKind::Module(ModuleError::Syntax(error)) = &*self.kind {
            return Some(Cow::Borrowed(&error.excerpt));
        }
        let (file, line, column) = self.place()?;
        let source = fs::read_to_string(file).ok()?;
        let excerpt = excerpt(
            &source,
            usize::try_from(line).ok()?,
            usize::try_from(column).ok()?,
        );
        (!excerpt.is_empty()).then_some(Cow::Owned(excerpt))
    }

    /// What it is called, what it says, and the way out where that is apart.
    pub(crate) fn parts(&self) -> (String, String, Option<&str>) {
        match &*self.kind {
            RenderErrorKind::Component(thrown) => (
                thrown.name.clone(),
                thrown.message.clone(),
                thrown.hint.as_deref(),
            ),
            RenderErrorKind::Module(ModuleError::Syntax(error)) => {
                ("SyntaxError".into(), error.message.clone(), None)
            }
            _ => (format!("{:?}", self.code()), self.to_string(), None),
        }
    }
}

impl From<RenderErrorKind> for RenderError {
    fn from(kind: RenderErrorKind) -> Self {
        Self {
            kind: Box::new(kind),
        }
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.kind {
            RenderErrorKind::InvalidPath { path, reason } => {
                write!(f, "{path:?} is not the path of a component: {reason}")
            }
            RenderErrorKind::NotFound { path, roots } => {
                let roots: Vec<_> = roots
                    .iter()
                    .map(|root| root.display().to_string())
                    .collect();
                write!(f, "there is no file {path:?} in {}", roots.join(", "))
            }
            RenderErrorKind::InvalidProps(reason) => write!(f, "the props: {reason}"),
            RenderErrorKind::Module(error) => error.fmt(f),
            RenderErrorKind::NoDefaultExport(message) => f.write_str(message),
            RenderErrorKind::Component(thrown) => {
                write!(f, "{}: {}", thrown.name, thrown.message)?;
                if let Some(hint) = &thrown.hint {
                    write!(f, " ({hint})")?;
                }
                if !thrown.stack.is_empty() {
                    write!(f, "\n{}", thrown.stack)?;
                }
                Ok(())
            }
            RenderErrorKind::Suspended { path } => write!(
                f,
                "{path:?} suspended, and nothing is under way that could end its waiting"
            ),
            RenderErrorKind::DeadlineExceeded { path, after } => write!(
                f,
                "{path:?} was not rendered within {after:?}; look for an endless loop, or raise the time \
                 limit of the renderer"
            ),
            RenderErrorKind::OutOfMemory { path, limit } => write!(
                f,
                "{path:?} needed more than {} MB of memory; look for data that grows, or raise the heap \
                 limit of the renderer",
                limit >> 20
            ),
            RenderErrorKind::Overloaded { queued } => write!(
                f,
                "{queued} renders wait already; add threads to the renderer, or try again"
            ),
            RenderErrorKind::Engine(reason) => write!(f, "the JavaScript engine failed: {reason}"),
        }
    }
}

impl StdError for RenderError {}

/// Why a renderer was not built.
#[derive(Debug)]
pub struct BuildError {
    pub(crate) root: Option<PathBuf>,
    pub(crate) source: std::io::Error,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.root {
            Some(root) => write!(
                f,
                "cannot use {} as a directory of components",
                root.display()
            ),
            None => f.write_str("cannot start the renderer's threads"),
        }
    }
}

impl StdError for BuildError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.source)
    }
}
