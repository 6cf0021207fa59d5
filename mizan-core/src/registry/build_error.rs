//! The error of building an application.

use std::fmt;

use crate::problem::Problem;

/// All problems that prevent building an [`App`](crate::App).
///
/// ```
/// use mizan_core::{Cx, Error, Registry, client};
///
/// struct Database;
///
/// #[client]
/// async fn vacuum(cx: &Cx) -> Result<(), Error> {
///     let Database = cx.state::<Database>();
///     Ok(())
/// }
///
/// let error = Registry::new().function::<Vacuum>().build().unwrap_err();
/// assert!(error.to_string().contains("add it with `.state(..)`"));
/// ```
pub struct BuildError {
    problems: Vec<Problem>,
}

impl BuildError {
    pub(super) fn unless_empty(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self { problems })
        }
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("cannot build the application")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

/// Writes the same text as `Display`, because `main` and `unwrap` print this.
impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for BuildError {}
