//! WSADuplicateSocket.

use crate::wsa::{SOCKET, WsaError};
use std::ffi::c_void;
use windows_sys::Win32::Networking::WinSock::WSAEOPNOTSUPP;

/// The socket that a description stands for.
///
/// # Safety
/// `info` points to a `WSAPROTOCOL_INFO`.
pub(crate) unsafe fn from_info(_info: *const c_void) -> Result<SOCKET, WsaError> {
    Err(WsaError(WSAEOPNOTSUPP))
}
