//! The memory limit of QuickJS.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rquickjs::allocator::{Allocator, RustAllocator};

/// An allocator that interrupts running code when a limit is exceeded.
///
/// The limit of QuickJS itself throws an exception, which the code can catch, and which is often `null`
/// because no memory is left for an error object.
pub(super) struct LimitedAllocator {
    inner: RustAllocator,
    used_bytes: usize,
    limit_bytes: usize,
    stop_flags: Arc<StopFlags>,
}

/// The reasons for which running code must stop.
#[derive(Default)]
pub(super) struct StopFlags {
    pub(super) interrupted: AtomicBool,
    pub(super) out_of_memory: AtomicBool,
}

/// The memory above the limit that is available until the code has stopped.
const RESERVE_BYTES: usize = 16 << 20;

impl LimitedAllocator {
    pub(super) fn new(limit_bytes: usize, stop_flags: Arc<StopFlags>) -> Self {
        Self {
            inner: RustAllocator,
            used_bytes: 0,
            limit_bytes,
            stop_flags,
        }
    }

    /// Returns whether `more` bytes may be allocated, and stops the code at the limit.
    fn allows(&self, more: usize) -> bool {
        let after = self.used_bytes.saturating_add(more);
        if after > self.limit_bytes {
            self.stop_flags.out_of_memory.store(true, Ordering::Relaxed);
            self.stop_flags.interrupted.store(true, Ordering::Relaxed);
        }
        after <= self.limit_bytes.saturating_add(RESERVE_BYTES)
    }

    fn count(&mut self, pointer: *mut u8) -> *mut u8 {
        if !pointer.is_null() {
            self.used_bytes += size_of_allocation(pointer);
        }
        pointer
    }
}

#[expect(unsafe_code, reason = "the trait of rquickjs is unsafe")]
fn size_of_allocation(pointer: *mut u8) -> usize {
    // SAFETY: the pointer is not null and came from `RustAllocator`.
    unsafe { RustAllocator::usable_size(pointer) }
}

#[expect(unsafe_code, reason = "the trait of rquickjs is unsafe")]
// SAFETY: all memory comes from `RustAllocator`, which upholds the contract of the trait. This type only
// counts bytes and returns null, which the trait allows.
unsafe impl Allocator for LimitedAllocator {
    fn alloc(&mut self, size: usize) -> *mut u8 {
        if !self.allows(size) {
            return std::ptr::null_mut();
        }
        let pointer = self.inner.alloc(size);
        self.count(pointer)
    }

    fn calloc(&mut self, count: usize, size: usize) -> *mut u8 {
        if !self.allows(count.saturating_mul(size)) {
            return std::ptr::null_mut();
        }
        let pointer = self.inner.calloc(count, size);
        self.count(pointer)
    }

    unsafe fn dealloc(&mut self, pointer: *mut u8) {
        if !pointer.is_null() {
            self.used_bytes = self.used_bytes.saturating_sub(size_of_allocation(pointer));
        }
        // SAFETY: the caller upholds the contract of the same method.
        unsafe { self.inner.dealloc(pointer) }
    }

    unsafe fn realloc(&mut self, pointer: *mut u8, size: usize) -> *mut u8 {
        let before = if pointer.is_null() {
            0
        } else {
            size_of_allocation(pointer)
        };
        if !self.allows(size.saturating_sub(before)) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller upholds the contract of the same method.
        let moved = unsafe { self.inner.realloc(pointer, size) };
        if !moved.is_null() || size == 0 {
            self.used_bytes = self.used_bytes.saturating_sub(before);
        }
        self.count(moved)
    }

    unsafe fn usable_size(pointer: *mut u8) -> usize {
        // SAFETY: the caller upholds the contract of the same method.
        unsafe { RustAllocator::usable_size(pointer) }
    }
}
