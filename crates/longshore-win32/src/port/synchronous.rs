//! Operations a thread waits for: started in the engine like any other, so that they keep their place among the
//! overlapped ones, and waited for where they can be interrupted (K8).

use crate::abi::status::Status;
use crate::memory::check::read_doubtful;
use crate::port::action::Action;
use crate::port::file_object::FileObject;
use crate::port::overlapped::{Buffers, Request, StartResult, begin};
use crate::port::sync_block::{self, Interruption, NotReady, SyncBlock};
use crate::socket::operation::send_receive::error_of;
use crate::socket::socket_object::Fact;
use crate::socket::wsa::WsaError;
use longshore_engine::{Errno, OpCode};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;
use windows_sys::Win32::Networking::WinSock::{WSAEFAULT, WSAENOBUFS, WSAEWOULDBLOCK};

/// Where the thread that waits is told of the end.
pub(crate) struct Waiting {
    block: Arc<SyncBlock>,
    end: Mutex<Option<(Status, usize)>>,
    ended: Condvar,
}

impl Waiting {
    /// The operation ended.
    pub(crate) fn end(&self, status: Status, bytes: usize) {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        *end = Some((status, bytes));
        // Under the lock: when the thread sees the end, nothing of this operation can disturb its next call.
        self.block.cancel(Interruption::Finished);
        self.ended.notify_one();
    }

    fn result(&self) -> Option<(Status, usize)> {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new() -> Result<Arc<Waiting>, Errno> {
        let block = SyncBlock::own()?;
        Ok(Arc::new(Waiting { block, end: Mutex::new(None), ended: Condvar::new() }))
    }

    /// Waits for the end, or, if the wait is ended before (or not wanted), cancels the operation and waits for that.
    fn await_end(
        self: &Arc<Self>,
        file: &Arc<FileObject>,
        timeout: Option<Duration>,
        at_once: bool,
    ) -> (Status, usize, Result<(), NotReady>) {
        let waited = match at_once {
            true => Err(NotReady::TimedOut),
            false => sync_block::wait_for_end(file, timeout, || self.result().is_some()),
        };
        if waited.is_err() {
            let name = Request::name_of(self);
            file.cancel(&|tag| tag.token == name);
        }
        // Cancelled or not, the buffers are the operation's until it has ended.
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match *end {
                Some((status, bytes)) => return (status, bytes, waited),
                None => end = self.ended.wait(end).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }
}

/// Waits for the end of an operation that is not in the engine. `start` hands the request to whoever will end it.
///
/// # Errors
/// Those of making a place to be interrupted at.
pub(crate) fn await_outside(
    file: &Arc<FileObject>,
    start: impl FnOnce(Box<Request>),
) -> Result<(Status, usize), Errno> {
    let waiting = Waiting::new()?;
    start(Request::waited_for(file, Buffers::new(), Action::None, waiting.clone()));
    let (status, bytes, _) = waiting.await_end(file, None, false);
    Ok((status, bytes))
}

/// Carries an operation out and returns its byte count.
///
/// # Errors
/// The operation's, or why the wait for it ended; then the operation was cancelled, and has let go of the buffers.
pub(crate) fn perform(
    file: &Arc<FileObject>,
    buffers: Buffers,
    op_code: OpCode,
    action: Action,
    timeout: Option<Duration>,
) -> Result<usize, WsaError> {
    let waiting = Waiting::new().map_err(|errno| error_of(file, NotReady::Failed(errno)))?;
    let request = Request::waited_for(file, buffers, action, waiting.clone());
    match begin(request, op_code) {
        StartResult::Ended(status, bytes) if status.is_success() => return Ok(bytes),
        StartResult::Ended(status, _) => return Err(status.into()),
        StartResult::Pending => {}
    }
    let nonblocking = file.socket().is_some_and(|socket| socket.is(Fact::Nonblocking));
    let (status, bytes, waited) = waiting.await_end(file, timeout, nonblocking);
    match (status, waited) {
        (status, _) if status.is_success() => Ok(bytes),
        (Status::CANCELLED, Err(NotReady::TimedOut)) if nonblocking => Err(WsaError(WSAEWOULDBLOCK)),
        (Status::CANCELLED, Err(reason)) => Err(error_of(file, reason)),
        (status, _) => Err(status.into()),
    }
}

/// Sends on a stream that does not block: all of it, or nothing (S23). What the kernel does not take at once is
/// kept in a buffer of ours and follows by itself; while it does, further sends would block.
pub(crate) fn send_without_blocking(file: &Arc<FileObject>, buffers: &Buffers) -> Result<usize, WsaError> {
    let socket = file.socket().expect("a socket");
    if socket.buffered.load(Ordering::Acquire) > 0 {
        return Err(WsaError(WSAEWOULDBLOCK));
    }
    let mut bytes = copy(buffers)?;
    let length = bytes.len();
    let buffer = libc::iovec { iov_base: bytes.as_mut_ptr().cast(), iov_len: length };
    socket.buffered.fetch_add(length, Ordering::AcqRel);
    let request = Request::unnoticed(file, smallvec::smallvec![buffer], Action::SendOwned(bytes));
    match begin(request, OpCode::Send) {
        StartResult::Ended(status, _) if status.is_success() => Ok(length),
        StartResult::Ended(status, _) => Err(status.into()),
        StartResult::Pending => Ok(length),
    }
}

/// A copy of a program's buffers. The kernel copies, for it notices what cannot be read.
///
/// # Errors
/// `WSAEFAULT`, or `WSAENOBUFS` for more than there is memory.
fn copy(buffers: &Buffers) -> Result<Vec<u8>, WsaError> {
    let length = buffers.iter().map(|buffer| buffer.iov_len).sum();
    let mut bytes = Vec::<u8>::new();
    bytes.try_reserve_exact(length).map_err(|_| WsaError(WSAENOBUFS))?;
    for buffer in buffers {
        let room = &mut bytes.spare_capacity_mut()[..buffer.iov_len];
        if read_doubtful(buffer.iov_base as usize, room) != buffer.iov_len {
            return Err(WsaError(WSAEFAULT));
        }
        // SAFETY: the kernel has written them all.
        unsafe { bytes.set_len(bytes.len() + buffer.iov_len) };
    }
    Ok(bytes)
}
