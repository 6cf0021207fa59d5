use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rquickjs::allocator::{Allocator, RustAllocator};

/// An allocator that ends the code under way when it has given out more than a limit.
///
/// QuickJS's own limit throws an error that the code can catch and that is often not even an error,
/// since there is no memory left to make one.
pub(super) struct LimitedMemory {
    inner: RustAllocator,
    used: usize,
    limit: usize,
    end: Arc<Ended>,
}

/// Why the code is to end.
#[derive(Default)]
pub(super) struct Ended {
    pub(super) interrupted: AtomicBool,
    pub(super) out_of_memory: AtomicBool,
}

/// Room to unwind in, after which memory is refused.
const RESERVE: usize = 16 << 20;

impl LimitedMemory {
    pub(super) fn new(limit: usize, end: Arc<Ended>) -> Self {
        Self {
            inner: RustAllocator,
            used: 0,
            limit,
            end,
        }
    }

    /// Whether `more` bytes may be given out.
    fn allows(&self, more: usize) -> bool {
        let after = self.used.saturating_add(more);
        if after > self.limit {
            self.end.out_of_memory.store(true, Ordering::Relaxed);
            self.end.interrupted.store(true, Ordering::Relaxed);
        }
        after <= self.limit.saturating_add(RESERVE)
    }

    fn count(&mut self, pointer: *mut u8) -> *mut u8 {
        if !pointer.is_null() {
            self.used += size_of_allocation(pointer);
        }
        pointer
    }
}

#[expect(unsafe_code, reason = "the trait of rquickjs is unsafe")]
fn size_of_allocation(pointer: *mut u8) -> usize {
    // SAFETY: every pointer that gets here, not null, came from `RustAllocator`.
    unsafe { RustAllocator::usable_size(pointer) }
}

#[expect(unsafe_code, reason = "the trait of rquickjs is unsafe")]
// SAFETY: memory comes from `RustAllocator` alone, which keeps the trait's promises; what this adds is
// to count, and to return null, which the trait allows.
unsafe impl Allocator for LimitedMemory {
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
            self.used = self.used.saturating_sub(size_of_allocation(pointer));
        }
        // SAFETY: the caller's promise, passed on.
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
        // SAFETY: the caller's promise, passed on.
        let moved = unsafe { self.inner.realloc(pointer, size) };
        if !moved.is_null() || size == 0 {
            self.used = self.used.saturating_sub(before);
        }
        self.count(moved)
    }

    unsafe fn usable_size(pointer: *mut u8) -> usize {
        // SAFETY: the caller's promise, passed on.
        unsafe { RustAllocator::usable_size(pointer) }
    }
}
