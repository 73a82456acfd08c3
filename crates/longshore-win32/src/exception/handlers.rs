//! Vectored handlers, in a list that a signal handler can read: without a lock, and without memory from
//! anywhere.
//!
//! 1. The list is blocks of places. A block is never freed, a place is used again.
//! 2. Places are changed under a lock. A place is filled from its order to its function, and emptied by
//!    taking the function away, so that a reader that finds a function finds its order too.
//! 3. A reader asks for the function that comes next in order, again and again: what is added or removed
//!    meanwhile is called or not, and nothing is called twice.

use crate::abi::argument::Callback;
use crate::exception::Filter;
use crate::sync::lock::Lock;
use std::ptr;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicUsize, Ordering};

const PLACES: usize = 32;

struct Place {
    /// A [`Filter`]; null if the place is empty. Released when it is filled.
    function: AtomicPtr<()>,
    order: AtomicI64,
    handle: AtomicUsize,
}

impl Place {
    const fn new() -> Place {
        Place {
            function: AtomicPtr::new(ptr::null_mut()),
            order: AtomicI64::new(0),
            handle: AtomicUsize::new(0),
        }
    }
}

struct Block {
    places: [Place; PLACES],
    /// Released when the block has been made.
    next: AtomicPtr<Block>,
}

impl Block {
    const fn new() -> Block {
        Block { places: [const { Place::new() }; PLACES], next: AtomicPtr::new(ptr::null_mut()) }
    }

    fn next(&self) -> Option<&'static Block> {
        // SAFETY: null, or a block that is never freed.
        unsafe { self.next.load(Ordering::Acquire).as_ref() }
    }
}

/// What was given out last, of all lists: a handle of one list is none of another.
static HANDLE: AtomicUsize = AtomicUsize::new(0);

/// The orders given out last.
struct Counts {
    front: i64,
    back: i64,
}

/// A list of handlers.
pub(super) struct Handlers {
    first: Block,
    counts: Lock<Counts>,
}

impl Handlers {
    pub(super) const fn new() -> Handlers {
        Handlers {
            first: Block::new(),
            counts: Lock::last("exception handlers", Counts { front: 0, back: 0 }),
        }
    }

    fn blocks(&self) -> impl Iterator<Item = &Block> {
        std::iter::successors(Some(&self.first), |block| block.next())
    }

    fn places(&self) -> impl Iterator<Item = &Place> {
        self.blocks().flat_map(|block| &block.places)
    }

    /// Adds a handler in front of the others, or behind them. What it is removed by.
    pub(super) fn add(&self, in_front: bool, handler: Callback<Filter>) -> usize {
        let mut counts = self.counts.lock();
        let is_empty = |place: &&Place| place.function.load(Ordering::Relaxed).is_null();
        let place = self.places().find(is_empty).unwrap_or_else(|| {
            let last = self.blocks().last().unwrap_or(&self.first);
            let block: &'static Block = Box::leak(Box::new(Block::new()));
            last.next.store(ptr::from_ref(block).cast_mut(), Ordering::Release);
            &block.places[0]
        });
        let handle = HANDLE.fetch_add(1, Ordering::Relaxed) + 1;
        let order = if in_front {
            counts.front -= 1;
            counts.front
        } else {
            counts.back += 1;
            counts.back
        };
        place.order.store(order, Ordering::Relaxed);
        place.handle.store(handle, Ordering::Relaxed);
        place.function.store(handler.function() as *mut (), Ordering::Release);
        handle
    }

    /// Removes a handler. False if there is none of that handle.
    pub(super) fn remove(&self, handle: usize) -> bool {
        let _counts = self.counts.lock();
        let found = self.places().find(|place| {
            !place.function.load(Ordering::Relaxed).is_null()
                && place.handle.load(Ordering::Relaxed) == handle
        });
        if let Some(place) = found {
            place.function.store(ptr::null_mut(), Ordering::Release);
        }
        found.is_some()
    }

    /// The handler that comes next after one of this order, and its own order. May be asked in a signal
    /// handler.
    pub(super) fn next_after(&self, order: i64) -> Option<(i64, Filter)> {
        let after = |place: &Place| {
            let function = place.function.load(Ordering::Acquire);
            // SAFETY: only functions of this type are stored.
            let function = unsafe { std::mem::transmute::<*mut (), Option<Filter>>(function) }?;
            Some((place.order.load(Ordering::Relaxed), function)).filter(|(its, _)| *its > order)
        };
        self.places().filter_map(after).min_by_key(|&(its, _)| its)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::argument::Argument;
    use crate::exception::Pointers;

    unsafe extern "C-unwind" fn nothing(_: *mut Pointers) -> i32 {
        0
    }

    #[test]
    fn handlers_are_asked_in_order_whatever_was_removed_in_between() {
        // Blocks are for good: a list is a static.
        static LIST: Handlers = Handlers::new();
        let list = &LIST;
        // SAFETY: it may be called with anything.
        let handler = || unsafe { Option::<Callback<Filter>>::from_c(Some(nothing)) }.unwrap();
        let count = || {
            let (mut order, mut count) = (i64::MIN, 0);
            while let Some((next, _)) = list.next_after(order) {
                assert!(next > order);
                (order, count) = (next, count + 1);
            }
            count
        };
        let before = count();
        let handles: Vec<_> = (0..2 * PLACES + 3).map(|index| list.add(index % 2 == 0, handler())).collect();
        assert_eq!(count(), before + handles.len());
        for handle in handles.iter().step_by(2) {
            assert!(list.remove(*handle) && !list.remove(*handle));
        }
        assert_eq!(count(), before + handles.len() / 2);
        for handle in handles.iter().skip(1).step_by(2) {
            assert!(list.remove(*handle));
        }
        assert_eq!(count(), before);
    }
}
