//! Exceptions: raised ones, and faults of the processor.
//!
//! Nothing unwinds here: a handler that wants to go on elsewhere has nowhere to go. What works is what crash
//! reporters need: vectored handlers and the unhandled-exception filter see the exception, may let it pass
//! (`EXCEPTION_CONTINUE_EXECUTION`), and otherwise the process ends: with the exception's code if the filter says
//! `EXCEPTION_EXECUTE_HANDLER`, else by the signal Linux uses for it, so that a core file can be written.
//!
//! Faults reach the filter through signal handlers, which are installed with the first filter or handler.

pub(crate) mod debug;
pub(crate) mod fault;

use crate::abi::out::take;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use windows_sys::Win32::Foundation::{STATUS_BREAKPOINT, STATUS_NONCONTINUABLE_EXCEPTION};

/// `EXCEPTION_RECORD`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Record {
    /// What happened.
    pub code: u32,
    /// 1: it cannot be let pass.
    pub flags: u32,
    /// An exception this one came from.
    pub nested: *mut Record,
    /// Where it happened.
    pub address: *mut c_void,
    /// How many of the parameters are used.
    pub parameter_count: u32,
    /// Depends on the code.
    pub parameters: [usize; 15],
}

/// `EXCEPTION_POINTERS`.
#[repr(C)]
#[derive(Debug)]
pub struct Pointers {
    /// The exception.
    pub record: *mut Record,
    /// The registers.
    pub context: *mut fault::Context,
}

/// A filter or handler.
pub type Filter = unsafe extern "C" fn(*mut Pointers) -> i32;

const EXECUTE_HANDLER: i32 = 1;
const CONTINUE_SEARCH: i32 = 0;
const CONTINUE_EXECUTION: i32 = -1;
const NONCONTINUABLE: u32 = 1;

/// The filter's address; 0 for none.
static FILTER: AtomicUsize = AtomicUsize::new(0);

struct Handlers {
    list: Vec<(usize, Filter)>,
    /// The number the last handler got, which is its handle.
    last: usize,
}

static HANDLERS: Mutex<Handlers> = Mutex::new(Handlers { list: Vec::new(), last: 0 });

fn handlers() -> MutexGuard<'static, Handlers> {
    HANDLERS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn filter() -> Option<Filter> {
    match FILTER.load(Ordering::Acquire) {
        0 => None,
        // SAFETY: only functions of this type are stored.
        address => Some(unsafe { std::mem::transmute::<usize, Filter>(address) }),
    }
}

/// Asks the handlers, then the filter. False means that nobody wants the process to go on.
pub(crate) fn dispatch(pointers: &mut Pointers) -> bool {
    // A fault may have happened while the list was changed: then there is no list to ask.
    let list = HANDLERS.try_lock().map(|handlers| handlers.list.clone()).unwrap_or_default();
    // SAFETY: a record of the caller's.
    let noncontinuable = unsafe { (*pointers.record).flags } & NONCONTINUABLE != 0;
    for (_, handler) in list {
        // SAFETY: the registering program promised a handler.
        if unsafe { handler(pointers) } == CONTINUE_EXECUTION && !noncontinuable {
            return true;
        }
    }
    // SAFETY: as above.
    match filter().map_or(CONTINUE_SEARCH, |filter| unsafe { filter(pointers) }) {
        CONTINUE_EXECUTION => !noncontinuable,
        EXECUTE_HANDLER => {
            // SAFETY: the record as above; ending at once, since the state is unknown.
            unsafe { libc::_exit((*pointers.record).code as i32) }
        }
        _ => false,
    }
}

/// Ends the process because of an exception nobody handled.
fn unhandled(record: &Record) -> ! {
    let text = crate::abi::messages::message(record.code).unwrap_or("An exception was not handled.");
    eprintln!("longshore: exception {:#010X} at {:p}: {text}", record.code, record.address);
    if record.code == STATUS_BREAKPOINT as u32 {
        // SAFETY: a signal to the calling thread.
        unsafe { libc::raise(libc::SIGTRAP) };
    }
    std::process::abort()
}

/// Raises an exception. It returns if a handler lets it pass; otherwise the process ends.
///
/// # Safety
/// `arguments` is NULL or has `count` words.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RaiseException(code: u32, flags: u32, count: u32, arguments: *const usize) {
    let mut record = Record {
        // Bit 28 is the system's.
        code: code & !0x1000_0000,
        flags: flags & NONCONTINUABLE,
        nested: std::ptr::null_mut(),
        address: RaiseException as *mut c_void,
        parameter_count: 0,
        parameters: [0; 15],
    };
    if !arguments.is_null() {
        record.parameter_count = count.min(record.parameters.len() as u32);
        // SAFETY: the caller's promise, and room in the record.
        unsafe { record.parameters.as_mut_ptr().copy_from(arguments, record.parameter_count as usize) };
    }
    let mut context = fault::Context::default();
    if !dispatch(&mut Pointers { record: &mut record, context: &mut context }) {
        if record.flags & NONCONTINUABLE != 0 && record.code == STATUS_NONCONTINUABLE_EXCEPTION as u32 {
            std::process::abort();
        }
        unhandled(&record);
    }
}

/// Sets the filter that sees exceptions nobody handled, faults included; returns the former one.
///
/// # Safety
/// The filter may run in any thread, in the middle of anything.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetUnhandledExceptionFilter(new: Option<Filter>) -> Option<Filter> {
    let former = filter();
    FILTER.store(new.map_or(0, |new| new as usize), Ordering::Release);
    if new.is_some() {
        fault::install();
    }
    former
}

/// What happens to an exception nobody handled: the search goes on, and ends the process.
///
/// # Safety
/// `pointers` is NULL or valid.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn UnhandledExceptionFilter(pointers: *mut Pointers) -> i32 {
    // SAFETY: the caller's promise.
    if let (Some(filter), Ok(_)) = (filter(), unsafe { take(pointers.cast::<usize>()) }) {
        // SAFETY: the registering program promised a filter.
        return unsafe { filter(pointers) };
    }
    CONTINUE_SEARCH
}

/// Adds a handler that sees exceptions before anybody else, in front of the others or behind them.
///
/// # Safety
/// As for [`SetUnhandledExceptionFilter`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn AddVectoredExceptionHandler(first: u32, handler: Option<Filter>) -> *mut c_void {
    let Some(handler) = handler else { return std::ptr::null_mut() };
    let number = {
        let mut handlers = handlers();
        handlers.last += 1;
        let entry = (handlers.last, handler);
        if first != 0 {
            handlers.list.insert(0, entry);
        } else {
            handlers.list.push(entry);
        }
        handlers.last
    };
    fault::install();
    number as *mut c_void
}

/// Removes a handler.
#[unsafe(no_mangle)]
pub extern "C" fn RemoveVectoredExceptionHandler(handle: *mut c_void) -> u32 {
    let mut handlers = handlers();
    let before = handlers.list.len();
    handlers.list.retain(|&(number, _)| number != handle as usize);
    u32::from(handlers.list.len() < before)
}
