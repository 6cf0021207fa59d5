//! The error of a module that cannot be resolved, read or transformed.

use std::fmt;
use std::path::{Path, PathBuf};

/// The error of a module that cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ModuleError {
    /// The specifier does not resolve to a file.
    NotFound {
        specifier: String,
        importer: PathBuf,
        reason: String,
    },
    /// The specifier names a module that is built into Node.js.
    NodeBuiltin {
        specifier: String,
        importer: PathBuf,
    },
    /// The file cannot be read.
    Unreadable { file: PathBuf, reason: String },
    /// The source contains a syntax error.
    Syntax(SyntaxError),
    /// The renderer does not support the file or a feature that it uses.
    Unsupported { file: PathBuf, reason: String },
}

/// A syntax error and its location.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) file: PathBuf,
    /// Counted from one.
    pub(crate) line: u32,
    /// Counted from one, in characters.
    pub(crate) column: u32,
    pub(crate) message: String,
    /// The surrounding lines, with a caret below the location.
    pub(crate) excerpt: String,
}

impl SyntaxError {
    /// Creates an error at the byte `offset` of `source`.
    pub(crate) fn at(file: PathBuf, source: &str, offset: usize, message: String) -> Self {
        let offset = (0..=offset.min(source.len()))
            .rev()
            .find(|at| source.is_char_boundary(*at))
            .unwrap_or(0);
        let before = &source[..offset];
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = source[start..offset].chars().count() + 1;
        Self {
            excerpt: source_excerpt(source, line, column),
            file,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            message,
        }
    }
}

/// Returns the lines around `line` of `source`, numbered, with a caret below `column`.
pub(crate) fn source_excerpt(source: &str, line: usize, column: usize) -> String {
    const CONTEXT_LINES: usize = 2;
    const MAX_WIDTH: usize = 160;
    let first = line.saturating_sub(CONTEXT_LINES).max(1);
    let width = (line + CONTEXT_LINES).to_string().len();
    let mut text = String::new();
    for (at, content) in source
        .lines()
        .enumerate()
        .skip(first - 1)
        .take(line + CONTEXT_LINES + 1 - first)
    {
        let number = at + 1;
        let shown: String = content.chars().take(MAX_WIDTH).collect();
        let mark = if number == line { '>' } else { ' ' };
        text.push_str(&format!("{mark} {number:width$} | {shown}\n"));
        if number == line && column <= MAX_WIDTH {
            let tabs: String = shown
                .chars()
                .take(column - 1)
                .map(|c| if c == '\t' { '\t' } else { ' ' })
                .collect();
            text.push_str(&format!("  {:width$} | {tabs}^\n", ""));
        }
    }
    text
}

impl ModuleError {
    /// Returns the specifier and the file of an import that failed.
    pub(crate) fn failed_import(&self) -> Option<(&str, &Path)> {
        match self {
            Self::NotFound {
                specifier,
                importer,
                ..
            }
            | Self::NodeBuiltin {
                specifier,
                importer,
            } => Some((specifier, importer)),
            _ => None,
        }
    }

    /// Writes the message. `position` is the line and the column of an import that failed.
    pub(crate) fn write(
        &self,
        f: &mut fmt::Formatter<'_>,
        position: Option<(u32, u32)>,
    ) -> fmt::Result {
        let position = match position {
            Some((line, column)) => format!(":{line}:{column}"),
            None => String::new(),
        };
        match self {
            Self::NotFound {
                specifier,
                importer,
                reason,
            } => write!(
                f,
                "cannot find module `{specifier}`, imported by {}{position}: {reason}",
                importer.display()
            ),
            Self::NodeBuiltin {
                specifier,
                importer,
            } => write!(
                f,
                "the Node.js module `{specifier}`, imported by {}{position}, is not available; move the work into a \
                 server function, or use a package that supports edge runtimes",
                importer.display()
            ),
            Self::Unreadable { file, reason } => {
                write!(f, "cannot read {}: {reason}", file.display())
            }
            Self::Syntax(error) => write!(
                f,
                "{}:{}:{}: {}\n{}",
                error.file.display(),
                error.line,
                error.column,
                error.message,
                error.excerpt.trim_end()
            ),
            Self::Unsupported { file, reason } => {
                write!(f, "cannot import {}: {reason}", file.display())
            }
        }
    }
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, None)
    }
}

impl std::error::Error for ModuleError {}

#[cfg(test)]
mod tests {
    use super::SyntaxError;

    #[test]
    fn shows_source_lines_around_location() {
        let source = "one\ntwo\nthrée = ;\nfour\nfive\nsix";
        let offset = source.find(';').expect("the source has a semicolon");
        let error = SyntaxError::at("a.ts".into(), source, offset, "no".into());
        assert_eq!((error.line, error.column), (3, 9));
        assert_eq!(
            error.excerpt,
            "  1 | one\n  2 | two\n> 3 | thrée = ;\n    |         ^\n  4 | four\n  5 | five\n"
        );
    }
}
