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

    /// The places, each as what it differs in from the one before, generated line first.
    pub(crate) fn deltas(&self) -> impl Iterator<Item = i64> {
        let mut before = [0; 4];
        self.places.iter().flat_map(move |place| {
            let now = [
                place.line,
                place.column,
                place.source_line,
                place.source_column,
            ]
            .map(i64::from);
            let deltas = [0, 1, 2, 3].map(|at| now[at] - before[at]);
            before = now;
            deltas
        })
    }

    /// What [`deltas`](Self::deltas) gave; nothing where they are not that.
    pub(crate) fn from_deltas(deltas: &[i64]) -> Option<Self> {
        let (fours, []) = deltas.as_chunks::<4>() else {
            return None;
        };
        let mut now = [0_i64; 4];
        let places = fours
            .iter()
            .map(|four| {
                for (number, delta) in now.iter_mut().zip(four) {
                    *number = number.checked_add(*delta)?;
                }
                Some(Place {
                    line: now[0].try_into().ok()?,
                    column: now[1].try_into().ok()?,
                    source_line: now[2].try_into().ok()?,
                    source_column: now[3].try_into().ok()?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        let sorted = places.is_sorted_by_key(|place| (place.line, place.column));
        sorted.then_some(Self { places })
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
