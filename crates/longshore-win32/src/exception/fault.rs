//! Faults of the processor as exceptions of Windows.

use crate::abi::fault::signal;
use crate::exception::{Pointers, Record, dispatch};
use libc::c_int;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{
    STATUS_ACCESS_VIOLATION, STATUS_DATATYPE_MISALIGNMENT, STATUS_FLOAT_DIVIDE_BY_ZERO,
    STATUS_FLOAT_INVALID_OPERATION, STATUS_FLOAT_OVERFLOW, STATUS_FLOAT_UNDERFLOW,
    STATUS_ILLEGAL_INSTRUCTION, STATUS_IN_PAGE_ERROR, STATUS_INTEGER_DIVIDE_BY_ZERO, STATUS_INTEGER_OVERFLOW,
};

/// `CONTEXT`: the registers of x86-64 that a crash report prints. On other machines it stays empty.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Context {
    flags: u32,
    mxcsr: u32,
    segments: [u16; 6],
    eflags: u32,
    debug: [u64; 6],
    /// rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15, rip.
    pub general: [u64; 17],
}

fn code_of(signal: c_int, cause: c_int) -> i32 {
    // The causes of SIGFPE and SIGBUS, of sigaction(2).
    const FPE_INTDIV: c_int = 1;
    const FPE_INTOVF: c_int = 2;
    const FPE_FLTDIV: c_int = 3;
    const FPE_FLTOVF: c_int = 4;
    const FPE_FLTUND: c_int = 5;
    const BUS_ADRALN: c_int = 1;
    match (signal, cause) {
        (libc::SIGFPE, FPE_INTDIV) => STATUS_INTEGER_DIVIDE_BY_ZERO,
        (libc::SIGFPE, FPE_INTOVF) => STATUS_INTEGER_OVERFLOW,
        (libc::SIGFPE, FPE_FLTDIV) => STATUS_FLOAT_DIVIDE_BY_ZERO,
        (libc::SIGFPE, FPE_FLTOVF) => STATUS_FLOAT_OVERFLOW,
        (libc::SIGFPE, FPE_FLTUND) => STATUS_FLOAT_UNDERFLOW,
        (libc::SIGFPE, _) => STATUS_FLOAT_INVALID_OPERATION,
        (libc::SIGILL, _) => STATUS_ILLEGAL_INSTRUCTION,
        (libc::SIGBUS, BUS_ADRALN) => STATUS_DATATYPE_MISALIGNMENT,
        (libc::SIGBUS, _) => STATUS_IN_PAGE_ERROR,
        _ => STATUS_ACCESS_VIOLATION,
    }
}

/// Where the kernel keeps the general registers and the flags, in the order of [`Context`].
#[cfg(target_arch = "x86_64")]
const ORDER: [c_int; 17] = {
    use libc::*;
    [
        REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10,
        REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
    ]
};

/// The registers, where the fault happened, and whether it was a write.
#[cfg(target_arch = "x86_64")]
fn registers(context: &libc::ucontext_t) -> (Context, u64, usize) {
    const CONTEXT_FULL: u32 = 0x0010_000B;
    let register = |index: c_int| context.uc_mcontext.gregs[index as usize] as u64;
    let read = Context {
        flags: CONTEXT_FULL,
        eflags: register(libc::REG_EFL) as u32,
        general: ORDER.map(register),
        ..Context::default()
    };
    // Bit 1 of a page fault's error code says whether it was a write.
    (read, register(libc::REG_RIP), (register(libc::REG_ERR) >> 1 & 1) as usize)
}

/// The thread goes on with these registers.
#[cfg(target_arch = "x86_64")]
fn set_registers(context: &mut libc::ucontext_t, registers: &Context) {
    let kept = &mut context.uc_mcontext.gregs;
    for (index, value) in ORDER.into_iter().zip(registers.general) {
        kept[index as usize] = value as i64;
    }
    kept[libc::REG_EFL as usize] = registers.eflags.into();
}

#[cfg(not(target_arch = "x86_64"))]
fn registers(_context: &libc::ucontext_t) -> (Context, u64, usize) {
    (Context::default(), 0, 0)
}

#[cfg(not(target_arch = "x86_64"))]
fn set_registers(_context: &mut libc::ucontext_t, _registers: &Context) {}

/// Shows a fault to the program's handlers and filter. True if the thread may go on.
fn on_fault(signal: c_int, information: &libc::siginfo_t, context: &mut libc::ucontext_t) -> bool {
    let (mut registers, place, written) = registers(context);
    let code = code_of(signal, information.si_code);
    let mut record = Record {
        code: code as u32,
        flags: 0,
        nested: std::ptr::null_mut(),
        address: place as usize as *mut c_void,
        parameter_count: 0,
        parameters: [0; 15],
    };
    if matches!(code, STATUS_ACCESS_VIOLATION | STATUS_IN_PAGE_ERROR) {
        record.parameter_count = 2;
        // SAFETY: these signals carry an address.
        record.parameters[..2].copy_from_slice(&[written, unsafe { information.si_addr() } as usize]);
    }
    let goes_on = dispatch(&mut Pointers { record: &mut record, context: &mut registers });
    if goes_on {
        set_registers(context, &registers);
    }
    goes_on
}

/// Takes the signals of faults over, once.
pub(crate) fn install() {
    signal::on_exceptions(on_fault);
}
