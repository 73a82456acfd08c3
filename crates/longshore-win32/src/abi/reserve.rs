//! What is left when memory has run out: errors where Rust would end the process.
//!
//! Windows answers error 8 or 1450 when a call finds no memory, and the process goes on (Q16). Rust's
//! containers end the process instead. So this library's allocator has a reserve: when libc has no memory,
//! an allocation comes out of the reserve, and the call goes on as usual. The calls that keep memory for
//! something new (an object, an operation, a packet) ask [`admit`] and are refused from then on, while those
//! that end, close and free things go on.
//!
//! 1. An allocation that libc refuses is cut from a chunk of the reserve, and `LOW` is set.
//! 2. [`admit`] costs one load until then. While `LOW` is set it tries to have an untouched chunk again,
//!    which ends the shortage; else it asks whether libc has memory at the moment, and refuses if not.
//! 3. A chunk is untouched again when the last allocation in it is freed: nothing in it is used twice before.
//! 4. A pointer of the reserve is freed by a thread that was given it by the one that allocated it, so it
//!    sees `USED`, which was set before.
//!
//! What one call keeps must fit into the reserve; containers that grow by doubling reserve their memory
//! fallibly. It is about limits (`RLIMIT_AS`, no overcommit); Linux ends a process that touches memory which
//! the machine or the cgroup does not have.

use crate::sync::lock::{Lock, LockGuard};
use crate::sync::rank::Rank;
use crate::sync::signal_handler;
use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};

struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

const CHUNK: Layout = match Layout::from_size_align(1 << 20, 256) {
    Ok(layout) => layout,
    Err(_) => unreachable!(),
};

/// A call that finds this much at libc is admitted though the reserve is not whole.
const ENOUGH: Layout = match Layout::from_size_align(64 << 10, 64) {
    Ok(layout) => layout,
    Err(_) => unreachable!(),
};

/// The head of a chunk, which lies at its start.
struct Chunk {
    next: Option<NonNull<Chunk>>,
    /// Cut off so far, the head included.
    used: usize,
    /// Allocations that were not freed.
    live: usize,
}

/// All chunks. The newest is the one that allocations are cut from.
struct Reserve {
    newest: Option<NonNull<Chunk>>,
}

// SAFETY: the chunks are reached through the lock alone.
unsafe impl Send for Reserve {}

static RESERVE: Lock<Reserve> = Lock::new(Rank::RESERVE, Reserve { newest: None });

/// The reserve has served an allocation and was not filled since.
static LOW: AtomicBool = AtomicBool::new(false);

/// The reserve has ever served one.
static USED: AtomicBool = AtomicBool::new(false);

/// There is no memory for anything new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exhausted;

/// Whether a call may keep memory for something new.
///
/// # Errors
/// [`Exhausted`] while memory has run out.
#[inline]
pub fn admit() -> Result<(), Exhausted> {
    if LOW.load(Ordering::Relaxed) { reserve().admit() } else { Ok(()) }
}

/// Fills the reserve. Called at the start of the program.
pub(crate) fn prepare() {
    let _ = reserve().fill();
}

fn reserve() -> LockGuard<'static, Reserve> {
    RESERVE.lock()
}

impl Reserve {
    /// Has an untouched chunk as the newest.
    fn fill(&mut self) -> Result<(), Exhausted> {
        // SAFETY: chunks of the list are valid, and the lock is held.
        if self.newest.is_some_and(|newest| unsafe { newest.as_ref() }.live == 0) {
            return Ok(());
        }
        // SAFETY: the layout's size is not zero.
        let chunk = NonNull::new(unsafe { System.alloc(CHUNK) }).ok_or(Exhausted)?.cast::<Chunk>();
        // SAFETY: a new chunk is large and aligned enough for its head.
        unsafe { chunk.write(Chunk { next: self.newest, used: size_of::<Chunk>(), live: 0 }) };
        self.newest = Some(chunk);
        Ok(())
    }

    #[cold]
    fn admit(&mut self) -> Result<(), Exhausted> {
        if self.fill().is_ok() {
            LOW.store(false, Ordering::Relaxed);
            return Ok(());
        }
        // SAFETY: the layout's size is not zero; what was allocated is freed.
        unsafe {
            let probe = NonNull::new(System.alloc(ENOUGH)).ok_or(Exhausted)?;
            System.dealloc(probe.as_ptr(), ENOUGH);
        }
        Ok(())
    }

    /// Memory out of the newest chunk that has room; NULL if none has.
    fn allocate(&mut self, layout: Layout) -> *mut u8 {
        let mut next = self.newest;
        while let Some(mut chunk) = next {
            // SAFETY: chunks of the list are valid, and the lock is held.
            let head = unsafe { chunk.as_mut() };
            let start = head.used.next_multiple_of(layout.align().max(16));
            // What keeps caches apart asks for an alignment of 128; nothing asks for more.
            if layout.align() <= CHUNK.align() && start.saturating_add(layout.size()) <= CHUNK.size() {
                head.used = start + layout.size();
                head.live += 1;
                USED.store(true, Ordering::Relaxed);
                LOW.store(true, Ordering::Relaxed);
                // SAFETY: it lies in the chunk.
                return unsafe { chunk.as_ptr().cast::<u8>().add(start) };
            }
            next = head.next;
        }
        ptr::null_mut()
    }

    /// Whether the memory was the reserve's.
    fn free(&mut self, memory: *mut u8) -> bool {
        let mut link: *mut Option<NonNull<Chunk>> = &raw mut self.newest;
        // SAFETY: links and chunks of the list are valid, and the lock is held.
        while let Some(mut chunk) = unsafe { *link } {
            let start = chunk.as_ptr() as usize;
            // SAFETY: as above.
            let head = unsafe { chunk.as_mut() };
            if (start..start + CHUNK.size()).contains(&(memory as usize)) {
                head.live -= 1;
                if head.live == 0 {
                    head.used = size_of::<Chunk>();
                    if self.newest != Some(chunk) {
                        // SAFETY: nothing of it is in use; it leaves the list before it is freed.
                        unsafe {
                            *link = head.next;
                            System.dealloc(chunk.as_ptr().cast(), CHUNK);
                        }
                    }
                }
                return true;
            }
            link = &raw mut head.next;
        }
        false
    }
}

#[cold]
fn from_reserve(layout: Layout) -> *mut u8 {
    reserve().allocate(layout)
}

#[cold]
fn to_reserve(memory: *mut u8) -> bool {
    reserve().free(memory)
}

// SAFETY: memory comes from the system's allocator, or out of a chunk that nothing else uses, and goes back
// to where it came from. Nothing unwinds.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        signal_handler::may_not("allocates memory");
        // SAFETY: the caller's promise.
        let memory = unsafe { System.alloc(layout) };
        if memory.is_null() { from_reserve(layout) } else { memory }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        signal_handler::may_not("allocates memory");
        // SAFETY: the caller's promise.
        let memory = unsafe { System.alloc_zeroed(layout) };
        if !memory.is_null() {
            return memory;
        }
        let memory = from_reserve(layout);
        if !memory.is_null() {
            // SAFETY: it has this size.
            unsafe { memory.write_bytes(0, layout.size()) };
        }
        memory
    }

    #[inline]
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        signal_handler::may_not("frees memory");
        if USED.load(Ordering::Relaxed) && to_reserve(memory) {
            return;
        }
        // SAFETY: it is not the reserve's, so it is the system's; the rest is the caller's promise.
        unsafe { System.dealloc(memory, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        signal_handler::may_not("allocates memory");
        if !USED.load(Ordering::Relaxed) {
            // SAFETY: it is the system's; the caller's promise.
            let moved = unsafe { System.realloc(memory, layout, size) };
            if !moved.is_null() {
                return moved;
            }
        }
        // SAFETY: the caller's promise: the size is not zero, and does not overflow when it is rounded up.
        unsafe {
            let moved = self.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !moved.is_null() {
                ptr::copy_nonoverlapping(memory, moved, size.min(layout.size()));
                self.dealloc(memory, layout);
            }
            moved
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_whole_again_when_its_last_allocation_is_freed() {
        let mut reserve = Reserve { newest: None };
        let layout = Layout::from_size_align(100, 32).unwrap();
        assert!(reserve.allocate(layout).is_null(), "there is no chunk yet");
        reserve.fill().unwrap();
        let first = reserve.newest;
        let one = reserve.allocate(layout);
        let other = reserve.allocate(layout);
        assert!((one as usize).is_multiple_of(32) && other as usize >= one as usize + 100);
        assert!(reserve.allocate(CHUNK).is_null(), "more than there is room for");
        reserve.fill().unwrap();
        assert_ne!(reserve.newest, first, "one that is in use is not whole");
        assert!(!reserve.free(ptr::dangling_mut()), "somebody else's");
        assert!(reserve.free(one) && reserve.free(other));
        let newest = reserve.newest.unwrap();
        // SAFETY: the list's.
        assert!(unsafe { newest.as_ref() }.next.is_none(), "the old one is given back");
        let third = reserve.allocate(layout);
        assert!(reserve.free(third));
        reserve.fill().unwrap();
        assert_eq!(reserve.newest, Some(newest));
        // SAFETY: nothing of it is in use any more.
        unsafe { System.dealloc(newest.as_ptr().cast(), CHUNK) };
        LOW.store(false, Ordering::Relaxed);
    }
}
