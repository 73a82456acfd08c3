//! Memory of operations that ended, kept by the thread that took them for the operations it issues next. Faces
//! keep what they have for each operation here, too.
//!
//! A thread that serves a port takes about as many operations as it issues. So a few blocks of each size are
//! used again and again, without the allocator. A thread that only takes keeps `KEPT_MAX` blocks and gives
//! the rest back; one that only issues finds none and allocates. What is kept is freed when the thread ends.
//!
//! A thread begins to keep blocks with the first operation it issues. One that merely dequeues has no use for
//! them, and it may do so at its very end, when the face cancels what the thread left pending: a thread-local
//! value that were first used there would never be dropped.
//!
//! A block comes from the global allocator with the layout of the operation it is for, and may go back there
//! at any time: dropping a `Box` of it does just that.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::cell::Cell;
use std::ptr::{self, NonNull};

/// Blocks of one size that a thread keeps.
const KEPT_MAX: u32 = 64;

/// Blocks are told apart by their size in words; larger ones are not kept.
const WORD: usize = size_of::<usize>();
const WORDS_MAX: usize = 64;

/// The blocks of one size: a list through their first words.
struct Shelf {
    first: Cell<*mut u8>,
    count: Cell<u32>,
}

struct Magazine([Shelf; WORDS_MAX]);

impl Drop for Magazine {
    fn drop(&mut self) {
        for (words, shelf) in self.0.iter().enumerate() {
            while let Some(block) = shelf.pop() {
                // SAFETY: a block of this shelf was allocated with this layout (`keep`).
                unsafe { dealloc(block.as_ptr(), Layout::from_size_align_unchecked(words * WORD, WORD)) };
            }
        }
    }
}

thread_local! {
    /// The thread has issued an operation.
    static ISSUES: Cell<bool> = const { Cell::new(false) };

    static MAGAZINE: Magazine = const {
        Magazine([const { Shelf { first: Cell::new(ptr::null_mut()), count: Cell::new(0) } }; WORDS_MAX])
    };
}

impl Shelf {
    #[inline]
    fn pop(&self) -> Option<NonNull<u8>> {
        let block = NonNull::new(self.first.get())?;
        // SAFETY: the block is on the list, so it is this shelf's alone and its first word is the link.
        self.first.set(unsafe { block.cast::<*mut u8>().read() });
        self.count.set(self.count.get() - 1);
        Some(block)
    }

    /// False if there are enough.
    #[inline]
    fn push(&self, block: NonNull<u8>) -> bool {
        let count = self.count.get();
        if count >= KEPT_MAX {
            return false;
        }
        // SAFETY: the caller of `keep` gave the block away; it has room for a word and is aligned for one.
        unsafe { block.cast::<*mut u8>().write(self.first.get()) };
        self.first.set(block.as_ptr());
        self.count.set(count + 1);
        true
    }
}

/// The shelf for blocks of this layout, if there is one.
#[inline]
const fn place(layout: Layout) -> Option<usize> {
    let words = layout.size() / WORD;
    let fits = layout.align() == WORD && layout.size().is_multiple_of(WORD) && words > 0 && words < WORDS_MAX;
    if fits { Some(words) } else { None }
}

/// A block of this layout, of which the size is not zero. It comes from the global allocator, as a box's memory
/// does, and may go back there instead of to [`keep`].
#[inline]
pub fn take(layout: Layout) -> NonNull<u8> {
    let kept = place(layout).and_then(|place| MAGAZINE.try_with(|magazine| magazine.0[place].pop()).ok()?);
    kept.unwrap_or_else(|| allocate(layout))
}

#[cold]
fn allocate(layout: Layout) -> NonNull<u8> {
    ISSUES.set(true);
    // SAFETY: an operation is not of size zero.
    match NonNull::new(unsafe { alloc(layout) }) {
        Some(block) => block,
        None => handle_alloc_error(layout),
    }
}

/// Keeps a block for the next [`take`] of the same layout.
///
/// # Safety
/// The block came from [`take`], or from the global allocator, with this layout, and nobody uses it any more.
#[inline]
pub unsafe fn keep(block: NonNull<u8>, layout: Layout) {
    let kept = place(layout)
        .filter(|_| ISSUES.get())
        .is_some_and(|place| MAGAZINE.try_with(|magazine| magazine.0[place].push(block)).unwrap_or(false));
    if !kept {
        // SAFETY: the caller's promise; `take` allocates with the layout it is given.
        unsafe { dealloc(block.as_ptr(), layout) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYOUT: Layout = Layout::new::<[usize; 13]>();

    #[test]
    fn a_kept_block_is_taken_again_and_no_more_than_the_maximum_are_kept() {
        let first = take(LAYOUT);
        // SAFETY: from `take` with this layout.
        unsafe { keep(first, LAYOUT) };
        assert_eq!(take(LAYOUT), first);
        let more: Vec<_> = (0..2 * KEPT_MAX).map(|_| take(LAYOUT)).collect();
        for block in more.iter().copied().chain([first]) {
            // SAFETY: from `take` with this layout, each once.
            unsafe { keep(block, LAYOUT) };
        }
        let kept = MAGAZINE.with(|magazine| magazine.0[place(LAYOUT).unwrap()].count.get());
        assert_eq!(kept, KEPT_MAX);
    }

    #[test]
    fn a_thread_that_issues_nothing_keeps_nothing() {
        let block = take(LAYOUT).as_ptr().expose_provenance();
        let count = std::thread::spawn(move || {
            let block = NonNull::new(ptr::with_exposed_provenance_mut(block)).unwrap();
            // SAFETY: from `take` with this layout, and handed over.
            unsafe { keep(block, LAYOUT) };
            MAGAZINE.with(|magazine| magazine.0[place(LAYOUT).unwrap()].count.get())
        });
        assert_eq!(count.join().unwrap(), 0);
    }

    #[test]
    fn blocks_of_other_sizes_and_alignments_are_not_mixed_up() {
        let larger = Layout::new::<[usize; 14]>();
        let block = take(LAYOUT);
        // SAFETY: from `take` with this layout.
        unsafe { keep(block, LAYOUT) };
        let other = take(larger);
        assert_ne!(other, block);
        // SAFETY: from `take` with this layout.
        unsafe { keep(other, larger) };
        assert_eq!(place(Layout::from_size_align(64, 64).unwrap()), None);
        assert_eq!(place(Layout::new::<[u8; 9]>()), None);
        assert_eq!(place(Layout::new::<[usize; 4096]>()), None);
    }
}
