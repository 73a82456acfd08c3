//! Waiting for objects.
//!
//! Every object that can be waited for has a [`Waitable`]: a value (signaled or not, a count) and the queue
//! of those who wait. Where threads meet, with L the dispatcher lock ([`crate::object::wait::dispatcher`]):
//! 1. The word of a waitable holds its value and a bit, WATCHED: a wait is in the queue, or a thread examines
//!    the object under L. The bit changes under L only.
//! 2. While WATCHED is clear, threads change the value by compare-and-exchange, which fails if the bit was
//!    set. While it is set, the value changes under L only. So for a thread that holds L and has set the bit
//!    on several objects, none of them changes: that is why a wait for all of them takes all or none.
//! 3. A thread that has to wait takes L, sets WATCHED on its objects, and examines them. If
//!    that does not satisfy the wait, it puts its [`WaitBlock`] into every queue, releases L
//!    and sleeps on the block's word.
//! 4. A thread that signals a watched object takes L, changes the value and goes through the queue, oldest
//!    first. Each block that is satisfied takes what it waits for, leaves every queue it is in, and gets its
//!    result, all under L. Its thread is woken after L is released.
//! 5. A sleeper that times out takes L. If its result is there, that counts; otherwise it leaves the
//!    queues itself. An APC (AP1) and the end of a thread do the same: they end a wait under L, and
//!    only if nothing else has ended it. So a wait ends once, for one reason, and takes something only
//!    if that reason is its objects.
//! 6. WATCHED is cleared under L when a queue becomes empty. A mutex always has the bit set: its
//!    owner is known under L only.

pub(crate) mod apc;
pub(crate) mod calls;
pub(crate) mod dispatcher;
pub(crate) mod waitable;

#[cfg(all(test, loom))]
mod models;

use crate::object::Object;
use crate::object::thread::{self, Thread};
use crate::object::wait::dispatcher::Dispatcher;
use crate::sync::Word;
use crate::sync::futex::Deadline;
use crate::sync::lock::Lock;
use crate::sync::rank::nothing_is_held;
use smallvec::SmallVec;
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    WAIT_ABANDONED, WAIT_FAILED, WAIT_IO_COMPLETION, WAIT_OBJECT_0, WAIT_TIMEOUT,
};

pub use crate::object::wait::waitable::{COUNT_MAX, NotOwner, TooManyPosts, Waitable};

/// A function to call with the result of a wait, once.
type Call = Box<dyn FnOnce(u32) + Send>;

/// The result of a wait that has none yet. No wait ends with this value.
const WAITING: u32 = WAIT_FAILED - 1;

/// What is woken or called when a wait has ended.
pub(crate) enum Notify {
    /// The thread that sleeps on the block.
    Thread,
    /// A function, called once, outside the lock.
    Call(Lock<Option<Call>>),
}

/// One wait: its objects, its thread, and its result.
pub(crate) struct WaitBlock {
    /// The result; `WAITING` before. It is stored under the dispatcher lock; the
    /// sleeper sleeps on it without the lock.
    result: Word,
    objects: SmallVec<[Arc<dyn Object>; 2]>,
    all: bool,
    pub(crate) alertable: bool,
    thread: Arc<Thread>,
    notify: Notify,
}

impl WaitBlock {
    /// Satisfies the wait if that can be done now.
    pub(crate) fn look(&self, dispatcher: &mut Dispatcher) -> Option<u32> {
        look(dispatcher, &self.objects, self.all, &self.thread)
    }

    /// Ends the wait.
    pub(crate) fn finish(self: &Arc<Self>, dispatcher: &mut Dispatcher, result: u32) {
        for waitable in self.objects.iter().filter_map(|object| object.waitable()) {
            waitable.queue.get(dispatcher).retain(|block| !Arc::ptr_eq(block, self));
            waitable.unwatch(dispatcher);
        }
        let current = self.thread.wait.get(dispatcher);
        let current = current.take_if(|block| Arc::ptr_eq(block, self));
        self.result.store(result);
        dispatcher.release(current.unwrap_or_else(|| self.clone()));
    }

    fn is_over(&self) -> bool {
        self.result.load() != WAITING
    }

    /// Called after the lock was released.
    pub(crate) fn wake(&self) {
        match &self.notify {
            Notify::Thread => self.result.wake(),
            Notify::Call(call) => {
                let call = call.lock().take(); // The lock is free when the function runs.
                if let Some(call) = call {
                    nothing_is_held("the call at the end of a wait");
                    call(self.result.load());
                }
            }
        }
    }

    fn sleep(self: &Arc<Self>, deadline: Deadline) -> u32 {
        while !self.is_over() {
            if !self.result.sleep(WAITING, deadline) {
                self.end(WAIT_TIMEOUT);
            }
        }
        self.result.load()
    }

    /// Ends the wait from outside, if nothing has ended it before. True if this call ended it.
    pub(crate) fn end(self: &Arc<Self>, result: u32) -> bool {
        let mut dispatcher = Dispatcher::lock();
        if self.is_over() {
            return false;
        }
        self.finish(&mut dispatcher, result);
        true
    }
}

/// Takes what the wait is for, if it is there. Under the dispatcher lock, with all of the objects watched.
fn look(dispatcher: &mut Dispatcher, objects: &[Arc<dyn Object>], all: bool, thread: &Thread) -> Option<u32> {
    let mut available = |object: &Arc<dyn Object>| {
        object.waitable().is_some_and(|waitable| waitable.is_available(dispatcher, thread.id()))
    };
    let first = match all {
        true => objects.iter().all(&mut available).then_some(0)?,
        false => objects.iter().position(&mut available)?, // The lowest one wins.
    };
    let taken = if all { objects } else { &objects[first..=first] };
    let mut abandoned = false;
    for object in taken {
        abandoned |= object.waitable().is_some_and(|waitable| waitable.take(dispatcher, object, thread));
    }
    Some(first as u32 + if abandoned { WAIT_ABANDONED } else { WAIT_OBJECT_0 })
}

/// Waits for one object. Returns `WAIT_OBJECT_0`, `WAIT_ABANDONED`, `WAIT_TIMEOUT`, `WAIT_IO_COMPLETION` (if
/// `alertable`, and APCs ran) or `WAIT_FAILED` (it cannot be waited for).
pub fn wait_one(object: &Arc<dyn Object>, timeout_ms: u32, alertable: bool) -> u32 {
    wait_many(std::slice::from_ref(object), false, timeout_ms, alertable)
}

/// Waits for one or all of several objects; with none, for the time to pass or an APC.
///
/// An object may occur twice unless `all`, which callers refuse (Windows does).
pub fn wait_many(objects: &[Arc<dyn Object>], all: bool, timeout_ms: u32, alertable: bool) -> u32 {
    if objects.iter().any(|object| object.waitable().is_none()) {
        return WAIT_FAILED;
    }
    // AP2: a pending APC comes before a signaled object.
    if alertable && apc::run_pending() {
        return WAIT_IO_COMPLETION;
    }
    if !all || objects.len() == 1 {
        let mut certain = true;
        for (index, object) in objects.iter().enumerate() {
            match object.waitable().and_then(Waitable::take_unwatched) {
                Some(true) => return WAIT_OBJECT_0 + index as u32,
                Some(false) => {}
                None => {
                    certain = false;
                    break; // The lowest one wins: those after it must wait for the lock as well.
                }
            }
        }
        if certain && timeout_ms == 0 {
            return WAIT_TIMEOUT;
        }
    }
    let result = wait_as(&thread::current(), objects, all, timeout_ms, alertable);
    if result == WAIT_IO_COMPLETION {
        apc::run_pending();
    }
    result
}

/// Waits under the lock, as the thread given, which is the calling one. APCs are not run.
pub(crate) fn wait_as(
    thread: &Arc<Thread>,
    objects: &[Arc<dyn Object>],
    all: bool,
    timeout_ms: u32,
    alertable: bool,
) -> u32 {
    let mut dispatcher = Dispatcher::lock();
    if let Some(result) = begin(&mut dispatcher, objects, all, thread, alertable) {
        return result;
    }
    if timeout_ms == 0 {
        unwatch_all(&mut dispatcher, objects);
        return WAIT_TIMEOUT;
    }
    let block = enqueue(&mut dispatcher, objects, all, thread, alertable, Notify::Thread);
    *thread.wait.get(&mut dispatcher) = Some(block.clone());
    drop(dispatcher);
    let deadline = Deadline::after_ms(timeout_ms);
    // Q8: another thread may use the slot of the port while this one waits.
    longshore_engine::blocking(|| block.sleep(deadline))
}

/// Watches the objects and looks at them once. Leaves them watched if that was not enough.
fn begin(
    dispatcher: &mut Dispatcher,
    objects: &[Arc<dyn Object>],
    all: bool,
    thread: &Thread,
    alertable: bool,
) -> Option<u32> {
    if alertable && thread.has_apcs() {
        return Some(WAIT_IO_COMPLETION);
    }
    objects.iter().filter_map(|object| object.waitable()).for_each(Waitable::watch);
    if objects.is_empty() {
        return None;
    }
    let result = look(dispatcher, objects, all, thread)?;
    unwatch_all(dispatcher, objects);
    Some(result)
}

fn unwatch_all(dispatcher: &mut Dispatcher, objects: &[Arc<dyn Object>]) {
    for waitable in objects.iter().filter_map(|object| object.waitable()) {
        waitable.unwatch(dispatcher);
    }
}

fn enqueue(
    dispatcher: &mut Dispatcher,
    objects: &[Arc<dyn Object>],
    all: bool,
    thread: &Arc<Thread>,
    alertable: bool,
    notify: Notify,
) -> Arc<WaitBlock> {
    let block = Arc::new(WaitBlock {
        result: Word::new(WAITING),
        objects: objects.iter().cloned().collect(),
        all,
        alertable,
        thread: thread.clone(),
        notify,
    });
    for waitable in objects.iter().filter_map(|object| object.waitable()) {
        waitable.queue.get(dispatcher).push_back(block.clone());
    }
    block
}

/// Waits for one object without a thread: `call` gets the result once the wait is satisfied or
/// [`WaitBlock::end`] is called, on whichever thread that is. A mutex becomes `thread`'s. `Err` gives the
/// result, and `call` back, if it is satisfied already.
pub(crate) fn wait_in_background<F: FnOnce(u32) + Send + 'static>(
    object: &Arc<dyn Object>,
    thread: &Arc<Thread>,
    call: F,
) -> Result<Arc<WaitBlock>, (u32, F)> {
    let objects = std::slice::from_ref(object);
    let mut dispatcher = Dispatcher::lock();
    if let Some(result) = begin(&mut dispatcher, objects, false, thread, false) {
        return Err((result, call));
    }
    let notify = Notify::Call(Lock::last("a wait's call", Some(Box::new(call))));
    Ok(enqueue(&mut dispatcher, objects, false, thread, false, notify))
}

/// Cleans up after a thread that ended: ends the wait it was in, and abandons the mutexes it owned.
pub(crate) fn thread_ends(thread: &Thread) {
    let mut dispatcher = Dispatcher::lock();
    if let Some(block) = thread.wait.get(&mut dispatcher).take() {
        block.finish(&mut dispatcher, WAIT_FAILED);
    }
    let owned = std::mem::take(thread.owned.get(&mut dispatcher));
    for waitable in owned.iter().filter_map(|object| object.waitable()) {
        waitable.abandon(&mut dispatcher);
    }
    drop(dispatcher);
    drop(owned);
}
