//! Heaps: `GetProcessHeap`, `HeapCreate`, `HeapAlloc` and the rest.
//!
//! Memory comes from the C library's allocator. In front of every block lies a header with the size asked
//! for, because `HeapSize` returns it to the byte, and the heap it belongs to, so that a pointer that is no
//! block of the heap is refused instead of corrupting it. Blocks of a created heap are linked, because
//! `HeapDestroy` frees them all; blocks of the process heap are not, and need no lock.

use crate::abi::argument::{Argument, Ignored, In, Out, OutBuffer, WriteIfAsked};
use crate::abi::last_error::Win32Error;
use crate::exception;
use crate::object::handles::HANDLE;
use crate::sync::lock::{Lock, LockGuard};
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::marker::PhantomData;
use windows_sys::Win32::Foundation::{
    ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY,
    STATUS_NO_MEMORY,
};
use windows_sys::Win32::System::Memory::{
    HEAP_GENERATE_EXCEPTIONS, HEAP_REALLOC_IN_PLACE_ONLY, HEAP_ZERO_MEMORY, HeapCompatibilityInformation,
};

/// The header of a block. Its size is a multiple of 16, so that blocks are aligned as on Windows.
#[repr(C, align(16))]
struct Header {
    heap: *const Heap,
    size: usize,
    previous: *mut Header,
    next: *mut Header,
}

const HEADER_BYTES: usize = size_of::<Header>();
const MARK: usize = 0x6C6F_6E67_7368_6F72;

const NO_HEAP: Win32Error = Win32Error(ERROR_INVALID_HANDLE);
const NO_BLOCK: Win32Error = Win32Error(ERROR_INVALID_PARAMETER);
const NO_MEMORY: Win32Error = Win32Error(ERROR_NOT_ENOUGH_MEMORY);

/// A heap. Its handle is its address.
#[repr(C)]
pub(crate) struct Heap {
    mark: usize,
    /// The limit for all blocks together; 0 for a heap that grows.
    size_max: usize,
    /// Made with HEAP_GENERATE_EXCEPTIONS.
    raises: bool,
    blocks: Option<Lock<Blocks>>,
}

struct Blocks {
    first: *mut Header,
    bytes: usize,
}

// SAFETY: the list is reached under its lock only.
unsafe impl Send for Blocks {}

static PROCESS_HEAP: Heap = Heap { mark: MARK, size_max: 0, raises: false, blocks: None };

/// The handle of a heap.
///
/// C's promise: the heap is not destroyed during the call. A handle that is no heap is detected.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct HeapHandle<'a>(*const Heap, PhantomData<&'a Heap>);

// SAFETY: C's promise, as the type states it.
unsafe impl Argument for HeapHandle<'_> {
    type C = HANDLE;
    const PROMISE: bool = true;

    #[inline(always)]
    unsafe fn from_c(value: HANDLE) -> Self {
        HeapHandle(value.cast(), PhantomData)
    }
}

impl<'a> HeapHandle<'a> {
    /// The heap; `None` if the handle is none.
    fn get(self) -> Option<&'a Heap> {
        if !self.0.is_aligned() {
            return None;
        }
        // SAFETY: the read returns an error if there is no memory; the mark comes first.
        let mark = unsafe { In::<usize>::from_c(self.0.cast()) }.read();
        // SAFETY: it has the mark of a heap, and C's promise that it stays one.
        (mark == Ok(MARK)).then(|| unsafe { &*self.0 })
    }
}

/// A block of a heap, or NULL.
///
/// C's promise: no other thread frees it or changes its size during the call, and none uses it after it was
/// freed. A pointer that is no block is detected, unless the memory in front of it looks like a header.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Block<'a>(*mut c_void, PhantomData<&'a mut c_void>);

// SAFETY: C's promise, as the type states it.
unsafe impl Argument for Block<'_> {
    type C = *mut c_void;
    const PROMISE: bool = true;

    #[inline(always)]
    unsafe fn from_c(value: *mut c_void) -> Self {
        Block(value, PhantomData)
    }
}

impl Block<'_> {
    /// Whether it is NULL.
    pub(crate) fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// The address.
    pub(crate) fn as_ptr(self) -> *mut c_void {
        self.0
    }
}

impl Heap {
    fn blocks(&self) -> Option<LockGuard<'_, Blocks>> {
        Some(self.blocks.as_ref()?.lock())
    }

    /// A new block; NULL without memory for it.
    pub(crate) fn allocate(&self, size: usize, zero: bool) -> *mut c_void {
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
        // SAFETY: freshly allocated, at least a header long; its neighbour is in the
        // list, whose lock is held.
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

    /// The header of a block of this heap; `None` if the pointer is none.
    fn header(&self, block: Block) -> Option<*mut Header> {
        let header = block.0.cast::<Header>().wrapping_sub(1);
        if block.is_null() || !header.is_aligned() {
            return None; // A block is aligned like its header.
        }
        // SAFETY: the read returns an error if there is no memory; the heap comes first.
        let heap = unsafe { In::<*const Heap>::from_c(header.cast_const().cast()) }.read();
        (heap == Ok(std::ptr::from_ref(self))).then_some(header)
    }

    /// The size a block was allocated with; `None` for what is no block.
    pub(crate) fn size(&self, block: Block) -> Option<usize> {
        // SAFETY: the header of a block of this heap, which nobody frees meanwhile.
        self.header(block).map(|header| unsafe { (*header).size })
    }

    /// Removes a block from the list and the count.
    ///
    /// # Safety
    /// It is a block of this heap, which its owner no longer uses.
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

    /// Frees a block; false for what is none.
    pub(crate) fn free(&self, block: Block) -> bool {
        let Some(header) = self.header(block) else { return false };
        // SAFETY: a block of this heap, which the program gives up. The mark is cleared so that a second free
        // is noticed, as long as the allocator has not used the memory again.
        unsafe {
            self.unlink(header);
            (*header).heap = std::ptr::null();
            libc::free(header.cast());
        }
        true
    }

    /// A block of another size with the same content.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` for what is no block; `ERROR_NOT_ENOUGH_MEMORY`. The block stays as it is.
    pub(crate) fn resize(
        &self,
        block: Block,
        size: usize,
        zero: bool,
        in_place: bool,
    ) -> Result<*mut c_void, Win32Error> {
        let header = self.header(block).ok_or(NO_BLOCK)?;
        // SAFETY: a block of this heap, which the program owns.
        let old_size = unsafe { (*header).size };
        if in_place {
            if size > old_size {
                return Err(NO_MEMORY);
            }
            let mut blocks = self.blocks();
            // SAFETY: as above; the list and its count are locked.
            unsafe { (*header).size = size };
            if let Some(blocks) = &mut blocks {
                blocks.bytes -= old_size - size;
            }
            return Ok(block.as_ptr());
        }
        let new = self.allocate(size, zero);
        if new.is_null() {
            return Err(NO_MEMORY);
        }
        // SAFETY: both blocks are at least that long and distinct.
        unsafe { new.cast::<u8>().copy_from_nonoverlapping(block.as_ptr().cast(), old_size.min(size)) };
        self.free(block);
        Ok(new)
    }
}

/// The heap every process has.
pub(crate) fn process_heap() -> &'static Heap {
    &PROCESS_HEAP
}

/// The heap every process has.
#[export]
pub fn GetProcessHeap() -> HANDLE {
    (&raw const PROCESS_HEAP).cast_mut().cast()
}

/// Writes the handles of the process's heaps: of the process heap only.
///
/// # Errors
/// 0 with `ERROR_NOACCESS`.
#[export]
pub unsafe fn GetProcessHeaps(room: u32, heaps: Option<Out<HANDLE>>) -> Result<u32, Win32Error> {
    heaps.filter(|_| room > 0).write_if_asked((&raw const PROCESS_HEAP).cast_mut().cast())?;
    Ok(1)
}

/// Makes a heap. The sum of its blocks can be limited; the initial size is ignored.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` if the initial size is beyond the limit.
#[export]
pub fn HeapCreate(options: u32, initial: usize, maximum: usize) -> Result<HANDLE, Win32Error> {
    if maximum != 0 && initial > maximum {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let blocks = Some(Lock::last("a heap", Blocks { first: std::ptr::null_mut(), bytes: 0 }));
    let raises = options & HEAP_GENERATE_EXCEPTIONS != 0;
    Ok(Box::into_raw(Box::new(Heap { mark: MARK, size_max: maximum, raises, blocks })).cast())
}

/// Frees a heap with all its blocks.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` for what is no heap, and for the process heap, which cannot be destroyed.
#[export]
pub unsafe fn HeapDestroy(heap: HeapHandle) -> Result<(), Win32Error> {
    let blocks = heap.get().and_then(Heap::blocks).ok_or(NO_HEAP)?;
    let mut header = blocks.first;
    drop(blocks);
    while !header.is_null() {
        // SAFETY: a block in the list of a heap that nobody else uses.
        unsafe {
            let next = (*header).next;
            libc::free(header.cast());
            header = next;
        }
    }
    // SAFETY: made by `HeapCreate`, and given up by the program.
    unsafe {
        let heap = heap.0.cast_mut();
        (*heap).mark = 0;
        drop(Box::from_raw(heap));
    }
    Ok(())
}

/// Raises an exception if the caller or the heap asked for them (SEH15). Nothing here has to be cleaned up if
/// an `__except` block takes over.
fn memory_has_run_out(heap: &Heap, flags: u32) {
    if heap.raises || flags & HEAP_GENERATE_EXCEPTIONS != 0 {
        exception::raise_here(STATUS_NO_MEMORY);
    }
}

/// Allocates a block, aligned to 16 bytes. Failure is NULL and leaves the last error alone, as on Windows, or
/// with HEAP_GENERATE_EXCEPTIONS the exception `STATUS_NO_MEMORY`.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` for what is no heap.
#[export(callbacks)]
pub unsafe fn HeapAlloc(heap: HeapHandle, flags: u32, size: usize) -> Result<*mut c_void, Win32Error> {
    let heap = heap.get().ok_or(NO_HEAP)?;
    let block = heap.allocate(size, flags & HEAP_ZERO_MEMORY != 0);
    if block.is_null() {
        memory_has_run_out(heap, flags);
    }
    Ok(block)
}

/// Changes the size of a block; its content moves with it. On failure the block stays as it is.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for what is no heap or no block of it; `ERROR_NOT_ENOUGH_MEMORY`. With
/// HEAP_GENERATE_EXCEPTIONS the latter is an exception.
#[export(callbacks)]
pub unsafe fn HeapReAlloc(
    heap: HeapHandle,
    flags: u32,
    block: Block,
    size: usize,
) -> Result<*mut c_void, Win32Error> {
    let (zero, in_place) = (flags & HEAP_ZERO_MEMORY != 0, flags & HEAP_REALLOC_IN_PLACE_ONLY != 0);
    let heap = heap.get().ok_or(NO_BLOCK)?;
    let resized = heap.resize(block, size, zero, in_place);
    if resized == Err(NO_MEMORY) {
        memory_has_run_out(heap, flags);
    }
    resized
}

/// Frees a block. NULL is no block and is freed with success.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for what is no heap or no block of it.
#[export]
pub unsafe fn HeapFree(heap: HeapHandle, _flags: u32, block: Block) -> Result<(), Win32Error> {
    let freed = block.is_null() || heap.get().is_some_and(|heap| heap.free(block));
    if freed { Ok(()) } else { Err(NO_BLOCK) }
}

/// The size a block was allocated with; `(SIZE_T)-1` for what is no block.
#[export(failure = usize::MAX)]
pub unsafe fn HeapSize(heap: HeapHandle, _flags: u32, block: Block) -> usize {
    heap.get().and_then(|heap| heap.size(block)).unwrap_or(usize::MAX)
}

/// Whether a pointer is a block of the heap; with NULL, whether the handle is that of a heap.
#[export]
pub unsafe fn HeapValidate(heap: HeapHandle, _flags: u32, block: Block) -> bool {
    heap.get().is_some_and(|heap| block.is_null() || heap.header(block).is_some())
}

/// Asks the allocator to give memory back to the system. Windows returns the size of the largest free block;
/// the allocator does not tell it, so the result is always 1 MiB.
#[export]
pub fn HeapCompact(_heap: HANDLE, _flags: u32) -> usize {
    // SAFETY: a plain call of the allocator.
    unsafe { libc::malloc_trim(0) };
    1 << 20
}

/// Accepts the settings. Heaps always have low fragmentation, and corruption always ends the process.
#[export]
pub fn HeapSetInformation(_heap: HANDLE, _class: i32, _information: Ignored, _length: usize) -> i32 {
    1
}

/// The kind of a heap: always the low-fragmentation heap (2). There are no other questions.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for another question, and for NULL;
/// `ERROR_INSUFFICIENT_BUFFER`; `ERROR_NOACCESS`.
#[export]
pub unsafe fn HeapQueryInformation(
    _heap: HANDLE,
    class: i32,
    information: Option<OutBuffer>,
    length: usize,
    needed: Option<Out<usize>>,
) -> Result<(), Win32Error> {
    const LOW_FRAGMENTATION: u32 = 2;
    if class != HeapCompatibilityInformation {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    needed.write_if_asked(size_of::<u32>())?;
    if length < size_of::<u32>() {
        return Err(Win32Error(ERROR_INSUFFICIENT_BUFFER));
    }
    let information = information.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    Ok(information.write(&LOW_FRAGMENTATION.to_ne_bytes())?)
}

/// Does nothing: heaps lock themselves, and no lock can be held across calls.
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
            for nothing in [std::ptr::null_mut(), 64 as HANDLE, 65 as HANDLE] {
                assert!(HeapAlloc(nothing, 0, 8).is_null());
                assert_eq!(GetLastError(), ERROR_INVALID_HANDLE);
            }
            for nothing in [64 as *mut c_void, 65 as *mut c_void] {
                assert_eq!(HeapFree(GetProcessHeap(), 0, nothing), 0, "nothing is there");
                assert_eq!(GetLastError(), ERROR_INVALID_PARAMETER);
                assert_eq!(HeapSize(GetProcessHeap(), 0, nothing), usize::MAX);
            }
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
