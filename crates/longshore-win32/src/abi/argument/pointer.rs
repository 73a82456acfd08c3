//! Pointers to one thing, or to the first of an array.

use super::buffer::PAGE_BYTES_MIN;
use super::{Argument, Plain};
use crate::abi::fault::{Fault, copy, word};
use smallvec::SmallVec;
use std::marker::PhantomData;

/// How many elements of an array are copied at a time. A wrong length then meets the end of the program's
/// memory before much memory is allocated.
const CHUNK: usize = 256;

/// Reads the structure at an address.
#[inline(always)]
fn read<T: Plain>(place: *const T) -> Result<T, Fault> {
    // SAFETY: all bytes are values of a plain type.
    word::read(place).map(|value| unsafe { value.assume_init() })
}

/// The elements of an array.
fn read_array<T: Plain, const N: usize>(place: *const T, count: usize) -> Result<SmallVec<[T; N]>, Fault>
where
    [T; N]: smallvec::Array<Item = T>,
{
    let mut elements = SmallVec::<[T; N]>::new();
    while elements.len() < count {
        let chunk = (count - elements.len()).min(CHUNK);
        elements.try_reserve(chunk).map_err(|_| Fault::Memory)?;
        let (from, done) = (place.wrapping_add(elements.len()), elements.len());
        // SAFETY: the vector has room for a chunk more, which is its own.
        unsafe { copy::copy(elements.as_mut_ptr().add(done).cast(), from.cast(), chunk * size_of::<T>())? };
        // SAFETY: the copy was whole, and all bytes are values of a plain type.
        unsafe { elements.set_len(done + chunk) };
    }
    Ok(elements)
}

/// A structure to be read.
///
/// C's promise: nothing but that it means this address. What is there is copied, and may be anything.
#[repr(transparent)]
#[derive(Debug)]
pub struct In<'a, T>(*const T, PhantomData<&'a T>);

/// A place to be written to.
///
/// C's promise: a `T` may be written there, or there is no memory at that address.
#[repr(transparent)]
#[derive(Debug)]
pub struct Out<'a, T>(*mut T, PhantomData<&'a mut T>);

/// A structure to be read and written.
///
/// C's promise: as of [`In`] and [`Out`].
#[repr(transparent)]
#[derive(Debug)]
pub struct InOut<'a, T>(*mut T, PhantomData<&'a mut T>);

impl<T: Plain> In<'_, T> {
    /// What is there.
    ///
    /// # Errors
    /// [`Fault::Access`], for NULL too.
    #[inline(always)]
    pub fn read(self) -> Result<T, Fault> {
        read(self.0)
    }

    /// The elements of an array that begins here. Up to `N` of them need no allocation. Zero elements
    /// can always be read, even at NULL.
    ///
    /// # Errors
    /// [`Fault`].
    pub fn array<const N: usize>(self, count: usize) -> Result<SmallVec<[T; N]>, Fault>
    where
        [T; N]: smallvec::Array<Item = T>,
    {
        read_array(self.0, count)
    }
}

impl<'a, T> In<'a, T> {
    /// Element `index` of an array whose first this is.
    #[must_use]
    pub fn at(self, index: usize) -> In<'a, T> {
        In(self.0.wrapping_add(index), PhantomData)
    }

    /// The place so many bytes further: a field, or what follows the structure.
    #[must_use]
    pub fn field<U>(self, offset: usize) -> In<'a, U> {
        In(self.0.wrapping_byte_add(offset).cast(), PhantomData)
    }

    /// Whether it is NULL. An `Option` reads better where that means something.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// The address.
    #[must_use]
    pub fn as_ptr(self) -> *const T {
        self.0
    }
}

impl<'a, T> Out<'a, T> {
    /// Writes there.
    ///
    /// # Errors
    /// [`Fault::Access`], for NULL too.
    #[inline(always)]
    pub fn write(self, value: T) -> Result<(), Fault>
    where
        T: Copy,
    {
        // SAFETY: the C program's promise.
        unsafe { word::write(self.0, value) }
    }

    /// Writes there without a check, as Windows does in functions that cannot fail. A bad
    /// pointer is an access violation.
    #[inline]
    pub fn store(self, value: T) {
        // SAFETY: the C program's promise, which is not checked here.
        unsafe { self.0.write_unaligned(value) };
    }

    /// Element `index` of an array whose first this is.
    #[must_use]
    pub fn at(self, index: usize) -> Out<'a, T> {
        Out(self.0.wrapping_add(index), PhantomData)
    }

    /// The place so many bytes further: a field, or what follows the structure.
    #[must_use]
    pub fn field<U>(self, offset: usize) -> Out<'a, U> {
        Out(self.0.wrapping_byte_add(offset).cast(), PhantomData)
    }

    /// Writes the elements of an array that begins here.
    ///
    /// # Errors
    /// [`Fault::Access`]. The elements before the fault have been written.
    pub fn write_all(self, elements: &[T]) -> Result<(), Fault>
    where
        T: Copy,
    {
        // SAFETY: the C program's promise.
        unsafe { copy::copy(self.0.cast(), elements.as_ptr().cast(), size_of_val(elements)) }
    }

    /// Whether it can be written to. Ask before doing something whose result must not be lost.
    ///
    /// # Errors
    /// [`Fault::Access`].
    #[inline]
    pub fn probe(self) -> Result<(), Fault> {
        let first = self.0 as usize;
        let last = first.wrapping_add(size_of::<T>().saturating_sub(1));
        // Within one page one check is enough.
        let one = first / PAGE_BYTES_MIN == last / PAGE_BYTES_MIN;
        // SAFETY: the C program's promise.
        match unsafe { word::is_writable(first) && (one || word::is_writable(last)) } {
            true => Ok(()),
            false => Err(Fault::Access),
        }
    }

    /// Whether it is NULL. An `Option` reads better where that means something.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0.is_null()
    }

    /// The address.
    #[must_use]
    pub fn as_ptr(self) -> *mut T {
        self.0
    }
}

impl<'a, T> InOut<'a, T> {
    /// What is there.
    ///
    /// # Errors
    /// [`Fault::Access`], for NULL too.
    #[inline(always)]
    pub fn read(self) -> Result<T, Fault>
    where
        T: Plain,
    {
        read(self.0)
    }

    /// Writes there.
    ///
    /// # Errors
    /// [`Fault::Access`], for NULL too.
    #[inline(always)]
    pub fn write(self, value: T) -> Result<(), Fault>
    where
        T: Copy,
    {
        self.as_out().write(value)
    }

    /// As a place to be read only.
    #[must_use]
    pub fn as_in(self) -> In<'a, T> {
        In(self.0, PhantomData)
    }

    /// As a place to be written only.
    #[must_use]
    pub fn as_out(self) -> Out<'a, T> {
        Out(self.0, PhantomData)
    }

    /// The address.
    #[must_use]
    pub fn as_ptr(self) -> *mut T {
        self.0
    }
}

/// Writes to a place that may be absent.
pub trait WriteIfAsked<T> {
    /// Writes the value, if there is a place for it.
    ///
    /// # Errors
    /// [`Fault::Access`].
    fn write_if_asked(self, value: T) -> Result<(), Fault>;
}

impl<T: Copy> WriteIfAsked<T> for Option<Out<'_, T>> {
    #[inline(always)]
    fn write_if_asked(self, value: T) -> Result<(), Fault> {
        self.map_or(Ok(()), |place| place.write(value))
    }
}

macro_rules! pointer {
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

pointer! {
    In, *const T;
    Out, *mut T;
    InOut, *mut T;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading<T>(place: *const T) -> In<'static, T> {
        // SAFETY: the tests pass what they own, or what is not there.
        unsafe { In::from_c(place) }
    }

    fn writing<T>(place: *mut T) -> Out<'static, T> {
        // SAFETY: as above.
        unsafe { Out::from_c(place) }
    }

    #[test]
    fn what_is_there_is_read_and_written_at_any_alignment_and_what_is_not_is_an_error() {
        let mut bytes = [0_u8; 16];
        let odd = bytes.as_mut_ptr().wrapping_add(1).cast::<u64>();
        writing(odd).write(0x0102_0304_0506_0708).unwrap();
        assert_eq!(reading(odd.cast_const()).read(), Ok(0x0102_0304_0506_0708));
        assert_eq!(bytes[0], 0);
        assert_eq!(reading(std::ptr::null::<u32>()).read(), Err(Fault::Access));
        assert_eq!(writing(std::ptr::null_mut::<u32>()).write(1), Err(Fault::Access));
        assert_eq!(writing(64 as *mut u32).probe(), Err(Fault::Access));
        assert_eq!(writing(odd).probe(), Ok(()));
    }

    #[test]
    fn null_is_none_where_it_may_be() {
        let mut value = 0_u32;
        // SAFETY: NULL, and a place of this test's.
        let (none, some) = unsafe {
            let none = Option::<Out<u32>>::from_c(std::ptr::null_mut());
            (none, Option::<Out<u32>>::from_c(&raw mut value))
        };
        assert!(none.is_none());
        assert_eq!(none.write_if_asked(1), Ok(()));
        assert_eq!(some.write_if_asked(2), Ok(()));
        assert_eq!(value, 2);
    }

    #[test]
    fn arrays_are_copied_and_wild_lengths_are_errors() {
        let values: Vec<u32> = (0..1000).collect();
        let array = reading(values.as_ptr());
        assert_eq!(array.array::<4>(1000).unwrap().as_slice(), values.as_slice());
        assert_eq!(array.at(5).read(), Ok(5));
        assert_eq!(array.array::<4>(usize::MAX / 8), Err(Fault::Access));
        let nothing = reading(std::ptr::null::<u32>());
        assert!(nothing.array::<4>(0).unwrap().is_empty());
        assert_eq!(nothing.array::<4>(1), Err(Fault::Access));
    }
}
