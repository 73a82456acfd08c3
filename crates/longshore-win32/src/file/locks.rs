//! The locked ranges of a file, and the requests that wait for one (F20).
//!
//! As on Windows a lock belongs to a file object, also blocks reads and writes of other file objects, and is
//! released by the same range. Locks hold among the opens of this process; other processes do not see them.

use crate::abi::status::Status;
use crate::port::overlapped;
use crate::port::request::Request;
use longshore_engine::Tag;
use std::collections::VecDeque;
use windows_sys::Win32::Foundation::STATUS_RANGE_NOT_LOCKED;

/// A range of bytes; it may lie beyond the end of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) start: u64,
    pub(crate) length: u64,
}

impl Range {
    fn overlaps(self, other: Range) -> bool {
        let ends_after = |range: Range, start| range.start.saturating_add(range.length) > start;
        self.length > 0 && other.length > 0 && ends_after(self, other.start) && ends_after(other, self.start)
    }
}

/// A lock that is held or waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    /// The id of its opening.
    pub(crate) owner: u64,
    pub(crate) range: Range,
    pub(crate) exclusive: bool,
}

/// The locks of one file.
#[derive(Default)]
pub(crate) struct Ranges {
    held: Vec<Claim>,
    waiting: VecDeque<(Claim, Box<Request>)>,
}

/// Requests that have ended. They are told after the lock on the file's state is released.
#[must_use]
#[derive(Default)]
pub(crate) struct Ended(Vec<(Box<Request>, Status)>);

impl Ended {
    pub(crate) fn deliver(self) -> usize {
        let count = self.0.len();
        for (request, status) in self.0 {
            overlapped::end_pending(request, status, 0);
        }
        count
    }
}

impl Ranges {
    /// An exclusive lock excludes every other. A shared one allows shared ones, and an
    /// exclusive one of the same owner.
    fn conflicts(&self, claim: &Claim) -> bool {
        self.held.iter().any(|held| {
            let compatible = !claim.exclusive && (!held.exclusive || held.owner == claim.owner);
            held.range.overlaps(claim.range) && !compatible
        })
    }

    /// Takes a lock if it is free.
    pub(crate) fn try_lock(&mut self, claim: Claim) -> bool {
        let free = !self.conflicts(&claim);
        if free {
            self.held.push(claim);
        }
        free
    }

    /// Waits for a lock that was not free.
    pub(crate) fn wait(&mut self, claim: Claim, request: Box<Request>) {
        self.waiting.push_back((claim, request));
    }

    /// Releases a lock, which must have been taken with the same range.
    ///
    /// # Errors
    /// `STATUS_RANGE_NOT_LOCKED`.
    pub(crate) fn unlock(&mut self, owner: u64, range: Range) -> Result<Ended, Status> {
        let is_it = |held: &Claim| held.owner == owner && held.range == range;
        // If a range has an exclusive and a shared lock, the exclusive one is released first.
        let place = self.held.iter().position(|held| is_it(held) && held.exclusive);
        let place = place.or_else(|| self.held.iter().position(is_it));
        self.held.remove(place.ok_or(Status(STATUS_RANGE_NOT_LOCKED))?);
        Ok(self.grant())
    }

    /// Releases what a file object holds, and cancels what it waits for.
    pub(crate) fn forget(&mut self, owner: u64) -> Ended {
        self.held.retain(|held| held.owner != owner);
        let mut ended = self.cancel(&|claim, _| claim.owner == owner);
        ended.0.extend(self.grant().0);
        ended
    }

    /// Cancels waiting requests.
    pub(crate) fn cancel(&mut self, recognised: &dyn Fn(&Claim, Tag) -> bool) -> Ended {
        let mut ended = Ended::default();
        for (claim, request) in std::mem::take(&mut self.waiting) {
            match recognised(&claim, request.tag()) {
                true => ended.0.push((request, Status::CANCELLED)),
                false => self.waiting.push_back((claim, request)),
            }
        }
        ended
    }

    /// Gives free ranges to waiting requests, in their order.
    fn grant(&mut self) -> Ended {
        let mut ended = Ended::default();
        for (claim, request) in std::mem::take(&mut self.waiting) {
            match self.try_lock(claim) {
                true => ended.0.push((request, Status::SUCCESS)),
                false => self.waiting.push_back((claim, request)),
            }
        }
        ended
    }

    /// Whether a lock of another file object forbids reading or writing a range.
    pub(crate) fn forbid(&self, owner: u64, range: Range, write: bool) -> bool {
        self.held.iter().any(|held| {
            let bound = match held.exclusive {
                true => held.owner != owner,
                false => write,
            };
            bound && held.range.overlaps(range)
        })
    }

    /// Whether there is no lock.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(owner: u64, start: u64, length: u64, exclusive: bool) -> Claim {
        Claim { owner, range: Range { start, length }, exclusive }
    }

    #[test]
    fn exclusive_locks_stand_alone_and_shared_ones_do_not() {
        let mut ranges = Ranges::default();
        assert!(ranges.try_lock(claim(1, 0, 10, true)));
        assert!(!ranges.try_lock(claim(2, 9, 1, false)));
        assert!(!ranges.try_lock(claim(1, 5, 1, true)), "not even beside one's own");
        assert!(ranges.try_lock(claim(1, 5, 1, false)), "shared on one's own exclusive one");
        assert!(ranges.try_lock(claim(2, 10, u64::MAX, true)), "to the end of all offsets");
        assert!(ranges.unlock(1, Range { start: 0, length: 9 }).is_err(), "as it was given, or not at all");
        assert!(ranges.unlock(1, Range { start: 0, length: 10 }).is_ok());
        assert!(!ranges.try_lock(claim(2, 5, 1, true)) && ranges.try_lock(claim(2, 5, 1, false)));
    }

    #[test]
    fn locks_bind_reads_and_writes() {
        let mut ranges = Ranges::default();
        assert!(ranges.try_lock(claim(1, 0, 10, true)) && ranges.try_lock(claim(1, 20, 10, false)));
        let range = |start| Range { start, length: 1 };
        assert!(ranges.forbid(2, range(0), false) && !ranges.forbid(1, range(0), true));
        assert!(!ranges.forbid(2, range(20), false));
        assert!(ranges.forbid(1, range(20), true), "a shared lock keeps even its owner from writing");
        assert!(!ranges.forbid(2, range(10), true));
    }
}
