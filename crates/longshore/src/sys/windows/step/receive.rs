//! Receiving from a stream, and waiting until there is something to receive.
//!
//! A receive into a pool's buffer takes two steps: it waits without any buffer, and fetches the data when there
//! is some, with a call without an OVERLAPPED (S7).

use super::super::operation::{Face, Operation, Room};
use super::super::status;
use super::Verdict;
use super::winsock::{Started, buffers, received};
use longshore_types::{Errno, OpCode, Payload, Regions};
use std::ptr::null_mut;
use windows_sys::Win32::Networking::WinSock::{WSAEWOULDBLOCK, WSAGetLastError, WSARecv};

/// WSARecv.
///
/// # Safety
/// That of [`try_start`](super::try_start).
pub(super) unsafe fn start<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let mut regions = Regions::new();
    if matches!(operation.op_code, OpCode::Recv) && !matches!(operation.room, Room::Pooled) {
        regions = operation.regions();
        let without_room = regions.is_empty();
        operation.payload.acquire()?;
        if without_room && !operation.regions().is_empty() {
            // The buffer came from a pool. It goes back until there is something to put into it,
            // and the receive waits with none.
            operation.payload.release();
            operation.room = Room::Pooled;
            if let Some(slot) = operation.handle.lock().get(operation.id) {
                slot.steps = true;
            }
        }
    }
    let socket = operation.handle.raw_socket();
    operation.flags = 0;
    let flags = &raw mut operation.flags;
    let (list, count) = buffers(&regions);
    // SAFETY: the payload keeps the regions valid and writable until it is dropped (`unsafe impl Payload`),
    // which is after the packet; the flags are in the operation, beside the OVERLAPPED.
    received(unsafe { WSARecv(socket, list, count, null_mut(), flags, address.cast(), None) })
}

/// There is data for a pooled receive, or there was: another receive may have taken it.
pub(super) fn fetch<F: Face>(operation: &mut Operation<F>) -> Result<u64, Errno> {
    operation.payload.acquire()?;
    let regions = operation.regions();
    let (list, count) = buffers(&regions);
    let (mut bytes, mut flags) = (0, 0);
    let socket = operation.handle.raw_socket();
    // SAFETY: as in `start`. Without an OVERLAPPED, on a non-blocking socket, it is over when it
    // returns and queues no packet (D5).
    let result = unsafe { WSARecv(socket, list, count, &mut bytes, &mut flags, null_mut(), None) };
    if result == 0 {
        return Ok(u64::from(bytes));
    }
    // SAFETY: no preconditions.
    let code = unsafe { WSAGetLastError() };
    operation.payload.release();
    Err(status::of_call(code))
}

/// Whether a receive has memory to receive into. A pooled one takes its buffer, which `fetch` gives back.
pub(super) fn has_room<F: Face>(operation: &mut Operation<F>) -> bool {
    // What cannot be written to is an error, which the starting call finds again.
    operation.payload.acquire().is_ok() && !operation.regions().is_empty()
}

/// The receive, or the wait of a pooled one, ended.
pub(super) fn finish<F: Face>(
    operation: &mut Operation<F>,
    failure: Option<Errno>,
    bytes: u32,
) -> Result<Verdict, Errno> {
    match failure {
        Some(Errno::CANCELLED) if ended_by_shutdown(operation) => Ok(Verdict::Finished),
        Some(Errno::CANCELLED) => Err(Errno::CANCELLED),
        // An error counts as ready: the next receive reports it.
        Some(_) if matches!(operation.op_code, OpCode::Readable) => Ok(Verdict::Finished),
        Some(errno) => Err(errno),
        None if matches!(operation.room, Room::Pooled) => match fetch(operation) {
            Ok(bytes) => {
                operation.outcome.bytes = bytes;
                Ok(Verdict::Finished)
            }
            Err(Errno(WSAEWOULDBLOCK)) => Ok(Verdict::Again),
            Err(errno) => Err(errno),
        },
        None => {
            operation.outcome.bytes = u64::from(bytes);
            Ok(Verdict::Finished)
        }
    }
}

/// Shutting down the receiving side made it end, and that is no error but the end of the stream.
fn ended_by_shutdown<F: Face>(operation: &Operation<F>) -> bool {
    let handle = &operation.handle;
    let by_user = handle.lock().get(operation.id).is_some_and(|slot| slot.cancelled);
    handle.finished_reading() && !handle.is_closed() && !by_user
}
