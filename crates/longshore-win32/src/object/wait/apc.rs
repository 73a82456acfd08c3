//! Asynchronous procedure calls: functions queued to a thread, which it runs in an alertable wait (AP1).
//!
//! The dispatcher lock protects the queue, so that a thread either goes to sleep or finds the APC.
//! The functions run outside of it.

use crate::abi::reserve::Exhausted;
use crate::object::thread::{self, Thread};
use crate::object::wait::dispatcher::Dispatcher;
use crate::sync::rank::nothing_is_held;
use std::collections::VecDeque;
use std::sync::Arc;
use windows_sys::Win32::Foundation::WAIT_IO_COMPLETION;

/// A function to run on another thread.
pub type Apc = Box<dyn FnOnce() + Send>;

/// The APCs of a thread, oldest first, each with a mark to find it by (0: none).
#[derive(Default)]
pub(crate) struct Apcs {
    queue: VecDeque<(usize, Apc)>,
    ended: bool,
}

impl Apcs {
    /// The thread takes no more. Its APCs do not run (AP5): the caller drops them, outside the lock.
    pub(crate) fn end(&mut self) -> VecDeque<(usize, Apc)> {
        self.ended = true;
        std::mem::take(&mut self.queue)
    }
}

/// Sees to it that the next APC of a thread finds room.
///
/// # Errors
/// [`Exhausted`] if there is no memory for it.
pub(crate) fn make_room(thread: &Thread) -> Result<(), Exhausted> {
    let mut dispatcher = Dispatcher::lock();
    thread.apcs.get(&mut dispatcher).queue.try_reserve(1).map_err(|_| Exhausted)
}

/// Queues an APC to a thread. False, and the APC is dropped, if the thread has ended (AP3).
pub fn queue(thread: &Arc<Thread>, apc: Apc) -> bool {
    queue_marked(thread, 0, apc)
}

/// As [`queue`], with a mark by which [`withdraw`] finds the APC. If one with this
/// mark is queued, no second one is.
pub(crate) fn queue_marked(thread: &Arc<Thread>, mark: usize, apc: Apc) -> bool {
    let mut dispatcher = Dispatcher::lock();
    let apcs = thread.apcs.get(&mut dispatcher);
    if apcs.ended || mark != 0 && apcs.queue.iter().any(|(other, _)| *other == mark) {
        let ended = apcs.ended;
        drop(dispatcher);
        return !ended;
    }
    apcs.queue.push_back((mark, apc));
    let count = apcs.queue.len();
    thread.count_apcs(count);
    if let Some(block) = thread.wait.get(&mut dispatcher).clone()
        && block.alertable
    {
        block.finish(&mut dispatcher, WAIT_IO_COMPLETION);
    }
    drop(dispatcher);
    let rouser = thread.rouser.lock();
    if let Some(Rouser(rouser)) = *rouser {
        // SAFETY: `with_rouser` keeps it alive until it has taken it back, for which it needs this lock.
        unsafe { (*rouser)() };
    }
    true
}

/// Takes back the APCs with a mark that have not run.
pub(crate) fn withdraw(thread: &Thread, mark: usize) {
    let mut withdrawn = Vec::new();
    let mut dispatcher = Dispatcher::lock();
    let apcs = thread.apcs.get(&mut dispatcher);
    while let Some(position) = apcs.queue.iter().position(|(other, _)| *other == mark) {
        withdrawn.extend(apcs.queue.remove(position));
    }
    let count = apcs.queue.len();
    thread.count_apcs(count);
    drop(dispatcher);
}

/// Whether the calling thread has an APC to run.
pub fn pending() -> bool {
    thread::current_if_known().is_some_and(|thread| thread.has_apcs())
}

/// Runs the APCs of the calling thread, also those that are queued meanwhile (AP1). True if there were any.
pub fn run_pending() -> bool {
    if !pending() {
        return false;
    }
    let thread = thread::current();
    let mut ran = false;
    loop {
        let mut dispatcher = Dispatcher::lock();
        let apcs = thread.apcs.get(&mut dispatcher);
        let Some((_, apc)) = apcs.queue.pop_front() else { return ran };
        let count = apcs.queue.len();
        thread.count_apcs(count);
        drop(dispatcher);
        nothing_is_held("an APC");
        apc();
        ran = true;
    }
}

/// Ends a wait that is not the dispatcher's.
pub(crate) struct Rouser(*const (dyn Fn() + 'static));

// SAFETY: it is called by other threads; `with_rouser` asks for `Sync`.
unsafe impl Send for Rouser {}

/// Runs `wait`, which sleeps elsewhere than in the dispatcher: an alertable wait in a port.
/// Queueing an APC to this thread meanwhile calls `rouser`, on the other thread; if there is an APC
/// already, it is called here, before `wait`. It must end the wait, and must not queue APCs. The
/// APCs are not run: see [`run_pending`].
pub fn with_rouser<R>(rouser: &(dyn Fn() + Sync), wait: impl FnOnce() -> R) -> R {
    struct TakeBack<'a>(&'a Thread);
    impl Drop for TakeBack<'_> {
        fn drop(&mut self) {
            *self.0.rouser.lock() = None;
        }
    }
    let thread = thread::current();
    let pointer: *const (dyn Fn() + '_) = rouser;
    // SAFETY: the lifetime is extended only formally: `TakeBack` removes the pointer before this returns.
    let pointer =
        unsafe { std::mem::transmute::<*const (dyn Fn() + '_), *const (dyn Fn() + 'static)>(pointer) };
    *thread.rouser.lock() = Some(Rouser(pointer));
    let _take_back = TakeBack(&thread);
    if thread.has_apcs() {
        rouser();
    }
    wait()
}
