//! The cursors of a query with pages.

use std::fmt;

/// The cursors of a query that returns its results in pages.
///
/// `pages(after = next)` in `#[client(query, ..)]` declares `Pages::new("after", "next")`. The client has
/// an infinite query for such a function, which loads one page after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pages {
    cursor: &'static str,
    next: &'static str,
}

impl Pages {
    /// Declares the argument that takes the cursor, which is absent for the first page, and the member of
    /// the output with the cursor of the next page, which is absent or null on the last page.
    #[must_use]
    pub const fn new(cursor: &'static str, next: &'static str) -> Self {
        Self { cursor, next }
    }

    /// Returns the argument that takes the cursor.
    #[must_use]
    pub const fn cursor(&self) -> &'static str {
        self.cursor
    }

    /// Returns the member of the output with the cursor of the next page.
    #[must_use]
    pub const fn next(&self) -> &'static str {
        self.next
    }
}

/// Writes the declaration, as in `#[client(..)]`.
impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pages({} = {})", self.cursor, self.next)
    }
}
