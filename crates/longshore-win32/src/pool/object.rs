//! The objects of the thread pool: work, timers, waits, I/O. All of them are a callback with what it needs.

use crate::abi::argument::{Callback, Context, In};
use crate::abi::last_error::Win32Error;
use crate::abi::reserve;
use crate::abi::status::Status;
use crate::pool::callback_environment::{Environment, TP_CALLBACK_ENVIRON};
use crate::pool::callback_instance::TP_CALLBACK_INSTANCE;
use crate::pool::io;
use crate::pool::outstanding::{Outstanding, Running, Ticket};
use crate::pool::wait::PendingWait;
use crate::pool::worker_pool;
use crate::port::face::Post;
use crate::sync::lock::Lock;
use crate::sync::rank::{Rank, nothing_is_held};
use crate::timer::alarm::Ticker;
use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;

/// Called with its instance and its context.
pub type SimpleCallback = unsafe extern "C-unwind" fn(*const TP_CALLBACK_INSTANCE, *mut c_void);
/// The same with the work or timer.
pub type WorkCallback =
    unsafe extern "C-unwind" fn(*const TP_CALLBACK_INSTANCE, *mut c_void, *const TP_OBJECT);
/// The same with the wait, and what it ended with.
pub type WaitCallback =
    unsafe extern "C-unwind" fn(*const TP_CALLBACK_INSTANCE, *mut c_void, *const TP_OBJECT, u32);
/// The same with the operation, how it ended, and the object.
pub type IoCallback = unsafe extern "C-unwind" fn(
    *const TP_CALLBACK_INSTANCE,
    *mut c_void,
    *mut c_void,
    u32,
    usize,
    *const TP_OBJECT,
);

/// What is called.
pub(crate) enum PoolCallback {
    Simple(Callback<SimpleCallback>),
    /// Of work, and of timers.
    Work(Callback<WorkCallback>),
    Wait(Callback<WaitCallback>),
    /// Of operations on a file.
    Io(Callback<IoCallback>),
}

/// What a callback is told beside its context.
#[derive(Clone, Copy)]
pub(crate) enum CallbackArgs {
    /// Nothing, or what a wait ended with.
    Result(u32),
    /// How an operation ended.
    Io(Post),
}

/// `PTP_WORK`, `PTP_TIMER`, `PTP_WAIT`.
pub struct TP_OBJECT {
    pub(crate) callback: PoolCallback,
    pub(crate) context: Context,
    pub(crate) environment: Environment,
    pub(crate) outstanding: Arc<Outstanding>,
    pub(crate) ticker: Arc<Ticker>,
    pub(crate) wait: Lock<PendingWait>,
    /// Which member of its group it is.
    membership: u64,
    /// The program's reference was given up: by closing the object or its group, whichever is first. A
    /// simple callback has no such reference; it is closed when it begins.
    closed: AtomicBool,
}

impl Drop for TP_OBJECT {
    fn drop(&mut self) {
        nothing_is_held("the end of a pool's object");
        if let Some(group) = &self.environment.group {
            group.leave(self.membership);
        }
    }
}

impl TP_OBJECT {
    /// Makes an object, and enters it into its group.
    ///
    /// # Errors
    /// `ERROR_INVALID_PARAMETER` without a callback; those of [`Environment::read`].
    pub(crate) fn new(
        callback: Option<PoolCallback>,
        context: Context,
        environment: Option<In<TP_CALLBACK_ENVIRON>>,
    ) -> Result<Arc<TP_OBJECT>, Win32Error> {
        let callback = callback.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
        reserve::admit()?;
        let environment = Environment::read(environment)?;
        let group = environment.group.clone();
        let membership = group.as_ref().map_or(0, |group| group.number());
        let object = Arc::new_cyclic(|this: &std::sync::Weak<TP_OBJECT>| {
            let tick = |object: &Arc<TP_OBJECT>| {
                object.call_soon(0);
                None
            };
            TP_OBJECT {
                callback,
                context,
                environment,
                outstanding: Arc::default(),
                ticker: Ticker::of(this, &crate::timer::alarm::ALARMS, tick),
                wait: Lock::new(Rank::POOL_WAIT, PendingWait::default()),
                membership,
                closed: AtomicBool::new(false),
            }
        });
        if let Some(group) = group {
            group.enter(membership, &object);
        }
        Ok(object)
    }

    /// Has the callback called by a thread of the pool.
    pub(crate) fn call_soon(self: &Arc<Self>, result: u32) {
        self.call_with(self.outstanding.expect(), CallbackArgs::Result(result));
    }

    /// The same for a callback that was expected before.
    pub(crate) fn call_with(self: &Arc<Self>, ticket: Ticket, told: CallbackArgs) {
        let object = self.clone();
        self.environment.pool.submit(Box::new(move || {
            if let Some(running) = ticket.redeem() {
                object.call(running, told);
            }
        }));
    }

    fn call(self: &Arc<Self>, running: Running, told: CallbackArgs) {
        if self.environment.long {
            worker_pool::may_run_long();
        }
        let instance = TP_CALLBACK_INSTANCE::new(running);
        let (this, called, context) = (Arc::as_ptr(self), &raw const instance, self.context.value());
        // SAFETY: what the pages of the callbacks say they are called with.
        unsafe {
            match self.callback {
                PoolCallback::Simple(callback) => {
                    self.closed.store(true, Ordering::Release);
                    callback.call(called, context);
                }
                PoolCallback::Work(callback) => callback.call(called, context, this),
                PoolCallback::Wait(callback) => {
                    let CallbackArgs::Result(result) = told else {
                        unreachable!("a wait is told its result");
                    };
                    callback.call(called, context, this, result);
                }
                PoolCallback::Io(callback) => {
                    let CallbackArgs::Io(post) = told else {
                        unreachable!("an operation's callback is told its end");
                    };
                    let error = if post.status == 0 { 0 } else { Status(post.status).to_win32() };
                    let overlapped = post.overlapped.cast();
                    callback.call(called, context, overlapped, error, post.bytes as usize, this);
                }
            }
            if let Some(finally) = self.environment.finally {
                finally.call(called, context);
            }
        }
        instance.returned();
    }

    /// Nothing new is to come.
    pub(crate) fn disarm(&self) {
        self.ticker.stop();
        let wait = self.wait.lock().take();
        wait.end();
    }

    /// Waits until nothing is outstanding.
    pub(crate) fn wait_for_callbacks(&self, cancel: bool) {
        if cancel {
            self.outstanding.cancel();
        }
        self.outstanding.wait();
    }

    /// Gives the program's reference up, once: true for the call that did it. So nothing happens if an object
    /// is closed whose group was closed meanwhile (TP5). What is outstanding still happens, unless it is a
    /// timer or a wait.
    pub(crate) fn give_up(self: &Arc<Self>) -> bool {
        if self.closed.swap(true, Ordering::AcqRel) {
            return false;
        }
        self.disarm();
        if let PoolCallback::Io(_) = self.callback {
            io::forget(self);
        }
        if !matches!(self.callback, PoolCallback::Simple(_)) {
            // SAFETY: the reference that the program's pointer stands for, which nobody gives up after this.
            drop(unsafe { Arc::from_raw(Arc::as_ptr(self)) });
        }
        true
    }
}
