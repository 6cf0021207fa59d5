//! The memory limit of V8's array buffers.

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An allocator of array buffers, which V8 keeps outside of its heap and does not limit.
///
/// Above the limit, an allocation fails. V8 then collects garbage and tries again; after a second
/// failure it throws a `RangeError`.
pub(super) struct ArrayBufferMemory {
    used_bytes: AtomicUsize,
    limit_bytes: usize,
}

impl ArrayBufferMemory {
    pub(super) fn new(limit_bytes: usize) -> Arc<Self> {
        Arc::new(Self {
            used_bytes: AtomicUsize::new(0),
            limit_bytes,
        })
    }

    /// Returns whether `more` bytes may be allocated.
    pub(super) fn allows(&self, more: usize) -> bool {
        let used = self.used_bytes.load(Ordering::Relaxed);
        used.checked_add(more)
            .is_some_and(|sum| sum <= self.limit_bytes)
    }

    #[expect(unsafe_code, reason = "V8 takes an allocator as a table of functions")]
    pub(super) fn allocator(self: &Arc<Self>) -> v8::UniqueRef<v8::Allocator> {
        // SAFETY: the handle is a raw `Arc`, as the functions of the table expect, and V8 calls `release` once.
        unsafe { v8::new_rust_allocator(Arc::into_raw(Arc::clone(self)), &FUNCTIONS) }
    }

    fn allocate(&self, length: usize, allocate: unsafe fn(Layout) -> *mut u8) -> *mut c_void {
        let Some(layout) = layout(length).filter(|_| self.allows(length)) else {
            return std::ptr::null_mut();
        };
        #[expect(unsafe_code, reason = "V8 takes raw memory")]
        // SAFETY: the size of the layout is not zero.
        let pointer = unsafe { allocate(layout) };
        if !pointer.is_null() {
            self.used_bytes.fetch_add(length, Ordering::Relaxed);
        }
        pointer.cast()
    }
}

static FUNCTIONS: v8::RustAllocatorVtable<ArrayBufferMemory> = v8::RustAllocatorVtable {
    allocate: allocate_zeroed,
    allocate_uninitialized,
    free,
    drop: release,
};

/// Returns a layout with the alignment of V8's own allocations.
fn layout(length: usize) -> Option<Layout> {
    Layout::from_size_align(length.max(1), 16).ok()
}

#[expect(unsafe_code, reason = "the signature of a function of the table")]
unsafe extern "C" fn allocate_zeroed(memory: &ArrayBufferMemory, length: usize) -> *mut c_void {
    memory.allocate(length, alloc_zeroed)
}

#[expect(unsafe_code, reason = "the signature of a function of the table")]
unsafe extern "C" fn allocate_uninitialized(
    memory: &ArrayBufferMemory,
    length: usize,
) -> *mut c_void {
    memory.allocate(length, alloc)
}

#[expect(unsafe_code, reason = "the signature of a function of the table")]
unsafe extern "C" fn free(memory: &ArrayBufferMemory, pointer: *mut c_void, length: usize) {
    if let Some(layout) = layout(length).filter(|_| !pointer.is_null()) {
        // SAFETY: `allocate` returned the pointer for the same length.
        unsafe { dealloc(pointer.cast(), layout) };
        memory.used_bytes.fetch_sub(length, Ordering::Relaxed);
    }
}

#[expect(unsafe_code, reason = "the signature of a function of the table")]
unsafe extern "C" fn release(memory: *const ArrayBufferMemory) {
    // SAFETY: the pointer is the raw `Arc` of `allocator`, and V8 calls this function once.
    drop(unsafe { Arc::from_raw(memory) });
}
