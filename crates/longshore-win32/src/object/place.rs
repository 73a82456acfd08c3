//! A place of the handle table: what keeps a value alive while threads use it, without a lock.
//!
//! One word says whether the place has a value, of which generation, and how many threads are using it. A
//! look-up is one addition to that word and one comparison; its end is one subtraction.
//!
//! 1. The thread that owns a free place writes the value, then sets OPEN (release).
//! 2. A user that finds OPEN and its generation adds one to the number of users, in one exchange (acquire).
//!    The value stays until the user leaves. Who finds anything else changes nothing.
//! 3. Who closes the place changes OPEN into CLOSING and the generation into the next one, in one exchange.
//!    So exactly one of those who close succeeds, and nobody becomes a user after that.
//! 4. The user that leaves a CLOSING place as the last one has it alone: the others' subtractions were
//!    releases, which an acquire fence makes visible. It takes the value out and owns the place, now free.

use crate::sync::{AtomicU64, fence};
use std::cell::UnsafeCell;
use std::sync::atomic::Ordering;

/// In the word's low half: the value was closed, and is taken out when the last user leaves.
const CLOSING: u32 = 1;
/// One user; their number is the rest of the low half.
const USER: u32 = 2;
/// In the word's high half: the value may be used. The rest of that half is the generation.
const OPEN: u32 = 1;
/// The last generation before the first.
pub(super) const GENERATION_MAX: u16 = 511;

/// The high half of the word of an open place.
#[inline(always)]
fn opened(generation: u16) -> u32 {
    u32::from(generation) << 1 | OPEN
}

#[inline(always)]
fn high(word: u64) -> u32 {
    (word >> 32) as u32
}

/// The word of a place that is not open, and will be of this generation next.
fn unopened(generation: u16, low: u32) -> u64 {
    u64::from(generation) << 33 | u64::from(low)
}

/// A place, free at first. It has a cache line to itself, as handles are used by different threads.
#[repr(align(64))]
pub(super) struct Place<V> {
    word: AtomicU64,
    value: UnsafeCell<Option<V>>,
}

// SAFETY: the steps above: many threads have a shared reference to the value, or one has it alone.
unsafe impl<V: Send + Sync> Sync for Place<V> {}

impl<V> Place<V> {
    pub(super) fn new() -> Self {
        Place { word: AtomicU64::new(0), value: UnsafeCell::new(None) }
    }

    /// Begins to use the value of this generation; false if there is none.
    #[inline(always)]
    pub(super) fn enter(&self, generation: u16) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        while high(word) == opened(generation) {
            let entered = word + u64::from(USER);
            match self.word.compare_exchange_weak(word, entered, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(found) => word = found,
            }
        }
        false
    }

    /// The value.
    ///
    /// # Safety
    /// The caller has entered, and does not leave while it uses the result.
    #[inline]
    pub(super) unsafe fn value(&self) -> &V {
        // SAFETY: nobody writes it while there is a user (steps 1 and 4), and it is there.
        unsafe { (*self.value.get()).as_ref().unwrap_unchecked() }
    }

    /// Ends a use. Returns a value that was closed and has no user any more; the caller owns the place then.
    #[inline(always)]
    pub(super) fn leave(&self) -> Option<V> {
        let found = self.word.fetch_sub(u64::from(USER), Ordering::Release);
        if found as u32 == USER | CLOSING { self.drain() } else { None }
    }

    #[cold]
    fn drain(&self) -> Option<V> {
        fence(Ordering::Acquire);
        let (generation, _) = self.state();
        self.word.store(unopened(generation, 0), Ordering::Relaxed);
        // SAFETY: step 4: this thread has the place alone.
        unsafe { (*self.value.get()).take() }
    }

    /// Ends the value, for everybody who comes from now on. False if another thread was faster. The
    /// caller has entered.
    pub(super) fn close(&self, generation: u16) -> bool {
        let next = if generation == GENERATION_MAX { 0 } else { generation + 1 };
        let closed =
            |word| (high(word) == opened(generation)).then_some(unopened(next, word as u32 | CLOSING));
        self.word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, closed).is_ok()
    }

    /// The generation that is open or comes next, and whether it is open.
    pub(super) fn state(&self) -> (u16, bool) {
        let high = high(self.word.load(Ordering::Relaxed));
        ((high >> 1) as u16, high & OPEN != 0)
    }

    /// Fills the place, and returns the generation.
    ///
    /// # Safety
    /// The caller owns the place: it is new, or came out of [`Place::leave`].
    pub(super) unsafe fn fill(&self, value: V) -> u16 {
        // SAFETY: the caller's promise.
        unsafe { *self.value.get() = Some(value) };
        let (generation, _) = self.state();
        self.word.store(u64::from(opened(generation)) << 32, Ordering::Release);
        generation
    }
}

#[cfg(all(test, loom))]
mod models {
    use super::*;
    use loom::sync::atomic::AtomicUsize;
    use loom::thread;
    use std::sync::Arc;

    /// A value whose life can be seen: relaxed, so that only the place's own orderings carry it to others.
    struct Value(Arc<AtomicUsize>);

    const DEAD: usize = 0;

    fn value(life: usize) -> (Value, Arc<AtomicUsize>) {
        let seen = Arc::new(AtomicUsize::new(DEAD));
        seen.store(life, Ordering::Relaxed);
        (Value(seen.clone()), seen)
    }

    /// What the one that takes the value out does.
    fn end(value: Value) {
        assert_ne!(value.0.swap(DEAD, Ordering::Relaxed), DEAD, "taken out twice");
    }

    /// Leaves; true if the value was taken out.
    fn leave(place: &Place<Value>) -> bool {
        place.leave().map(end).is_some()
    }

    /// Uses the value of a generation, if it is there; says what was seen.
    fn look(place: &Place<Value>, generation: u16) -> Option<usize> {
        place.enter(generation).then(|| {
            // SAFETY: entered above, left below.
            let seen = unsafe { place.value() }.0.load(Ordering::Relaxed);
            leave(place);
            seen
        })
    }

    fn close(place: &Place<Value>, generation: u16) -> bool {
        place.enter(generation) && {
            let closed = place.close(generation);
            leave(place);
            closed
        }
    }

    #[test]
    fn a_value_lives_as_long_as_it_is_used_and_is_taken_out_once() {
        loom::model(|| {
            let place = Arc::new(Place::new());
            let (first, life) = value(7);
            // SAFETY: the place is new.
            assert_eq!(unsafe { place.fill(first) }, 0);
            let (theirs, mine) = (place.clone(), place.clone());
            let user = thread::spawn(move || look(&theirs, 0));
            let closer = thread::spawn(move || close(&mine, 0));
            let closed = close(&place, 0);
            assert_ne!(closed, closer.join().unwrap(), "one of two closes it");
            assert!(matches!(user.join().unwrap(), None | Some(7)), "used after it was taken out");
            assert_eq!(life.load(Ordering::Relaxed), DEAD, "the last one takes it out");
            assert_eq!(place.state(), (1, false));
            assert_eq!(look(&place, 0), None);
        });
    }

    #[test]
    fn a_place_is_filled_again_while_old_handles_are_tried() {
        loom::model(|| {
            let place = Arc::new(Place::new());
            // SAFETY: the place is new.
            unsafe { place.fill(value(7).0) };
            let (old, new) = (place.clone(), place.clone());
            let of_old = thread::spawn(move || look(&old, 0));
            let of_new = thread::spawn(move || look(&new, 1));
            assert!(place.enter(0) && place.close(0));
            let owned = leave(&place);
            if owned {
                // SAFETY: it came out of `leave`.
                assert_eq!(unsafe { place.fill(value(8).0) }, 1);
            }
            assert!(matches!(of_old.join().unwrap(), None | Some(7)));
            assert!(matches!(of_new.join().unwrap(), None | Some(8)), "a new value is seen whole");
            assert_eq!(look(&place, 1), owned.then_some(8));
        });
    }
}
