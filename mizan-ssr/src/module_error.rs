use std::fmt;
use std::path::PathBuf;

/// Why a module cannot be had: it is not there, or its source cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ModuleError {
    /// The specifier leads nowhere.
    NotFound {
        specifier: String,
        importer: PathBuf,
        reason: String,
    },
    /// The specifier names a module of Node's.
    NodeBuiltin {
        specifier: String,
        importer: PathBuf,
    },
    /// The file cannot be read.
    Unreadable { file: PathBuf, reason: String },
    /// The source is not what its extension says.
    Syntax(SyntaxError),
    /// Nothing here knows what to do with a file of this kind.
    Unsupported { file: PathBuf, reason: String },
}

/// Where a source stops making sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    pub(crate) file: PathBuf,
    /// Counted from one.
    pub(crate) line: u32,
    /// Counted from one, in characters.
    pub(crate) column: u32,
    pub(crate) message: String,
    /// The lines around, with a caret under the place.
    pub(crate) excerpt: String,
}

impl SyntaxError {
    /// Of `source`, at the byte `offset`.
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
            excerpt: excerpt(source, line, column),
            file,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            message,
        }
    }
}

/// The lines around `line` of `source`, numbered, with a caret under `column`.
pub(crate) fn excerpt(source: &str, line: usize, column: usize) -> String {
    const AROUND: usize = 2;
    const WIDEST: usize = 160;
    let first = line.saturating_sub(AROUND).max(1);
    let width = (line + AROUND).to_string().len();
    let mut text = String::new();
    for (at, content) in source
        .lines()
        .enumerate()
        .skip(first - 1)
        .take(line + AROUND + 1 - first)
    {
        let number = at + 1;
        let shown: String = content.chars().take(WIDEST).collect();
        let mark = if number == line { '>' } else { ' ' };
        text.push_str(&format!("{mark} {number:width$} | {shown}\n"));
        if number == line && column <= WIDEST {
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

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound {
                specifier,
                importer,
                reason,
            } => write!(
                f,
                "cannot find `{specifier}`, which {} imports: {reason}",
                importer.display()
            ),
            Self::NodeBuiltin {
                specifier,
                importer,
            } => write!(
                f,
                "`{specifier}` is a module of Node's and does not exist here; {} imports it: move that \
                 work into a Rust function, or import a package that works at the edge",
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

impl std::error::Error for ModuleError {}

#[cfg(test)]
mod tests {
    use super::SyntaxError;

    #[test]
    fn a_place_is_shown_with_its_surroundings() {
        let source = "one\ntwo\nthrée = ;\nfour\nfive\nsix";
        let offset = source.find(';').expect("there is one");
        let error = SyntaxError::at("a.ts".into(), source, offset, "no".into());
        assert_eq!((error.line, error.column), (3, 9));
        assert_eq!(
            error.excerpt,
            "  1 | one\n  2 | two\n> 3 | thrée = ;\n    |         ^\n  4 | four\n  5 | five\n"
        );
    }
}
