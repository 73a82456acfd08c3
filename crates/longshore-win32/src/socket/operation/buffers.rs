//! The memory and the flags of a send or a receive, as Winsock's calls take them.

use crate::abi::argument::{Argument, In, InBuffer, plain};
use crate::port::request::{Buffers, one_region};
use crate::socket::wsa::WsaError;
use windows_sys::Win32::Networking::WinSock::{
    MSG_DONTROUTE, MSG_OOB, MSG_PARTIAL, MSG_PEEK, MSG_PUSH_IMMEDIATE, MSG_WAITALL, WSAEFAULT, WSAEINVAL,
    WSAENOBUFS, WSAEOPNOTSUPP,
};

pub use windows_sys::Win32::Networking::WinSock::WSABUF;

plain!(WSABUF);

/// The memory of a call, of which most have one buffer.
pub(crate) enum Given {
    One(libc::iovec),
    Several(Buffers),
}

impl Given {
    /// The memory of an array of `WSABUF`, which may be reused when the call returns (A6).
    ///
    /// # Errors
    /// `WSAEINVAL` for none (S7), `WSAEFAULT` for what is not there (S25), `WSAENOBUFS`
    /// for more than there is memory for.
    #[inline(always)]
    pub(crate) fn read(array: In<WSABUF>, count: u32) -> Result<Given, WsaError> {
        if count != 1 {
            return several(array, count).map(Given::Several);
        }
        let WSABUF { len, buf } = array.read()?;
        Ok(Given::One(region(buf, len as usize)?))
    }

    /// One region that is not empty.
    #[inline(always)]
    pub(crate) fn one(&self) -> Option<libc::iovec> {
        match self {
            Given::One(region) if region.iov_len > 0 => Some(*region),
            _ => None,
        }
    }

    /// As the memory of an operation.
    pub(crate) fn buffers(self) -> Buffers {
        match self {
            Given::One(region) => one_region(region),
            Given::Several(buffers) => buffers,
        }
    }
}

/// As [`Given::read`].
///
/// # Errors
/// Likewise.
pub(crate) fn buffers_of(array: In<WSABUF>, count: u32) -> Result<Buffers, WsaError> {
    Given::read(array, count).map(Given::buffers)
}

#[inline(never)]
fn several(array: In<WSABUF>, count: u32) -> Result<Buffers, WsaError> {
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
    Ok(one_region(region(start, length)?))
}

/// Both ends are checked now (S25): a call must not wait for data that it cannot store.
#[inline(always)]
fn region(start: *mut u8, length: usize) -> Result<libc::iovec, WsaError> {
    // SAFETY: the address is only asked about.
    unsafe { InBuffer::<u8>::from_c(start) }.probe(length)?;
    Ok(libc::iovec { iov_base: start.cast(), iov_len: length })
}

/// The total length in bytes.
#[inline]
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
#[inline(always)]
pub(crate) fn flags_to_linux(flags: u32) -> Result<i32, WsaError> {
    if flags == 0 { Ok(0) } else { translated(flags) }
}

#[inline(never)]
fn translated(flags: u32) -> Result<i32, WsaError> {
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
