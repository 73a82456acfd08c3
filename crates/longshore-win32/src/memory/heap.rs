//! Heaps: `GetProcessHeap`, `HeapCreate`, `HeapAlloc` and the rest.
//!
//! Memory comes from the C library's allocator. In front of every block lies a header with the size asked for,
//! because `HeapSize` returns it to the byte, and the heap it belongs to, so that a pointer that is no block of the
//! heap is refused instead of corrupting it. Blocks of a created heap are linked, because `HeapDestroy` frees them
//! all; blocks of the process heap are not, and need no lock.

use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::out::put;
use crate::object::handles::HANDLE;
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};
use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY,
};
use windows_sys::Win32::System::Memory::{
    HEAP_GENERATE_EXCEPTIONS, HEAP_REALLOC_IN_PLACE_ONLY, HEAP_ZERO_MEMORY, HeapCompatibilityInformation,
};

/// What lies in front of a block. Its size is a multiple of 16, so that blocks are as aligned as on Windows.
#[repr(C, align(16))]
struct Header {
    heap: *const Heap,
    size: usize,
    previous: *mut Header,
    next: *mut Header,
}

const HEADER_BYTES: usize = size_of::<Header>();
const MARK: usize = 0x6C6F_6E67_7368_6F72;

/// A heap. Its handle is its address.
struct Heap {
    mark: usize,
    /// No block may be larger, nor all of them together; 0 for a heap that grows.
    size_max: usize,
    blocks: Option<Mutex<Blocks>>,
}

struct Blocks {
    first: *mut Header,
    bytes: usize,
}

// SAFETY: the list is reached under its lock only.
unsafe impl Send for Blocks {}

static PROCESS_HEAP: Heap = Heap { mark: MARK, size_max: 0, blocks: None };

impl Heap {
    /// # Safety
    /// A handle that is not NULL is that of a heap.
    unsafe fn of<'a>(handle: HANDLE) -> Option<&'a Heap> {
        // SAFETY: the caller's promise.
        let heap = unsafe { handle.cast::<Heap>().as_ref() };
        heap.filter(|heap| heap.mark == MARK)
    }

    fn blocks(&self) -> Option<MutexGuard<'_, Blocks>> {
        Some(self.blocks.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn allocate(&self, size: usize, zero: bool) -> *mut c_void {
        let Some(total) = size.checked_add(HEADER_BYTES) else { return std::ptr::null_mut() };
        let mut blocks = self.blocks();
        if let Some(blocks) = &blocks
            && self.size_max != 0
            && blocks.bytes.saturating_add(size) > self.size_max
        {
            return std::ptr::null_mut();
        }
        // SAFETY: plain calls of the allocator.
        let header =
            unsafe { if zero { libc::calloc(1, total) } else { libc::malloc(total) } }.cast::<Header>();
        if header.is_null() {
            return std::ptr::null_mut();
        }
        let next = blocks.as_ref().map_or(std::ptr::null_mut(), |blocks| blocks.first);
        // SAFETY: freshly allocated, at least a header long; its neighbour is in the list, whose lock is held.
        unsafe {
            header.write(Header { heap: self, size, previous: std::ptr::null_mut(), next });
            if let Some(next) = next.as_mut() {
                next.previous = header;
            }
        }
        if let Some(blocks) = &mut blocks {
            blocks.first = header;
            blocks.bytes += size;
        }
        header.wrapping_add(1).cast()
    }

    /// The header of a block of this heap.
    ///
    /// # Safety
    /// `block` is NULL or was made by an allocation of this module.
    unsafe fn header(&self, block: *const c_void) -> Option<*mut Header> {
        let header = block.cast::<Header>().cast_mut().wrapping_sub(1);
        // SAFETY: the caller's promise; blocks are aligned as their headers are.
        let ours = !block.is_null()
            && (block as usize).is_multiple_of(align_of::<Header>())
            && unsafe { (*header).heap } == std::ptr::from_ref(self);
        ours.then_some(header)
    }

    /// Takes a block out of the list and the count.
    unsafe fn unlink(&self, header: *mut Header) {
        let Some(mut blocks) = self.blocks() else { return };
        // SAFETY: a block of this heap, whose neighbours are in the list; the lock is held.
        unsafe {
            let Header { size, previous, next, .. } = *header;
            match previous.as_mut() {
                Some(previous) => previous.next = next,
                None => blocks.first = next,
            }
            if let Some(next) = next.as_mut() {
                next.previous = previous;
            }
            blocks.bytes -= size;
        }
    }

    unsafe fn free(&self, header: *mut Header) {
        // SAFETY: a block of this heap, which the caller gives up. The mark goes so that a second free is noticed
        // while the allocator has not used the memory again.
        unsafe {
            self.unlink(header);
            (*header).heap = std::ptr::null();
            libc::free(header.cast());
        }
    }

    /// A block of another size with the same content.
    unsafe fn resize(&self, header: *mut Header, size: usize, zero: bool, in_place: bool) -> *mut c_void {
        // SAFETY: a block of this heap, which the caller owns.
        let old_size = unsafe { (*header).size };
        let old = header.wrapping_add(1).cast::<u8>();
        if in_place {
            if size > old_size {
                return std::ptr::null_mut();
            }
            let mut blocks = self.blocks();
            // SAFETY: as above; the list and its count are locked.
            unsafe { (*header).size = size };
            if let Some(blocks) = &mut blocks {
                blocks.bytes -= old_size - size;
            }
            return old.cast();
        }
        let new = self.allocate(size, zero).cast::<u8>();
        if !new.is_null() {
            // SAFETY: both blocks are at least that long and distinct; the old one is given up.
            unsafe {
                new.copy_from_nonoverlapping(old, old_size.min(size));
                self.free(header);
            }
        }
        new.cast()
    }
}

/// The heap every process has.
#[export]
pub fn GetProcessHeap() -> HANDLE {
    (&raw const PROCESS_HEAP).cast_mut().cast()
}

/// Writes the handles of the process's heaps: of the process heap only.
#[export]
pub unsafe fn GetProcessHeaps(room: u32, heaps: *mut HANDLE) -> u32 {
    if room > 0 && !heaps.is_null() {
        // SAFETY: the caller's promise.
        unsafe { heaps.write(GetProcessHeap()) };
    }
    1
}

/// Makes a heap. Its blocks together can be limited; the initial size is not looked at.
#[export]
pub fn HeapCreate(_options: u32, initial: usize, maximum: usize) -> HANDLE {
    if maximum != 0 && initial > maximum {
        SetLastError(ERROR_INVALID_PARAMETER);
        return std::ptr::null_mut();
    }
    let blocks = Some(Mutex::new(Blocks { first: std::ptr::null_mut(), bytes: 0 }));
    Box::into_raw(Box::new(Heap { mark: MARK, size_max: maximum, blocks })).cast()
}

/// Frees a heap with all its blocks. The process heap cannot be destroyed.
#[export]
pub unsafe fn HeapDestroy(handle: HANDLE) -> i32 {
    // SAFETY: the caller's promise.
    let Some(heap) = (unsafe { Heap::of(handle) }).filter(|heap| heap.blocks.is_some()) else {
        SetLastError(ERROR_INVALID_HANDLE);
        return 0;
    };
    let mut header = heap.blocks().map_or(std::ptr::null_mut(), |blocks| blocks.first);
    while !header.is_null() {
        // SAFETY: a block in the list of a heap that nobody else uses.
        unsafe {
            let next = (*header).next;
            libc::free(header.cast());
            header = next;
        }
    }
    // SAFETY: made by `HeapCreate`, and given up by the caller.
    unsafe {
        (*handle.cast::<Heap>()).mark = 0;
        drop(Box::from_raw(handle.cast::<Heap>()));
    }
    1
}

/// Ends the process, as an exception nobody handles does, if the caller asked for exceptions.
fn checked(block: *mut c_void, flags: u32) -> *mut c_void {
    if block.is_null() && flags & HEAP_GENERATE_EXCEPTIONS != 0 {
        eprintln!("longshore: HeapAlloc with HEAP_GENERATE_EXCEPTIONS: memory has run out");
        std::process::abort();
    }
    block
}

/// Allocates a block, aligned to 16 bytes. Failure is NULL and leaves the last error alone, as on Windows.
#[export]
pub unsafe fn HeapAlloc(heap: HANDLE, flags: u32, size: usize) -> *mut c_void {
    // SAFETY: the caller's promise.
    let Some(heap) = (unsafe { Heap::of(heap) }) else {
        SetLastError(ERROR_INVALID_HANDLE);
        return std::ptr::null_mut();
    };
    checked(heap.allocate(size, flags & HEAP_ZERO_MEMORY != 0), flags)
}

/// Changes the size of a block; its content moves with it. On failure the block stays as it is.
#[export]
pub unsafe fn HeapReAlloc(heap: HANDLE, flags: u32, block: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the caller's promise.
    let Some((heap, header)) = (unsafe { Heap::of(heap).and_then(|heap| Some((heap, heap.header(block)?))) })
    else {
        SetLastError(ERROR_INVALID_PARAMETER);
        return std::ptr::null_mut();
    };
    let (zero, in_place) = (flags & HEAP_ZERO_MEMORY != 0, flags & HEAP_REALLOC_IN_PLACE_ONLY != 0);
    // SAFETY: a block of this heap, by the check above.
    let resized = unsafe { heap.resize(header, size, zero, in_place) };
    if resized.is_null() {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    checked(resized, flags)
}

/// Frees a block. NULL is no block and is freed with success.
#[export]
pub unsafe fn HeapFree(heap: HANDLE, _flags: u32, block: *mut c_void) -> i32 {
    if block.is_null() {
        return 1;
    }
    // SAFETY: the caller's promise.
    unsafe {
        let Some((heap, header)) = Heap::of(heap).and_then(|heap| Some((heap, heap.header(block)?))) else {
            SetLastError(ERROR_INVALID_PARAMETER);
            return 0;
        };
        heap.free(header);
    }
    1
}

/// The size a block was allocated with; `(SIZE_T)-1` for what is no block.
#[export]
pub unsafe fn HeapSize(heap: HANDLE, _flags: u32, block: *const c_void) -> usize {
    // SAFETY: the caller's promise; the header of a block is readable.
    unsafe { Heap::of(heap).and_then(|heap| heap.header(block)).map_or(usize::MAX, |header| (*header).size) }
}

/// Whether a pointer is a block of the heap; with NULL, whether the handle is that of a heap.
#[export]
pub unsafe fn HeapValidate(heap: HANDLE, _flags: u32, block: *const c_void) -> i32 {
    // SAFETY: the caller's promise.
    let heap = unsafe { Heap::of(heap) };
    // SAFETY: as above.
    i32::from(heap.is_some_and(|heap| block.is_null() || unsafe { heap.header(block) }.is_some()))
}

/// Asks the allocator to give memory back; returns the largest block that surely fits, which nobody knows here.
#[export]
pub fn HeapCompact(_heap: HANDLE, _flags: u32) -> usize {
    // SAFETY: a plain call of the allocator.
    unsafe { libc::malloc_trim(0) };
    1 << 20
}

/// Every heap is as fragmentation-resistant as it can be, and ends the process on corruption: nothing to set.
#[export]
pub fn HeapSetInformation(_heap: HANDLE, _class: i32, _information: *const c_void, _length: usize) -> i32 {
    1
}

/// What a heap is: of the low-fragmentation kind (2), which is all there is to ask.
#[export]
pub unsafe fn HeapQueryInformation(
    _heap: HANDLE,
    class: i32,
    information: *mut c_void,
    length: usize,
    needed: *mut usize,
) -> i32 {
    const LOW_FRAGMENTATION: u32 = 2;
    let query = || {
        if class != HeapCompatibilityInformation {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        if !needed.is_null() {
            // SAFETY: the caller's promise.
            unsafe { put(needed, size_of::<u32>()) }?;
        }
        if length < size_of::<u32>() {
            return Err(Win32Error(ERROR_INSUFFICIENT_BUFFER));
        }
        // SAFETY: the caller's promise.
        unsafe { put(information.cast(), LOW_FRAGMENTATION) }
    };
    to_bool(query())
}

/// Heaps serialise themselves; there is no lock to take across calls.
#[export]
pub fn HeapLock(_heap: HANDLE) -> i32 {
    1
}

/// The counterpart of [`HeapLock`].
#[export]
pub fn HeapUnlock(_heap: HANDLE) -> i32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::last_error::GetLastError;

    #[test]
    fn a_block_is_as_large_as_asked_for_aligned_and_zeroed_on_request() {
        // SAFETY: blocks are used within their sizes.
        unsafe {
            let heap = GetProcessHeap();
            let block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 37).cast::<u8>();
            assert!((block as usize).is_multiple_of(16));
            assert_eq!(HeapSize(heap, 0, block.cast()), 37);
            assert_eq!(std::slice::from_raw_parts(block, 37), [0; 37]);
            block.write_bytes(0xAB, 37);
            let block = HeapReAlloc(heap, HEAP_ZERO_MEMORY, block.cast(), 64).cast::<u8>();
            assert_eq!(std::slice::from_raw_parts(block, 37), [0xAB; 37]);
            assert_eq!(std::slice::from_raw_parts(block.add(37), 27), [0; 27]);
            assert_eq!(HeapFree(heap, 0, block.cast()), 1);
            let empty = HeapAlloc(heap, 0, 0);
            assert!(!empty.is_null() && HeapSize(heap, 0, empty) == 0);
            assert_eq!(HeapFree(heap, 0, empty), 1);
        }
    }

    #[test]
    fn a_block_that_must_stay_in_place_shrinks_there_and_does_not_grow() {
        // SAFETY: blocks are used within their sizes.
        unsafe {
            let heap = HeapCreate(0, 0, 100);
            let block = HeapAlloc(heap, 0, 96).cast::<u8>();
            block.write_bytes(0xAB, 96);
            assert_eq!(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block.cast(), 40).cast(), block);
            assert_eq!(HeapSize(heap, 0, block.cast()), 40);
            assert_eq!(std::slice::from_raw_parts(block, 40), [0xAB; 40]);
            assert!(HeapReAlloc(heap, HEAP_REALLOC_IN_PLACE_ONLY, block.cast(), 41).is_null());
            assert_eq!(HeapSize(heap, 0, block.cast()), 40, "refused, and as it was");
            let other = HeapAlloc(heap, 0, 60);
            assert!(!other.is_null(), "what was given up can be had again");
            assert_eq!(HeapFree(heap, 0, block.cast()), 1);
            assert_eq!(HeapDestroy(heap), 1);
        }
    }

    #[test]
    fn a_block_of_another_heap_is_refused() {
        // SAFETY: blocks and heaps are used as they are made.
        unsafe {
            let heap = HeapCreate(0, 0, 0);
            let block = HeapAlloc(heap, 0, 8);
            assert_eq!(HeapFree(GetProcessHeap(), 0, block), 0);
            assert_eq!(GetLastError(), ERROR_INVALID_PARAMETER);
            assert_eq!((HeapValidate(heap, 0, block), HeapValidate(GetProcessHeap(), 0, block)), (1, 0));
            assert_eq!(HeapDestroy(heap), 1, "with its block");
            assert_eq!(HeapDestroy(GetProcessHeap()), 0);
            assert_eq!(HeapFree(GetProcessHeap(), 0, std::ptr::null_mut()), 1);
            assert!(HeapAlloc(std::ptr::null_mut(), 0, 8).is_null());
        }
    }

    #[test]
    fn a_limited_heap_refuses_more_until_something_is_freed() {
        // SAFETY: blocks and heaps are used as they are made.
        unsafe {
            let heap = HeapCreate(0, 0, 1000);
            let first = HeapAlloc(heap, 0, 600);
            assert!(HeapAlloc(heap, 0, 600).is_null());
            HeapFree(heap, 0, first);
            assert!(!HeapAlloc(heap, 0, 600).is_null());
            HeapDestroy(heap);
        }
    }
}
