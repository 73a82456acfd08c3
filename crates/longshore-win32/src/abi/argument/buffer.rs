//! Ranges of bytes whose length is another argument.

use super::{Argument, InOut};
use crate::abi::character::Character;
use crate::abi::fault::{Fault, copy, word};
use crate::abi::last_error::Win32Error;
use std::ffi::c_void;
use std::marker::PhantomData;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;

/// The smallest page size of any architecture.
pub(super) const PAGE_BYTES_MIN: usize = 4096;

/// Bytes to be read. `T` is what the pointer points to in C.
///
/// C promises nothing but the address. The bytes are copied, or the address is passed
/// to the kernel, which checks it.
#[repr(transparent)]
#[derive(Debug)]
pub struct InBuffer<'a, T = c_void>(*const T, PhantomData<&'a [u8]>);

/// Bytes to be written. `T` is what the pointer points to in C.
///
/// C's promise: the bytes may be written, or there is no memory at that address.
#[repr(transparent)]
#[derive(Debug)]
pub struct OutBuffer<'a, T = c_void>(*mut T, PhantomData<&'a mut [u8]>);

/// The first and the last page of a range that is not empty.
#[inline]
fn ends(start: usize, bytes: usize) -> Result<[usize; 2], Fault> {
    let end = start.checked_add(bytes - 1).ok_or(Fault::Access)?;
    // Within one page one check is enough.
    Ok([start, if start / PAGE_BYTES_MIN == end / PAGE_BYTES_MIN { start } else { end }])
}

impl<T> InBuffer<'_, T> {
    /// Copies the beginning of the range.
    ///
    /// # Errors
    /// [`Fault::Access`].
    pub fn read(self, to: &mut [u8]) -> Result<(), Fault> {
        // SAFETY: `to` is a slice of this library's.
        unsafe { copy::copy(to.as_mut_ptr(), self.0.cast(), to.len()) }
    }

    /// A copy of the range.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn to_vec(self, bytes: usize) -> Result<Vec<u8>, Fault> {
        if bytes > 0 {
            self.probe(bytes)?; // Before memory is allocated for it.
        }
        let mut copied = Vec::new();
        copied.try_reserve_exact(bytes).map_err(|_| Fault::Memory)?;
        // SAFETY: there is room for them, and all of them are written if the copy succeeds.
        unsafe {
            copy::copy(copied.as_mut_ptr(), self.0.cast(), bytes)?;
            copied.set_len(bytes);
        }
        Ok(copied)
    }

    /// Whether the first and the last page can be read. An empty range always can, at NULL too (F9, F10).
    ///
    /// # Errors
    /// [`Fault::Access`].
    #[inline]
    pub fn probe(self, bytes: usize) -> Result<(), Fault> {
        if bytes == 0 {
            return Ok(());
        }
        let [first, last] = ends(self.0 as usize, bytes)?;
        let there = word::is_readable(first) && (first == last || word::is_readable(last));
        if there { Ok(()) } else { Err(Fault::Access) }
    }

    /// The address, for the kernel.
    #[must_use]
    pub fn as_ptr(self) -> *const T {
        self.0
    }
}

impl<'a, T> OutBuffer<'a, T> {
    /// Writes the beginning of the range.
    ///
    /// # Errors
    /// [`Fault::Access`].
    pub fn write(self, from: &[u8]) -> Result<(), Fault> {
        // SAFETY: the C program's promise.
        unsafe { copy::copy(self.0.cast(), from.as_ptr(), from.len()) }
    }

    /// Writes elements from the beginning of the range.
    ///
    /// # Errors
    /// [`Fault::Access`]. What lies before the fault has been written.
    pub fn write_all(self, elements: &[T]) -> Result<(), Fault>
    where
        T: Copy,
    {
        // SAFETY: the C program's promise.
        unsafe { copy::copy(self.0.cast(), elements.as_ptr().cast(), size_of_val(elements)) }
    }

    /// Whether the first and the last page can be written. An empty range always can, at NULL too (F9, F10).
    ///
    /// # Errors
    /// [`Fault::Access`].
    #[inline]
    pub fn probe(self, bytes: usize) -> Result<(), Fault> {
        if bytes == 0 {
            return Ok(());
        }
        let [first, last] = ends(self.0 as usize, bytes)?;
        // SAFETY: the C program's promise.
        let there = unsafe { word::is_writable(first) && (first == last || word::is_writable(last)) };
        if there { Ok(()) } else { Err(Fault::Access) }
    }

    /// The range from here on.
    #[must_use]
    pub fn from(self, offset: usize) -> OutBuffer<'a, T> {
        OutBuffer(self.0.wrapping_byte_add(offset), PhantomData)
    }

    /// Whether it is NULL. An `Option` reads better where that means something.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// The address, for the kernel.
    #[must_use]
    pub fn as_ptr(self) -> *mut T {
        self.0
    }
}

/// Buffers for text, which may be NULL. `T` is the kind of character.
pub trait TextBuffer<T> {
    /// Copies a string and its NUL if there is room. Returns whether there was.
    ///
    /// # Errors
    /// [`Fault::Access`].
    fn put(self, string: &[T], room: usize) -> Result<bool, Fault>;

    /// The convention of `GetCurrentDirectory` and its like: the length without the NUL if the buffer had
    /// room, else the room it takes, which includes the NUL.
    ///
    /// # Errors
    /// [`Fault::Access`].
    fn put_or_ask(self, text: &[u8], room: u32) -> Result<u32, Fault>;

    /// The convention of `GetComputerName` and its like: `room` is the buffer's size on the way in. On the way
    /// out it is the length without the NUL, which is returned too, or the room the text takes with its NUL
    /// if the call fails with `too_small`.
    ///
    /// # Errors
    /// `too_small`; `ERROR_INVALID_PARAMETER` if `room` is NULL; `ERROR_NOACCESS`.
    fn put_or_fail(self, text: &[u8], room: Option<InOut<u32>>, too_small: u32) -> Result<u32, Win32Error>;
}

impl<T: Character> TextBuffer<T> for Option<OutBuffer<'_, T>> {
    fn put(self, string: &[T], room: usize) -> Result<bool, Fault> {
        let Some(buffer) = self.filter(|_| string.len() < room) else {
            return Ok(false);
        };
        buffer.write_all(string)?;
        buffer.from(size_of_val(string)).write_all(&[T::default()])?;
        Ok(true)
    }

    fn put_or_ask(self, text: &[u8], room: u32) -> Result<u32, Fault> {
        let string = T::encode(text);
        let copied = self.put(&string, room as usize)?;
        Ok(string.len() as u32 + u32::from(!copied))
    }

    fn put_or_fail(self, text: &[u8], room: Option<InOut<u32>>, too_small: u32) -> Result<u32, Win32Error> {
        let room = room.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
        let string = T::encode(text);
        let copied = self.put(&string, room.read()? as usize)?;
        room.write(string.len() as u32 + u32::from(!copied))?;
        if copied { Ok(string.len() as u32) } else { Err(Win32Error(too_small)) }
    }
}

macro_rules! buffer {
    ($($kind:ident, $c:ty;)*) => {$(
        impl<T> Clone for $kind<'_, T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T> Copy for $kind<'_, T> {}

        // SAFETY: C's promise, as the type states it.
        unsafe impl<T> Argument for $kind<'_, T> {
            type C = $c;
            const PROMISE: bool = true;

            #[inline(always)]
            unsafe fn from_c(value: $c) -> Self {
                $kind(value, PhantomData)
            }
        }

        /// NULL is `None`.
        // SAFETY: as above.
        unsafe impl<T> Argument for Option<$kind<'_, T>> {
            type C = $c;
            const PROMISE: bool = true;

            #[inline(always)]
            unsafe fn from_c(value: $c) -> Self {
                (!value.is_null()).then_some($kind(value, PhantomData))
            }
        }
    )*};
}

buffer! {
    InBuffer, *const T;
    OutBuffer, *mut T;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_range_are_looked_at_and_nothing_changes() {
        const PAGE: usize = 4096;
        // SAFETY: a fresh mapping, whose second page is changed; unmapped below.
        let pages = unsafe {
            let (access, flags) =
                (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
            let pages = libc::mmap(std::ptr::null_mut(), 2 * PAGE, access, flags, -1, 0);
            assert_ne!(pages, libc::MAP_FAILED);
            libc::mprotect(pages.byte_add(PAGE), PAGE, libc::PROT_NONE);
            pages
        };
        // SAFETY: the mapping is this test's.
        let (from, to) = unsafe { (InBuffer::from_c(pages.cast_const()), OutBuffer::from_c(pages)) };
        assert_eq!((from.probe(PAGE), to.probe(PAGE)), (Ok(()), Ok(())));
        assert_eq!((from.probe(PAGE + 1), to.probe(PAGE + 1)), (Err(Fault::Access), Err(Fault::Access)));
        assert_eq!(from.to_vec(3), Ok(vec![0; 3]));
        assert_eq!(from.to_vec(usize::MAX), Err(Fault::Access), "past the end of all addresses");
        to.write(b"abc").unwrap();
        let mut read = [0; 2];
        from.read(&mut read).unwrap();
        assert_eq!(&read, b"ab");
        to.from(PAGE - 1).write(b"xy").unwrap_err();
        // SAFETY: NULL.
        let nothing = unsafe { InBuffer::<c_void>::from_c(std::ptr::null()) };
        assert_eq!((nothing.probe(0), nothing.probe(1)), (Ok(()), Err(Fault::Access)));
        assert_eq!(nothing.to_vec(0), Ok(vec![]));
        // SAFETY: mapped above.
        unsafe { libc::munmap(pages, 2 * PAGE) };
    }

    #[test]
    fn a_text_that_does_not_fit_asks_for_room_for_its_nul() {
        use crate::abi::text::WCHAR;
        let mut units = [7 as WCHAR; 4];
        // SAFETY: a buffer of this test's, and NULL.
        let (buffer, nothing): (Option<OutBuffer<WCHAR>>, Option<OutBuffer<WCHAR>>) =
            unsafe { (Argument::from_c(units.as_mut_ptr()), Argument::from_c(std::ptr::null_mut())) };
        let text = "añb".as_bytes();
        assert_eq!((buffer.put_or_ask(text, 3), nothing.put_or_ask(text, 9)), (Ok(4), Ok(4)));
        let mut size = 3;
        // SAFETY: a place of this test's.
        let room = unsafe { Option::<InOut<u32>>::from_c(&raw mut size) };
        assert_eq!(buffer.put_or_fail(text, room, 234), Err(Win32Error(234)));
        assert_eq!(room.unwrap().read(), Ok(4));
        assert_eq!(units, [7; 4], "nothing is written then");
        assert_eq!(buffer.put_or_fail(text, room, 234), Ok(3));
        assert_eq!(room.unwrap().read(), Ok(3));
        assert_eq!(units, [0x61, 0xF1, 0x62, 0]);
        assert_eq!(buffer.put_or_ask(text, 4), Ok(3));
        assert_eq!(buffer.put_or_fail(text, None, 234), Err(Win32Error(ERROR_INVALID_PARAMETER)));
    }
}
