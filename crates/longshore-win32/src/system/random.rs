//! Random numbers, all from the kernel's generator.

use crate::abi::argument::{Ignored, Out, OutBuffer};
use crate::abi::fault::Fault;
use crate::abi::last_error::Win32Error;
use longshore_win32_macros::export;
use rustix::rand::{GetRandomFlags, getrandom};
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, NTE_BAD_UID, STATUS_INVALID_PARAMETER, STATUS_SUCCESS,
};

/// Fills a buffer with random bytes.
pub(crate) fn fill(buffer: &mut [u8]) {
    let mut rest = buffer;
    while !rest.is_empty() {
        // It fails only when a signal interrupts it; without the call (it came with Linux 3.17) nothing here
        // runs.
        let filled = getrandom(&mut *rest, GetRandomFlags::empty()).unwrap_or(0);
        rest = &mut std::mem::take(&mut rest)[filled..];
    }
}

/// Fills a buffer of the program's, a piece at a time.
fn fill_buffer<T>(buffer: OutBuffer<T>, length: u32) -> Result<(), Fault> {
    let (length, mut piece) = (length as usize, [0; 256]);
    buffer.probe(length)?;
    for start in (0..length).step_by(piece.len()) {
        let piece = &mut piece[..(length - start).min(256)];
        fill(piece);
        buffer.from(start).write(piece)?;
    }
    Ok(())
}

/// Fills a buffer with random bytes: `RtlGenRandom`, by the name it is exported with.
#[export]
pub unsafe fn SystemFunction036(buffer: OutBuffer, length: u32) -> u8 {
    fill_buffer(buffer, length).is_ok().into()
}

/// Fills a buffer with random bytes, whatever algorithm is asked for; returns an `NTSTATUS`.
#[export]
pub unsafe fn BCryptGenRandom(_algorithm: Ignored, buffer: OutBuffer<u8>, length: u32, _flags: u32) -> i32 {
    fill_buffer(buffer, length).map_or(STATUS_INVALID_PARAMETER, |()| STATUS_SUCCESS)
}

/// The handle of the only provider there is.
const PROVIDER: usize = 1;

/// Opens a provider of cryptography, of which only random numbers work. The strings are not looked at.
#[export]
pub unsafe fn CryptAcquireContextW(
    provider: Option<Out<usize>>,
    _container: Ignored,
    _name: Ignored,
    _kind: u32,
    _flags: u32,
) -> Result<(), Win32Error> {
    Ok(provider.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(PROVIDER)?)
}

/// Opens a provider of cryptography: [`CryptAcquireContextW`].
#[export]
pub unsafe fn CryptAcquireContextA(
    provider: Option<Out<usize>>,
    _container: Ignored,
    _name: Ignored,
    _kind: u32,
    _flags: u32,
) -> Result<(), Win32Error> {
    Ok(provider.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(PROVIDER)?)
}

/// Fills a buffer with random bytes.
#[export]
pub unsafe fn CryptGenRandom(provider: usize, length: u32, buffer: OutBuffer<u8>) -> Result<(), Win32Error> {
    if provider != PROVIDER || length > 0 && buffer.is_null() {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    Ok(fill_buffer(buffer, length)?)
}

/// Closes a provider.
#[export]
pub fn CryptReleaseContext(provider: usize, _flags: u32) -> Result<(), Win32Error> {
    (provider == PROVIDER).then_some(()).ok_or(Win32Error(NTE_BAD_UID as u32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_bytes_fill_the_whole_buffer_and_differ() {
        let (mut first, mut second) = ([0u8; 1000], [0u8; 1000]);
        // SAFETY: buffers of that size.
        unsafe {
            assert_eq!(SystemFunction036(first.as_mut_ptr().cast(), 1000), 1);
            assert_eq!(BCryptGenRandom(std::ptr::null_mut(), second.as_mut_ptr(), 1000, 2), 0);
            assert_eq!(SystemFunction036(std::ptr::null_mut(), 4), 0);
        }
        assert_ne!(first, second);
        assert!(first[900..].iter().any(|&byte| byte != 0));
    }
}
