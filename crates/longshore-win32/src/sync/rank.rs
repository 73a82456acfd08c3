//! The order in which locks are taken, and the check of it.
//!
//! Two threads that take the same two locks in different orders can wait for each other for ever. So every
//! lock has a rank, and a thread takes a lock only if its rank comes after those of all the locks it holds.
//! Most locks protect a value for a few instructions and need no place of their own: they have the last rank,
//! which is taken alone, under any other. ARCHITECTURE.md shows the order; a test holds it against the list
//! here.
//!
//! In builds with debug assertions each thread remembers what it holds, and a violation panics with the names
//! of both locks, whether or not another thread is in the way at that moment. The same record tells when
//! something happens that no lock may be held for: code of the program runs ([`nothing_is_held`]), or the
//! thread sleeps ([`may_sleep`]). Without debug assertions, all of it is types of no size.

#[cfg(all(debug_assertions, not(loom)))]
pub(crate) use checked::{Entry, Rank, may_sleep, nothing_is_held};
#[cfg(not(all(debug_assertions, not(loom))))]
pub(crate) use unchecked::{Entry, Rank, may_sleep, nothing_is_held};

macro_rules! ranks {
    ($($rank:ident = $name:literal,)*) => {
        #[expect(clippy::upper_case_acronyms, reason = "each is named as its constant")]
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        enum Place {
            $($rank,)*
        }

        /// The names of the ranks, the outermost first.
        #[cfg(test)]
        const ORDER: &[&str] = &[$($name),*];

        impl Rank {
            $(pub(crate) const $rank: Rank = Rank::new(Place::$rank, $name);)*
        }
    };
}

ranks! {
    TURN = "a synchronous file's turn",
    STANDARD = "the standard handles",
    LISTING = "a directory's listing",
    OPEN_FILES = "the files that are open",
    OPEN_FILE = "what the opens of a file share",
    END = "the end of a call's operation",
    POOL_WAIT = "a wait of the pool",
    TIMER = "a timer's setting",
    SELECTION = "a socket's selection of network events",
    NAMES = "the names of objects",
    DISPATCHER = "the dispatcher",
    LINK = "a file's link",
    REGISTRATION = "a port's registration with the background poller",
    DEFAULT_PORT = "the start of the default port",
    POLLER = "the start of the background poller",
    ENTRIES = "the background poller's entries",
    ALARMS = "the alarms to come",
    HANDLES = "the handle table",
    LAST = "any other lock",
    RESERVE = "the allocator's reserve",
}

#[cfg(all(debug_assertions, not(loom)))]
mod checked {
    use super::Place;
    use crate::sync::signal_handler;
    use std::cell::Cell;
    use std::marker::PhantomData;

    /// The place of a lock in the order, and its name in a message.
    #[derive(Clone, Copy)]
    pub(crate) struct Rank {
        place: Place,
        name: &'static str,
    }

    /// More locks than any thread holds at a time.
    const HELD_MAX: usize = 8;

    /// What a thread holds.
    #[derive(Clone, Copy)]
    struct Held {
        ranks: [Option<Rank>; HELD_MAX],
    }

    thread_local! {
        /// Without a destructor: locks are taken while other thread-local variables are destroyed.
        static HELD: Cell<Held> = const { Cell::new(Held { ranks: [None; HELD_MAX] }) };
    }

    impl Held {
        fn locks(&self) -> impl Iterator<Item = Rank> {
            self.ranks.iter().copied().flatten()
        }

        #[track_caller]
        fn may_sleep(&self) {
            if let Some(held) = self.locks().find(|held| held.place != Place::TURN) {
                violated(format_args!("a thread goes to sleep while it holds `{}`", held.name));
            }
        }
    }

    impl Rank {
        pub(super) const fn new(place: Place, name: &'static str) -> Rank {
            Rank { place, name }
        }

        /// The rank of a lock that is taken last, and with no other of this rank.
        pub(crate) const fn last(name: &'static str) -> Rank {
            Rank { place: Rank::LAST.place, name }
        }

        /// The calling thread is about to take a lock of this rank.
        ///
        /// # Panics
        /// If it holds one that comes after it or beside it.
        #[track_caller]
        pub(crate) fn enter(self) -> Entry {
            signal_handler::may_not("takes a lock");
            let mut held = HELD.get();
            if let Some(other) = held.locks().find(|other| other.place >= self.place) {
                violated(format_args!("`{}` is taken while this thread holds `{}`", self.name, other.name));
            }
            let Some(free) = held.ranks.iter().position(Option::is_none) else {
                violated(format_args!("`{}` is taken while this thread holds {HELD_MAX} others", self.name));
            };
            held.ranks[free] = Some(self);
            HELD.set(held);
            Entry { index: free, _not_send: PhantomData }
        }
    }

    #[cold]
    #[track_caller]
    #[expect(clippy::panic, reason = "it is a bug of this library, in builds that look for bugs")]
    fn violated(how: std::fmt::Arguments<'_>) -> ! {
        panic!("lock order: {how}")
    }

    /// A held lock in the record of its thread.
    pub(crate) struct Entry {
        index: usize,
        /// It is in the record of the thread that made it.
        _not_send: PhantomData<*const ()>,
    }

    impl Entry {
        /// The thread goes to sleep, and releases this lock meanwhile.
        ///
        /// # Panics
        /// As for [`may_sleep`].
        #[track_caller]
        pub(crate) fn may_sleep(&self) {
            let mut others = HELD.get();
            others.ranks[self.index] = None;
            others.may_sleep();
        }
    }

    impl Drop for Entry {
        fn drop(&mut self) {
            let mut held = HELD.get();
            held.ranks[self.index] = None;
            HELD.set(held);
        }
    }

    /// The thread goes to sleep until another one wakes it, which may need any lock.
    ///
    /// # Panics
    /// If it holds one; only a file's turn is meant to be held for as long as its call waits.
    #[track_caller]
    pub(crate) fn may_sleep() {
        HELD.get().may_sleep();
    }

    /// Code of the program is about to run, or a destructor that may run some. It may call any function of
    /// this library, and may never return.
    ///
    /// # Panics
    /// If the calling thread holds a lock.
    #[track_caller]
    pub(crate) fn nothing_is_held(what: &str) {
        if let Some(held) = HELD.get().locks().next() {
            violated(format_args!("{what} would run while this thread holds `{}`", held.name));
        }
    }
}

#[cfg(not(all(debug_assertions, not(loom))))]
mod unchecked {
    use super::Place;

    #[derive(Clone, Copy)]
    pub(crate) struct Rank;

    impl Rank {
        pub(super) const fn new(_: Place, _: &'static str) -> Rank {
            Rank
        }

        pub(crate) const fn last(_: &'static str) -> Rank {
            Rank::LAST
        }

        #[inline(always)]
        pub(crate) fn enter(self) -> Entry {
            Entry
        }
    }

    pub(crate) struct Entry;

    impl Entry {
        #[inline(always)]
        pub(crate) fn may_sleep(&self) {}
    }

    #[inline(always)]
    pub(crate) fn may_sleep() {}

    #[inline(always)]
    pub(crate) fn nothing_is_held(_: &str) {}
}

#[cfg(test)]
mod tests {
    use super::ORDER;

    #[test]
    fn architecture_md_shows_the_order_that_is_checked() {
        let page = include_str!("../../../../ARCHITECTURE.md");
        let (_, list) = page.split_once("Its locks, the outermost first:\n\n").expect("the list");
        let shown: Vec<_> = list
            .lines()
            .map_while(|line| line.split_once(". ").filter(|(number, _)| number.parse::<u32>().is_ok()))
            .map(|(_, name)| name.split([':', ';']).next().unwrap_or(name))
            .collect();
        assert_eq!(shown, ORDER);
    }
}
