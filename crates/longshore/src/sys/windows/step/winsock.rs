//! What the calls of Winsock take, and what their answers promise.

use super::super::status;
use longshore_types::{Errno, Region, Regions};
use std::ptr::null;
use windows_sys::Win32::Networking::WinSock::{
    SOCKET, SOCKET_ERROR, SOL_SOCKET, WSA_IO_PENDING, WSABUF, WSAEMSGSIZE, WSAGetLastError, setsockopt,
};
use windows_sys::core::BOOL;

/// What a starting call ended with.
pub(super) enum Started {
    /// A packet will come. The operation no longer belongs to this thread.
    Packet,
    /// There was nothing to do; no packet will come.
    Over,
}

/// Winsock's answer: 0 and "pending" promise a packet (D2).
pub(super) fn sent(result: i32) -> Result<Started, Errno> {
    if result == 0 {
        return Ok(Started::Packet);
    }
    // SAFETY: no preconditions.
    match unsafe { WSAGetLastError() } {
        WSA_IO_PENDING => Ok(Started::Packet),
        code => Err(status::of_call(code)),
    }
}

/// The same for a receive, which may end with a warning: the data was cut, and a
/// packet comes all the same (D3).
pub(super) fn received(result: i32) -> Result<Started, Errno> {
    match sent(result) {
        Err(Errno(WSAEMSGSIZE)) => Ok(Started::Packet),
        other => other,
    }
}

/// The answer of the calls that return a BOOL.
pub(super) fn done(result: BOOL) -> Result<Started, Errno> {
    sent(if result == 0 { SOCKET_ERROR } else { 0 })
}

/// The regions as a call takes them: an array, which is as long-lived as they are, and its length. No buffers at
/// all are an error to Winsock (S7), so nothing is one empty buffer.
pub(super) fn buffers(regions: &Regions) -> (*const WSABUF, u32) {
    const NOTHING: &[Region] = &[Region::EMPTY];
    let regions = if regions.is_empty() { NOTHING } else { regions.per_call() };
    (regions.as_ptr().cast(), regions.len() as u32)
}

/// Sets an option of the socket.
pub(super) fn set_option(socket: SOCKET, name: i32, value: &[u8]) -> Result<(), Errno> {
    let start = if value.is_empty() { null() } else { value.as_ptr() };
    // SAFETY: the value is as long as it says.
    match unsafe { setsockopt(socket, SOL_SOCKET, name, start, value.len() as i32) } {
        0 => Ok(()),
        _ => Err(Errno::last()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_wsabufs_and_nothing_is_an_empty_one() {
        let mut memory = *b"harbour";
        let start = memory.as_mut_ptr();
        let mut regions = Regions::new();
        let (list, count) = buffers(&regions);
        // SAFETY: so many buffers are there.
        assert_eq!((count, unsafe { *list }.len), (1, 0));
        regions.push(start, 3);
        regions.push(start.wrapping_add(3), 4);
        let (list, count) = buffers(&regions);
        // SAFETY: as above.
        let second = unsafe { *list.add(1) };
        assert_eq!((count, second.buf, second.len), (2, start.wrapping_add(3), 4));
    }
}
