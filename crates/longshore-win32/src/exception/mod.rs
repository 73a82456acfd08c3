//! Structured exceptions: raised ones, and faults of the processor.
//!
//! Who is asked, in this order (SEH3):
//!
//! 1. the vectored handlers ([`handlers`]);
//! 2. the filters of the `__try` statements the thread is in ([`frames`], [`landing`]);
//! 3. the filter for what nobody handles.
//!
//! Each may let the exception pass (`EXCEPTION_CONTINUE_EXECUTION`): the thread goes on with the registers it
//! was shown, or what it made of them ([`context`]). Otherwise an `__except` block takes over, or the process
//! ends: with the exception's code if the last filter says `EXCEPTION_EXECUTE_HANDLER`, else by the signal
//! Linux uses for it, so that a core file can be written.
//!
//! Faults come through signal handlers ([`fault`]), which are installed with the first filter, handler or
//! `__try`. All that is asked for an exception runs on the thread's stack, below what the exception
//! interrupted, and nothing of this room allocates or locks on the way.

pub(crate) mod context;
pub(crate) mod debug;
pub(crate) mod fault;
pub(crate) mod frames;
mod handlers;
pub(crate) mod landing;

use crate::abi::argument::{Argument, Callback, In, InOut};
use crate::abi::door::{self, unwinding};
use crate::sync::signal_handler::{Running, programs_turn};
use context::Context;
use frames::Verdict;
use handlers::Handlers;
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use windows_sys::Win32::Foundation::{NTSTATUS, STATUS_BREAKPOINT, STATUS_NONCONTINUABLE_EXCEPTION};

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

impl Record {
    fn new(code: u32, flags: u32, address: *mut c_void) -> Record {
        Record { code, flags, nested: ptr::null_mut(), address, parameter_count: 0, parameters: [0; 15] }
    }

    fn set_parameters(&mut self, given: &[usize]) {
        self.parameter_count = given.len() as u32;
        self.parameters[..given.len()].copy_from_slice(given);
    }
}

/// `EXCEPTION_POINTERS`.
#[repr(C)]
#[derive(Debug)]
pub struct Pointers {
    /// The exception.
    pub record: *mut Record,
    /// The registers.
    pub context: *mut Context,
}

/// A filter or handler.
pub type Filter = unsafe extern "C-unwind" fn(*mut Pointers) -> i32;

const EXECUTE_HANDLER: i32 = 1;
const CONTINUE_SEARCH: i32 = 0;
const CONTINUE_EXECUTION: i32 = -1;
const NONCONTINUABLE: u32 = 1;

/// A [`Filter`], or null.
static FILTER: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());
/// Those who are asked first.
static VECTORED: Handlers = Handlers::new();
/// Those who hear that the program goes on.
static CONTINUING: Handlers = Handlers::new();

fn as_filter(address: *mut ()) -> Option<Filter> {
    // SAFETY: only functions of this type are stored.
    unsafe { std::mem::transmute::<*mut (), Option<Filter>>(address) }
}

/// Asks a handler or filter. It may change the registers that `pointers` lead to.
fn ask(function: Filter, pointers: &mut Pointers) -> i32 {
    // SAFETY: who registered it promised a filter, and this is what one gets.
    unwinding::call(|| programs_turn(|| unsafe { function(pointers) }))
}

/// Asks handlers until one lets the exception pass.
fn ask_all(handlers: &Handlers, pointers: &mut Pointers) -> bool {
    let mut order = i64::MIN;
    while let Some((next, handler)) = handlers.next_after(order) {
        if ask(handler, pointers) == CONTINUE_EXECUTION {
            return true;
        }
        order = next;
    }
    false
}

/// Shows an exception to everybody who may handle it. True if the thread goes on with the registers in
/// `pointers`; false if nobody wants it to. It does not return if an `__except` block takes over. Runs in
/// signal handlers: it takes no lock and no memory.
pub(crate) fn dispatch(pointers: &mut Pointers) -> bool {
    let _running = Running::begins();
    // SAFETY: a record and registers of the caller's.
    let (record, stack) = unsafe { (*pointers.record, (*pointers.context).stack()) };
    let goes_on = ask_all(&VECTORED, pointers)
        || match frames::search(pointers, stack) {
            Verdict::GoesOn => true,
            // SAFETY: what lies below the frame is the program's, and this room's, which has nothing to clean
            // up.
            Verdict::Handler(frame) => programs_turn(|| unsafe { frames::handle(frame, record.code) }),
            Verdict::Nobody => ask_last(pointers, record.code),
        };
    if goes_on && record.flags & NONCONTINUABLE != 0 {
        return cannot_go_on(pointers);
    }
    if goes_on {
        ask_all(&CONTINUING, pointers);
    }
    goes_on
}

/// Asks the filter for exceptions that nobody handles.
fn ask_last(pointers: &mut Pointers, code: u32) -> bool {
    let filter = as_filter(FILTER.load(Ordering::Acquire));
    match filter.map_or(CONTINUE_SEARCH, |filter| ask(filter, pointers)) {
        CONTINUE_EXECUTION => true,
        EXECUTE_HANDLER => {
            // SAFETY: the thread runs nothing but those blocks any more. The process ends at once, since its
            // state is unknown.
            unsafe {
                programs_turn(|| frames::unwind(ptr::null_mut()));
                libc::_exit(code as i32)
            }
        }
        _ => false,
    }
}

/// Somebody wanted to let an exception pass that says it cannot be: an exception in turn (SEH6).
#[cold]
fn cannot_go_on(pointers: &mut Pointers) -> bool {
    // SAFETY: a record of the caller's.
    let former = unsafe { &mut *pointers.record };
    if former.code == STATUS_NONCONTINUABLE_EXCEPTION as u32 {
        return false;
    }
    let mut record = Record::new(STATUS_NONCONTINUABLE_EXCEPTION as u32, NONCONTINUABLE, former.address);
    record.nested = former;
    dispatch(&mut Pointers { record: &mut record, context: pointers.context })
}

/// Ends the process because of an exception nobody handled.
fn unhandled(record: &Record) -> ! {
    let text = crate::abi::messages::message(record.code).unwrap_or("An exception was not handled.");
    let (code, address) = (record.code, record.address);
    door::say(format_args!("exception {code:#010X} at {address:p}: {text}"));
    if record.code == STATUS_BREAKPOINT as u32 {
        // SAFETY: a signal to the calling thread.
        unsafe { libc::raise(libc::SIGTRAP) };
    }
    std::process::abort()
}

/// Raises an exception: in C, `void RaiseException(DWORD code, DWORD flags, DWORD count, const ULONG_PTR
/// *arguments)`. It returns if a handler lets the exception pass, with the registers the handler left; an
/// `__except` block takes over; otherwise the process ends.
///
/// Source: Windows documentation, `RaiseException`.
///
/// # Safety
/// `arguments` is null or leads to `count` values. An `__except` block that takes over leaves frames of the
/// caller's as longjmp(3) does.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C-unwind" fn RaiseException(code: u32, flags: u32, count: u32, arguments: *const usize) {
    context::with_context!(raise)
}

/// Raises an exception of this library's, and returns if it is let pass. An `__except` block that takes over
/// leaves the callers' frames as longjmp(3) does: they have nothing to clean up.
pub(crate) fn raise_here(code: NTSTATUS) {
    // SAFETY: no parameters; the callers' frames are as said.
    unsafe { RaiseException(code as u32, 0, 0, ptr::null()) }
}

/// Raises an exception with the registers of whoever called [`RaiseException`].
unsafe extern "C-unwind" fn raise(
    code: u32,
    flags: u32,
    count: u32,
    arguments: *const usize,
    context: &mut Context,
) {
    // Bit 28 is the system's.
    let code = code & !0x1000_0000;
    let mut record = Record::new(code, flags & NONCONTINUABLE, context.place() as *mut c_void);
    // SAFETY: a C caller's promise.
    let arguments = unsafe { Option::<In<usize>>::from_c(arguments) };
    if let Some(arguments) = arguments
        && let Ok(given) = arguments.array::<15>((count as usize).min(record.parameters.len()))
    {
        record.set_parameters(&given);
    }
    if !dispatch(&mut Pointers { record: &mut record, context }) {
        unhandled(&record);
    }
}

/// Sets the filter that sees exceptions nobody handled, faults included; returns the former one. It may run
/// in any thread, in the middle of anything.
///
/// Source: Windows documentation, `SetUnhandledExceptionFilter`.
#[export]
pub unsafe fn SetUnhandledExceptionFilter(new: Option<Callback<Filter>>) -> Option<Filter> {
    let address = new.map_or(ptr::null_mut(), |new| new.function() as *mut ());
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
    added(&VECTORED, first, handler)
}

/// Removes a handler.
#[export]
pub fn RemoveVectoredExceptionHandler(handle: *mut c_void) -> u32 {
    VECTORED.remove(handle as usize).into()
}

/// Adds a handler that is told when an exception was let pass, in front of the others or behind them. It may
/// change the registers once more; one that says `EXCEPTION_CONTINUE_EXECUTION` is the last to hear of it.
///
/// Source: Windows documentation, `AddVectoredContinueHandler`.
#[export]
pub unsafe fn AddVectoredContinueHandler(first: u32, handler: Option<Callback<Filter>>) -> *mut c_void {
    added(&CONTINUING, first, handler)
}

/// Removes a handler that was added by [`AddVectoredContinueHandler`].
#[export]
pub fn RemoveVectoredContinueHandler(handle: *mut c_void) -> u32 {
    CONTINUING.remove(handle as usize).into()
}

fn added(handlers: &Handlers, first: u32, handler: Option<Callback<Filter>>) -> *mut c_void {
    let Some(handler) = handler else { return ptr::null_mut() };
    let handle = handlers.add(first != 0, handler);
    fault::install();
    handle as *mut c_void
}
