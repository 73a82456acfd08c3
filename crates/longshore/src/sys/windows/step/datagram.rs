//! Datagrams, with the address they come from or go to.

use super::super::address::{AddressRoom, as_ptr, encode};
use super::super::operation::{Face, Operation, Room};
use super::super::status;
use super::Verdict;
use super::winsock::{Started, buffers, received, sent};
use longshore_types::{Errno, OpCode, Payload};
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::{NTSTATUS, STATUS_BUFFER_OVERFLOW};
use windows_sys::Win32::Networking::WinSock::{WSAEMSGSIZE, WSARecvFrom, WSASendTo};

/// The longest datagram UDP carries over IPv4 and IPv6, in bytes. Longer ones are refused without asking: to
/// Windows that is a hard error, to Wine a warning, after which a packet comes (D3).
const DATAGRAM_MAX: [usize; 2] = [65_507, 65_527];

/// WSARecvFrom.
///
/// # Safety
/// That of [`try_start`](super::try_start).
pub(super) unsafe fn start_receive<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    operation.payload.acquire()?;
    let regions = operation.regions();
    operation.room = Room::From(Box::new(AddressRoom::new()));
    let Room::From(room) = &mut operation.room else { unreachable!("just made") };
    let (from, length) = room.as_raw_parts();
    operation.flags = 0;
    let flags = &raw mut operation.flags;
    let socket = operation.handle.raw_socket();
    let (list, count) = buffers(&regions);
    // SAFETY: as in `receive::start`; the address is in a box of the operation's.
    received(unsafe {
        WSARecvFrom(socket, list, count, null_mut(), flags, from, length, address.cast(), None)
    })
}

/// A datagram longer than its room is no failure: its beginning is there (S11).
pub(super) fn finish_receive<F: Face>(
    operation: &mut Operation<F>,
    status: NTSTATUS,
    bytes: u32,
) -> Result<Verdict, Errno> {
    let truncated = status == STATUS_BUFFER_OVERFLOW;
    if !truncated && !status::is_success(status) {
        return Err(status::of_socket(status));
    }
    operation.outcome.bytes = u64::from(bytes);
    let details = operation.outcome.details_mut();
    details.truncated = truncated;
    if let Room::From(room) = &operation.room {
        details.address = room.decode();
    }
    Ok(Verdict::Finished)
}

/// WSASendTo.
///
/// # Safety
/// That of [`try_start`](super::try_start).
pub(super) unsafe fn start_send<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let OpCode::SendTo(ref to) = operation.op_code else { return Err(Errno::INVALID) };
    operation.room = Room::To(Box::new(encode(to)?));
    let regions = operation.regions();
    let Room::To(to) = &operation.room else { unreachable!("just made") };
    if regions.len() > DATAGRAM_MAX[usize::from(to.is_ipv6())] {
        return Err(Errno(WSAEMSGSIZE));
    }
    let socket = operation.handle.raw_socket();
    let (list, count) = buffers(&regions);
    // SAFETY: as in `send::send_regions`; the address is in a box of the operation's.
    sent(unsafe { WSASendTo(socket, list, count, null_mut(), 0, as_ptr(to), to.len(), address.cast(), None) })
}
