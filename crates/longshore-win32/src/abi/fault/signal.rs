//! The signals of faults. They are offered in this order:
//!
//! 1. The faulting copy, if the program counter is in one of its routines: an error, nothing else.
//! 2. Windows' exceptions, once the program uses them: its handlers and filters.
//! 3. The handler that was installed before this library's. It is called as the kernel would call it, and
//!    this library keeps the signal. If there was none, the kernel gets the signal: the instruction faults
//!    again and ends the process, at the right place for a core file.
//!
//! The first copy or the first use of exceptions installs the handler; it is never removed. It does not
//! allocate or lock (`sync/signal_handler.rs`). If a program installs a handler of its own later, that one alone gets the signal.

use super::copy;
use crate::sync::signal_handler::{Running, programs_turn};
use libc::{c_int, c_void};
use std::cell::UnsafeCell;
use std::mem::{MaybeUninit, transmute};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

/// The signals a processor raises about an instruction.
const SIGNALS: [c_int; 5] = [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP];
/// Those of them that a copy may raise.
const OF_MEMORY: usize = 2;

/// Looks at a fault, and says whether the thread may go on.
pub(crate) type OnFault = fn(c_int, &libc::siginfo_t, &mut libc::ucontext_t) -> bool;

/// What a signal did before.
struct Former {
    /// Written once, when the handler is installed, before `known`.
    action: UnsafeCell<MaybeUninit<libc::sigaction>>,
    /// Released after `action` was written; acquired before it is read.
    known: AtomicBool,
}

// SAFETY: `known` orders the one write before every read.
unsafe impl Sync for Former {}

static FORMER: [Former; SIGNALS.len()] =
    [const { Former { action: UnsafeCell::new(MaybeUninit::uninit()), known: AtomicBool::new(false) } };
        SIGNALS.len()];

/// The handler for the signals of memory is installed. Relaxed: a thread that still sees
/// false does not install it again.
static ARMED: AtomicBool = AtomicBool::new(false);
/// An [`OnFault`], or null.
static EXCEPTIONS: AtomicPtr<()> = AtomicPtr::new(std::ptr::null_mut());

/// Makes sure that a faulting copy is an error.
#[inline]
pub(super) fn arm() {
    if !ARMED.load(Ordering::Relaxed) {
        take_over(OF_MEMORY);
        ARMED.store(true, Ordering::Relaxed);
    }
}

/// From now on `on_fault` is called for every fault outside the copy routines.
pub(crate) fn on_exceptions(on_fault: OnFault) {
    EXCEPTIONS.store(on_fault as *mut (), Ordering::Release);
    take_over(SIGNALS.len());
}

/// Installs the handler for the first so many signals, unless it is installed.
#[cold]
fn take_over(signals: usize) {
    for (&signal, former) in SIGNALS.iter().zip(&FORMER).take(signals) {
        if former.known.load(Ordering::Acquire) {
            continue;
        }
        // SAFETY: a valid action. No alternate stack is set up, but one that is there is used; a handler that
        // faults while it runs is handled as well.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_signal as *const () as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
            let mut found: libc::sigaction = std::mem::zeroed();
            // Of two threads that come here at once, the second finds the handler of the first.
            if libc::sigaction(signal, &raw const action, &raw mut found) == 0
                && found.sa_sigaction != action.sa_sigaction
            {
                (*former.action.get()).write(found);
                former.known.store(true, Ordering::Release);
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn program_counter(context: &mut libc::ucontext_t) -> &mut i64 {
    &mut context.uc_mcontext.gregs[libc::REG_RIP as usize]
}

#[cfg(target_arch = "aarch64")]
fn program_counter(context: &mut libc::ucontext_t) -> &mut u64 {
    &mut context.uc_mcontext.pc
}

extern "C-unwind" fn on_signal(signal: c_int, information: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: what the kernel passes to a handler with SA_SIGINFO.
    let (facts, registers) = unsafe { (&*information, &mut *context.cast::<libc::ucontext_t>()) };
    let _running = Running::begins();
    // A positive cause comes from the processor; other signals were sent by a process and are no faults.
    if facts.si_code > 0 {
        let at = program_counter(registers);
        if let Some(landing) = copy::landing_of(*at as usize) {
            *at = landing as _;
            return;
        }
        let exceptions = EXCEPTIONS.load(Ordering::Acquire);
        // SAFETY: only functions of this type are stored.
        let exceptions = unsafe { transmute::<*mut (), Option<OnFault>>(exceptions) };
        if exceptions.is_some_and(|on_fault| on_fault(signal, facts, registers)) {
            return;
        }
    }
    // A breakpoint does not happen again when the handler returns.
    let sent = facts.si_code <= 0 || signal == libc::SIGTRAP;
    let former = SIGNALS.iter().position(|&known| known == signal).map(|index| &FORMER[index]);
    // SAFETY: written before it was known. The handler that was in force gets what
    // the kernel passed to this one.
    unsafe {
        match former.filter(|former| former.known.load(Ordering::Acquire)) {
            Some(former) => {
                pass_on((*former.action.get()).assume_init_ref(), signal, sent, information, context)
            }
            None => end_by(signal, sent),
        }
    }
}

/// Does what the signal did before this library's handler.
///
/// # Safety
/// `former` was in force; the rest is what the kernel passed to the handler.
unsafe fn pass_on(
    former: &libc::sigaction,
    signal: c_int,
    sent: bool,
    information: *mut libc::siginfo_t,
    context: *mut c_void,
) {
    match former.sa_sigaction {
        libc::SIG_IGN if sent => {}
        libc::SIG_DFL | libc::SIG_IGN => end_by(signal, sent),
        handler => {
            // SAFETY: the caller's promise. The mask is this thread's own; the kernel sets
            // it anew when the handler returns.
            unsafe {
                let mut mask = former.sa_mask;
                if former.sa_flags & libc::SA_NODEFER == 0 {
                    libc::sigaddset(&raw mut mask, signal);
                }
                libc::pthread_sigmask(libc::SIG_BLOCK, &raw const mask, std::ptr::null_mut());
                if former.sa_flags & libc::SA_SIGINFO != 0 {
                    type Full = unsafe extern "C-unwind" fn(c_int, *mut libc::siginfo_t, *mut c_void);
                    let handler = transmute::<usize, Full>(handler);
                    programs_turn(|| handler(signal, information, context));
                } else {
                    let handler = transmute::<usize, unsafe extern "C-unwind" fn(c_int)>(handler);
                    programs_turn(|| handler(signal));
                }
            }
        }
    }
}

/// Lets the kernel end the process: after the handler returned, the instruction faults again.
fn end_by(signal: c_int, sent: bool) {
    // SAFETY: the default action.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        if sent {
            libc::raise(signal);
        }
    }
}
