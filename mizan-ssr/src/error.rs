//! The error of a failed render.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::modules::{ModuleError, SourceImports, source_excerpt};
use crate::page::outcome::PageOutcome;

/// The category of a [`RenderError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RenderErrorCode {
    /// The path is malformed or leads out of the component directories.
    InvalidPath,
    /// No component directory contains the file.
    NotFound,
    /// The props are not a JSON object.
    InvalidProps,
    /// The source of a module contains a syntax error.
    Syntax,
    /// An imported module cannot be found, read or used.
    Module,
    /// The file has no component as its default export.
    NoDefaultExport,
    /// The component threw an exception.
    Component,
    /// The component answered its page without markup; see [`RenderError::outcome`].
    Outcome,
    /// The component waits for a promise that nothing pending can resolve.
    Suspended,
    /// The render exceeded its deadline.
    DeadlineExceeded,
    /// The render exceeded the memory limit.
    OutOfMemory,
    /// The render queue is full.
    Overloaded,
    /// The JavaScript engine or the renderer failed.
    Engine,
}

/// The error of a component that was not rendered.
///
/// The message is for developers and contains paths and source lines. Do not send it to visitors.
///
/// ```
/// use mizan_ssr::RenderError;
/// use mizan_ssr::error::RenderErrorCode;
///
/// fn is_transient(error: &RenderError) -> bool {
///     matches!(
///         error.code(),
///         RenderErrorCode::Overloaded | RenderErrorCode::DeadlineExceeded
///     )
/// }
/// ```
#[derive(Debug)]
pub struct RenderError {
    kind: Box<RenderErrorKind>,
}

#[derive(Debug)]
pub(crate) enum RenderErrorKind {
    InvalidPath { path: String, reason: &'static str },
    NotFound { path: String, roots: Vec<PathBuf> },
    NotInBundle { path: String },
    UnreadableDirectory { path: String, error: io::Error },
    InvalidProps(String),
    Module(ModuleError),
    NoDefaultExport(String),
    Component(JsException),
    Outcome(PageOutcome),
    Suspended { path: String },
    DeadlineExceeded { path: String, timeout: Duration },
    OutOfMemory { path: String, limit_bytes: usize },
    Overloaded { queued: usize },
    Engine(String),
}

/// An exception that JavaScript threw, with locations in the original source files.
#[derive(Debug)]
pub(crate) struct JsException {
    pub(crate) name: String,
    pub(crate) message: String,
    pub(crate) stack: String,
    /// A suggested fix.
    pub(crate) hint: Option<String>,
    /// File, line and column.
    pub(crate) location: Option<(PathBuf, u32, u32)>,
    /// Set if a server function rejected a call, for example without permission.
    pub(crate) is_rejected_call: bool,
}

impl RenderError {
    /// Returns the category of the error.
    #[must_use]
    pub fn code(&self) -> RenderErrorCode {
        match &*self.kind {
            RenderErrorKind::InvalidPath { .. } => RenderErrorCode::InvalidPath,
            RenderErrorKind::NotFound { .. }
            | RenderErrorKind::NotInBundle { .. }
            | RenderErrorKind::UnreadableDirectory { .. } => RenderErrorCode::NotFound,
            RenderErrorKind::InvalidProps(_) => RenderErrorCode::InvalidProps,
            RenderErrorKind::Module(ModuleError::Syntax(_)) => RenderErrorCode::Syntax,
            RenderErrorKind::Module(_) => RenderErrorCode::Module,
            RenderErrorKind::NoDefaultExport(_) => RenderErrorCode::NoDefaultExport,
            RenderErrorKind::Component(_) => RenderErrorCode::Component,
            RenderErrorKind::Outcome(_) => RenderErrorCode::Outcome,
            RenderErrorKind::Suspended { .. } => RenderErrorCode::Suspended,
            RenderErrorKind::DeadlineExceeded { .. } => RenderErrorCode::DeadlineExceeded,
            RenderErrorKind::OutOfMemory { .. } => RenderErrorCode::OutOfMemory,
            RenderErrorKind::Overloaded { .. } => RenderErrorCode::Overloaded,
            RenderErrorKind::Engine(_) => RenderErrorCode::Engine,
        }
    }

    /// Returns the answer of a component that called `notFound()`, `redirect()`, `unauthorized()` or
    /// `forbidden()` of the generated client.
    #[must_use]
    pub fn outcome(&self) -> Option<&PageOutcome> {
        match &*self.kind {
            RenderErrorKind::Outcome(outcome) => Some(outcome),
            _ => None,
        }
    }

    /// Returns the call stack of an exception, one frame per line, with locations in the original files.
    #[must_use]
    pub fn stack(&self) -> Option<&str> {
        match &*self.kind {
            RenderErrorKind::Component(exception) => Some(&exception.stack),
            _ => None,
        }
    }

    /// Returns the file, line and column of the error. Lines and columns are counted from one.
    ///
    /// For an import that fails, this method reads the current content of the file.
    #[must_use]
    pub fn location(&self) -> Option<(&Path, u32, u32)> {
        match &*self.kind {
            RenderErrorKind::Module(ModuleError::Syntax(error)) => {
                Some((&error.file, error.line, error.column))
            }
            RenderErrorKind::Module(error) => {
                let (specifier, importer) = error.failed_import()?;
                let (line, column) = SourceImports::read(importer).position_of(specifier)?;
                Some((importer, line, column))
            }
            RenderErrorKind::Component(exception) => exception
                .location
                .as_ref()
                .map(|(file, line, column)| (file.as_path(), *line, *column)),
            _ => None,
        }
    }

    /// Returns the source lines around the [`location`](Self::location), with a caret below the column.
    ///
    /// For an exception and for an import that fails, this method reads the current content of the file.
    #[must_use]
    pub fn excerpt(&self) -> Option<Cow<'_, str>> {
        if let RenderErrorKind::Module(ModuleError::Syntax(error)) = &*self.kind {
            return Some(Cow::Borrowed(&error.excerpt));
        }
        let (file, line, column) = self.location()?;
        let source = fs::read_to_string(file).ok()?;
        let line = usize::try_from(line).ok()?;
        let column = usize::try_from(column).ok()?;
        let excerpt = source_excerpt(&source, line, column);
        (!excerpt.is_empty()).then_some(Cow::Owned(excerpt))
    }

    /// Returns the message of a call that a server function rejected.
    pub(crate) fn rejected_call(&self) -> Option<&str> {
        match &*self.kind {
            RenderErrorKind::Component(exception) if exception.is_rejected_call => {
                Some(&exception.message)
            }
            _ => None,
        }
    }

    /// Returns the name, the message and the hint as separate strings.
    pub(crate) fn parts(&self) -> (String, String, Option<&str>) {
        match &*self.kind {
            RenderErrorKind::Component(exception) => (
                exception.name.clone(),
                exception.message.clone(),
                exception.hint.as_deref(),
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
                write!(f, "invalid component path {path:?}: {reason}")
            }
            RenderErrorKind::NotFound { path, roots } => {
                let roots: Vec<_> = roots
                    .iter()
                    .map(|root| root.display().to_string())
                    .collect();
                write!(f, "cannot find component {path:?} in {}", roots.join(", "))
            }
            RenderErrorKind::NotInBundle { path } => write!(
                f,
                "cannot find component {path:?} in the bundle; name it with `BundleBuilder::pages`"
            ),
            RenderErrorKind::UnreadableDirectory { path, error } => {
                write!(f, "cannot list the components in {path:?}: {error}")
            }
            RenderErrorKind::InvalidProps(reason) => write!(f, "invalid props: {reason}"),
            RenderErrorKind::Module(error) => {
                let position = self.location().map(|(_, line, column)| (line, column));
                error.write(f, position)
            }
            RenderErrorKind::NoDefaultExport(message) => f.write_str(message),
            RenderErrorKind::Component(exception) => {
                write!(f, "{}: {}", exception.name, exception.message)?;
                if let Some(hint) = &exception.hint {
                    write!(f, " ({hint})")?;
                }
                if !exception.stack.is_empty() {
                    write!(f, "\n{}", exception.stack)?;
                }
                Ok(())
            }
            RenderErrorKind::Outcome(outcome) => {
                write!(f, "the component answered without markup: {outcome}")
            }
            RenderErrorKind::Suspended { path } => write!(
                f,
                "{path:?} suspended on a promise that no timer or server function can resolve"
            ),
            RenderErrorKind::DeadlineExceeded { path, timeout } => write!(
                f,
                "rendering {path:?} exceeded the deadline of {timeout:?}; look for an endless loop, or \
                 raise the deadline of the renderer"
            ),
            RenderErrorKind::OutOfMemory { path, limit_bytes } => write!(
                f,
                "rendering {path:?} exceeded the memory limit of {} MB; look for data that grows without \
                 bound, or raise the heap limit of the renderer",
                limit_bytes >> 20
            ),
            RenderErrorKind::Overloaded { queued } => write!(
                f,
                "the render queue is full with {queued} renders; retry later, or add threads to the renderer"
            ),
            RenderErrorKind::Engine(reason) => write!(f, "JavaScript engine failure: {reason}"),
        }
    }
}

impl StdError for RenderError {}
