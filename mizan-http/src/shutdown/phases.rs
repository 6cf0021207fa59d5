//! The work that a shutdown still waits for, for the log message at its deadline.

use std::borrow::Cow;
use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;

/// The names of the phases that have not finished. Clones share the list.
#[derive(Clone, Default)]
pub(super) struct UnfinishedPhases(Arc<Mutex<Vec<Cow<'static, str>>>>);

impl UnfinishedPhases {
    /// Adds a phase until `work` completes.
    pub(super) async fn track<T>(
        &self,
        name: impl Into<Cow<'static, str>>,
        work: impl Future<Output = T>,
    ) -> T {
        let name = name.into();
        self.0.lock().push(name.clone());
        let output = work.await;
        let mut names = self.0.lock();
        if let Some(index) = names.iter().position(|other| *other == name) {
            names.remove(index);
        }
        output
    }

    /// Returns the names, separated by commas.
    pub(super) fn names(&self) -> String {
        self.0.lock().join(", ")
    }
}
