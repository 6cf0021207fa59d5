use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The memory of array buffers, which V8 keeps outside of its heap and does not limit.
///
/// What is past the limit is refused. V8 then collects garbage and asks again; refused twice, it
/// throws a `RangeError`.
pub(super) struct Buffers {
    used: AtomicUsize,
    limit: usize,
}

impl Buffers {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            limit,
        })
    }

    /// Whether `more` bytes may be given out.
    pub(super) fn allow(&self, more: usize) -> bool {
        let used = self.used.load(Ordering::Relaxed);
        used.checked_add(more).is_some_and(|sum| sum <= self.limit)
    }

    #[expect(unsafe_code, reason = "V8 takes allocators as tables of functions")]
    pub(super) fn allocator(self: &Arc<Self>) -> v8::UniqueRef<v8::Allocator> {
        // SAFETY: the handle is an `Arc` that was taken apart, which is what the functions of the
        // table take it for, and `let_go` is called once.
        unsafe { v8::new_rust_allocator(Arc::into_raw(Arc::clone(self)), &FUNCTIONS) }
    }

    fn give(&self, length: usize, from: unsafe fn(Layout) -> *mut u8) -> *mut c_void {
        let Some(layout) = layout(length).filter(|_| self.allow(length)) else {
            return std::ptr::null_mut();
        };
        #[expect(unsafe_code, reason = "memory for V8 is not an object of Rust's")]
        // SAFETY: the layout is not of size zero.
        let pointer = unsafe { from(layout) };
        if !pointer.is_null() {
            self.used.fetch_add(length, Ordering::Relaxed);
        }
        pointer.cast()
    }
}

static FUNCTIONS: v8::RustAllocatorVtable<Buffers> = v8::RustAllocatorVtable {
    allocate: zeroed,
    allocate_uninitialized: uninitialized,
    free,
    drop: let_go,
};

/// As V8 aligns what it allocates itself.
fn layout(length: usize) -> Option<Layout> {
    Layout::from_size_align(length.max(1), 16).ok()
}

#[expect(unsafe_code, reason = "the type of a function of the table")]
unsafe extern "C" fn zeroed(buffers: &Buffers, length: usize) -> *mut c_void {
    buffers.give(length, alloc_zeroed)
}

#[expect(unsafe_code, reason = "the type of a function of the table")]
unsafe extern "C" fn uninitialized(buffers: &Buffers, length: usize) -> *mut c_void {
    buffers.give(length, alloc)
}

#[expect(unsafe_code, reason = "the type of a function of the table")]
unsafe extern "C" fn free(buffers: &Buffers, pointer: *mut c_void, length: usize) {
    if let Some(layout) = layout(length).filter(|_| !pointer.is_null()) {
        // SAFETY: V8 gives back what `give` gave it, with the length that it asked for.
        unsafe { dealloc(pointer.cast(), layout) };
        buffers.used.fetch_sub(length, Ordering::Relaxed);
    }
}

#[expect(unsafe_code, reason = "the type of a function of the table")]
unsafe extern "C" fn let_go(buffers: *const Buffers) {
    // SAFETY: `allocator` took the `Arc` apart, and V8 calls this once.
    drop(unsafe { Arc::from_raw(buffers) });
}
