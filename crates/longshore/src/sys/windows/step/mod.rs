//! The steps of an operation: the call that starts one, and what its end means.
//!
//! 1. The issuing thread, or the thread that dequeued the step before, calls [`start`]. The operation belongs
//!    to that thread until the system call, and after it only if the call *failed*.
//! 2. All memory that the call uses is in the operation or in its payload, and so lives until the packet is
//!    dequeued (A6). The array of WSABUFs alone may be on the stack.
//! 3. In [`finish`] the operation belongs to the calling thread again: its packet has been dequeued.

mod accept;
mod connect;
mod datagram;
mod receive;
mod send;
mod send_file;
mod sync;
mod transfer;
mod winsock;

use super::operation::{Face, Operation};
use super::status;
use longshore_types::{Errno, OpCode};
use windows_sys::Win32::Foundation::{ERROR_BROKEN_PIPE, NTSTATUS};
use windows_sys::Win32::Networking::WinSock::{WSAEOPNOTSUPP, WSAEWOULDBLOCK};
use windows_sys::Win32::System::IO::OVERLAPPED;
use winsock::Started;

/// Takes the next step; if it cannot be started, the operation ends.
pub(super) fn start<F: Face>(operation: Box<Operation<F>>) {
    let address = Box::into_raw(operation);
    // SAFETY: just leaked, and so ours until a call succeeds.
    match unsafe { try_start(address) } {
        Ok(Started::Packet) => {}
        // SAFETY: no packet will come, so it is still ours.
        Ok(Started::Over) => end(unsafe { Box::from_raw(address) }, None),
        Err(errno) => {
            // SAFETY: as above.
            let operation = unsafe { Box::from_raw(address) };
            let error = failure(&operation, errno);
            end(operation, error);
        }
    }
}

/// What a failure means on this handle; `None` is success. After our own shutdown or
/// close it is a consequence of that.
fn failure<F: Face>(operation: &Operation<F>, errno: Errno) -> Option<Errno> {
    const FINISHED: Errno = Errno(ERROR_BROKEN_PIPE as i32);
    let handle = &operation.handle;
    if handle.is_closed() {
        return Some(Errno::CANCELLED);
    }
    match (errno, operation.op_code.receives() && handle.finished_reading()) {
        (FINISHED, true) => None, // S10; on Linux, the end of the stream.
        _ => Some(errno),
    }
}

/// Ends an operation the kernel does not know: it is posted, to be taken in its turn.
pub(super) fn end<F: Face>(mut operation: Box<Operation<F>>, error: Option<Errno>) {
    operation.outcome.error = error;
    let handle = operation.handle.clone();
    if let Some(slot) = handle.lock().get(operation.id) {
        slot.settled = true;
    }
    handle.core().post_ended(operation);
}

/// Every function it leads to holds the operation by its address, and makes a reference for what it prepares.
/// The reference is a local one, and its last use is before the system call that gives the operation away: a
/// reference that is a parameter would promise that the operation lives, and that nobody writes to it, until
/// the function returns, while the kernel writes to it and the thread that dequeues the packet frees it.
///
/// # Safety
/// The operation is leaked, and no other thread uses it. It belongs to the caller
/// again unless the result is `Packet`.
unsafe fn try_start<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: the caller's promise, here and for each of the functions.
    unsafe {
        (*address).overlapped = OVERLAPPED::default();
        match (*address).op_code {
            OpCode::Recv | OpCode::Readable => receive::start(address),
            OpCode::RecvFrom => datagram::start_receive(address),
            OpCode::Accept => accept::start(address),
            OpCode::Connect(_) => connect::start(address),
            OpCode::Send => send::start(address),
            OpCode::SendTo(_) => datagram::start_send(address),
            OpCode::SendFile(_) => send_file::start(address),
            OpCode::ReadAt(offset) | OpCode::WriteAt(offset) => transfer::start(address, offset),
            OpCode::Append => transfer::start(address, 0),
            OpCode::Sync(_) => sync::start(address),
            // Single messages with control data are the C face's, which stands on the engine alone.
            OpCode::RecvMessage(_) | OpCode::SendMessage(..) => Err(Errno(WSAEOPNOTSUPP)),
        }
    }
}

/// Tries a receive or a send without an OVERLAPPED; true if it ended, with success or an
/// error. A send may send a part first.
pub(super) fn try_at_once<F: Face>(operation: &mut Operation<F>) -> bool {
    let receives = matches!(operation.op_code, OpCode::Recv);
    if receives && !receive::has_room(operation) {
        return false; // It waits for data instead (S7).
    }
    let result = match receives {
        true => receive::fetch(operation).map(|bytes| {
            operation.outcome.bytes = bytes;
            true
        }),
        false => send::send_part(operation),
    };
    match result {
        Ok(ended) => ended,
        Err(Errno(WSAEWOULDBLOCK)) => false,
        Err(errno) => {
            operation.outcome.error = failure(operation, errno);
            true
        }
    }
}

/// What the end of a step means for the operation.
enum Verdict {
    /// It has ended.
    Finished,
    /// It takes another step.
    Again,
}

/// What follows the end of a step.
pub(super) enum Next<F: Face> {
    /// The operation is over.
    Over(Box<Operation<F>>),
    /// It takes another step.
    Again(Box<Operation<F>>),
}

/// A step ended with this status, as its packet says.
pub(super) fn finish<F: Face>(mut operation: Box<Operation<F>>, status: NTSTATUS, bytes: u32) -> Next<F> {
    match verdict(&mut operation, status, bytes) {
        Ok(Verdict::Finished) => Next::Over(operation),
        Err(errno) => {
            operation.outcome.error = failure(&operation, errno);
            Next::Over(operation)
        }
        Ok(Verdict::Again) => {
            let handle = operation.handle.clone();
            let settled = handle.lock().get(operation.id).is_some_and(|slot| slot.settled);
            if settled || handle.is_closed() || handle.core().is_closed() {
                // It was cancelled between two steps.
                operation.outcome.error = Some(Errno::CANCELLED);
                return Next::Over(operation);
            }
            Next::Again(operation)
        }
    }
}

fn verdict<F: Face>(operation: &mut Operation<F>, status: NTSTATUS, bytes: u32) -> Result<Verdict, Errno> {
    let failure = (!status::is_success(status)).then(|| status::of_socket(status));
    match operation.op_code {
        OpCode::Recv | OpCode::Readable => receive::finish(operation, failure, bytes),
        OpCode::RecvFrom => datagram::finish_receive(operation, status, bytes),
        OpCode::Accept => accept::finish(operation, failure),
        OpCode::Connect(_) => connect::finish(operation, failure),
        OpCode::SendFile(_) => send_file::finish(operation, failure, bytes),
        OpCode::Send | OpCode::SendTo(_) => send::finish(operation, failure),
        OpCode::ReadAt(_) | OpCode::WriteAt(_) | OpCode::Append => transfer::finish(operation, status, bytes),
        // Their steps end without the kernel, or are never started.
        OpCode::Sync(_) | OpCode::RecvMessage(_) | OpCode::SendMessage(..) => Ok(Verdict::Finished),
    }
}
