//! Interlocked singly linked lists: `InterlockedPushEntrySList` and the rest.
//!
//! Pushing is lock-free; removing takes a lock in the header. With removers excluded from each other, an
//! entry whose `Next` is being read is still on the list:
//!
//! 1. A push swings the head from what it saw to its entry. It never reads another entry.
//! 2. Only a remover takes entries off, and holds the lock meanwhile. So between reading `head` and the
//!    exchange, that entry can neither leave the list nor come back (no ABA), nor be freed by another thread.
//!    A lock-free pop reads `Next` of an entry that another pop may have handed to its owner already, who may
//!    have unmapped it; Windows repairs that fault in its kernel, which nobody does here.
//!
//! The header is two words on every machine: 32 bits of depth, 32 bits of lock, and the first entry. All zero
//! is an empty list. Programs must not look inside it; that holds on Windows, too.

use crate::abi::argument::{Out, Shared};
use longshore_win32_macros::export;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// `SLIST_ENTRY`: the link, at the start of an entry aligned to 16 bytes.
#[repr(C, align(16))]
#[derive(Debug)]
pub struct Entry {
    next: *mut Entry,
}

/// `SLIST_HEADER`.
#[repr(C, align(16))]
#[derive(Debug)]
pub struct Header {
    depth: AtomicU32,
    /// 1 while a thread removes. Pairs: acquired by `Removing::of`, released by its drop.
    lock: AtomicU32,
    /// Released by a push, acquired by a removal: the entry's content travels with it.
    first: AtomicPtr<Entry>,
}

/// The right to remove.
struct Removing<'a>(&'a Header);

impl Removing<'_> {
    fn of(header: &Header) -> Removing<'_> {
        const SPINS: u32 = 64;
        let mut spins = 0;
        while header.lock.compare_exchange_weak(0, 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
            spins += 1;
            if spins < SPINS {
                std::hint::spin_loop();
            } else {
                // The remover was preempted within a few instructions; it will go on soon.
                std::thread::yield_now();
            }
        }
        Removing(header)
    }
}

impl Drop for Removing<'_> {
    fn drop(&mut self) {
        self.0.lock.store(0, Ordering::Release);
    }
}

impl Header {
    const fn new() -> Header {
        Header { depth: AtomicU32::new(0), lock: AtomicU32::new(0), first: AtomicPtr::new(null_mut()) }
    }

    fn push(&self, first: *mut Entry, last: *mut Entry, count: u32) -> *mut Entry {
        // Entries are counted before they are on the list and until they are off it, so
        // the depth never becomes negative.
        self.depth.fetch_add(count, Ordering::Relaxed);
        let mut seen = self.first.load(Ordering::Relaxed);
        loop {
            // SAFETY: the pusher's own entry, until the exchange below succeeds.
            unsafe { (*last).next = seen };
            // Release: a thread that removes an entry sees that it was counted.
            match self.first.compare_exchange_weak(seen, first, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        seen
    }

    fn pop(&self) -> *mut Entry {
        if self.first.load(Ordering::Relaxed).is_null() {
            return null_mut();
        }
        let removing = Removing::of(self);
        let mut seen = self.first.load(Ordering::Acquire);
        loop {
            if seen.is_null() {
                return null_mut();
            }
            // SAFETY: on the list, and nobody else may take it off (see above).
            let next = unsafe { (*seen).next };
            match self.first.compare_exchange_weak(seen, next, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => break,
                Err(now) => seen = now,
            }
        }
        self.depth.fetch_sub(1, Ordering::Relaxed);
        drop(removing);
        seen
    }

    fn flush(&self) -> *mut Entry {
        let _removing = Removing::of(self);
        let first = self.first.swap(null_mut(), Ordering::Acquire);
        let mut count = 0;
        let mut entry = first;
        while !entry.is_null() {
            count += 1;
            // SAFETY: just taken off the list, and not yet handed out.
            entry = unsafe { (*entry).next };
        }
        self.depth.fetch_sub(count, Ordering::Relaxed);
        first
    }
}

/// Makes an empty list.
#[export]
pub unsafe fn InitializeSListHead(header: Option<Out<Header>>) {
    if let Some(header) = header {
        header.store(Header::new());
    }
}

/// Puts an entry in front; returns the one that was there.
#[export]
pub unsafe fn InterlockedPushEntrySList(header: Shared<Header>, entry: *mut Entry) -> *mut Entry {
    header.push(entry, entry, 1)
}

/// Puts a chain of entries in front; returns the entry that was there.
#[export]
pub unsafe fn InterlockedPushListSListEx(
    header: Shared<Header>,
    first: *mut Entry,
    last: *mut Entry,
    count: u32,
) -> *mut Entry {
    header.push(first, last, count)
}

/// Takes the first entry off; NULL if the list is empty.
#[export]
pub unsafe fn InterlockedPopEntrySList(header: Shared<Header>) -> *mut Entry {
    header.pop()
}

/// Takes all entries off, as a chain.
#[export]
pub unsafe fn InterlockedFlushSList(header: Shared<Header>) -> *mut Entry {
    header.flush()
}

/// How many entries the list has, modulo 65536.
#[export]
pub unsafe fn QueryDepthSList(header: Shared<Header>) -> u16 {
    header.depth.load(Ordering::Relaxed) as u16
}

/// The first entry, which stays on the list. It is valid only while no other thread changes the list.
#[export]
pub unsafe fn RtlFirstEntrySList(header: Shared<Header>) -> *mut Entry {
    header.first.load(Ordering::Acquire)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_the_size_and_alignment_programs_reserve() {
        assert_eq!((size_of::<Header>(), align_of::<Header>()), (16, 16));
        assert_eq!(align_of::<Entry>(), 16);
    }

    #[test]
    fn the_last_in_is_the_first_out() {
        let mut header = Header::new();
        let mut entries = [const { Entry { next: null_mut() } }; 3];
        let [a, b, c] = entries.each_mut().map(std::ptr::from_mut);
        // SAFETY: a list and entries that outlive their time on it.
        unsafe {
            InitializeSListHead(&mut header);
            assert!(InterlockedPopEntrySList(&mut header).is_null());
            assert!(InterlockedPushEntrySList(&mut header, a).is_null());
            assert_eq!(InterlockedPushEntrySList(&mut header, b), a);
            (*c).next = null_mut();
            assert_eq!(InterlockedPushListSListEx(&mut header, c, c, 1), b);
            assert_eq!((QueryDepthSList(&header), RtlFirstEntrySList(&header)), (3, c));
            assert_eq!(InterlockedPopEntrySList(&mut header), c);
            assert_eq!(InterlockedFlushSList(&mut header), b);
            assert_eq!((*b).next, a);
            assert_eq!((QueryDepthSList(&header), InterlockedPopEntrySList(&mut header)), (0, null_mut()));
        }
    }

    #[test]
    fn the_depth_never_wraps() {
        let header = Header::new();
        let ended = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let entry = Box::into_raw(Box::new(Entry { next: null_mut() }));
                    let mut mine = entry;
                    for _ in 0..20_000 {
                        header.push(mine, mine, 1);
                        while {
                            mine = header.pop();
                            mine.is_null()
                        } {}
                    }
                    // SAFETY: one entry is left to each thread.
                    drop(unsafe { Box::from_raw(mine) });
                    ended.store(true, Ordering::Relaxed);
                });
            }
            while !ended.load(Ordering::Relaxed) {
                assert!(header.depth.load(Ordering::Relaxed) <= 2);
            }
        });
    }

    #[test]
    fn entries_are_never_lost_or_handed_out_twice_even_if_their_owners_free_them() {
        const THREADS: usize = 4;
        const ROUNDS: usize = 20_000;
        let header = Header::new();
        let (pushed, popped) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    for round in 0..ROUNDS {
                        let entry = Box::into_raw(Box::new(Entry { next: null_mut() }));
                        header.push(entry, entry, 1);
                        pushed.fetch_add(1, Ordering::Relaxed);
                        if round % 3 != 0 {
                            let entry = header.pop();
                            if !entry.is_null() {
                                popped.fetch_add(1, Ordering::Relaxed);
                                // SAFETY: popped once, by nobody else.
                                drop(unsafe { Box::from_raw(entry) });
                            }
                        }
                    }
                });
            }
        });
        let left = pushed.into_inner() - popped.into_inner();
        assert_eq!(header.depth.load(Ordering::Relaxed), left);
        let counted = std::iter::from_fn(|| {
            let entry = header.pop();
            // SAFETY: popped once, by nobody else.
            (!entry.is_null()).then(|| drop(unsafe { Box::from_raw(entry) }))
        });
        assert_eq!(counted.count(), left as usize);
    }
}
