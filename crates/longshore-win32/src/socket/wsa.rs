//! The conventions of Winsock calls: their errors and what they return.

use crate::abi::last_error::SetLastError;
use crate::abi::status::Status;
use crate::object::handles::{self, HANDLE};
use crate::port::file_object::FileObject;
use crate::socket::socket_object::SocketState;
use std::sync::Arc;
use windows_sys::Win32::Networking::WinSock::{WSA_ERROR, WSA_IO_PENDING, WSAENOTSOCK};

/// A socket as the C API passes it: a handle.
pub type SOCKET = usize;

/// What the functions return that failed.
pub const SOCKET_ERROR: i32 = -1;

/// A Winsock error code, on its way to the last error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WsaError(pub WSA_ERROR);

impl From<Status> for WsaError {
    fn from(status: Status) -> WsaError {
        WsaError(status.to_winsock())
    }
}

/// The call goes on after it returned.
pub const PENDING: WsaError = WsaError(WSA_IO_PENDING);

/// The file object of a socket.
///
/// # Errors
/// `WSAENOTSOCK`.
pub(crate) fn get(socket: SOCKET) -> Result<Arc<FileObject>, WsaError> {
    let file = handles::get::<FileObject>(socket as HANDLE).map_err(|_| WsaError(WSAENOTSOCK))?;
    if SocketState::of(&file).is_none() {
        return Err(WsaError(WSAENOTSOCK));
    }
    Ok(file)
}

/// What an `int` function returns. Success sets the last error to zero (S2).
pub(crate) fn to_int(result: Result<(), WsaError>) -> i32 {
    match result {
        Ok(()) => {
            SetLastError(0);
            0
        }
        Err(WsaError(error)) => {
            SetLastError(error as u32);
            SOCKET_ERROR
        }
    }
}

/// What a function that counts returns.
pub(crate) fn to_count(result: Result<usize, WsaError>) -> i32 {
    match result {
        Ok(count) => {
            SetLastError(0);
            count as i32
        }
        Err(error) => to_int(Err(error)),
    }
}

/// What a `BOOL` function of Winsock returns.
pub(crate) fn to_bool(result: Result<(), WsaError>) -> i32 {
    match result {
        Ok(()) => 1,
        Err(WsaError(error)) => {
            SetLastError(error as u32);
            0
        }
    }
}
