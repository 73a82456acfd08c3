//! The faulting copy: reads and writes the program's memory, and returns an error where there is none.
//!
//! Windows answers a bad pointer with an error where a kernel or Winsock looks at it. To ask Linux beforehand
//! would cost a system call for each argument, and the answer may be wrong by the time of the copy. So the
//! copy is made without a check, by the few instructions below, which lie between two labels:
//!
//! 1. A pointer that is good costs nothing but the copy.
//! 2. A pointer that is bad makes one of them fault, and the kernel sends SIGSEGV (or SIGBUS,
//!    past the end of a mapped file).
//! 3. The handler of [`signal`](super::signal) finds the program counter between the labels, moves it to
//!    `longshore_fault_landing` and returns. None of these routines changes the stack, so the return address
//!    is where the caller left it. The landing returns -1.
//!
//! Kernels do the same with their tables of exceptions. It works in every thread and inside signal handlers,
//! since it takes no lock and calls nothing.
//!
//! It does *not* work in two cases: the program has installed a handler of its own for SIGSEGV after this
//! library did, or the thread has blocked the signal. Then a bad pointer is a fault, as everywhere else in
//! such a program; a good pointer works as always.

use super::{Fault, signal};
use std::arch::global_asm;

#[cfg(target_arch = "x86_64")]
global_asm!(
    ".pushsection .text.longshore_fault, \"ax\", @progbits",
    ".p2align 4",
    ".globl longshore_fault_begin",
    ".hidden longshore_fault_begin",
    "longshore_fault_begin:",
    // longshore_fault_copy(rdi to, rsi from, rdx bytes) -> rax 0. Four and eight bytes are one access, so
    // that no thread sees half of a word.
    ".globl longshore_fault_copy",
    ".hidden longshore_fault_copy",
    ".type longshore_fault_copy, @function",
    "longshore_fault_copy:",
    ".cfi_startproc",
    "cmp rdx, 4",
    "je .Llongshore_four",
    "cmp rdx, 8",
    "je .Llongshore_eight",
    "ja .Llongshore_large",
    "xor ecx, ecx",
    ".Llongshore_bytes:",
    "cmp rcx, rdx",
    "jae .Llongshore_copied",
    "movzx eax, byte ptr [rsi + rcx]",
    "mov byte ptr [rdi + rcx], al",
    "inc rcx",
    "jmp .Llongshore_bytes",
    ".Llongshore_four:",
    "mov eax, dword ptr [rsi]",
    "mov dword ptr [rdi], eax",
    "xor eax, eax",
    "ret",
    ".Llongshore_eight:",
    "mov rax, qword ptr [rsi]",
    "mov qword ptr [rdi], rax",
    "xor eax, eax",
    "ret",
    // More than eight: words, the last of which overlaps the one before it.
    ".Llongshore_large:",
    "lea r8, [rdx - 8]",
    "xor ecx, ecx",
    ".Llongshore_words:",
    "mov rax, qword ptr [rsi + rcx]",
    "mov qword ptr [rdi + rcx], rax",
    "add rcx, 8",
    "cmp rcx, r8",
    "jb .Llongshore_words",
    "mov rax, qword ptr [rsi + r8]",
    "mov qword ptr [rdi + r8], rax",
    ".Llongshore_copied:",
    "xor eax, eax",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_copy, . - longshore_fault_copy",
    // longshore_fault_length(rdi string) -> rax its bytes before the NUL.
    ".globl longshore_fault_length",
    ".hidden longshore_fault_length",
    ".type longshore_fault_length, @function",
    "longshore_fault_length:",
    ".cfi_startproc",
    "xor eax, eax",
    ".Llongshore_narrow:",
    "cmp byte ptr [rdi + rax], 0",
    "je .Llongshore_measured",
    "inc rax",
    "jmp .Llongshore_narrow",
    ".Llongshore_measured:",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_length, . - longshore_fault_length",
    // longshore_fault_length_16(rdi string) -> rax its units of two bytes before the NUL.
    ".globl longshore_fault_length_16",
    ".hidden longshore_fault_length_16",
    ".type longshore_fault_length_16, @function",
    "longshore_fault_length_16:",
    ".cfi_startproc",
    "xor eax, eax",
    ".Llongshore_wide_16:",
    "cmp word ptr [rdi + rax*2], 0",
    "je .Llongshore_measured_16",
    "inc rax",
    "jmp .Llongshore_wide_16",
    ".Llongshore_measured_16:",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_length_16, . - longshore_fault_length_16",
    // longshore_fault_length_32(rdi string) -> rax its units of four bytes before the NUL.
    ".globl longshore_fault_length_32",
    ".hidden longshore_fault_length_32",
    ".type longshore_fault_length_32, @function",
    "longshore_fault_length_32:",
    ".cfi_startproc",
    "xor eax, eax",
    ".Llongshore_wide_32:",
    "cmp dword ptr [rdi + rax*4], 0",
    "je .Llongshore_measured_32",
    "inc rax",
    "jmp .Llongshore_wide_32",
    ".Llongshore_measured_32:",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_length_32, . - longshore_fault_length_32",
    // Words, with a calling convention of their own (see `word.rs`): rdi place, rsi or rdx (rcx) the value, rax
    // the result; nothing else is changed.
    ".globl longshore_fault_load_4",
    ".hidden longshore_fault_load_4",
    ".type longshore_fault_load_4, @function",
    "longshore_fault_load_4:",
    ".cfi_startproc",
    "mov edx, dword ptr [rdi]",
    "xor eax, eax",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_load_4, . - longshore_fault_load_4",
    ".globl longshore_fault_load_8",
    ".hidden longshore_fault_load_8",
    ".type longshore_fault_load_8, @function",
    "longshore_fault_load_8:",
    ".cfi_startproc",
    "mov rdx, qword ptr [rdi]",
    "xor eax, eax",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_load_8, . - longshore_fault_load_8",
    ".globl longshore_fault_load_16",
    ".hidden longshore_fault_load_16",
    ".type longshore_fault_load_16, @function",
    "longshore_fault_load_16:",
    ".cfi_startproc",
    "mov rdx, qword ptr [rdi]",
    "mov rcx, qword ptr [rdi + 8]",
    "xor eax, eax",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_load_16, . - longshore_fault_load_16",
    ".globl longshore_fault_store_4",
    ".hidden longshore_fault_store_4",
    ".type longshore_fault_store_4, @function",
    "longshore_fault_store_4:",
    ".cfi_startproc",
    "mov dword ptr [rdi], esi",
    "xor eax, eax",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_store_4, . - longshore_fault_store_4",
    ".globl longshore_fault_store_8",
    ".hidden longshore_fault_store_8",
    ".type longshore_fault_store_8, @function",
    "longshore_fault_store_8:",
    ".cfi_startproc",
    "mov qword ptr [rdi], rsi",
    "xor eax, eax",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_store_8, . - longshore_fault_store_8",
    // longshore_fault_touch(rdi place) -> rax 0. (Valgrind leaves a load out whose result nobody uses, and
    // complains of a decision by a byte that nobody wrote: so what is above the byte is the result.)
    ".globl longshore_fault_touch",
    ".hidden longshore_fault_touch",
    ".type longshore_fault_touch, @function",
    "longshore_fault_touch:",
    ".cfi_startproc",
    "movzx eax, byte ptr [rdi]",
    "shr eax, 8",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_touch, . - longshore_fault_touch",
    // longshore_fault_touch_to_write(rdi place) -> rax 0. Writes a byte as it is: whatever another thread
    // writes at the same time is kept.
    ".globl longshore_fault_touch_to_write",
    ".hidden longshore_fault_touch_to_write",
    ".type longshore_fault_touch_to_write, @function",
    "longshore_fault_touch_to_write:",
    ".cfi_startproc",
    "lock or byte ptr [rdi], 0",
    "xor eax, eax",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_touch_to_write, . - longshore_fault_touch_to_write",
    ".globl longshore_fault_end",
    ".hidden longshore_fault_end",
    "longshore_fault_end:",
    ".globl longshore_fault_landing",
    ".hidden longshore_fault_landing",
    ".type longshore_fault_landing, @function",
    "longshore_fault_landing:",
    ".cfi_startproc",
    "mov rax, -1",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_landing, . - longshore_fault_landing",
    ".popsection",
);

#[cfg(target_arch = "aarch64")]
global_asm!(
    ".pushsection .text.longshore_fault, \"ax\", @progbits",
    ".p2align 4",
    ".globl longshore_fault_begin",
    ".hidden longshore_fault_begin",
    "longshore_fault_begin:",
    // longshore_fault_copy(x0 to, x1 from, x2 bytes) -> x0 0.
    ".globl longshore_fault_copy",
    ".hidden longshore_fault_copy",
    ".type longshore_fault_copy, @function",
    "longshore_fault_copy:",
    ".cfi_startproc",
    "cmp x2, #4",
    "b.eq .Llongshore_four",
    "cmp x2, #8",
    "b.eq .Llongshore_eight",
    "b.hi .Llongshore_large",
    "mov x4, #0",
    ".Llongshore_bytes:",
    "cmp x4, x2",
    "b.hs .Llongshore_copied",
    "ldrb w3, [x1, x4]",
    "strb w3, [x0, x4]",
    "add x4, x4, #1",
    "b .Llongshore_bytes",
    ".Llongshore_four:",
    "ldr w3, [x1]",
    "str w3, [x0]",
    "mov x0, #0",
    "ret",
    ".Llongshore_eight:",
    "ldr x3, [x1]",
    "str x3, [x0]",
    "mov x0, #0",
    "ret",
    ".Llongshore_large:",
    "sub x5, x2, #8",
    "mov x4, #0",
    ".Llongshore_words:",
    "ldr x3, [x1, x4]",
    "str x3, [x0, x4]",
    "add x4, x4, #8",
    "cmp x4, x5",
    "b.lo .Llongshore_words",
    "ldr x3, [x1, x5]",
    "str x3, [x0, x5]",
    ".Llongshore_copied:",
    "mov x0, #0",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_copy, . - longshore_fault_copy",
    ".globl longshore_fault_length",
    ".hidden longshore_fault_length",
    ".type longshore_fault_length, @function",
    "longshore_fault_length:",
    ".cfi_startproc",
    "mov x4, x0",
    "mov x0, #0",
    ".Llongshore_narrow:",
    "ldrb w3, [x4, x0]",
    "cbz w3, .Llongshore_measured",
    "add x0, x0, #1",
    "b .Llongshore_narrow",
    ".Llongshore_measured:",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_length, . - longshore_fault_length",
    ".globl longshore_fault_length_16",
    ".hidden longshore_fault_length_16",
    ".type longshore_fault_length_16, @function",
    "longshore_fault_length_16:",
    ".cfi_startproc",
    "mov x4, x0",
    "mov x0, #0",
    ".Llongshore_wide_16:",
    "ldrh w3, [x4, x0, lsl #1]",
    "cbz w3, .Llongshore_measured_16",
    "add x0, x0, #1",
    "b .Llongshore_wide_16",
    ".Llongshore_measured_16:",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_length_16, . - longshore_fault_length_16",
    ".globl longshore_fault_length_32",
    ".hidden longshore_fault_length_32",
    ".type longshore_fault_length_32, @function",
    "longshore_fault_length_32:",
    ".cfi_startproc",
    "mov x4, x0",
    "mov x0, #0",
    ".Llongshore_wide_32:",
    "ldr w3, [x4, x0, lsl #2]",
    "cbz w3, .Llongshore_measured_32",
    "add x0, x0, #1",
    "b .Llongshore_wide_32",
    ".Llongshore_measured_32:",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_length_32, . - longshore_fault_length_32",
    ".globl longshore_fault_touch",
    ".hidden longshore_fault_touch",
    ".type longshore_fault_touch, @function",
    "longshore_fault_touch:",
    ".cfi_startproc",
    "ldrb w0, [x0]",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_touch, . - longshore_fault_touch",
    ".globl longshore_fault_touch_to_write",
    ".hidden longshore_fault_touch_to_write",
    ".type longshore_fault_touch_to_write, @function",
    "longshore_fault_touch_to_write:",
    ".cfi_startproc",
    ".Llongshore_again:",
    "ldxrb w3, [x0]",
    "stxrb w4, w3, [x0]",
    "cbnz w4, .Llongshore_again",
    "mov x0, #0",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_touch_to_write, . - longshore_fault_touch_to_write",
    ".globl longshore_fault_end",
    ".hidden longshore_fault_end",
    "longshore_fault_end:",
    ".globl longshore_fault_landing",
    ".hidden longshore_fault_landing",
    ".type longshore_fault_landing, @function",
    "longshore_fault_landing:",
    ".cfi_startproc",
    "mov x0, #-1",
    "ret",
    ".cfi_endproc",
    ".size longshore_fault_landing, . - longshore_fault_landing",
    ".popsection",
);

unsafe extern "C" {
    static longshore_fault_begin: u8;
    static longshore_fault_end: u8;
    static longshore_fault_landing: u8;
    fn longshore_fault_copy(to: *mut u8, from: *const u8, bytes: usize) -> isize;
    fn longshore_fault_length(string: *const u8) -> isize;
    fn longshore_fault_length_16(string: *const u16) -> isize;
    fn longshore_fault_length_32(string: *const u32) -> isize;
    #[cfg(not(target_arch = "x86_64"))]
    fn longshore_fault_touch(place: *const u8) -> isize;
    #[cfg(not(target_arch = "x86_64"))]
    fn longshore_fault_touch_to_write(place: *mut u8) -> isize;
}

/// Where a thread that faulted at `program_counter` goes on, if that is in one of these routines.
pub(super) fn landing_of(program_counter: usize) -> Option<usize> {
    let place = |label: *const u8| label as usize;
    let routines = place(&raw const longshore_fault_begin)..place(&raw const longshore_fault_end);
    routines.contains(&program_counter).then(|| place(&raw const longshore_fault_landing))
}

fn outcome(result: isize) -> Result<usize, Fault> {
    usize::try_from(result).map_err(|_| Fault::Access)
}

/// Copies memory to or from the program. The bytes before a fault have been copied.
///
/// # Errors
/// [`Fault::Access`].
///
/// # Safety
/// `to` is memory of this library with enough room, or a place that the program asked to be written
/// to. The two ranges do not overlap.
#[inline]
pub(crate) unsafe fn copy(to: *mut u8, from: *const u8, bytes: usize) -> Result<(), Fault> {
    signal::arm();
    // SAFETY: the caller's promise; a fault ends in an error.
    outcome(unsafe { longshore_fault_copy(to, from, bytes) }).map(drop)
}

/// A type of which strings are made.
pub trait Unit: Copy + PartialEq + 'static {
    /// The units before the one that is 0.
    ///
    /// # Errors
    /// [`Fault::Access`] if memory ends before it.
    fn length(string: *const Self) -> Result<usize, Fault>;
}

macro_rules! unit {
    ($($unit:ty, $routine:ident;)*) => {$(
        impl Unit for $unit {
            #[inline]
            fn length(string: *const $unit) -> Result<usize, Fault> {
                signal::arm();
                // SAFETY: it only reads, and a fault ends in an error.
                outcome(unsafe { $routine(string.cast()) })
            }
        }
    )*};
}

unit! {
    i8, longshore_fault_length;
    u8, longshore_fault_length;
    u16, longshore_fault_length_16;
    i32, longshore_fault_length_32;
    u32, longshore_fault_length_32;
}

/// Whether a byte can be read.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn touch(place: usize) -> bool {
    signal::arm();
    // SAFETY: it only reads, and a fault ends in an error.
    outcome(unsafe { longshore_fault_touch(place as *const u8) }).is_ok()
}

/// Whether a byte can be written. It keeps its value.
///
/// # Safety
/// The program asked for a write there.
#[cfg(not(target_arch = "x86_64"))]
pub(super) unsafe fn touch_to_write(place: usize) -> bool {
    signal::arm();
    // SAFETY: the caller's promise; a fault ends in an error.
    outcome(unsafe { longshore_fault_touch_to_write(place as *mut u8) }).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::fault::word::{is_readable, is_writable};
    use std::ptr;

    const PAGE: usize = 4096;

    /// A page that can be read and written, before one that cannot.
    struct Edge(*mut u8);

    impl Edge {
        fn new(last: i32) -> Edge {
            let (access, flags) =
                (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            // SAFETY: a fresh mapping, whose second page is changed.
            unsafe {
                let pages = libc::mmap(ptr::null_mut(), 2 * PAGE, access, flags, -1, 0);
                assert_ne!(pages, libc::MAP_FAILED);
                libc::mprotect(pages.byte_add(PAGE), PAGE, last);
                Edge(pages.cast())
            }
        }

        /// So many bytes before the second page.
        fn before(&self, bytes: usize) -> *mut u8 {
            self.0.wrapping_add(PAGE - bytes)
        }
    }

    impl Drop for Edge {
        fn drop(&mut self) {
            // SAFETY: mapped by `new`.
            unsafe { libc::munmap(self.0.cast(), 2 * PAGE) };
        }
    }

    #[test]
    fn every_length_is_copied_whole_and_nothing_beside_it() {
        let edge = Edge::new(libc::PROT_NONE);
        let from: Vec<u8> = (0..).take(200).collect();
        for bytes in 0..=200 {
            let place = edge.before(bytes);
            // SAFETY: the mapping's own bytes, and the last that can be written.
            unsafe {
                edge.before(201).write_bytes(0xEE, 201);
                copy(place, from.as_ptr(), bytes).unwrap();
                assert_eq!(std::slice::from_raw_parts(place, bytes), &from[..bytes]);
                assert_eq!(*edge.before(bytes + 1), 0xEE, "the byte before, of {bytes}");
                let mut back = vec![0xDD; bytes + 1];
                copy(back.as_mut_ptr(), place, bytes).unwrap();
                assert_eq!((&back[..bytes], back[bytes]), (&from[..bytes], 0xDD));
            }
        }
    }

    #[test]
    fn a_copy_that_reaches_the_end_of_memory_is_an_error_in_both_directions() {
        let edge = Edge::new(libc::PROT_NONE);
        let read_only = Edge::new(libc::PROT_READ);
        let mut here = [0; 64];
        for bytes in 1..=64 {
            let place = edge.before(bytes - 1);
            // SAFETY: `here` has room; the mappings are this test's.
            unsafe {
                assert_eq!(copy(here.as_mut_ptr(), place, bytes), Err(Fault::Access), "reading {bytes}");
                assert_eq!(copy(place, here.as_ptr(), bytes), Err(Fault::Access), "writing {bytes}");
                let place = read_only.before(bytes - 1);
                assert_eq!(copy(here.as_mut_ptr(), place, bytes), Ok(()));
                assert_eq!(copy(place, here.as_ptr(), bytes), Err(Fault::Access), "read-only, {bytes}");
            }
        }
        for wild in [0_usize, 8, 0x8000_0000_0000_0000, usize::MAX - 3] {
            // SAFETY: `here` has room; nothing is at the other address.
            unsafe {
                assert_eq!(copy(here.as_mut_ptr(), wild as *const u8, 4), Err(Fault::Access), "{wild:#x}");
                assert_eq!(copy(wild as *mut u8, here.as_ptr(), 4), Err(Fault::Access), "{wild:#x}");
            }
        }
    }

    #[test]
    fn a_mapped_file_that_has_become_shorter_is_an_error() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(PAGE as u64).unwrap();
        let descriptor = std::os::fd::AsRawFd::as_raw_fd(&file);
        // SAFETY: a fresh mapping of the file, unmapped below.
        unsafe {
            let place = libc::mmap(ptr::null_mut(), PAGE, libc::PROT_READ, libc::MAP_SHARED, descriptor, 0);
            assert_ne!(place, libc::MAP_FAILED);
            let mut byte = [0];
            assert_eq!(copy(byte.as_mut_ptr(), place.cast(), 1), Ok(()));
            file.set_len(0).unwrap();
            assert_eq!(copy(byte.as_mut_ptr(), place.cast(), 1), Err(Fault::Access), "SIGBUS");
            libc::munmap(place, PAGE);
        }
    }

    #[test]
    fn strings_are_measured_up_to_their_end_or_that_of_memory() {
        let edge = Edge::new(libc::PROT_NONE);
        // SAFETY: the mapping's own bytes.
        unsafe {
            edge.0.write_bytes(b'x', PAGE);
            assert_eq!(u8::length(edge.before(7)), Err(Fault::Access), "no NUL");
            edge.before(1).write(0);
            assert_eq!(u8::length(edge.before(7)), Ok(6));
            assert_eq!(u8::length(edge.before(1)), Ok(0));
            assert_eq!(u32::length(edge.before(8).cast()), Err(Fault::Access), "one byte of 0 is not a unit");
            edge.before(4).write_bytes(0, 4);
            assert_eq!(u32::length(edge.before(16).cast()), Ok(3));
            assert_eq!(u16::length(edge.before(16).cast()), Ok(6));
        }
        assert_eq!(u8::length(ptr::null()), Err(Fault::Access));
    }

    #[test]
    fn touching_tells_what_can_be_read_and_written_and_changes_nothing() {
        let edge = Edge::new(libc::PROT_READ);
        let (writable, read_only) = (edge.before(1), edge.before(0));
        // SAFETY: the mapping's own bytes.
        unsafe {
            writable.write(7);
            assert!(is_readable(writable as usize) && is_writable(writable as usize));
            assert_eq!(*writable, 7);
            assert!(is_readable(read_only as usize) && !is_writable(read_only as usize));
            assert!(!is_readable(16) && !is_writable(16));
        }
    }

    #[test]
    fn faults_in_many_threads_at_once_are_each_their_own() {
        let edge = Edge::new(libc::PROT_NONE);
        let (good, bad) = (edge.before(8) as usize, edge.before(0) as usize);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let mut word = [0; 8];
                    for _ in 0..2000 {
                        // SAFETY: `word` has room.
                        unsafe {
                            assert_eq!(copy(word.as_mut_ptr(), bad as *const u8, 8), Err(Fault::Access));
                            assert_eq!(copy(word.as_mut_ptr(), good as *const u8, 8), Ok(()));
                        }
                    }
                });
            }
        });
    }

    #[test]
    fn a_fault_inside_a_signal_handler_is_an_error_too() {
        use std::sync::atomic::{AtomicI32, Ordering};
        static OUTCOME: AtomicI32 = AtomicI32::new(0);
        extern "C" fn handler(_: libc::c_int) {
            OUTCOME.store(if is_readable(8) { 1 } else { 2 }, Ordering::SeqCst);
        }
        // SAFETY: a signal of this test's own; the handler does what handlers may.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = handler as *const () as usize;
            let mut former: libc::sigaction = std::mem::zeroed();
            libc::sigaction(libc::SIGRTMIN() + 7, &raw const action, &raw mut former);
            libc::raise(libc::SIGRTMIN() + 7);
            libc::sigaction(libc::SIGRTMIN() + 7, &raw const former, ptr::null_mut());
        }
        assert_eq!(OUTCOME.load(Ordering::SeqCst), 2);
    }
}
