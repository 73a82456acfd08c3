//! One word of the program's memory, as the [faulting copy](super::copy) but for a few instructions.
//!
//! Most of what a call reads and writes is one word. To call a C function for each would cost more than the
//! access, because the compiler saves what it has in registers before. On x86-64 the routines here have a
//! convention of their own: they change three registers at most, and say which.

use super::Fault;
use super::copy;
#[cfg(target_arch = "x86_64")]
use super::signal;
use std::mem::MaybeUninit;

#[cfg(target_arch = "x86_64")]
mod routine {
    //! What `copy.rs` has the instructions of. Each returns 0, or -1 after a fault.

    use std::arch::asm;
    use std::mem::MaybeUninit;

    unsafe extern "C" {
        fn longshore_fault_load_4();
        fn longshore_fault_load_8();
        fn longshore_fault_load_16();
        fn longshore_fault_store_4();
        fn longshore_fault_store_8();
        fn longshore_fault_touch();
        fn longshore_fault_touch_to_write();
    }

    /// A word, which need not be initialised: it may be a structure with padding.
    pub(super) type Word<T> = MaybeUninit<T>;

    #[inline(always)]
    pub(super) fn load_4(from: *const u8) -> (Word<u32>, isize) {
        let (word, result);
        // SAFETY: it only reads, and a fault is a result.
        unsafe {
            asm!("call {}", sym longshore_fault_load_4, in("rdi") from, out("rax") result, out("rdx") word);
        }
        (word, result)
    }

    #[inline(always)]
    pub(super) fn load_8(from: *const u8) -> (Word<u64>, isize) {
        let (word, result);
        // SAFETY: as above.
        unsafe {
            asm!("call {}", sym longshore_fault_load_8, in("rdi") from, out("rax") result, out("rdx") word);
        }
        (word, result)
    }

    #[inline(always)]
    pub(super) fn load_16(from: *const u8) -> ([Word<u64>; 2], isize) {
        let (first, second, result);
        // SAFETY: as above.
        unsafe {
            asm!("call {}", sym longshore_fault_load_16, in("rdi") from, out("rax") result, out("rdx") first,
                out("rcx") second);
        }
        ([first, second], result)
    }

    /// # Safety
    /// The program asked for a write there.
    #[inline(always)]
    pub(super) unsafe fn store_4(to: *mut u8, word: Word<u32>) -> isize {
        let result;
        // SAFETY: the caller's promise; a fault is a result.
        unsafe {
            asm!("call {}", sym longshore_fault_store_4, in("rdi") to, in("rsi") word, out("rax") result)
        };
        result
    }

    /// # Safety
    /// As for [`store_4`].
    #[inline(always)]
    pub(super) unsafe fn store_8(to: *mut u8, word: Word<u64>) -> isize {
        let result;
        // SAFETY: as above.
        unsafe {
            asm!("call {}", sym longshore_fault_store_8, in("rdi") to, in("rsi") word, out("rax") result)
        };
        result
    }

    #[inline(always)]
    pub(super) fn touch(place: usize) -> isize {
        let result;
        // SAFETY: it only reads, and a fault is a result.
        unsafe { asm!("call {}", sym longshore_fault_touch, in("rdi") place, out("rax") result) };
        result
    }

    /// # Safety
    /// As for [`store_4`].
    #[inline(always)]
    pub(super) unsafe fn touch_to_write(place: usize) -> isize {
        let result;
        // SAFETY: as above; the byte keeps its value.
        unsafe { asm!("call {}", sym longshore_fault_touch_to_write, in("rdi") place, out("rax") result) };
        result
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn outcome(result: isize) -> Result<(), Fault> {
    if result < 0 { Err(Fault::Access) } else { Ok(()) }
}

/// Reads the structure at an address.
///
/// # Errors
/// [`Fault::Access`].
#[inline(always)]
pub(crate) fn read<T: Copy>(from: *const T) -> Result<MaybeUninit<T>, Fault> {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: the sizes are equal, and nothing is asked of the bytes.
        unsafe {
            match size_of::<T>() {
                4 => {
                    signal::arm();
                    let (word, result) = routine::load_4(from.cast());
                    return outcome(result).map(|()| std::mem::transmute_copy(&word));
                }
                8 => {
                    signal::arm();
                    let (word, result) = routine::load_8(from.cast());
                    return outcome(result).map(|()| std::mem::transmute_copy(&word));
                }
                16 => {
                    signal::arm();
                    let (words, result) = routine::load_16(from.cast());
                    return outcome(result).map(|()| std::mem::transmute_copy(&words));
                }
                _ => {}
            }
        }
    }
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: `value` has room, and is this function's own.
    unsafe { copy::copy(value.as_mut_ptr().cast(), from.cast(), size_of::<T>())? };
    Ok(value)
}

/// Writes the structure at an address.
///
/// # Errors
/// [`Fault::Access`].
///
/// # Safety
/// The program asked for the value to be written there.
#[inline(always)]
pub(crate) unsafe fn write<T: Copy>(to: *mut T, value: T) -> Result<(), Fault> {
    #[cfg(target_arch = "x86_64")]
    {
        let value = MaybeUninit::new(value);
        // SAFETY: the caller's promise; the sizes are equal, and nothing is asked of the bytes.
        unsafe {
            match size_of::<T>() {
                4 => {
                    signal::arm();
                    return outcome(routine::store_4(to.cast(), std::mem::transmute_copy(&value)));
                }
                8 => {
                    signal::arm();
                    return outcome(routine::store_8(to.cast(), std::mem::transmute_copy(&value)));
                }
                _ => {}
            }
        }
    }
    // SAFETY: the caller's promise.
    unsafe { copy::copy(to.cast(), (&raw const value).cast(), size_of::<T>()) }
}

/// Whether a byte can be read.
#[inline(always)]
pub(crate) fn is_readable(place: usize) -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        signal::arm();
        routine::touch(place) >= 0
    }
    #[cfg(not(target_arch = "x86_64"))]
    copy::touch(place)
}

/// Whether a byte can be written. It keeps its value.
///
/// # Safety
/// The program asked for a write there.
#[inline(always)]
pub(crate) unsafe fn is_writable(place: usize) -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        signal::arm();
        // SAFETY: the caller's promise.
        unsafe { routine::touch_to_write(place) >= 0 }
    }
    #[cfg(not(target_arch = "x86_64"))]
    // SAFETY: the caller's promise.
    unsafe {
        copy::touch_to_write(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_every_size_are_read_and_written_whole_or_are_errors() {
        fn both_ways<T: Copy + PartialEq + std::fmt::Debug>(value: T) {
            let mut place = MaybeUninit::<[T; 2]>::zeroed();
            let start = place.as_mut_ptr().cast::<T>();
            // SAFETY: a place of this test's own, and numbers in it.
            unsafe {
                let after = start.add(1).read();
                write(start, value).unwrap();
                assert_eq!((start.read(), start.add(1).read()), (value, after), "and nothing beside it");
                assert_eq!(read(start).map(|value| value.assume_init()), Ok(value));
                for wild in
                    [std::ptr::null_mut(), (usize::MAX - 63) as *mut T, 0x8000_0000_0000_0000 as *mut T]
                {
                    assert_eq!(read(wild).map(drop), Err(Fault::Access));
                    assert_eq!(write(wild, value), Err(Fault::Access));
                }
            }
        }
        both_ways(0x11_u8);
        both_ways(0x1122_u16);
        both_ways(0x1122_3344_u32);
        both_ways(0x1122_3344_5566_7788_u64);
        both_ways([1_u32, 2, 3]);
        both_ways([u64::MAX, 1]);
        both_ways([1_u64, 2, 3]);
    }
}
