//! The part of an object that waits look at. The head of [`crate::object::wait`]
//! says how the threads meet here.

use crate::object::Object;
use crate::object::thread::{self, Thread};
use crate::object::wait::WaitBlock;
use crate::object::wait::dispatcher::{Dispatcher, Guarded};
use crate::sync::AtomicU32;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// In a waitable's word: the value changes under the dispatcher lock only. The rest of the word is the value.
const WATCHED: u32 = 1;
/// One unit of the value.
const ONE: u32 = 2;
/// The largest count of a semaphore.
pub const COUNT_MAX: u32 = i32::MAX as u32;

/// What a satisfied wait does to the object.
enum Kind {
    /// Nothing: a manual-reset event, a file, a thread.
    Notification,
    /// Takes the signal: an auto-reset event.
    Synchronization,
    /// Takes one of so many at most.
    Semaphore { max: u32 },
    /// Makes the thread its owner.
    Mutant(Guarded<Ownership>),
}

/// Who owns a mutex.
#[derive(Default)]
struct Ownership {
    /// The thread's id.
    owner: Option<u32>,
    /// How often the owner has acquired it.
    depth: u32,
    /// The last owner ended without releasing it.
    abandoned: bool,
}

/// The part of an object that waits look at.
pub struct Waitable {
    /// The value times two, and WATCHED. The exchange that signals releases what the thread wrote before; the
    /// one that takes the signal, or the load that sees it, acquires it.
    word: AtomicU32,
    kind: Kind,
    pub(crate) queue: Guarded<VecDeque<Arc<WaitBlock>>>,
}

/// Why a mutex was not released.
#[derive(Debug, PartialEq, Eq)]
pub struct NotOwner;

/// A semaphore would have gone over its limit.
#[derive(Debug, PartialEq, Eq)]
pub struct TooManyPosts;

impl Waitable {
    fn new(kind: Kind, word: u32) -> Self {
        Waitable { word: AtomicU32::new(word), kind, queue: Guarded::new(VecDeque::new()) }
    }

    /// An object that stays signaled until it is cleared: a manual-reset event, a file, a thread.
    pub fn notification(signaled: bool) -> Self {
        Waitable::new(Kind::Notification, u32::from(signaled) * ONE)
    }

    /// An object whose signal one wait takes: an auto-reset event.
    pub fn synchronization(signaled: bool) -> Self {
        Waitable::new(Kind::Synchronization, u32::from(signaled) * ONE)
    }

    /// A count that every wait takes one of.
    pub fn semaphore(count: u32, max: u32) -> Self {
        Waitable::new(Kind::Semaphore { max }, count * ONE)
    }

    /// A mutex nobody owns.
    pub fn mutant() -> Self {
        let ownership = Ownership { owner: None, depth: 0, abandoned: false };
        Waitable::new(Kind::Mutant(Guarded::new(ownership)), ONE | WATCHED)
    }

    /// Signals it: threads that wait for it go on.
    #[inline]
    pub fn set(&self) {
        let unwatched = self.word.compare_exchange(0, ONE, Ordering::Release, Ordering::Relaxed);
        if let Err(word) = unwatched
            && word & WATCHED != 0
        {
            self.change_watched(ONE);
        } else if unwatched.is_err() {
            // It is signaled already. Still, whoever sees the signal must see what this thread wrote before.
            self.set_again();
        }
    }

    #[cold]
    fn set_again(&self) {
        if self.exchange_unwatched(|_| Some(ONE)).is_none() {
            self.change_watched(ONE);
        }
    }

    /// Makes it not signaled.
    #[inline]
    pub fn clear(&self) {
        if !self.is_set() {
            return;
        }
        if self.exchange_unwatched(|_| Some(0)).is_none() {
            self.change_watched(0);
        }
    }

    /// Whether it is signaled now.
    #[inline]
    pub fn is_set(&self) -> bool {
        self.word.load(Ordering::Acquire) >= ONE
    }

    /// Whether a satisfied wait takes something away.
    pub(crate) fn is_taken_by_waits(&self) -> bool {
        !matches!(self.kind, Kind::Notification)
    }

    /// Releases the waits that are in the queue, and no later ones: `PulseEvent`.
    pub fn pulse(&self) {
        let mut dispatcher = Dispatcher::lock();
        self.watch();
        self.store(ONE);
        self.satisfy(&mut dispatcher);
        self.watch();
        self.store(0);
        self.unwatch(&mut dispatcher);
    }

    /// Adds to the count of a semaphore, and says what it was.
    ///
    /// # Errors
    /// [`TooManyPosts`] if it would exceed its limit; it is unchanged then.
    pub fn post(&self, posts: u32) -> Result<u32, TooManyPosts> {
        let Kind::Semaphore { max } = self.kind else { return Err(TooManyPosts) };
        let sum = |count: u32| count.checked_add(posts).filter(|&sum| sum <= max);
        match self.exchange_unwatched(|word| sum(word / ONE).map(|sum| sum * ONE)) {
            Some(Ok(word)) => Ok(word / ONE),
            Some(Err(_)) => Err(TooManyPosts),
            None => {
                let mut dispatcher = Dispatcher::lock();
                self.watch();
                let count = self.value();
                let result = sum(count).ok_or(TooManyPosts).map(|sum| {
                    self.store(sum * ONE);
                    self.satisfy(&mut dispatcher);
                    count
                });
                self.unwatch(&mut dispatcher);
                result
            }
        }
    }

    /// Releases a mutex once.
    ///
    /// # Errors
    /// [`NotOwner`] if the calling thread does not own it.
    pub fn release(&self) -> Result<(), NotOwner> {
        let Kind::Mutant(ownership) = &self.kind else { return Err(NotOwner) };
        let thread = thread::current();
        let mut dispatcher = Dispatcher::lock();
        let holding = ownership.get(&mut dispatcher);
        if holding.owner != Some(thread.id()) {
            return Err(NotOwner);
        }
        holding.depth -= 1;
        if holding.depth > 0 {
            return Ok(());
        }
        holding.owner = None;
        let owned = thread.owned.get(&mut dispatcher);
        let position =
            owned.iter().position(|object| object.waitable().is_some_and(|it| std::ptr::eq(it, self)));
        let object = position.map(|position| owned.swap_remove(position));
        self.store(ONE);
        self.satisfy(&mut dispatcher);
        drop(dispatcher);
        drop(object);
        Ok(())
    }

    /// The owner of a mutex ended. Under the dispatcher lock.
    pub(crate) fn abandon(&self, dispatcher: &mut Dispatcher) {
        if let Kind::Mutant(ownership) = &self.kind {
            *ownership.get(dispatcher) = Ownership { owner: None, depth: 0, abandoned: true };
            self.store(ONE);
            self.satisfy(dispatcher);
        }
    }

    /// Changes the word while it is not watched. `None` if it is; otherwise the former word, as
    /// an error if `change` refused it.
    #[inline]
    fn exchange_unwatched(&self, change: impl Fn(u32) -> Option<u32>) -> Option<Result<u32, u32>> {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if word & WATCHED != 0 {
                return None;
            }
            let Some(new) = change(word) else { return Some(Err(word)) };
            match self.word.compare_exchange_weak(word, new, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(word) => return Some(Ok(word)),
                Err(changed) => word = changed,
            }
        }
    }

    #[cold]
    fn change_watched(&self, word: u32) {
        let mut dispatcher = Dispatcher::lock();
        self.watch(); // WATCHED may have been cleared before L was taken. Setting it keeps other threads out.
        self.store(word);
        self.satisfy(&mut dispatcher);
        self.unwatch(&mut dispatcher);
    }

    // What follows happens under the dispatcher lock, with WATCHED set.

    pub(crate) fn watch(&self) {
        self.word.fetch_or(WATCHED, Ordering::AcqRel);
    }

    pub(crate) fn unwatch(&self, dispatcher: &mut Dispatcher) {
        if self.queue.get(dispatcher).is_empty() && !matches!(self.kind, Kind::Mutant(_)) {
            self.word.fetch_and(!WATCHED, Ordering::Release);
        }
    }

    fn value(&self) -> u32 {
        self.word.load(Ordering::Acquire) / ONE
    }

    fn store(&self, word: u32) {
        self.word.store(word | WATCHED, Ordering::Release);
    }

    pub(crate) fn is_available(&self, dispatcher: &mut Dispatcher, thread: u32) -> bool {
        match &self.kind {
            Kind::Mutant(ownership) => ownership.get(dispatcher).owner.is_none_or(|owner| owner == thread),
            _ => self.value() > 0,
        }
    }

    /// Takes what a satisfied wait takes. True if it was abandoned.
    pub(crate) fn take(
        &self,
        dispatcher: &mut Dispatcher,
        object: &Arc<dyn Object>,
        thread: &Thread,
    ) -> bool {
        match &self.kind {
            Kind::Notification => false,
            Kind::Synchronization => {
                self.store(0);
                false
            }
            Kind::Semaphore { .. } => {
                self.store((self.value() - 1) * ONE);
                false
            }
            Kind::Mutant(ownership) => {
                let holding = ownership.get(dispatcher);
                holding.depth += 1;
                let abandoned = std::mem::take(&mut holding.abandoned);
                if holding.owner.replace(thread.id()).is_none() {
                    self.store(0);
                    thread.owned.get(dispatcher).push(object.clone());
                }
                abandoned
            }
        }
    }

    /// Ends every wait in the queue that can be satisfied now, oldest first.
    fn satisfy(&self, dispatcher: &mut Dispatcher) {
        let mut position = 0;
        while self.value() > 0 {
            let Some(block) = self.queue.get(dispatcher).get(position).cloned() else { return };
            match block.look(dispatcher) {
                Some(result) => block.finish(dispatcher, result),
                None => position += 1,
            }
        }
    }

    /// Takes the signal, or finds it, without the lock. `None` if that needs the lock.
    #[inline]
    pub(crate) fn take_unwatched(&self) -> Option<bool> {
        let taken = match &self.kind {
            Kind::Notification => return Some(self.is_set()),
            Kind::Mutant(_) => return None,
            Kind::Synchronization | Kind::Semaphore { .. } => {
                self.exchange_unwatched(|word| word.checked_sub(ONE))?
            }
        };
        Some(taken.is_ok())
    }
}
