//! Exceptions: raised ones, and faults of the processor.
//!
//! Nothing unwinds here: a handler that wants to go on elsewhere has nowhere to go. What works is
//! what crash reporters need: vectored handlers and the unhandled-exception filter see the exception,
//! may let it pass (`EXCEPTION_CONTINUE_EXECUTION`), and otherwise the process ends: with the
//! exception's code if the filter says `EXCEPTION_EXECUTE_HANDLER`, else by the signal Linux uses for
//! it, so that a core file can be written.
//!
//! Faults reach the filter through signal handlers, which are installed with the first filter or handler.

pub(crate) mod debug;
pub(crate) mod fault;
mod handlers;

use crate::abi::argument::{Callback, In, InOut};
use crate::abi::door::unwinding;
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::io::Write;
use std::sync::atomic::{AtomicPtr, Ordering};
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
pub type Filter = unsafe extern "C-unwind" fn(*mut Pointers) -> i32;

const EXECUTE_HANDLER: i32 = 1;
const CONTINUE_SEARCH: i32 = 0;
const CONTINUE_EXECUTION: i32 = -1;
const NONCONTINUABLE: u32 = 1;

/// A [`Filter`], or null.
static FILTER: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

fn as_filter(address: *mut ()) -> Option<Filter> {
    // SAFETY: only functions of this type are stored.
    unsafe { std::mem::transmute::<*mut (), Option<Filter>>(address) }
}

/// Asks a handler or filter. It may change the registers that `pointers` lead to.
fn ask(function: Filter, pointers: &mut Pointers) -> i32 {
    // SAFETY: who registered it promised a filter, and this is what one gets.
    unwinding::call(|| unsafe { function(pointers) })
}

/// Asks the handlers, then the filter. False means that none of them lets the process go on. Runs in signal
/// handlers: it takes no lock and allocates nothing.
pub(crate) fn dispatch(pointers: &mut Pointers) -> bool {
    // SAFETY: a record of the caller's.
    let noncontinuable = unsafe { (*pointers.record).flags } & NONCONTINUABLE != 0;
    let mut order = i64::MIN;
    while let Some((next, handler)) = handlers::next_after(order) {
        if ask(handler, pointers) == CONTINUE_EXECUTION && !noncontinuable {
            return true;
        }
        order = next;
    }
    let filter = as_filter(FILTER.load(Ordering::Acquire));
    match filter.map_or(CONTINUE_SEARCH, |filter| ask(filter, pointers)) {
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
    let (code, address) = (record.code, record.address);
    let _ = writeln!(std::io::stderr(), "longshore: exception {code:#010X} at {address:p}: {text}");
    if record.code == STATUS_BREAKPOINT as u32 {
        // SAFETY: a signal to the calling thread.
        unsafe { libc::raise(libc::SIGTRAP) };
    }
    std::process::abort()
}

/// Raises an exception. It returns if a handler lets it pass; otherwise the process ends.
#[export(callbacks)]
pub unsafe fn RaiseException(code: u32, flags: u32, count: u32, arguments: Option<In<usize>>) {
    let mut record = Record {
        // Bit 28 is the system's.
        code: code & !0x1000_0000,
        flags: flags & NONCONTINUABLE,
        nested: std::ptr::null_mut(),
        address: crate::exception::RaiseException as *mut c_void,
        parameter_count: 0,
        parameters: [0; 15],
    };
    if let Some(arguments) = arguments
        && let Ok(given) = arguments.array::<15>((count as usize).min(record.parameters.len()))
    {
        record.parameter_count = given.len() as u32;
        record.parameters[..given.len()].copy_from_slice(&given);
    }
    let mut context = fault::Context::default();
    if !dispatch(&mut Pointers { record: &mut record, context: &mut context }) {
        if record.flags & NONCONTINUABLE != 0 && record.code == STATUS_NONCONTINUABLE_EXCEPTION as u32 {
            std::process::abort();
        }
        unhandled(&record);
    }
}

/// Sets the filter that sees exceptions nobody handled, faults included; returns the former one. It may run
/// in any thread, in the middle of anything.
///
/// Source: Windows documentation, `SetUnhandledExceptionFilter`.
#[export]
pub unsafe fn SetUnhandledExceptionFilter(new: Option<Callback<Filter>>) -> Option<Filter> {
    let address = new.map_or(std::ptr::null_mut(), |new| new.function() as *mut ());
    let former = as_filter(FILTER.swap(address, Ordering::AcqRel));
    if new.is_some() {
        fault::install();
    }
    former
}

/// What happens to an exception nobody handled: the search goes on, and ends the process.
#[export(callbacks)]
pub unsafe fn UnhandledExceptionFilter(pointers: Option<InOut<Pointers>>) -> i32 {
    let filter = as_filter(FILTER.load(Ordering::Acquire));
    match (filter, pointers) {
        // SAFETY: the program passes on what it got.
        (Some(filter), Some(pointers)) => unwinding::call(|| unsafe { filter(pointers.as_ptr()) }),
        _ => CONTINUE_SEARCH,
    }
}

/// Adds a handler that sees exceptions before anybody else, in front of the others or behind them. It may run
/// in any thread, in the middle of anything, and repair the registers it is shown.
///
/// Source: Windows documentation, `AddVectoredExceptionHandler`.
#[export]
pub unsafe fn AddVectoredExceptionHandler(first: u32, handler: Option<Callback<Filter>>) -> *mut c_void {
    let Some(handler) = handler else { return std::ptr::null_mut() };
    let handle = handlers::add(first != 0, handler);
    fault::install();
    handle as *mut c_void
}

/// Removes a handler.
#[export]
pub fn RemoveVectoredExceptionHandler(handle: *mut c_void) -> u32 {
    handlers::remove(handle as usize).into()
}
