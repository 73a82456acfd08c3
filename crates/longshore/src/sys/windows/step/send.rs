//! Sending to a stream.

use super::super::operation::{Face, Operation};
use super::super::status;
use super::Verdict;
use super::winsock::{Started, buffers, sent};
use longshore_types::{Errno, Regions};
use std::ptr::null_mut;
use windows_sys::Win32::Networking::WinSock::{SOCKET, WSAGetLastError, WSASend};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// WSASend, with all that [`send_part`] left.
///
/// # Safety
/// That of [`try_start`](super::try_start).
pub(super) unsafe fn start<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let mut regions = operation.regions();
    regions.advance(operation.outcome.bytes as usize); // The bytes that `send_part` sent.
    send_regions(operation.handle.raw_socket(), address.cast(), regions)
}

/// WSASend, with the OVERLAPPED of an operation.
///
/// Only the address of `overlapped` is used here: once the call succeeded it may be gone.
pub(super) fn send_regions(
    socket: SOCKET,
    overlapped: *mut OVERLAPPED,
    regions: Regions,
) -> Result<Started, Errno> {
    let (list, count) = buffers(&regions);
    // SAFETY: the payload keeps the regions valid and readable until it is dropped,
    // which is after the packet.
    sent(unsafe { WSASend(socket, list, count, null_mut(), 0, overlapped, None) })
}

/// Sends what the socket has room for; true if that was all. What is left is [`start`]'s.
pub(super) fn send_part<F: Face>(operation: &mut Operation<F>) -> Result<bool, Errno> {
    let regions = operation.regions();
    let wanted = regions.len();
    let (list, count) = buffers(&regions);
    let (socket, mut bytes) = (operation.handle.raw_socket(), 0);
    // SAFETY: the payload keeps the regions valid and readable. As in `receive::fetch`, it is over when it
    // returns.
    let result = unsafe { WSASend(socket, list, count, &mut bytes, 0, null_mut(), None) };
    if result != 0 {
        // SAFETY: no preconditions.
        return Err(status::of_call(unsafe { WSAGetLastError() }));
    }
    operation.outcome.bytes = u64::from(bytes);
    Ok(bytes as usize == wanted)
}

/// A send on a stream ends when all of it was sent (S5).
pub(super) fn finish<F: Face>(
    operation: &mut Operation<F>,
    failure: Option<Errno>,
) -> Result<Verdict, Errno> {
    failure.map_or(Ok(()), Err)?;
    operation.outcome.bytes = operation.regions().len() as u64;
    Ok(Verdict::Finished)
}
