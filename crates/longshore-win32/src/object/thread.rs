//! Threads as objects: the calling thread's object, and what happens when a thread ends.
//!
//! A thread that `CreateThread` did not make is adopted when it first needs an object. For the other threads,
//! a thread ends in the last round of its destructors of thread-specific data: after the C++ destructors of
//! its `thread_local` variables, and after it has left its port (Q11). Then, in this order: the hooks of
//! [`at_exit`] run, its APCs are dropped (AP5), its mutexes are abandoned, its handle is signaled.

use crate::object::handles::{self, HANDLE};
use crate::object::suspend::{Dependent, Suspension};
use crate::object::wait::apc::{Apcs, Rouser};
use crate::object::wait::dispatcher::{Dispatcher, Guarded};
use crate::object::wait::{self, WaitBlock, Waitable};
use crate::object::{HandleCount, Object, tls};
use crate::sync::futex::{self, Deadline};
use crate::sync::lock::Lock;
use longshore_engine::Membership;
use std::cell::Cell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{SystemTime, UNIX_EPOCH};

/// A thread.
pub struct Thread {
    handles: HandleCount,
    ended: Waitable,
    /// 0 until the thread has begun.
    id: AtomicU32,
    /// Valid once `ended` is set.
    code: AtomicU32,
    /// Set by the thread that ends this one: itself, or the one that terminates it.
    ending: AtomicBool,
    pub(crate) suspension: Suspension,
    /// Until the thread ends.
    dependent: Lock<Option<Arc<dyn Dependent>>>,
    /// Its membership in the port it takes from; set once the thread has begun.
    membership: OnceLock<Arc<Membership>>,
    pub(crate) apcs: Guarded<Apcs>,
    apc_count: AtomicU32,
    pub(crate) rouser: Lock<Option<Rouser>>,
    /// The wait it sleeps in.
    pub(crate) wait: Guarded<Option<Arc<WaitBlock>>>,
    /// The mutexes it owns.
    pub(crate) owned: Guarded<Vec<Arc<dyn Object>>>,
    pub(crate) attributes: Lock<Attributes>,
    /// What `FlsSetValue` stored, by index.
    pub(crate) fls: Lock<Vec<tls::Slot>>,
    /// When it was made: 100 ns since 1970.
    pub(crate) created: u64,
    /// When it ended; 0 before.
    pub(crate) exited: AtomicU64,
    /// A handle that is closed when the thread ends (`_beginthread`); 0 for none.
    pub(crate) own_handle: AtomicUsize,
}

/// Values that programs set and read again.
#[derive(Default)]
pub(crate) struct Attributes {
    pub(crate) description: Vec<u8>,
    pub(crate) priority: i32,
    pub(crate) ideal_processor: u32,
}

thread_local! {
    /// The calling thread's object; a reference to it is held by the thread-specific data below. It has no
    /// destructor, so it can be read at any time, in a signal handler too.
    static CURRENT: Cell<*const Thread> = const { Cell::new(ptr::null()) };
}

/// The threads that have begun and not ended, by id.
static LIVE: Lock<Option<HashMap<u32, Arc<Thread>>>> = Lock::last("the threads that live", None);

/// What is called when a thread ends.
static AT_EXIT: Lock<Vec<fn(u32)>> = Lock::last("what is called at the end of threads", Vec::new());

impl Thread {
    pub(crate) fn new(suspended: bool) -> Arc<Thread> {
        Arc::new(Thread {
            handles: HandleCount::new(),
            ended: Waitable::notification(false),
            id: AtomicU32::new(0),
            code: AtomicU32::new(0),
            ending: AtomicBool::new(false),
            suspension: Suspension::new(suspended),
            dependent: Lock::last("a thread's dependent", None),
            membership: OnceLock::new(),
            apcs: Guarded::default(),
            apc_count: AtomicU32::new(0),
            rouser: Lock::last("a thread's rouser", None),
            wait: Guarded::default(),
            owned: Guarded::default(),
            attributes: Lock::last("a thread's attributes", Attributes::default()),
            fls: Lock::last("a thread's FLS values", Vec::new()),
            created: now(),
            exited: AtomicU64::new(0),
            own_handle: AtomicUsize::new(0),
        })
    }

    /// A thread object for a model, whose threads are loom's.
    #[cfg(all(test, loom))]
    pub(crate) fn model(id: u32) -> Arc<Thread> {
        let thread = Thread::new(false);
        thread.id.store(id, Ordering::Relaxed);
        thread
    }

    /// The value of `GetCurrentThreadId` on this thread: the kernel's number of it.
    #[inline]
    pub fn id(&self) -> u32 {
        self.id.load(Ordering::Acquire)
    }

    /// Waits until the thread has begun, and so has an id.
    pub(crate) fn await_begin(&self) {
        while !self.has_begun() {
            futex::wait(&self.id, 0, Deadline::NEVER);
        }
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.id() != 0
    }

    pub(crate) fn is_current(&self) -> bool {
        CURRENT.with(|current| ptr::eq(current.get(), self))
    }

    /// `dependent` will be told of the thread. Called before the thread runs.
    pub(crate) fn set_dependent(&self, dependent: Arc<dyn Dependent>) {
        *self.dependent.lock() = Some(dependent);
    }

    /// Tells the dependent that the suspend count has become 0, or is no longer 0.
    pub(crate) fn tell_of_suspension(&self) {
        let dependent = self.dependent.lock().clone();
        if let Some(dependent) = dependent {
            dependent.suspension_changed(&self.suspension);
        }
    }

    /// Wakes the thread if it sleeps in a port, so that it stops.
    pub(crate) fn rouse_from_port(&self) {
        if let Some(membership) = self.membership.get() {
            membership.rouse();
        }
    }

    /// The thread will run no more: its slot in the port it took from is free (Q11).
    pub(crate) fn leave_port(&self) {
        if let Some(membership) = self.membership.get() {
            membership.end();
        }
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

    /// The thread, unless it has ended.
    pub(crate) fn alive(self: Arc<Self>) -> Option<Arc<Thread>> {
        (!self.ended.is_set()).then_some(self)
    }

    /// The exit code the thread will have.
    pub(crate) fn set_exit_code(&self, code: u32) {
        self.code.store(code, Ordering::Relaxed);
    }

    /// Claims the right to end the thread: true for one caller.
    pub(crate) fn claim_end(&self) -> bool {
        !self.ending.swap(true, Ordering::AcqRel)
    }

    /// The thread runs no more of the program's code. After [`Thread::claim_end`].
    pub(crate) fn end(&self) {
        let hooks = AT_EXIT.lock().clone();
        for hook in hooks {
            hook(self.id());
        }
        let dependent = self.dependent.lock().take();
        if let Some(dependent) = dependent {
            dependent.thread_ended();
        }
        let mut dispatcher = Dispatcher::lock();
        let apcs = self.apcs.get(&mut dispatcher).end();
        self.count_apcs(0);
        drop(dispatcher);
        drop(apcs);
        wait::thread_ends(self);
        let forgotten = LIVE.lock().as_mut().and_then(|live| live.remove(&self.id()));
        drop(forgotten);
        self.exited.store(now(), Ordering::Relaxed);
        self.ended.set();
        let own_handle = self.own_handle.swap(0, Ordering::AcqRel);
        if own_handle != 0 {
            let _ = handles::close(own_handle as HANDLE);
        }
    }
}

/// The time of day in 100 ns since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| (since.as_nanos() / 100) as u64)
}

impl Object for Thread {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }

    fn waitable(&self) -> Option<&Waitable> {
        Some(&self.ended)
    }
}

/// Calls `hook`, with the thread's id, whenever a thread ends, in any way: before its handle
/// is signaled, on the thread itself or on the one that terminates it. The thread's variables
/// with destructors are gone by then.
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

/// The threads that have an object and have not ended.
pub(crate) fn live() -> Vec<Arc<Thread>> {
    LIVE.lock().as_ref().map(|live| live.values().cloned().collect()).unwrap_or_default()
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
    if let Some(membership) = Membership::of_this_thread() {
        let _ = thread.membership.set(membership);
    }
    thread.id.store(id, Ordering::Release);
    futex::wake(&thread.id, i32::MAX);
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
        // Other destructors of the program run in this round, and still belong to the thread.
        tls::call_back();
        return remember(thread);
    }
    // SAFETY: the reference that `become_current` put there.
    let thread = unsafe { Arc::from_raw(thread) };
    if thread.claim_end() {
        thread.end();
    }
    tls::thread_ends();
    CURRENT.with(|current| current.set(ptr::null()));
}
