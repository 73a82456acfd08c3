//! Operations of sockets that the calling thread waits for, in Winsock's errors, and
//! sends that nobody waits for.

use crate::abi::argument::{Argument, InBuffer};
use crate::abi::status::Status;
use crate::port::action::{Action, Next};
use crate::port::file_object::FileObject;
use crate::port::overlapped::{StartResult, begin};
use crate::port::request::{Buffers, Request};
use crate::port::sync_block::NotReady;
use crate::port::synchronous::{self, Waited};
use crate::socket::operation::readiness::error_of;
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::WsaError;
use longshore_engine::{OpCode, Outcome};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::{WSAENOBUFS, WSAEWOULDBLOCK};

/// Carries an operation out and returns its byte count.
///
/// # Errors
/// The operation's error, or the reason why the wait ended. In the second case the operation was cancelled
/// and no longer uses the buffers.
pub(crate) fn perform(
    file: &Arc<FileObject>,
    buffers: Buffers,
    op_code: OpCode,
    action: Box<dyn Action>,
    timeout: Option<Duration>,
) -> Result<usize, WsaError> {
    let nonblocking = state_of(file).is(Fact::Nonblocking);
    match synchronous::perform(file, buffers, op_code, action, timeout, nonblocking) {
        Waited::Ended(status, bytes) | Waited::GivenUp(_, status, bytes) if status.is_success() => Ok(bytes),
        Waited::GivenUp(NotReady::TimedOut, Status::CANCELLED, _) if nonblocking => {
            Err(WsaError(WSAEWOULDBLOCK))
        }
        Waited::GivenUp(reason, Status::CANCELLED, _) => Err(error_of(file, reason)),
        Waited::Ended(status, _) | Waited::GivenUp(_, status, _) => Err(status.into()),
    }
}

/// Sends on a nonblocking stream: all of it, or nothing (S23). Data that the kernel does not take at once is
/// kept in a buffer of this library and sent later; until it is sent, further sends would block.
pub(crate) fn send_without_blocking(file: &Arc<FileObject>, buffers: &Buffers) -> Result<usize, WsaError> {
    let socket = state_of(file);
    if socket.buffered.load(Ordering::Acquire) > 0 {
        return Err(WsaError(WSAEWOULDBLOCK));
    }
    let mut bytes = copy(buffers)?;
    let length = bytes.len();
    let buffer = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: length };
    socket.buffered.fetch_add(length, Ordering::AcqRel);
    let request = Request::unnoticed(file, smallvec::smallvec![buffer], Box::new(SendOwned(bytes)));
    match begin(request, OpCode::Send) {
        StartResult::Ended(status, _) if status.is_success() => Ok(length),
        StartResult::Ended(status, _) => Err(status.into()),
        StartResult::Pending => Ok(length),
    }
}

/// The buffer of a send that no program waits for.
struct SendOwned(Vec<u8>);

impl Action for SendOwned {
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        state_of(&request.file).buffered.fetch_sub(self.0.len(), Ordering::AcqRel);
        Next::ended(request.status_of(&outcome), &outcome)
    }
}

/// A copy of a program's buffers.
///
/// # Errors
/// `WSAEFAULT`, or `WSAENOBUFS` for more than there is memory.
fn copy(buffers: &Buffers) -> Result<Vec<u8>, WsaError> {
    let length = buffers.iter().map(|buffer| buffer.iov_len).sum();
    let mut bytes = Vec::<u8>::new();
    bytes.try_reserve_exact(length).map_err(|_| WsaError(WSAENOBUFS))?;
    for buffer in buffers {
        let done = bytes.len();
        bytes.resize(done + buffer.iov_len, 0); // Within what was reserved.
        // SAFETY: the program's memory, which it wants read.
        unsafe { InBuffer::from_c(buffer.iov_base.cast_const()) }.read(&mut bytes[done..])?;
    }
    Ok(bytes)
}
