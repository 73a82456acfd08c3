//! The memory and the flags of a send or a receive, as Winsock's calls take them.

use crate::abi::argument::{Argument, In, InBuffer, plain};
use crate::port::request::Buffers;
use crate::socket::wsa::WsaError;
use windows_sys::Win32::Networking::WinSock::{
    MSG_DONTROUTE, MSG_OOB, MSG_PARTIAL, MSG_PEEK, MSG_PUSH_IMMEDIATE, MSG_WAITALL, WSAEFAULT, WSAEINVAL,
    WSAENOBUFS, WSAEOPNOTSUPP,
};

pub use windows_sys::Win32::Networking::WinSock::WSABUF;

plain!(WSABUF);

/// The memory of an array of `WSABUF`, which may be reused when the call returns (A6).
///
/// # Errors
/// `WSAEINVAL` for none (S7), `WSAEFAULT` for what is not there (S25), `WSAENOBUFS`
/// for more than there is memory for.
pub(crate) fn buffers_of(array: In<WSABUF>, count: u32) -> Result<Buffers, WsaError> {
    if count == 0 {
        return Err(WsaError(WSAEINVAL));
    }
    let array = array.array::<2>(count as usize)?;
    let mut buffers = Buffers::new();
    buffers.try_reserve(array.len()).map_err(|_| WsaError(WSAENOBUFS))?;
    for buffer in array {
        buffers.push(region(buffer.buf, buffer.len as usize)?);
    }
    Ok(buffers)
}

/// The memory of a call that takes one buffer.
///
/// # Errors
/// `WSAEFAULT` for a negative length or for NULL with a length (S25).
pub(crate) fn one_buffer(start: *mut u8, length: i32) -> Result<Buffers, WsaError> {
    let length = usize::try_from(length).map_err(|_| WsaError(WSAEFAULT))?;
    Ok(smallvec::smallvec![region(start, length)?])
}

/// Both ends are checked now (S25): a call must not wait for data that it cannot store.
fn region(start: *mut u8, length: usize) -> Result<libc::iovec, WsaError> {
    // SAFETY: the address is only asked about.
    unsafe { InBuffer::<u8>::from_c(start) }.probe(length)?;
    Ok(libc::iovec { iov_base: start.cast(), iov_len: length })
}

/// The total length in bytes.
pub(crate) fn length_of(buffers: &Buffers) -> usize {
    buffers.iter().map(|buffer| buffer.iov_len).sum()
}

/// Drops the first bytes.
pub(crate) fn advance(buffers: &mut Buffers, mut bytes: usize) {
    while bytes > 0 && !buffers.is_empty() {
        let step = bytes.min(buffers[0].iov_len);
        buffers[0].iov_base = buffers[0].iov_base.cast::<u8>().wrapping_add(step).cast();
        buffers[0].iov_len -= step;
        bytes -= step;
        if buffers[0].iov_len == 0 {
            buffers.remove(0);
        }
    }
}

/// `MSG_` flags of Windows as those of Linux.
///
/// # Errors
/// `WSAEOPNOTSUPP` for unknown ones.
pub(crate) fn flags_to_linux(flags: u32) -> Result<i32, WsaError> {
    if flags == 0 {
        return Ok(0);
    }
    let known = [
        (MSG_OOB as u32, libc::MSG_OOB),
        (MSG_PEEK as u32, libc::MSG_PEEK),
        (MSG_DONTROUTE as u32, libc::MSG_DONTROUTE),
        (MSG_WAITALL as u32, libc::MSG_WAITALL),
        (MSG_PARTIAL, 0),
        (MSG_PUSH_IMMEDIATE as u32, 0),
    ];
    let mut rest = flags;
    let mut linux = 0;
    for (ours, theirs) in known {
        if flags & ours != 0 {
            linux |= theirs;
            rest &= !ours;
        }
    }
    if rest == 0 { Ok(linux) } else { Err(WsaError(WSAEOPNOTSUPP)) }
}
