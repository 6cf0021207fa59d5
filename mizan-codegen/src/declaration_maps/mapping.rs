//! Source maps from declarations to Rust sources.

use sourcemap::SourceMapBuilder;

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
    let mut map = SourceMapBuilder::new(Some(file));
    for (row, line) in (0_u32..).zip(declarations.lines()) {
        let found = mappings
            .iter()
            .find_map(|mapping| Some((mapping.column_in(line)?, mapping)));
        let Some((column, mapping)) = found else {
            continue;
        };
        let source = map.add_source(&format!("{root}{}", mapping.source.file));
        let source_line = mapping.source.line.unwrap_or(1).saturating_sub(1);
        let end = column + mapping.name.encode_utf16().count();
        // TypeScript uses the next segment for a position between two, so the name is between two
        // segments without a source.
        let unmapped = |map: &mut SourceMapBuilder, column: usize| {
            map.add_raw(row, to_u32(column), 0, 0, None, None, false);
        };
        unmapped(&mut map, column - 1);
        map.add_raw(
            row,
            to_u32(column),
            source_line,
            0,
            Some(source),
            None,
            false,
        );
        unmapped(&mut map, end);
    }
    let mut json = Vec::new();
    map.into_sourcemap()
        .to_writer(&mut json)
        .expect("writing to memory cannot fail");
    json.push(b'\n');
    String::from_utf8(json).expect("JSON is UTF-8")
}

fn to_u32(column: usize) -> u32 {
    u32::try_from(column).unwrap_or(u32::MAX)
}
