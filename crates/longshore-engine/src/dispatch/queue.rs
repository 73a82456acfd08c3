//! The packet queue: unbounded, first in first out, one producer side and one consumer side (Q1, Q16).
//!
//! Any number of threads post and take, but each side is used under a lock of its own: the producer under the
//! lock of the port's entrance, the consumer under the lock of its state. So posters do not disturb takers,
//! and a single-producer, single-consumer list of segments is enough.
//!
//! `published` is the only word both sides touch. The producer writes a slot (and, at a segment's end, the
//! link to the next segment) and then stores the new count with release. The consumer loads the count with
//! acquire and then reads only slots below it, and only links that lead to such a slot. Slots at or above
//! `published` belong to the producer, slots below to the consumer; a segment is freed by the consumer when
//! it has read its last slot and follows the link, by which time the producer has left it.

use crate::sync::{AtomicU64, SlotCell};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Packets per allocation.
#[cfg(not(loom))]
const SEGMENT: usize = 64;
#[cfg(loom)]
const SEGMENT: usize = 2;

struct Segment<P> {
    slots: [SlotCell<MaybeUninit<P>>; SEGMENT],
    /// Written by the producer before it publishes the first slot of the next segment.
    next: SlotCell<*mut Segment<P>>,
}

impl<P> Segment<P> {
    fn allocate() -> *mut Segment<P> {
        let slots = std::array::from_fn(|_| SlotCell::new(MaybeUninit::uninit()));
        Box::into_raw(Box::new(Segment { slots, next: SlotCell::new(ptr::null_mut()) }))
    }
}

/// The position of one side in the list.
struct Position<P> {
    segment: *mut Segment<P>,
    index: usize,
    /// Packets that have passed this side.
    count: u64,
}

/// Keeps the word that the two sides share away from what each keeps for itself.
#[repr(align(128))]
struct Shared {
    published: AtomicU64,
}

/// The posting side.
pub(crate) struct Producer<P> {
    tail: Position<P>,
    shared: Arc<Shared>,
}

/// The taking side. It owns every segment from its own to the producer's.
pub(crate) struct Consumer<P> {
    head: Position<P>,
    /// The value of `published` when it was last read. While it is ahead, the consumer need not read
    /// `published` again, which would fetch the cache line from the producer's CPU.
    seen: u64,
    shared: Arc<Shared>,
}

// SAFETY: the sides share segments only as the head of this module describes;
// packets move from one to the other.
unsafe impl<P: Send> Send for Producer<P> {}
// SAFETY: as above.
unsafe impl<P: Send> Send for Consumer<P> {}

/// A new, empty queue. The consumer must be dropped last: see [`Consumer`]'s destructor.
pub(crate) fn queue<P>() -> (Producer<P>, Consumer<P>) {
    let segment = Segment::allocate();
    let shared = Arc::new(Shared { published: AtomicU64::new(0) });
    let tail = Position { segment, index: 0, count: 0 };
    let head = Position { segment, index: 0, count: 0 };
    (Producer { tail, shared: shared.clone() }, Consumer { head, seen: 0, shared })
}

impl<P> Producer<P> {
    /// Packets pushed so far.
    pub(crate) fn pushed(&self) -> u64 {
        self.tail.count
    }

    #[inline]
    pub(crate) fn push(&mut self, packet: P) {
        let tail = &mut self.tail;
        if tail.index == SEGMENT {
            let next = Segment::allocate();
            // SAFETY: the consumer frees a segment only after it followed its link, which is not there yet.
            // It reads the link only once a slot of the next segment is published, which happens below.
            unsafe { (*tail.segment).next.with_mut(|link| *link = next) };
            tail.segment = next;
            tail.index = 0;
        }
        // SAFETY: the slot is not published, so it is the producer's, and `&mut self` is the only producer.
        unsafe {
            (*tail.segment).slots[tail.index].with_mut(|slot| {
                (*slot).write(packet);
            });
        }
        tail.index += 1;
        tail.count += 1;
        self.shared.published.store(tail.count, Ordering::Release);
    }
}

impl<P> Consumer<P> {
    /// Packets popped so far.
    #[inline]
    pub(crate) fn popped(&self) -> u64 {
        self.head.count
    }

    /// Packets in the queue.
    pub(crate) fn len(&self) -> usize {
        (self.shared.published.load(Ordering::Acquire) - self.head.count) as usize
    }

    #[inline]
    pub(crate) fn is_empty(&mut self) -> bool {
        if self.seen == self.head.count {
            self.seen = self.shared.published.load(Ordering::Acquire);
        }
        self.seen == self.head.count
    }

    #[inline]
    pub(crate) fn pop(&mut self) -> Option<P> {
        if self.is_empty() {
            return None;
        }
        let head = &mut self.head;
        if head.index == SEGMENT {
            // SAFETY: a slot of the next segment is published, hence the link is written and the producer has
            // left this segment, which is therefore ours to free.
            unsafe {
                let next = (*head.segment).next.with(|link| *link);
                drop(Box::from_raw(head.segment));
                head.segment = next;
            }
            head.index = 0;
        }
        // SAFETY: the slot is published and not yet popped: it is initialised, and the consumer's.
        let packet = unsafe { (*head.segment).slots[head.index].with(|slot| (*slot).assume_init_read()) };
        head.index += 1;
        head.count += 1;
        Some(packet)
    }
}

impl<P> Drop for Consumer<P> {
    fn drop(&mut self) {
        while self.pop().is_some() {}
        // SAFETY: the producer, dropped before (it is the earlier field of the port), pushes no more.
        // Everything it pushed has been popped, so the consumer is in the last segment: a link is written
        // only together with a slot behind it.
        drop(unsafe { Box::from_raw(self.head.segment) });
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn packets_come_out_in_order_across_segments() {
        let (mut producer, mut consumer) = queue();
        for round in 0..5usize {
            for number in 0..3 * SEGMENT + round {
                producer.push(Box::new(number));
            }
            assert_eq!(consumer.len(), 3 * SEGMENT + round);
            for number in 0..3 * SEGMENT + round {
                assert_eq!(consumer.pop().as_deref(), Some(&number));
            }
            assert!(consumer.pop().is_none());
        }
    }

    #[test]
    fn what_is_left_is_dropped_once() {
        let token = Arc::new(());
        let (mut producer, mut consumer) = queue();
        for _ in 0..2 * SEGMENT + 3 {
            producer.push(token.clone());
        }
        drop(consumer.pop());
        drop(producer);
        drop(consumer);
        assert_eq!(Arc::strong_count(&token), 1);
    }

    #[test]
    fn two_threads_pass_a_hundred_thousand_packets() {
        let (mut producer, mut consumer) = queue();
        let pusher = std::thread::spawn(move || {
            for number in 0..100_000u64 {
                producer.push(Box::new(number));
            }
            producer
        });
        let mut expected = 0;
        while expected < 100_000 {
            match consumer.pop() {
                Some(number) => {
                    assert_eq!(*number, expected);
                    expected += 1;
                }
                None => std::hint::spin_loop(),
            }
        }
        drop(pusher.join());
    }
}
