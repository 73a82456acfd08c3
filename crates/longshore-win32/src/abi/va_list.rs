//! The arguments of a C function with a variable number of them, for the functions that take a `va_list`.
//!
//! Stable Rust has no `va_list`, but both calling conventions say what one is, and pass it as a
//! pointer to this structure: System V for x86-64 (section 3.5.7) and the procedure call
//! standard for AArch64 (appendix B).

use crate::abi::argument::{Argument, In, plain};
use crate::abi::fault::Fault;
use std::ffi::c_void;

/// What a C `va_list` parameter points to.
#[cfg(target_arch = "x86_64")]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct VaList {
    general_offset: u32,
    float_offset: u32,
    overflow: *const c_void,
    registers: *const c_void,
}

/// What a C `va_list` parameter points to.
#[cfg(target_arch = "aarch64")]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct VaList {
    stack: *const c_void,
    general_top: *const c_void,
    float_top: *const c_void,
    general_offset: i32,
    float_offset: i32,
}

plain!(VaList);

impl VaList {
    /// The next argument, an integer or a pointer. Of a narrower one only the low bits are meaningful.
    ///
    /// # Errors
    /// [`Fault::Access`] if the list, or what its caller passed, ends before.
    pub fn next_word(&mut self) -> Result<usize, Fault> {
        // SAFETY: the promise of an `In` is no more than that C means the address.
        unsafe { In::<usize>::from_c(self.next_place()) }.read()
    }

    #[cfg(target_arch = "x86_64")]
    fn next_place(&mut self) -> *const usize {
        const GENERAL_REGISTERS_BYTES: u32 = 6 * 8;
        if self.general_offset < GENERAL_REGISTERS_BYTES {
            let offset = self.general_offset as usize;
            self.general_offset += 8;
            self.registers.wrapping_byte_add(offset).cast() // Within the register save area.
        } else {
            let place = self.overflow.cast::<usize>();
            self.overflow = place.wrapping_add(1).cast(); // Every argument on the stack takes eight bytes.
            place
        }
    }

    #[cfg(target_arch = "aarch64")]
    fn next_place(&mut self) -> *const usize {
        if self.general_offset < 0 {
            let offset = self.general_offset as isize;
            self.general_offset += 8;
            self.general_top.wrapping_byte_offset(offset).cast() // Within the register save area.
        } else {
            let place = self.stack.cast::<usize>();
            self.stack = place.wrapping_add(1).cast(); // Every argument on the stack takes eight bytes.
            place
        }
    }
}

/// Where a formatting function takes its arguments from.
#[derive(Clone, Copy, Debug)]
pub enum Arguments<'a> {
    /// The caller gave none at all: each is zero.
    None,
    /// The caller's `va_list`. The caller cannot use it after the call, so that this is a copy.
    List(VaList),
    /// An array of words (`FORMAT_MESSAGE_ARGUMENT_ARRAY`).
    Array(In<'a, usize>),
    /// Words that were taken from one of these before.
    Words(&'a [usize]),
}

impl<'a> Arguments<'a> {
    /// The arguments of a list; none for NULL.
    ///
    /// # Errors
    /// [`Fault::Access`].
    pub fn of_list(list: Option<In<'a, VaList>>) -> Result<Arguments<'a>, Fault> {
        list.map_or(Ok(Arguments::None), |list| Ok(Arguments::List(list.read()?)))
    }

    /// The next argument.
    ///
    /// # Errors
    /// [`Fault::Access`].
    pub fn next(&mut self) -> Result<usize, Fault> {
        match self {
            Arguments::None => Ok(0),
            Arguments::List(list) => list.next_word(),
            Arguments::Array(array) => {
                let word = array.read()?;
                *array = array.at(1);
                Ok(word)
            }
            Arguments::Words(words) => {
                let (word, rest) = words.split_first().ok_or(Fault::Access)?;
                *words = rest;
                Ok(*word)
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
        let words: Vec<_> = (0..4).map(|_| list.next_word().unwrap()).collect();
        assert_eq!(words, [94, 95, 96, 97]);
        list.overflow = 8 as *const c_void;
        assert_eq!(list.next_word(), Err(Fault::Access));
    }
}
