//! Invalidations of functions by their type.

use super::ServerFunction;
use crate::invalidation::Invalidation;

impl Invalidation {
    /// Invalidates the query or context `F`, for every input.
    ///
    /// ```
    /// use mizan_core::{Error, Invalidation, client};
    ///
    /// #[client(query)]
    /// async fn thread(id: u64) -> Result<String, Error> {
    ///     Ok(format!("thread {id}"))
    /// }
    ///
    /// let invalidation = Invalidation::function::<Thread>().with("id", 7);
    /// assert_eq!(invalidation, Invalidation::of("thread").with("id", 7));
    /// ```
    #[must_use]
    pub fn function<F: ServerFunction>() -> Self {
        Self::of(F::NAME)
    }
}
