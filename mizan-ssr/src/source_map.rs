/// From places in generated code to places in the file it came from. All counted from zero.
#[derive(Debug, Default)]
pub(crate) struct SourceMap {
    /// Sorted by the generated place.
    places: Vec<Place>,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    line: u32,
    column: u32,
    source_line: u32,
    source_column: u32,
}

impl SourceMap {
    /// Of pairs of a generated line and column and those in the file.
    pub(crate) fn new(pairs: impl Iterator<Item = [u32; 4]>) -> Self {
        let mut places: Vec<Place> = pairs
            .map(|[line, column, source_line, source_column]| Place {
                line,
                column,
                source_line,
                source_column,
            })
            .collect();
        places.sort_by_key(|place| (place.line, place.column));
        Self { places }
    }

    /// For code before which one line was put.
    pub(crate) fn one_line_down(mut self) -> Self {
        for place in &mut self.places {
            place.line += 1;
        }
        self
    }

    /// The line and column in the file of a place in the code.
    pub(crate) fn source(&self, line: u32, column: u32) -> Option<(u32, u32)> {
        let after = self
            .places
            .partition_point(|place| (place.line, place.column) <= (line, column));
        let place = self.places.get(after.checked_sub(1)?)?;
        (place.line == line).then_some((place.source_line, place.source_column))
    }
}
