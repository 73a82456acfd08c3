//! `wsprintfA` and `wsprintfW`, which take a variable number of arguments.
//!
//! Stable Rust cannot define such a function, so these few instructions do what a compiler puts at the start
//! of one: save the registers that may hold arguments, describe them and the stack in a `va_list`, and pass
//! that on. Floating-point arguments are not saved: `wsprintf` has no conversion for them.

use crate::strings::wsprintf::{wvsprintfA, wvsprintfW};

#[cfg(target_arch = "x86_64")]
macro_rules! variadic {
    ($target:path) => {
        core::arch::naked_asm!(
            "sub rsp, 88",
            // The save area, of which the first two registers hold the named arguments.
            "mov [rsp + 48], rdx",
            "mov [rsp + 56], rcx",
            "mov [rsp + 64], r8",
            "mov [rsp + 72], r9",
            // The list: offsets into the save area, the arguments on the stack, the save area.
            "mov dword ptr [rsp], 16",
            "mov dword ptr [rsp + 4], 48",
            "lea rax, [rsp + 96]",
            "mov [rsp + 8], rax",
            "lea rax, [rsp + 32]",
            "mov [rsp + 16], rax",
            "mov rdx, rsp",
            "call {target}",
            "add rsp, 88",
            "ret",
            target = sym $target,
        )
    };
}

#[cfg(target_arch = "aarch64")]
macro_rules! variadic {
    ($target:path) => {
        core::arch::naked_asm!(
            "stp x29, x30, [sp, #-112]!",
            "mov x29, sp",
            // The save area, from 48 to 96.
            "stp x2, x3, [sp, #48]",
            "stp x4, x5, [sp, #64]",
            "stp x6, x7, [sp, #80]",
            // The list: the stack, the tops of the two save areas, the offsets from them.
            "add x8, sp, #112",
            "str x8, [sp, #16]",
            "add x8, sp, #96",
            "str x8, [sp, #24]",
            "str x8, [sp, #32]",
            "mov w8, #-48",
            "str w8, [sp, #40]",
            "str wzr, [sp, #44]",
            "add x2, sp, #16",
            "bl {target}",
            "ldp x29, x30, [sp], #112",
            "ret",
            target = sym $target,
        )
    };
}

/// Formats text: in C, `int wsprintfA(char *out, const char *format, ...)`.
///
/// # Safety
/// As for `sprintf`: the arguments are what the format says, and the result fits or there is room for 1024
/// bytes. It can only be called from C, since its type here leaves the arguments out.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn wsprintfA() {
    variadic!(wvsprintfA)
}

/// Formats wide text: in C, `int wsprintfW(wchar_t *out, const wchar_t *format, ...)`.
///
/// # Safety
/// As for [`wsprintfA`], with room for 1024 characters.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn wsprintfW() {
    variadic!(wvsprintfW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::text::{WCHAR, to_wide};
    use libc::c_char;
    use std::ffi::CStr;

    type Narrow = unsafe extern "C" fn(*mut c_char, *const c_char, ...) -> i32;
    type Wide = unsafe extern "C" fn(*mut WCHAR, *const WCHAR, ...) -> i32;

    #[test]
    fn arguments_in_registers_and_on_the_stack_arrive_in_order() {
        let mut out = [0x55 as c_char; 1024];
        // SAFETY: that is the function's C type; the arguments are what the formats say.
        unsafe {
            let wsprintf: Narrow = std::mem::transmute(wsprintfA as unsafe extern "C" fn());
            let format = c"%d %d %d %d %d %d %s %I64u 100%% %c%x %lu";
            let length = wsprintf(
                out.as_mut_ptr(),
                format.as_ptr(),
                1,
                2,
                3,
                4,
                -5,
                6,
                c"seven".as_ptr(),
                8u64 << 40,
                i32::from(b'!'),
                255,
                10,
            );
            let text = CStr::from_ptr(out.as_ptr()).to_str().unwrap();
            assert_eq!(text, "1 2 3 4 -5 6 seven 8796093022208 100% !ff 10");
            assert_eq!(length as usize, text.len());
        }
    }

    #[test]
    fn wide_text_is_the_usual_kind_in_a_wide_format() {
        let mut out = [7 as WCHAR; 1024];
        let (format, text) = (to_wide(b"%s|%S|%hs|%5d\0"), to_wide("süß\0".as_bytes()));
        // SAFETY: as above.
        unsafe {
            let wsprintf: Wide = std::mem::transmute(wsprintfW as unsafe extern "C" fn());
            let narrow = c"a".as_ptr();
            let length = wsprintf(out.as_mut_ptr(), format.as_ptr(), text.as_ptr(), narrow, narrow, 42);
            assert_eq!(out[..=length as usize], to_wide("süß|a|a|   42\0".as_bytes()));
        }
    }

    #[test]
    fn nothing_is_written_beyond_1024_units() {
        let mut out = [0x55 as c_char; 1030];
        let long = "x".repeat(3000) + "\0";
        // SAFETY: as above.
        unsafe {
            let wsprintf: Narrow = std::mem::transmute(wsprintfA as unsafe extern "C" fn());
            assert_eq!(wsprintf(out.as_mut_ptr(), c"%s".as_ptr(), long.as_ptr()), 1023);
        }
        assert_eq!(out[1023..], [0, 0x55, 0x55, 0x55, 0x55, 0x55, 0x55]);
    }
}
