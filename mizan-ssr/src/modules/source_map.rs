//! Source maps of transformed modules.

/// A map from positions in generated code to positions in the original file, counted from zero.
#[derive(Debug, Default)]
pub(crate) struct SourceMap {
    /// Sorted by the generated position.
    mappings: Vec<Mapping>,
}

#[derive(Clone, Copy, Debug)]
struct Mapping {
    line: u32,
    column: u32,
    source_line: u32,
    source_column: u32,
}

impl SourceMap {
    /// Creates a map from arrays of generated line, generated column, original line and original column.
    pub(crate) fn new(positions: impl Iterator<Item = [u32; 4]>) -> Self {
        let mut mappings: Vec<Mapping> = positions
            .map(|[line, column, source_line, source_column]| Mapping {
                line,
                column,
                source_line,
                source_column,
            })
            .collect();
        mappings.sort_by_key(|mapping| (mapping.line, mapping.column));
        Self { mappings }
    }

    /// Returns the mappings as differences from the previous mapping, four numbers for each.
    pub(crate) fn deltas(&self) -> impl Iterator<Item = i64> {
        let mut previous = [0; 4];
        self.mappings.iter().flat_map(move |mapping| {
            let now = [
                mapping.line,
                mapping.column,
                mapping.source_line,
                mapping.source_column,
            ]
            .map(i64::from);
            let deltas = [0, 1, 2, 3].map(|at| now[at] - previous[at]);
            previous = now;
            deltas
        })
    }

    /// Restores a map from the result of [`deltas`](Self::deltas). Returns `None` for invalid input.
    pub(crate) fn from_deltas(deltas: &[i64]) -> Option<Self> {
        let (fours, []) = deltas.as_chunks::<4>() else {
            return None;
        };
        let mut now = [0_i64; 4];
        let mappings = fours
            .iter()
            .map(|four| {
                for (number, delta) in now.iter_mut().zip(four) {
                    *number = number.checked_add(*delta)?;
                }
                Some(Mapping {
                    line: now[0].try_into().ok()?,
                    column: now[1].try_into().ok()?,
                    source_line: now[2].try_into().ok()?,
                    source_column: now[3].try_into().ok()?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        let sorted = mappings.is_sorted_by_key(|mapping| (mapping.line, mapping.column));
        sorted.then_some(Self { mappings })
    }

    /// Adjusts the map to code that was moved down by one line.
    pub(crate) fn shifted_one_line_down(mut self) -> Self {
        for mapping in &mut self.mappings {
            mapping.line += 1;
        }
        self
    }

    /// Returns the original line and column of a generated position.
    pub(crate) fn original(&self, line: u32, column: u32) -> Option<(u32, u32)> {
        let after = self
            .mappings
            .partition_point(|mapping| (mapping.line, mapping.column) <= (line, column));
        let mapping = self.mappings.get(after.checked_sub(1)?)?;
        (mapping.line == line).then_some((mapping.source_line, mapping.source_column))
    }
}
