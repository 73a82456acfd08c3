//! Calls that wait until the socket is ready, unless it is nonblocking.

use crate::port::file_object::FileObject;
use crate::port::sync_block::{Alertable, Interruption, NotReady, wait_ready};
use crate::socket::socket_object::{Fact, state_of};
use crate::socket::wsa::WsaError;
use longshore_engine::Errno;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock::{
    WSA_OPERATION_ABORTED, WSAECONNABORTED, WSAEINTR, WSAETIMEDOUT, WSAEWOULDBLOCK,
};

/// The error of a blocking call whose wait was ended.
pub(crate) fn error_of(file: &FileObject, not_ready: NotReady) -> WsaError {
    let socket = state_of(file);
    match not_ready {
        NotReady::TimedOut => WsaError(WSAETIMEDOUT),
        NotReady::Interrupted(Interruption::Cancelled) => WsaError(WSA_OPERATION_ABORTED),
        NotReady::Interrupted(Interruption::Closed) if socket.is_connected_stream() => {
            WsaError(WSAECONNABORTED)
        }
        NotReady::Interrupted(_) => WsaError(WSAEINTR),
        NotReady::Failed(errno) => socket.error_of(errno),
    }
}

/// Repeats a call while it fails because the descriptor is not ready, and waits in between
/// (unless the socket is nonblocking).
pub(crate) fn until_ready<R>(
    file: &Arc<FileObject>,
    events: i16,
    mut call: impl FnMut(&OwnedFd) -> Result<R, Errno>,
) -> Result<R, WsaError> {
    let socket = state_of(file);
    let descriptor = file.descriptor();
    loop {
        match call(&descriptor) {
            Ok(result) => return Ok(result),
            Err(Errno(libc::EINTR)) => {}
            Err(Errno(libc::EAGAIN)) if socket.is(Fact::Nonblocking) => return Err(WsaError(WSAEWOULDBLOCK)),
            Err(Errno(libc::EAGAIN)) => {
                let timeout = socket.timeout(events);
                wait_ready(file, &descriptor, events, timeout, Alertable::Yes)
                    .map_err(|reason| error_of(file, reason))?;
            }
            Err(errno) => return Err(socket.error_of(errno)),
        }
    }
}
