//! Faults of the processor as exceptions of Windows.

use crate::abi::fault::signal;
use crate::exception::context::Context;
use crate::exception::{Pointers, Record, dispatch};
use libc::c_int;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use windows_sys::Win32::Foundation::{
    STATUS_ACCESS_VIOLATION, STATUS_BREAKPOINT, STATUS_DATATYPE_MISALIGNMENT, STATUS_FLOAT_DIVIDE_BY_ZERO,
    STATUS_FLOAT_INEXACT_RESULT, STATUS_FLOAT_INVALID_OPERATION, STATUS_FLOAT_OVERFLOW,
    STATUS_FLOAT_UNDERFLOW, STATUS_ILLEGAL_INSTRUCTION, STATUS_IN_PAGE_ERROR, STATUS_INTEGER_DIVIDE_BY_ZERO,
    STATUS_INTEGER_OVERFLOW, STATUS_PRIVILEGED_INSTRUCTION, STATUS_SINGLE_STEP,
};

/// The kernel found the fault itself, and knows no address: on x86-64 a privileged instruction, or an address
/// that no memory can have.
const SI_KERNEL: c_int = 0x80;

fn code_of(signal: c_int, cause: c_int) -> i32 {
    // The causes of SIGFPE, SIGILL, SIGBUS and SIGTRAP, of sigaction(2).
    const FPE_INTDIV: c_int = 1;
    const FPE_INTOVF: c_int = 2;
    const FPE_FLTDIV: c_int = 3;
    const FPE_FLTOVF: c_int = 4;
    const FPE_FLTUND: c_int = 5;
    const FPE_FLTRES: c_int = 6;
    const ILL_PRVOPC: c_int = 5;
    const BUS_ADRALN: c_int = 1;
    const TRAP_TRACE: c_int = 2;
    match (signal, cause) {
        (libc::SIGFPE, FPE_INTDIV) => STATUS_INTEGER_DIVIDE_BY_ZERO,
        (libc::SIGFPE, FPE_INTOVF) => STATUS_INTEGER_OVERFLOW,
        (libc::SIGFPE, FPE_FLTDIV) => STATUS_FLOAT_DIVIDE_BY_ZERO,
        (libc::SIGFPE, FPE_FLTOVF) => STATUS_FLOAT_OVERFLOW,
        (libc::SIGFPE, FPE_FLTUND) => STATUS_FLOAT_UNDERFLOW,
        (libc::SIGFPE, FPE_FLTRES) => STATUS_FLOAT_INEXACT_RESULT,
        (libc::SIGFPE, _) => STATUS_FLOAT_INVALID_OPERATION,
        (libc::SIGILL, ILL_PRVOPC) => STATUS_PRIVILEGED_INSTRUCTION,
        (libc::SIGILL, _) => STATUS_ILLEGAL_INSTRUCTION,
        (libc::SIGBUS, BUS_ADRALN) => STATUS_DATATYPE_MISALIGNMENT,
        (libc::SIGBUS, _) => STATUS_IN_PAGE_ERROR,
        (libc::SIGTRAP, TRAP_TRACE) => STATUS_SINGLE_STEP,
        (libc::SIGTRAP, _) => STATUS_BREAKPOINT,
        _ => STATUS_ACCESS_VIOLATION,
    }
}

/// What an access violation was about to do: 0 read, 1 write, 8 execute.
#[cfg(target_arch = "x86_64")]
fn access(context: &libc::ucontext_t) -> usize {
    let error = context.uc_mcontext.gregs[libc::REG_ERR as usize];
    // Bits of a page fault's error code.
    const WRITE: i64 = 1 << 1;
    const FETCH: i64 = 1 << 4;
    if error & FETCH != 0 { 8 } else { usize::from(error & WRITE != 0) }
}

#[cfg(target_arch = "aarch64")]
fn access(context: &libc::ucontext_t) -> usize {
    const ESR_MAGIC: u32 = 0x4553_5201;
    const WRITE: u64 = 1 << 6;
    /// A record of what the kernel adds to the registers.
    #[repr(C)]
    struct Head {
        magic: u32,
        bytes: u32,
    }
    // SAFETY: the kernel ends the records, which are aligned, with one of magic 0.
    unsafe {
        let mut record = (&raw const context.uc_mcontext).add(1).cast::<u8>();
        loop {
            let head = &*record.cast::<Head>();
            match head.magic {
                0 => return 0,
                ESR_MAGIC => {
                    let syndrome = record.add(size_of::<Head>()).cast::<u64>().read();
                    // The exception's class, of which 0x20 and 0x21 are aborts of instructions.
                    return match syndrome >> 26 & 0x3F {
                        0x20 | 0x21 => 8,
                        _ => usize::from(syndrome & WRITE != 0),
                    };
                }
                _ => record = record.add(head.bytes as usize),
            }
        }
    }
}

/// Whether the instruction is one that only a kernel may execute.
#[cfg(target_arch = "x86_64")]
fn is_privileged(place: usize) -> bool {
    // SAFETY: the processor has just read the instruction.
    let byte = |at: usize| unsafe { std::ptr::with_exposed_provenance::<u8>(place + at).read() };
    match byte(0) {
        0xF4 | 0xFA | 0xFB => true,                      // hlt, cli, sti
        0xE4..=0xE7 | 0xEC..=0xEF | 0x6C..=0x6F => true, // in and out
        0x0F => matches!(byte(1), 0x06 | 0x08 | 0x09 | 0x20..=0x23 | 0x30 | 0x32), // clts, invd, mov cr, rdmsr...
        _ => false,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn is_privileged(_place: usize) -> bool {
    false
}

/// Shows a fault to the program. True if the thread may go on with the registers in `context`. It may not
/// come back: an `__except` block takes over.
fn on_fault(signal: c_int, information: &libc::siginfo_t, context: &mut libc::ucontext_t) -> bool {
    let mut registers = Context::of_signal(context);
    let mut code = code_of(signal, information.si_code);
    // The processor is behind the instruction already; Windows shows the instruction.
    if cfg!(target_arch = "x86_64") && code == STATUS_BREAKPOINT {
        registers.set_place(registers.place() - 1);
    }
    let no_address = information.si_code == SI_KERNEL;
    if signal == libc::SIGSEGV && no_address && is_privileged(registers.place()) {
        code = STATUS_PRIVILEGED_INSTRUCTION;
    }
    let mut record = Record::new(code as u32, 0, registers.place() as *mut c_void);
    if matches!(code, STATUS_ACCESS_VIOLATION | STATUS_IN_PAGE_ERROR) {
        // SAFETY: these signals carry an address.
        let address = if no_address { usize::MAX } else { unsafe { information.si_addr() }.addr() };
        record.set_parameters(&[access(context), address]);
    }
    let goes_on = dispatch(&mut Pointers { record: &mut record, context: &mut registers });
    if goes_on {
        registers.write_to(context);
    }
    goes_on
}

/// Takes the signals of faults over, once.
#[inline]
pub(crate) fn install() {
    // Relaxed: a thread that sees it false too late installs nothing anew.
    static INSTALLED: AtomicBool = AtomicBool::new(false);
    if !INSTALLED.load(Ordering::Relaxed) {
        signal::on_exceptions(on_fault);
        INSTALLED.store(true, Ordering::Relaxed);
    }
}
