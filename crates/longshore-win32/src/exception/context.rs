//! `CONTEXT`: the registers of a thread, as exceptions show them and as a thread goes on with them.
//!
//! The general registers are there, the stack pointer, the program counter and the flags; what a
//! floating-point unit holds is not.

use std::arch::naked_asm;
use std::mem::offset_of;

/// `CONTEXT` of x86-64.
#[cfg(target_arch = "x86_64")]
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

/// `CONTEXT` of AArch64.
#[cfg(target_arch = "aarch64")]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Context {
    flags: u32,
    cpsr: u32,
    /// x0 to x28, the frame pointer, the link register, sp, pc.
    pub general: [u64; 33],
}

#[cfg(target_arch = "aarch64")]
impl Default for Context {
    fn default() -> Context {
        Context { flags: 0, cpsr: 0, general: [0; 33] }
    }
}

/// `CONTEXT_FULL`, less the floating-point registers.
#[cfg(target_arch = "x86_64")]
const PRESENT: u32 = 0x0010_0003;
#[cfg(target_arch = "aarch64")]
const PRESENT: u32 = 0x0040_0003;

/// Where the stack pointer is among the registers.
#[cfg(target_arch = "x86_64")]
const STACK: usize = 4;
#[cfg(target_arch = "aarch64")]
const STACK: usize = 31;
/// Where the program counter is.
#[cfg(target_arch = "x86_64")]
const PLACE: usize = 16;
#[cfg(target_arch = "aarch64")]
const PLACE: usize = 32;

impl Context {
    /// Where the stack ends.
    pub(super) fn stack(&self) -> usize {
        self.general[STACK] as usize
    }

    /// The instruction.
    pub(super) fn place(&self) -> usize {
        self.general[PLACE] as usize
    }

    /// Has the thread go on at an instruction.
    pub(super) fn set_place(&mut self, place: usize) {
        self.general[PLACE] = place as u64;
    }
}

/// Where the kernel keeps the general registers, in the order of [`Context`].
#[cfg(target_arch = "x86_64")]
const ORDER: [libc::c_int; 17] = {
    use libc::*;
    [
        REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10,
        REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP,
    ]
};

#[cfg(target_arch = "x86_64")]
impl Context {
    /// What the kernel shows a signal handler.
    pub(super) fn of_signal(kept: &libc::ucontext_t) -> Context {
        let register = |index: libc::c_int| kept.uc_mcontext.gregs[index as usize] as u64;
        Context {
            flags: PRESENT,
            eflags: register(libc::REG_EFL) as u32,
            general: ORDER.map(register),
            ..Context::default()
        }
    }

    /// Has the kernel go on with these registers when the signal handler returns.
    pub(super) fn write_to(&self, kept: &mut libc::ucontext_t) {
        let kept = &mut kept.uc_mcontext.gregs;
        for (index, value) in ORDER.into_iter().zip(self.general) {
            kept[index as usize] = value as i64;
        }
        kept[libc::REG_EFL as usize] = self.eflags.into();
    }
}

#[cfg(target_arch = "aarch64")]
impl Context {
    /// What the kernel shows a signal handler.
    pub(super) fn of_signal(kept: &libc::ucontext_t) -> Context {
        let machine = &kept.uc_mcontext;
        let mut general = [0; 33];
        general[..31].copy_from_slice(&machine.regs);
        general[STACK] = machine.sp;
        general[PLACE] = machine.pc;
        Context { flags: PRESENT, cpsr: machine.pstate as u32, general }
    }

    /// Has the kernel go on with these registers when the signal handler returns.
    pub(super) fn write_to(&self, kept: &mut libc::ucontext_t) {
        let machine = &mut kept.uc_mcontext;
        machine.regs.copy_from_slice(&self.general[..31]);
        machine.sp = self.general[STACK];
        machine.pc = self.general[PLACE];
    }
}

/// Shows the registers of its caller to `function`, with up to four arguments of the caller's, and goes on
/// with what the function made of them. The body of a naked function.
#[cfg(target_arch = "x86_64")]
macro_rules! with_context {
    ($function:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "push rbp",
            ".cfi_def_cfa_offset 16",
            ".cfi_offset rbp, -16",
            "mov rbp, rsp",
            ".cfi_def_cfa_register rbp",
            "sub rsp, {size}",
            "mov [rsp + {general}], rax",
            "mov [rsp + {general} + 8], rcx",
            "mov [rsp + {general} + 16], rdx",
            "mov [rsp + {general} + 24], rbx",
            "lea rax, [rbp + 16]",
            "mov [rsp + {general} + 32], rax",
            "mov rax, [rbp]",
            "mov [rsp + {general} + 40], rax",
            "mov [rsp + {general} + 48], rsi",
            "mov [rsp + {general} + 56], rdi",
            "mov [rsp + {general} + 64], r8",
            "mov [rsp + {general} + 72], r9",
            "mov [rsp + {general} + 80], r10",
            "mov [rsp + {general} + 88], r11",
            "mov [rsp + {general} + 96], r12",
            "mov [rsp + {general} + 104], r13",
            "mov [rsp + {general} + 112], r14",
            "mov [rsp + {general} + 120], r15",
            "mov rax, [rbp + 8]",
            "mov [rsp + {general} + 128], rax",
            "mov r8, rsp",
            "call {function}",
            "mov rdi, rsp",
            "jmp {go_on}",
            ".cfi_endproc",
            size = const size_of::<$crate::exception::context::Context>().next_multiple_of(16),
            general = const core::mem::offset_of!($crate::exception::context::Context, general),
            function = sym $function,
            go_on = sym $crate::exception::context::go_on,
        )
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! with_context {
    ($function:path) => {
        core::arch::naked_asm!(
            ".cfi_startproc",
            "stp x29, x30, [sp, #-16]!",
            ".cfi_def_cfa_offset 16",
            ".cfi_offset x29, -16",
            ".cfi_offset x30, -8",
            "mov x29, sp",
            ".cfi_def_cfa_register x29",
            "sub sp, sp, #{size}",
            "add x9, sp, #{general}",
            "stp x0, x1, [x9]",
            "stp x2, x3, [x9, #16]",
            "stp x4, x5, [x9, #32]",
            "stp x6, x7, [x9, #48]",
            "stp x8, xzr, [x9, #64]",
            "stp x10, x11, [x9, #80]",
            "stp x12, x13, [x9, #96]",
            "stp x14, x15, [x9, #112]",
            "stp x16, x17, [x9, #128]",
            "stp x18, x19, [x9, #144]",
            "stp x20, x21, [x9, #160]",
            "stp x22, x23, [x9, #176]",
            "stp x24, x25, [x9, #192]",
            "stp x26, x27, [x9, #208]",
            "str x28, [x9, #224]",
            "ldp x10, x11, [x29]",
            "stp x10, x11, [x9, #232]",
            "add x10, x29, #16",
            "stp x10, x11, [x9, #248]",
            "mov x4, sp",
            "bl {function}",
            "mov x0, sp",
            "b {go_on}",
            ".cfi_endproc",
            size = const size_of::<$crate::exception::context::Context>().next_multiple_of(16),
            general = const core::mem::offset_of!($crate::exception::context::Context, general),
            function = sym $function,
            go_on = sym $crate::exception::context::go_on,
        )
    };
}

pub(super) use with_context;

/// The thread goes on with these registers, at a place where a call returns to: the memory below the stack
/// pointer is free, and so are the registers that calls may change without being asked.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn go_on(context: *const Context) -> ! {
    naked_asm!(
        "mov rsp, [rdi + {general} + 32]",
        "push [rdi + {general} + 128]",
        "push [rdi + {general} + 56]",
        "mov rax, [rdi + {general}]",
        "mov rcx, [rdi + {general} + 8]",
        "mov rdx, [rdi + {general} + 16]",
        "mov rbx, [rdi + {general} + 24]",
        "mov rbp, [rdi + {general} + 40]",
        "mov rsi, [rdi + {general} + 48]",
        "mov r8, [rdi + {general} + 64]",
        "mov r9, [rdi + {general} + 72]",
        "mov r10, [rdi + {general} + 80]",
        "mov r11, [rdi + {general} + 88]",
        "mov r12, [rdi + {general} + 96]",
        "mov r13, [rdi + {general} + 104]",
        "mov r14, [rdi + {general} + 112]",
        "mov r15, [rdi + {general} + 120]",
        "pop rdi",
        "ret",
        general = const offset_of!(Context, general),
    )
}

#[cfg(target_arch = "aarch64")]
#[unsafe(naked)]
pub(super) unsafe extern "C" fn go_on(context: *const Context) -> ! {
    naked_asm!(
        "add x16, x0, #{general}",
        "ldr x17, [x16, #248]",
        "mov sp, x17",
        "ldr x17, [x16, #256]",
        "ldp x0, x1, [x16]",
        "ldp x2, x3, [x16, #16]",
        "ldp x4, x5, [x16, #32]",
        "ldp x6, x7, [x16, #48]",
        "ldp x8, x9, [x16, #64]",
        "ldp x10, x11, [x16, #80]",
        "ldp x12, x13, [x16, #96]",
        "ldp x14, x15, [x16, #112]",
        "ldr x19, [x16, #152]",
        "ldp x20, x21, [x16, #160]",
        "ldp x22, x23, [x16, #176]",
        "ldp x24, x25, [x16, #192]",
        "ldp x26, x27, [x16, #208]",
        "ldp x28, x29, [x16, #224]",
        "ldr x30, [x16, #240]",
        "br x17",
        general = const offset_of!(Context, general),
    )
}
