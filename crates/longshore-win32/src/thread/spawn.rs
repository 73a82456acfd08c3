//! Making threads: `CreateThread`, `_beginthreadex`, `_beginthread`, and how threads end themselves.
//!
//! A thread ends by returning or by pthread_exit(3), which unwinds the frames of C and C++ code. No frame of
//! this library between them has anything to destroy.

use crate::abi::argument::{Callback, Context, Ignored, Out, WriteIfAsked};
use crate::abi::door::unwinding;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::object::handles::{self, HANDLE};
use crate::object::thread::{self, Thread};
use crate::object::wait::apc;
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use windows_sys::Win32::Foundation::{
    ERROR_INTERNAL_ERROR, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY, INVALID_HANDLE_VALUE,
};
use windows_sys::Win32::System::Threading::{CREATE_SUSPENDED, STACK_SIZE_PARAM_IS_A_RESERVATION};

/// `LPTHREAD_START_ROUTINE`.
pub type Routine = unsafe extern "C-unwind" fn(*mut c_void) -> u32;
/// What `_beginthread` starts.
type VoidRoutine = unsafe extern "C-unwind" fn(*mut c_void);

/// The least size of a stack: what Windows reserves by default; and, if the program says how much to reserve,
/// what the C library needs.
const STACK_MIN: usize = 1 << 20;
const STACK_RESERVED_MIN: usize = 256 << 10;

unsafe extern "C-unwind" {
    fn pthread_exit(value: *mut c_void) -> !;
}

/// What a thread does.
pub(crate) enum Entry {
    /// The program's routine.
    Routine(Callback<Routine>, Context),
    /// A routine of the program without an exit code.
    Void(Callback<VoidRoutine>, Context),
    /// This library's own. It returns the exit code.
    Own(fn(usize) -> u32, usize),
}

struct Start {
    thread: Arc<Thread>,
    entry: Entry,
}

extern "C-unwind" fn begin(start: *mut c_void) -> *mut c_void {
    // SAFETY: the box that `spawn` made, and handed over.
    let Start { thread, entry } = *unsafe { Box::from_raw(start.cast::<Start>()) };
    thread::become_current(&thread);
    thread.suspension.park(); // CREATE_SUSPENDED
    drop(thread); // It is the current thread now, and holds a reference to itself.
    apc::run_pending(); // AP3
    let code = match entry {
        // SAFETY: what the page of ThreadProc says it is called with.
        Entry::Routine(routine, parameter) => unsafe { routine.call(parameter.value()) },
        Entry::Void(routine, parameter) => {
            // SAFETY: as above, of _beginthread.
            unsafe { routine.call(parameter.value()) };
            0
        }
        Entry::Own(routine, parameter) => own(routine, parameter),
    };
    if let Some(thread) = thread::current_if_known() {
        thread.set_exit_code(code);
    }
    ptr::null_mut()
}

/// A panic of this library's own work ends only the thread.
fn own(routine: fn(usize) -> u32, parameter: usize) -> u32 {
    unwinding::catch_panic(|| routine(parameter)).unwrap_or_else(|_| {
        tracing::error!("a thread of the library panicked, and ends");
        ERROR_INTERNAL_ERROR
    })
}

/// Starts a thread. With `handle`, one to it, made before it runs.
pub(crate) fn spawn(
    stack: usize,
    flags: u32,
    entry: Entry,
    configure: impl FnOnce(&Arc<Thread>) -> Result<(), Win32Error>,
) -> Result<Arc<Thread>, Win32Error> {
    if flags & !(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION) != 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let thread = Thread::new(flags & CREATE_SUSPENDED != 0);
    configure(&thread)?;
    let start = Box::into_raw(Box::new(Start { thread: thread.clone(), entry }));
    let stack = match stack {
        0 => None,
        stack if flags & STACK_SIZE_PARAM_IS_A_RESERVATION != 0 => Some(stack.max(STACK_RESERVED_MIN)),
        stack => Some(stack.max(STACK_MIN)),
    };
    // SAFETY: `start` is a box for the new thread.
    if unsafe { create(stack, start.cast()) } != 0 {
        // SAFETY: no thread took it.
        drop(unsafe { Box::from_raw(start) });
        return Err(Win32Error(ERROR_NOT_ENOUGH_MEMORY));
    }
    thread.await_begin();
    Ok(thread)
}

/// pthread_create(3), detached.
///
/// # Safety
/// `start` is what [`begin`] expects.
unsafe fn create(stack: Option<usize>, start: *mut c_void) -> i32 {
    // SAFETY: `begin` differs from the type only in that pthread_exit may unwind it,
    // which pthread_create allows.
    let begin = unsafe {
        std::mem::transmute::<
            extern "C-unwind" fn(*mut c_void) -> *mut c_void,
            extern "C" fn(*mut c_void) -> *mut c_void,
        >(begin)
    };
    // SAFETY: the attributes are initialised before they are used and destroyed
    // after; the rest is the caller's.
    unsafe {
        let mut attributes: libc::pthread_attr_t = std::mem::zeroed();
        if libc::pthread_attr_init(&raw mut attributes) != 0 {
            return libc::EAGAIN;
        }
        libc::pthread_attr_setdetachstate(&raw mut attributes, libc::PTHREAD_CREATE_DETACHED);
        let sized = stack.map_or(0, |stack| {
            let stack = stack.checked_next_multiple_of(4096).unwrap_or(usize::MAX & !4095);
            libc::pthread_attr_setstacksize(&raw mut attributes, stack)
        });
        let mut created: libc::pthread_t = std::mem::zeroed();
        let result = match sized {
            0 => libc::pthread_create(&raw mut created, &raw const attributes, begin, start),
            refused => refused,
        };
        libc::pthread_attr_destroy(&raw mut attributes);
        result
    }
}

/// Starts a thread with a handle, which it may close itself at its end.
fn spawn_with_handle(
    stack: usize,
    flags: u32,
    entry: Entry,
    closes_itself: bool,
) -> Result<(HANDLE, u32), Win32Error> {
    let mut handle = ptr::null_mut();
    let spawned = spawn(stack, flags, entry, |thread| {
        handle = handles::insert(thread.clone())?;
        if closes_itself {
            thread.own_handle.store(handle as usize, Ordering::Release);
        }
        Ok(())
    });
    match spawned {
        Ok(thread) => Ok((handle, thread.id())),
        Err(error) => {
            if !handle.is_null() {
                let _ = handles::close(handle);
            }
            Err(error)
        }
    }
}

/// Starts a thread.
///
/// Source: Windows documentation, `CreateThread`.
#[export]
pub unsafe fn CreateThread(
    _: Ignored,
    stack: usize,
    routine: Option<Callback<Routine>>,
    parameter: Context,
    flags: u32,
    id: Option<Out<u32>>,
) -> Result<HANDLE, Win32Error> {
    let (handle, number) = start(stack, routine, parameter, flags)?;
    let _ = id.write_if_asked(number); // The thread runs already, so an error is ignored.
    Ok(handle)
}

fn start(
    stack: usize,
    routine: Option<Callback<Routine>>,
    parameter: Context,
    flags: u32,
) -> Result<(HANDLE, u32), Win32Error> {
    let routine = routine.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    spawn_with_handle(stack, flags, Entry::Routine(routine, parameter), false)
}

/// Sets errno, as the C runtime does.
fn set_errno(error: Win32Error) {
    let errno = if error.0 == ERROR_INVALID_PARAMETER { libc::EINVAL } else { libc::EAGAIN };
    SetLastError(error.0);
    // SAFETY: errno is the calling thread's.
    unsafe { *libc::__errno_location() = errno };
}

/// As [`CreateThread`]; failure is 0, and `errno`.
///
/// Source: Windows documentation, `_beginthreadex`.
#[export]
pub unsafe fn _beginthreadex(
    _: Ignored,
    stack: u32,
    routine: Option<Callback<Routine>>,
    parameter: Context,
    flags: u32,
    id: Option<Out<u32>>,
) -> usize {
    match start(stack as usize, routine, parameter, flags) {
        Ok((handle, number)) => {
            let _ = id.write_if_asked(number);
            handle as usize
        }
        Err(error) => {
            set_errno(error);
            0
        }
    }
}

/// Starts a thread that closes its handle when it ends; failure is -1, and `errno`.
///
/// Source: Windows documentation, `_beginthread`.
#[export(failure = INVALID_HANDLE_VALUE as usize)]
pub unsafe fn _beginthread(routine: Option<Callback<VoidRoutine>>, stack: u32, parameter: Context) -> usize {
    let started = routine
        .ok_or(Win32Error(ERROR_INVALID_PARAMETER))
        .and_then(|routine| spawn_with_handle(stack as usize, 0, Entry::Void(routine, parameter), true));
    match started {
        Ok((handle, _)) => handle as usize,
        Err(error) => {
            set_errno(error);
            INVALID_HANDLE_VALUE as usize
        }
    }
}

/// Ends the calling thread. The frames of C++ code are unwound. A `noexcept` function among them ends the
/// process. On the main thread, the process goes on until its last thread has ended.
///
/// Source: Windows documentation, `ExitThread`.
#[export(callbacks)]
pub fn ExitThread(code: u32) -> ! {
    exit(code)
}

/// [`ExitThread`] by its name in the C runtime.
#[export(callbacks)]
pub fn _endthreadex(code: u32) -> ! {
    exit(code)
}

/// [`ExitThread`] with code 0; the handle that `_beginthread` returned is closed.
#[export(callbacks)]
pub fn _endthread() -> ! {
    exit(0)
}

/// Ends the calling thread with this code.
pub(crate) fn exit(code: u32) -> ! {
    thread::current_id(); // Makes the thread's object, so that a thread from elsewhere ends like any other.
    if let Some(thread) = thread::current_if_known() {
        thread.set_exit_code(code);
    }
    unwinding::thread_ends();
    // SAFETY: every frame of this library that may lie above the routine can be
    // unwound (`export(callbacks)`).
    unsafe { pthread_exit(ptr::null_mut()) }
}
