//! Counters of the module caches.

use std::sync::atomic::{AtomicU64, Ordering};

/// The number of uses of each module cache since the renderer was built.
///
/// `transformed`, `read` and `written` count modules. The other numbers count compilations, one for
/// each module and isolate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStatistics {
    /// Modules that were transformed, because the disk cache did not contain them.
    pub transformed: u64,
    /// Modules that were read from the disk cache.
    pub read: u64,
    /// Modules that were written to the disk cache.
    pub written: u64,
    /// Compilations by V8 from source code.
    pub compiled: u64,
    /// Compilations that V8 replaced with stored code of this or an earlier process.
    pub code_reused: u64,
    /// Stored code that V8 rejected, because another version or configuration of V8 produced it.
    pub code_rejected: u64,
}

#[derive(Default)]
pub(crate) struct CacheCounters {
    pub(crate) transformed: AtomicU64,
    pub(crate) read: AtomicU64,
    pub(crate) written: AtomicU64,
    pub(crate) compiled: AtomicU64,
    pub(crate) code_reused: AtomicU64,
    pub(crate) code_rejected: AtomicU64,
}

impl CacheCounters {
    pub(super) fn statistics(&self) -> CacheStatistics {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheStatistics {
            transformed: count(&self.transformed),
            read: count(&self.read),
            written: count(&self.written),
            compiled: count(&self.compiled),
            code_reused: count(&self.code_reused),
            code_rejected: count(&self.code_rejected),
        }
    }
}
