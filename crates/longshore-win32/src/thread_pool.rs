//! The thread-pool functions of Windows Vista and later: pools, cleanup groups, work, and what callbacks may ask for.
//!
//! A `PTP_...` is a pointer to a reference-counted object. The reference it stands for is given back by `Close...`;
//! callbacks that are still to come hold their own.

use crate::alarm::Ticker;
use crate::critical_section::CRITICAL_SECTION;
use crate::face::Post;
use crate::halt::Lock;
use crate::handles::{self, HANDLE};
use crate::last_error::{SetLastError, Win32Error};
use crate::outstanding::{Outstanding, Running, Ticket};
use crate::pool::{self, Pool};
use crate::status::Status;
use crate::thread_pool_wait::PendingWait;
use crate::{event::Event, mutex::Mutex, semaphore::Semaphore};
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;
use windows_sys::Win32::System::Threading::TP_POOL_STACK_INFORMATION;

/// `TP_CALLBACK_ENVIRON`, the third version: read while an object is made, never after.
#[repr(C)]
pub struct TP_CALLBACK_ENVIRON {
    /// 3.
    pub Version: u32,
    /// NULL for the process's own pool.
    pub Pool: *const TP_POOL,
    /// NULL for none.
    pub CleanupGroup: *const TP_CLEANUP_GROUP,
    /// Called for every member when the group is closed with `cancel`.
    pub CleanupGroupCancelCallback: Option<CancelCallback>,
    /// Not used.
    pub RaceDll: *mut c_void,
    /// Not used.
    pub ActivationContext: *mut c_void,
    /// Called after every callback.
    pub FinalizationCallback: Option<SimpleCallback>,
    /// Bit 0: the callbacks may take long.
    pub Flags: u32,
    /// Not used.
    pub CallbackPriority: i32,
    /// Of the structure.
    pub Size: u32,
}

/// In the environment's flags: the callbacks may take long.
const LONG_FUNCTION: u32 = 1;

/// A pool of the program's, as long as it or an object of it exists.
struct OwnPool(Arc<Pool>);

impl Drop for OwnPool {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// `PTP_POOL`.
pub struct TP_POOL(Arc<OwnPool>);

/// `PTP_CLEANUP_GROUP`.
#[derive(Default)]
pub struct TP_CLEANUP_GROUP {
    members: Lock<Vec<Arc<TP_OBJECT>>>,
}

type SimpleCallback = unsafe extern "C-unwind" fn(*const TP_CALLBACK_INSTANCE, *mut c_void);
type WorkCallback = unsafe extern "C-unwind" fn(*const TP_CALLBACK_INSTANCE, *mut c_void, *const TP_OBJECT);
type WaitCallback =
    unsafe extern "C-unwind" fn(*const TP_CALLBACK_INSTANCE, *mut c_void, *const TP_OBJECT, u32);
pub(crate) type IoCallback = unsafe extern "C-unwind" fn(
    *const TP_CALLBACK_INSTANCE,
    *mut c_void,
    *mut c_void,
    u32,
    usize,
    *const TP_OBJECT,
);
type CancelCallback = unsafe extern "C-unwind" fn(*mut c_void, *mut c_void);

/// What is called.
pub(crate) enum Callback {
    Simple(SimpleCallback),
    /// Of work, and of timers.
    Work(WorkCallback),
    Wait(WaitCallback),
    /// Of operations on a file.
    Io(IoCallback),
}

/// What a callback is told beside its context.
#[derive(Clone, Copy)]
pub(crate) enum Told {
    /// Nothing, or what a wait ended with.
    Result(u32),
    /// How an operation ended.
    Io(Post),
}

/// `PTP_WORK`, `PTP_TIMER`, `PTP_WAIT`.
pub struct TP_OBJECT {
    callback: Callback,
    context: usize,
    environment: Environment,
    pub(crate) outstanding: Arc<Outstanding>,
    pub(crate) ticker: Arc<Ticker>,
    pub(crate) wait: Lock<PendingWait>,
}

/// What an environment says.
struct Environment {
    pool: Arc<Pool>,
    /// Keeps a pool of the program's.
    _own: Option<Arc<OwnPool>>,
    group: Option<Arc<TP_CLEANUP_GROUP>>,
    cancelled: Option<CancelCallback>,
    finally: Option<SimpleCallback>,
    long: bool,
}

/// Another reference to what a pointer stands for.
///
/// # Safety
/// The pointer came from `Arc::into_raw`, and its reference has not been given back.
unsafe fn share<T>(pointer: *const T) -> Arc<T> {
    // SAFETY: the caller's promise.
    unsafe {
        Arc::increment_strong_count(pointer);
        Arc::from_raw(pointer)
    }
}

impl Environment {
    /// # Safety
    /// `environment` is NULL or a valid environment.
    unsafe fn read(environment: *const TP_CALLBACK_ENVIRON) -> Result<Environment, Win32Error> {
        // SAFETY: the caller's promise.
        let Some(environment) = (unsafe { environment.as_ref() }) else {
            let pool = pool::default_pool()?.clone();
            return Ok(Environment {
                pool,
                _own: None,
                group: None,
                cancelled: None,
                finally: None,
                long: false,
            });
        };
        // SAFETY: the caller's promise, of the pointers in it.
        let (own, group) = unsafe {
            let own = environment.Pool.as_ref().map(|pool| pool.0.clone());
            (own, (!environment.CleanupGroup.is_null()).then(|| share(environment.CleanupGroup)))
        };
        Ok(Environment {
            pool: match &own {
                Some(own) => own.0.clone(),
                None => pool::default_pool()?.clone(),
            },
            _own: own,
            group,
            cancelled: environment.CleanupGroupCancelCallback,
            finally: environment.FinalizationCallback,
            long: environment.Flags & LONG_FUNCTION != 0,
        })
    }
}

impl TP_OBJECT {
    /// Makes an object, and enters it into its group.
    ///
    /// # Safety
    /// `environment` is NULL or a valid environment.
    pub(crate) unsafe fn new(
        callback: Option<Callback>,
        context: *mut c_void,
        environment: *const TP_CALLBACK_ENVIRON,
    ) -> Result<Arc<TP_OBJECT>, Win32Error> {
        let callback = callback.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
        // SAFETY: the caller's promise.
        let environment = unsafe { Environment::read(environment) }?;
        let group = environment.group.clone();
        let object = Arc::new_cyclic(|this: &std::sync::Weak<TP_OBJECT>| {
            let this = this.clone();
            let tick = move || {
                if let Some(object) = this.upgrade() {
                    object.call_soon(0);
                }
                None
            };
            TP_OBJECT {
                callback,
                context: context as usize,
                environment,
                outstanding: Arc::default(),
                ticker: Ticker::new(&crate::alarm::ALARMS, tick),
                wait: Lock::default(),
            }
        });
        if let Some(group) = group {
            group.members.lock().push(object.clone());
        }
        Ok(object)
    }

    /// Has the callback called by a thread of the pool.
    pub(crate) fn call_soon(self: &Arc<Self>, result: u32) {
        self.call_with(self.outstanding.expect(), Told::Result(result));
    }

    /// The same for a callback that was expected before.
    pub(crate) fn call_with(self: &Arc<Self>, ticket: Ticket, told: Told) {
        let object = self.clone();
        self.environment.pool.submit(Box::new(move || {
            if let Some(running) = ticket.redeem() {
                object.call(running, told);
            }
        }));
    }

    fn call(self: &Arc<Self>, running: Running, told: Told) {
        if self.environment.long {
            pool::may_run_long();
        }
        let instance =
            TP_CALLBACK_INSTANCE { running: Cell::new(Some(running)), at_return: RefCell::default() };
        let (this, context) = (Arc::as_ptr(self), self.context as *mut c_void);
        // SAFETY: who made the object promised that the callback may be called so.
        unsafe {
            match self.callback {
                Callback::Simple(callback) => {
                    self.leave_group();
                    callback(&raw const instance, context);
                }
                Callback::Work(callback) => callback(&raw const instance, context, this),
                Callback::Wait(callback) => {
                    let Told::Result(result) = told else {
                        unreachable!("a wait is told its result");
                    };
                    callback(&raw const instance, context, this, result);
                }
                Callback::Io(callback) => {
                    let Told::Io(post) = told else {
                        unreachable!("an operation's callback is told its end");
                    };
                    let error = if post.status == 0 { 0 } else { Status(post.status).to_win32() };
                    callback(
                        &raw const instance,
                        context,
                        post.overlapped.cast(),
                        error,
                        post.bytes as usize,
                        this,
                    );
                }
            }
            if let Some(finally) = self.environment.finally {
                finally(&raw const instance, context);
            }
        }
        instance.at_return.take().into_iter().for_each(AtReturn::happen);
    }

    fn leave_group(self: &Arc<Self>) {
        if let Some(group) = &self.environment.group {
            let mut members = group.members.lock();
            let position = members.iter().position(|member| Arc::ptr_eq(member, self));
            let member = position.map(|position| members.swap_remove(position));
            drop(members);
            drop(member);
        }
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

    /// Gives the pointer's reference back. What is outstanding still happens, unless it is a timer or a wait.
    ///
    /// # Safety
    /// The pointer is valid, and not used any more.
    pub(crate) unsafe fn close(this: *const TP_OBJECT) {
        // SAFETY: the caller's promise.
        let this = unsafe { Arc::from_raw(this) };
        this.disarm();
        this.leave_group();
    }
}

/// `PTP_CALLBACK_INSTANCE`: one call.
pub struct TP_CALLBACK_INSTANCE {
    running: Cell<Option<Running>>,
    at_return: RefCell<Vec<AtReturn>>,
}

/// What a callback has asked to happen when it has returned.
enum AtReturn {
    SetEvent(HANDLE),
    ReleaseSemaphore(HANDLE, u32),
    ReleaseMutex(HANDLE),
    LeaveCriticalSection(*mut CRITICAL_SECTION),
}

impl AtReturn {
    fn happen(self) {
        match self {
            AtReturn::SetEvent(event) => {
                if let Ok(event) = handles::get::<Event>(event) {
                    event.set();
                }
            }
            AtReturn::ReleaseSemaphore(semaphore, posts) => {
                let _ = handles::get::<Semaphore>(semaphore).map(|semaphore| semaphore.release(posts));
            }
            AtReturn::ReleaseMutex(mutex) => {
                let _ = handles::get::<Mutex>(mutex).map(|mutex| mutex.release());
            }
            // SAFETY: the callback promised that it is a section that it is in.
            AtReturn::LeaveCriticalSection(section) => unsafe { &*section }.leave(),
        }
    }
}

/// A pointer for the program, or the last error.
pub(crate) fn made<T>(object: Result<Arc<T>, Win32Error>) -> *const T {
    object.map_or_else(
        |Win32Error(error)| {
            SetLastError(error);
            ptr::null()
        },
        Arc::into_raw,
    )
}

/// Makes a pool.
///
/// Source: Windows documentation, `CreateThreadpool`.
#[unsafe(no_mangle)]
pub extern "C" fn CreateThreadpool(_: *mut c_void) -> *const TP_POOL {
    made(Pool::new().map(|pool| Arc::new(TP_POOL(Arc::new(OwnPool(pool))))))
}

/// Closes a pool: at once, or when the last of its objects is closed.
///
/// # Safety
/// `pool` is a pool, and not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CloseThreadpool(pool: *const TP_POOL) {
    // SAFETY: the caller's promise.
    let pool = unsafe { Arc::from_raw(pool) };
    pool.0.0.keep(0);
}

/// Sets the most threads a pool has.
///
/// # Safety
/// `pool` is a pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolThreadMaximum(pool: *const TP_POOL, threads: u32) {
    // SAFETY: the caller's promise.
    unsafe { &*pool }.0.0.limit(threads as usize);
}

/// Sets the fewest threads a pool has.
///
/// # Safety
/// `pool` is a pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolThreadMinimum(pool: *const TP_POOL, threads: u32) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { &*pool }.0.0.keep(threads as usize);
    1
}

/// Accepts the wish: the threads of a pool have the stack that threads have by default, which is larger than on Windows.
///
/// # Safety
/// `pool` is a pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetThreadpoolStackInformation(
    _pool: *const TP_POOL,
    _information: *const TP_POOL_STACK_INFORMATION,
) -> i32 {
    1
}

/// Windows' defaults.
///
/// # Safety
/// `pool` is a pool; `information` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn QueryThreadpoolStackInformation(
    _pool: *const TP_POOL,
    information: *mut TP_POOL_STACK_INFORMATION,
) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { information.write(TP_POOL_STACK_INFORMATION { StackReserve: 1 << 20, StackCommit: 4 << 10 }) };
    1
}

/// Makes a cleanup group.
#[unsafe(no_mangle)]
pub extern "C" fn CreateThreadpoolCleanupGroup() -> *const TP_CLEANUP_GROUP {
    Arc::into_raw(Arc::<TP_CLEANUP_GROUP>::default())
}

/// Closes every object of a group, after its callbacks have ended; with `cancel`, those that have not begun do not.
///
/// Source: Windows documentation, `CloseThreadpoolCleanupGroupMembers`.
///
/// # Safety
/// `group` is a group; its members are not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn CloseThreadpoolCleanupGroupMembers(
    group: *const TP_CLEANUP_GROUP,
    cancel: i32,
    context: *mut c_void,
) {
    // SAFETY: the caller's promise.
    let members = std::mem::take(&mut *unsafe { &*group }.members.lock());
    for member in members {
        member.disarm();
        if cancel != 0 {
            member.outstanding.cancel();
            if let Some(cancelled) = member.environment.cancelled {
                // SAFETY: the environment promised that it may be called so.
                unsafe { cancelled(member.context as *mut c_void, context) };
            }
        }
        member.outstanding.wait();
        if !matches!(member.callback, Callback::Simple(_)) {
            // SAFETY: the program's own reference, which it gives up by this call.
            drop(unsafe { Arc::from_raw(Arc::as_ptr(&member)) });
        }
    }
}

/// Closes a group.
///
/// # Safety
/// `group` is a group, and not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CloseThreadpoolCleanupGroup(group: *const TP_CLEANUP_GROUP) {
    // SAFETY: the caller's promise.
    drop(unsafe { Arc::from_raw(group) });
}

/// Has a function called by a thread of a pool.
///
/// Source: Windows documentation, `TrySubmitThreadpoolCallback`.
///
/// # Safety
/// The function may be called with `context`; `environment` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn TrySubmitThreadpoolCallback(
    callback: Option<SimpleCallback>,
    context: *mut c_void,
    environment: *const TP_CALLBACK_ENVIRON,
) -> i32 {
    // SAFETY: the caller's promise.
    match unsafe { TP_OBJECT::new(callback.map(Callback::Simple), context, environment) } {
        Ok(object) => {
            object.call_soon(0);
            1
        }
        Err(Win32Error(error)) => {
            SetLastError(error);
            0
        }
    }
}

/// Makes a work object.
///
/// Source: Windows documentation, `CreateThreadpoolWork`.
///
/// # Safety
/// As for [`TrySubmitThreadpoolCallback`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CreateThreadpoolWork(
    callback: Option<WorkCallback>,
    context: *mut c_void,
    environment: *const TP_CALLBACK_ENVIRON,
) -> *const TP_OBJECT {
    // SAFETY: the caller's promise.
    made(unsafe { TP_OBJECT::new(callback.map(Callback::Work), context, environment) })
}

/// Has the callback called once more.
///
/// # Safety
/// `work` is a work object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SubmitThreadpoolWork(work: *const TP_OBJECT) {
    // SAFETY: the caller's promise.
    unsafe { share(work) }.call_soon(0);
}

/// Waits until no callback is outstanding; with `cancel`, those that have not begun do not.
///
/// # Safety
/// `work` is a work object.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WaitForThreadpoolWorkCallbacks(work: *const TP_OBJECT, cancel: i32) {
    // SAFETY: the caller's promise.
    unsafe { share(work) }.wait_for_callbacks(cancel != 0);
}

/// Closes a work object: at once, or when its callbacks have ended.
///
/// # Safety
/// `work` is a work object, and not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CloseThreadpoolWork(work: *const TP_OBJECT) {
    // SAFETY: the caller's promise.
    unsafe { TP_OBJECT::close(work) };
}

/// The calling callback may take long: others need not wait for it.
///
/// # Safety
/// `instance` is the callback's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn CallbackMayRunLong(_instance: *const TP_CALLBACK_INSTANCE) -> i32 {
    pool::may_run_long();
    1
}

/// The calling callback counts as over from here on, for those who wait for it.
///
/// # Safety
/// `instance` is the callback's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn DisassociateCurrentThreadFromCallback(instance: *const TP_CALLBACK_INSTANCE) {
    // SAFETY: the caller's promise.
    drop(unsafe { &*instance }.running.take());
}

/// # Safety
/// `instance` is the calling callback's.
unsafe fn at_return(instance: *const TP_CALLBACK_INSTANCE, what: AtReturn) {
    // SAFETY: the caller's promise.
    unsafe { &*instance }.at_return.borrow_mut().push(what);
}

/// Signals an event when the calling callback has returned.
///
/// # Safety
/// `instance` is the callback's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetEventWhenCallbackReturns(instance: *const TP_CALLBACK_INSTANCE, event: HANDLE) {
    // SAFETY: the caller's promise.
    unsafe { at_return(instance, AtReturn::SetEvent(event)) };
}

/// Adds to a semaphore when the calling callback has returned.
///
/// # Safety
/// `instance` is the callback's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseSemaphoreWhenCallbackReturns(
    instance: *const TP_CALLBACK_INSTANCE,
    semaphore: HANDLE,
    posts: u32,
) {
    // SAFETY: the caller's promise.
    unsafe { at_return(instance, AtReturn::ReleaseSemaphore(semaphore, posts)) };
}

/// Gives a mutex back when the calling callback has returned.
///
/// # Safety
/// `instance` is the callback's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ReleaseMutexWhenCallbackReturns(
    instance: *const TP_CALLBACK_INSTANCE,
    mutex: HANDLE,
) {
    // SAFETY: the caller's promise.
    unsafe { at_return(instance, AtReturn::ReleaseMutex(mutex)) };
}

/// Leaves a section when the calling callback has returned.
///
/// # Safety
/// `instance` is the callback's, which is in the section.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn LeaveCriticalSectionWhenCallbackReturns(
    instance: *const TP_CALLBACK_INSTANCE,
    section: *mut CRITICAL_SECTION,
) {
    // SAFETY: the caller's promise.
    unsafe { at_return(instance, AtReturn::LeaveCriticalSection(section)) };
}

/// Nothing: a library that was loaded stays.
#[unsafe(no_mangle)]
pub extern "C" fn FreeLibraryWhenCallbackReturns(_: *const TP_CALLBACK_INSTANCE, _module: HANDLE) {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::mem::offset_of;
    use windows_sys::Win32::System::Threading::TP_CALLBACK_ENVIRON_V3 as Windows;

    #[test]
    fn the_layout_of_the_environment_is_windows() {
        assert_eq!(size_of::<TP_CALLBACK_ENVIRON>(), size_of::<Windows>());
        assert_eq!(offset_of!(TP_CALLBACK_ENVIRON, CleanupGroup), offset_of!(Windows, CleanupGroup));
        assert_eq!(
            offset_of!(TP_CALLBACK_ENVIRON, FinalizationCallback),
            offset_of!(Windows, FinalizationCallback)
        );
        assert_eq!(offset_of!(TP_CALLBACK_ENVIRON, Flags), offset_of!(Windows, u));
        assert_eq!(offset_of!(TP_CALLBACK_ENVIRON, Size), offset_of!(Windows, Size));
    }
}
