//! The arguments of a C function with a variable number of them, for the functions that take a `va_list`.
//!
//! Stable Rust has no `va_list`, but both calling conventions say what one is, and pass it as a
//! pointer to this structure: System V for x86-64 (section 3.5.7) and the procedure call
//! standard for AArch64 (appendix B).

use std::ffi::c_void;

/// What a C `va_list` parameter points to.
#[cfg(target_arch = "x86_64")]
#[repr(C)]
#[derive(Debug)]
pub struct VaList {
    general_offset: u32,
    float_offset: u32,
    overflow: *const c_void,
    registers: *const c_void,
}

/// What a C `va_list` parameter points to.
#[cfg(target_arch = "aarch64")]
#[repr(C)]
#[derive(Debug)]
pub struct VaList {
    stack: *const c_void,
    general_top: *const c_void,
    float_top: *const c_void,
    general_offset: i32,
    float_offset: i32,
}

impl VaList {
    /// The next argument, an integer or a pointer. Of a narrower one only the low bits are meaningful.
    ///
    /// # Safety
    /// The list is a live `va_list`, and its next argument is an integer or a pointer.
    pub unsafe fn next_word(&mut self) -> usize {
        // SAFETY: the caller's promise, and the layout the calling convention lays down.
        unsafe { *self.next_place() }
    }

    #[cfg(target_arch = "x86_64")]
    unsafe fn next_place(&mut self) -> *const usize {
        const GENERAL_REGISTERS_BYTES: u32 = 6 * 8;
        if self.general_offset < GENERAL_REGISTERS_BYTES {
            let offset = self.general_offset as usize;
            self.general_offset += 8;
            // SAFETY: within the register save area.
            unsafe { self.registers.add(offset).cast() }
        } else {
            let place = self.overflow.cast::<usize>();
            // SAFETY: every argument on the stack takes eight bytes.
            self.overflow = unsafe { place.add(1) }.cast();
            place
        }
    }

    #[cfg(target_arch = "aarch64")]
    unsafe fn next_place(&mut self) -> *const usize {
        if self.general_offset < 0 {
            let offset = self.general_offset as isize;
            self.general_offset += 8;
            // SAFETY: within the register save area, which ends at its top.
            unsafe { self.general_top.offset(offset).cast() }
        } else {
            let place = self.stack.cast::<usize>();
            // SAFETY: every argument on the stack takes eight bytes.
            self.stack = unsafe { place.add(1) }.cast();
            place
        }
    }
}

/// Where a formatting function takes its arguments from.
#[derive(Debug)]
pub enum Arguments {
    /// The caller's `va_list`.
    List(*mut VaList),
    /// An array of words (`FORMAT_MESSAGE_ARGUMENT_ARRAY`).
    Array(*const usize),
}

impl Arguments {
    /// Whether there are none at all.
    pub fn is_null(&self) -> bool {
        match self {
            Arguments::Array(array) => array.is_null(),
            Arguments::List(list) => list.is_null(),
        }
    }

    /// The next argument; zero when the caller gave no arguments at all.
    ///
    /// # Safety
    /// There is a next argument, and it is an integer or a pointer; or the pointer is NULL.
    pub unsafe fn next(&mut self) -> usize {
        match self {
            // SAFETY: the caller's promise; a list is passed by pointer.
            Arguments::List(list) => unsafe { list.as_mut().map_or(0, |list| list.next_word()) },
            Arguments::Array(array) if array.is_null() => 0,
            Arguments::Array(array) => {
                // SAFETY: the caller's promise.
                unsafe {
                    let word = array.read();
                    *array = array.add(1);
                    word
                }
            }
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn registers_come_before_the_stack() {
        let registers: [usize; 6] = [90, 91, 92, 93, 94, 95];
        let stack: [usize; 2] = [96, 97];
        let mut list = VaList {
            general_offset: 8 * 4,
            float_offset: 48,
            overflow: stack.as_ptr().cast(),
            registers: registers.as_ptr().cast(),
        };
        // SAFETY: the list is built as the calling convention says.
        let words: Vec<usize> = (0..4).map(|_| unsafe { list.next_word() }).collect();
        assert_eq!(words, [94, 95, 96, 97]);
    }
}
