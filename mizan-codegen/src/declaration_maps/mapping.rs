//! Source maps from declarations to Rust sources.

use std::borrow::Cow;

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
pub(super) fn source_map(
    file: &str,
    declarations: &str,
    mappings: &[Mapping<'_>],
    root: &str,
) -> String {
    let mut sources: Vec<Cow<'_, str>> = Vec::new();
    let mut tokens = Vec::new();
    for (row, line) in (0_u32..).zip(declarations.lines()) {
        let found = mappings
            .iter()
            .find_map(|mapping| Some((mapping.column_in(line)?, mapping)));
        let Some((column, mapping)) = found else {
            continue;
        };
        let source = format!("{root}{}", mapping.source.file);
        let index = sources.iter().position(|other| *other == source);
        let index = index.unwrap_or_else(|| {
            sources.push(source.into());
            sources.len() - 1
        });
        let source_line = mapping.source.line.unwrap_or(1).saturating_sub(1);
        let end = column + mapping.name.encode_utf16().count();
        // TypeScript uses the next segment for a position between two, so the name is between two
        // segments without a source.
        let unmapped = |column| Token::new(row, to_u32(column), 0, 0, None, None);
        tokens.push(unmapped(column - 1));
        let (column, index) = (to_u32(column), to_u32(index));
        tokens.push(Token::new(row, column, source_line, 0, Some(index), None));
        tokens.push(unmapped(end));
    }
    let contents = vec![None; sources.len()];
    let (file, tokens) = (Some(file.into()), tokens.into());
    let map = SourceMap::new(file, Vec::new(), None, sources, contents, tokens, None);
    map.to_json_string() + "\n"
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
