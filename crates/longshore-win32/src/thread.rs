//! Threads as objects: who the calling thread is, and what happens when one ends.
//!
//! A thread that `CreateThread` did not make is adopted when it first needs an object. A thread ends, for everybody
//! else, in the last round of its destructors of thread-specific data: after the C++ destructors of its
//! `thread_local` variables, and after it has left its port (Q11). Then, in this order: the hooks of [`at_exit`], its
//! APCs are dropped (AP5), its mutexes are abandoned, its handle is signaled.

use crate::apc::{Apcs, Rouser};
use crate::dispatcher::{Dispatcher, Guarded};
use crate::halt::{Halt, Lock};
use crate::object::{HandleCount, Object};
use crate::wait::{self, WaitBlock, Waitable};
use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// A thread.
pub struct Thread {
    handles: HandleCount,
    ended: Waitable,
    /// 0 until the thread has begun.
    id: AtomicU32,
    /// Valid once `ended` is set.
    code: AtomicU32,
    /// Taken by whoever ends the thread: itself or who terminates it.
    ending: AtomicBool,
    pub(crate) halt: Halt,
    pub(crate) apcs: Guarded<Apcs>,
    apc_count: AtomicU32,
    pub(crate) rouser: Mutex<Option<Rouser>>,
    /// The wait it sleeps in.
    pub(crate) wait: Guarded<Option<Arc<WaitBlock>>>,
    /// The mutexes it owns.
    pub(crate) owned: Guarded<Vec<Arc<dyn Object>>>,
    pub(crate) description: Mutex<Vec<u8>>,
}

thread_local! {
    /// The calling thread's object; a reference to it is held by the thread-specific data below. It has no
    /// destructor, so it can be read at any time, in a signal handler too.
    static CURRENT: Cell<*const Thread> = const { Cell::new(ptr::null()) };
}

/// The threads that have begun and not ended, by id.
static LIVE: Lock<Option<HashMap<u32, Arc<Thread>>>> = Lock::new(None);

/// What is called when a thread ends.
static AT_EXIT: Lock<Vec<fn(u32)>> = Lock::new(Vec::new());

impl Thread {
    pub(crate) fn new(suspended: bool) -> Arc<Thread> {
        Arc::new(Thread {
            handles: HandleCount::new(),
            ended: Waitable::notification(false),
            id: AtomicU32::new(0),
            code: AtomicU32::new(0),
            ending: AtomicBool::new(false),
            halt: Halt::new(suspended),
            apcs: Guarded::default(),
            apc_count: AtomicU32::new(0),
            rouser: Mutex::new(None),
            wait: Guarded::default(),
            owned: Guarded::default(),
            description: Mutex::new(Vec::new()),
        })
    }

    /// The value of `GetCurrentThreadId` on this thread: the kernel's number of it.
    #[inline]
    pub fn id(&self) -> u32 {
        self.id.load(Ordering::Acquire)
    }

    /// The word the id is in, for those who wait for the thread to begin.
    pub(crate) fn id_word(&self) -> &AtomicU32 {
        &self.id
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.id() != 0
    }

    pub(crate) fn is_current(&self) -> bool {
        CURRENT.with(|current| ptr::eq(current.get(), self))
    }

    #[inline]
    pub(crate) fn has_apcs(&self) -> bool {
        self.apc_count.load(Ordering::Acquire) > 0
    }

    /// Under the dispatcher lock.
    pub(crate) fn count_apcs(&self, count: usize) {
        self.apc_count.store(count as u32, Ordering::Release);
    }

    /// What the thread ended with; `None` while it lives.
    pub fn exit_code(&self) -> Option<u32> {
        self.ended.is_set().then(|| self.code.load(Ordering::Relaxed))
    }

    /// What the thread will have ended with.
    pub(crate) fn set_exit_code(&self, code: u32) {
        self.code.store(code, Ordering::Relaxed);
    }

    /// Takes the right to end the thread: true once.
    pub(crate) fn claim_end(&self) -> bool {
        !self.ending.swap(true, Ordering::AcqRel)
    }

    /// The thread runs no more of the program's code. After [`Thread::claim_end`].
    pub(crate) fn end(&self) {
        let hooks = AT_EXIT.lock().clone();
        for hook in hooks {
            hook(self.id());
        }
        let mut dispatcher = Dispatcher::lock();
        let apcs = self.apcs.get(&mut dispatcher).end();
        self.count_apcs(0);
        drop(dispatcher);
        drop(apcs);
        wait::thread_ends(self);
        let forgotten = LIVE.lock().as_mut().and_then(|live| live.remove(&self.id()));
        drop(forgotten);
        self.ended.set();
    }
}

impl Object for Thread {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }

    fn waitable(&self) -> Option<&Waitable> {
        Some(&self.ended)
    }
}

/// Has `hook` called, with the thread's id, whenever a thread ends, in whatever way: before its handle is signaled, on
/// the thread itself or on the one that terminates it. The thread's variables with destructors are gone by then.
pub fn at_exit(hook: fn(u32)) {
    AT_EXIT.lock().push(hook);
}

/// The calling thread.
#[inline]
pub fn current() -> Arc<Thread> {
    let current = CURRENT.with(Cell::get);
    if current.is_null() {
        return adopt();
    }
    // SAFETY: a pointer from `Arc::into_raw` whose reference `key` holds.
    unsafe {
        Arc::increment_strong_count(current);
        Arc::from_raw(current)
    }
}

/// The calling thread, if it has an object already. The reference must not leave the thread.
#[inline]
pub(crate) fn current_if_known() -> Option<&'static Thread> {
    // SAFETY: the thread holds a reference until it ends; callers do not keep this one.
    unsafe { CURRENT.with(Cell::get).as_ref() }
}

/// The calling thread's id.
#[inline]
pub fn current_id() -> u32 {
    match current_if_known() {
        Some(thread) => thread.id(),
        None => adopt().id(),
    }
}

/// A live thread by its id.
pub fn find(id: u32) -> Option<Arc<Thread>> {
    LIVE.lock().as_ref()?.get(&id).cloned()
}

#[cold]
fn adopt() -> Arc<Thread> {
    let thread = Thread::new(false);
    become_current(&thread);
    thread
}

/// The calling thread is this one from now on.
pub(crate) fn become_current(thread: &Arc<Thread>) {
    // SAFETY: gettid has no preconditions.
    let id = unsafe { libc::gettid() } as u32;
    LIVE.lock().get_or_insert_default().insert(id, thread.clone());
    thread.id.store(id, Ordering::Release);
    let pointer = Arc::into_raw(thread.clone());
    CURRENT.with(|current| current.set(pointer));
    remember(pointer);
}

fn remember(thread: *const Thread) {
    static KEY: OnceLock<libc::pthread_key_t> = OnceLock::new();
    let key = *KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: `key` is writable; the destructor has the right type.
        let result = unsafe { libc::pthread_key_create(&raw mut key, Some(on_exit)) };
        assert_eq!(result, 0, "out of thread-specific keys");
        key
    });
    // SAFETY: the key exists.
    unsafe { libc::pthread_setspecific(key, thread.cast()) };
}

thread_local! {
    /// The destructor below has had its first round.
    static SECOND_ROUND: Cell<bool> = const { Cell::new(false) };
}

unsafe extern "C" fn on_exit(thread: *mut c_void) {
    let thread = thread.cast_const().cast::<Thread>();
    if !SECOND_ROUND.with(|second| second.replace(true)) {
        // Other destructors of the program run in this round, and are the thread's still.
        return remember(thread);
    }
    // SAFETY: the reference that `become_current` put there.
    let thread = unsafe { Arc::from_raw(thread) };
    if thread.claim_end() {
        thread.end();
    }
    CURRENT.with(|current| current.set(ptr::null()));
}
