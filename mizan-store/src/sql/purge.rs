//! The schedule by which old rows are removed.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// The number of operations of this process between two removals of old rows.
const OPERATIONS_BETWEEN_PURGES: u32 = 4_096;

/// The maximum number of rows that one statement removes, so that no lock is held for long.
pub(super) const PURGE_BATCH: i64 = 5_000;

/// The maximum number of counts, beyond those of one period between two purges in each process.
pub(super) const MAX_COUNTS: i64 = 200_000;

/// The maximum number of operations, likewise.
pub(super) const MAX_OPERATIONS: i64 = 100_000;

/// Decides when a process removes old rows.
#[derive(Debug, Default)]
pub(super) struct PurgeSchedule {
    operations: AtomicU32,
    is_running: AtomicBool,
}

impl PurgeSchedule {
    /// Counts an operation. Returns `true` if the caller has to purge, and to call
    /// [`finish`](Self::finish) afterwards.
    pub(super) fn is_due(&self) -> bool {
        let operations = self.operations.fetch_add(1, Ordering::Relaxed);
        operations % OPERATIONS_BETWEEN_PURGES == OPERATIONS_BETWEEN_PURGES - 1
            && !self.is_running.swap(true, Ordering::Relaxed)
    }

    pub(super) fn finish(&self) {
        self.is_running.store(false, Ordering::Relaxed);
    }
}
