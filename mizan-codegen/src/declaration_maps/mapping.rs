//! Source maps from declarations to Rust sources.

use std::borrow::Cow;
use std::collections::BTreeMap;

use oxc_sourcemap::{SourceMap, Token};

use crate::manifest::SourceLocation;

/// A declared name with the location of its Rust source.
pub(super) struct Mapping<'m> {
    /// The beginnings of the line that declares the name, up to the name.
    openings: &'static [&'static str],
    name: String,
    source: &'m SourceLocation,
}

impl<'m> Mapping<'m> {
    /// An export of a declaration file.
    pub(super) fn export(name: &str, source: &'m SourceLocation) -> Self {
        Self {
            openings: &[
                "export declare function ",
                "export declare const ",
                "export interface ",
                "export type ",
            ],
            name: name.to_owned(),
            source,
        }
    }

    /// A member of `Api`, or of its member `forms`.
    pub(super) fn member(name: &str, source: &'m SourceLocation) -> Self {
        Self {
            openings: &["  readonly ", "    readonly "],
            name: name.to_owned(),
            source,
        }
    }

    /// Returns the column of the name in a line that declares it.
    fn column_in(&self, line: &str) -> Option<usize> {
        self.openings.iter().find_map(|opening| {
            let rest = line.strip_prefix(opening)?.strip_prefix(&*self.name)?;
            let is_whole = !rest.starts_with(|c: char| c.is_alphanumeric() || "_$".contains(c));
            is_whole.then_some(opening.len())
        })
    }
}

/// Returns the map of a declaration file. `root` is the path from the file's folder to the folder that the
/// paths of the sources are relative to.
///
/// TypeScript 5 maps the position of a name, and TypeScript 7 both ends of the declaration, too. For a
/// position between two segments, both use the next one, so segments without a source are around each of them.
pub(super) fn source_map(
    file: &str,
    declarations: &str,
    mappings: &[Mapping<'_>],
    root: &str,
) -> String {
    let lines: Vec<_> = declarations.lines().collect();
    let mut segments = BTreeMap::new();
    for (row, line) in lines.iter().enumerate() {
        let found = mappings
            .iter()
            .find_map(|mapping| Some((mapping.column_in(line)?, mapping)));
        let Some((column, mapping)) = found else {
            continue;
        };
        let last = last_row(&lines, row);
        let before = match indentation(line) {
            0 => row.checked_sub(1).map(|row| (row, utf16_len(lines[row]))),
            indent => Some((row, indent - 1)),
        };
        let name_end = (row, column + utf16_len(&mapping.name));
        let (start, end) = ((row, indentation(line)), (last, utf16_len(lines[last])));
        let unmapped = [name_end, (last, end.1 - 1), (last + 1, 0)];
        for place in before.into_iter().chain(unmapped) {
            segments.entry(place).or_insert(None);
        }
        for place in [start, (row, column), end] {
            segments.insert(place, Some(mapping.source));
        }
    }
    let mut sources: Vec<Cow<'_, str>> = Vec::new();
    let mut tokens = Vec::new();
    for ((row, column), source) in segments {
        let index = source.map(|source| {
            let path = format!("{root}{}", source.file);
            let index = sources.iter().position(|other| *other == path);
            to_u32(index.unwrap_or_else(|| {
                sources.push(path.into());
                sources.len() - 1
            }))
        });
        let line = source.and_then(|source| source.line).unwrap_or(1);
        let (row, column, line) = (to_u32(row), to_u32(column), line.saturating_sub(1));
        tokens.push(Token::new(row, column, line, 0, index, None));
    }
    let contents = vec![None; sources.len()];
    let (file, tokens) = (Some(file.into()), tokens.into());
    let map = SourceMap::new(file, Vec::new(), None, sources, contents, tokens, None);
    map.to_json_string() + "\n"
}

/// Returns the last row of the declaration that begins at a row: further rows are indented, or close a
/// bracket.
fn last_row(lines: &[&str], first: usize) -> usize {
    let indent = indentation(lines[first]);
    let rest = lines[first + 1..].iter();
    let count = rest
        .take_while(|line| {
            let text = line.trim_start();
            let is_closing = indentation(line) == indent && text.starts_with([')', '}', ']', '>']);
            !text.is_empty() && (indentation(line) > indent || is_closing)
        })
        .count();
    first + count
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn utf16_len(line: &str) -> usize {
    line.encode_utf16().count()
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
