//! `WSAStartup` and `WSACleanup`: counted, as Windows counts them.

use crate::abi::last_error::SetLastError;
use crate::port::broken_pipe;
use crate::socket::wsa::{SOCKET_ERROR, WsaError};
use std::sync::atomic::{AtomicUsize, Ordering};
use windows_sys::Win32::Networking::WinSock::{WSADATA, WSAEFAULT, WSANOTINITIALISED, WSAVERNOTSUPPORTED};

/// Calls of `WSAStartup` not yet matched by `WSACleanup`.
static STARTED: AtomicUsize = AtomicUsize::new(0);

/// The version this library speaks, low byte first: 2.2.
const VERSION: u16 = 0x0202;

/// # Errors
/// `WSANOTINITIALISED` outside of WSAStartup and WSACleanup.
pub(crate) fn check() -> Result<(), WsaError> {
    match STARTED.load(Ordering::Relaxed) {
        0 => Err(WsaError(WSANOTINITIALISED)),
        _ => Ok(()),
    }
}

/// Starts the use of Winsock; version 2.2 is what there is, and what older requests get.
///
/// # Errors
/// Returned, not set as the last error: `WSAVERNOTSUPPORTED` for version 0, `WSAEFAULT` for NULL.
///
/// # Safety
/// `data` is NULL or writable.
///
/// Source: Windows documentation, `WSAStartup`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAStartup(version: u16, data: *mut WSADATA) -> i32 {
    if data.is_null() {
        return WSAEFAULT;
    }
    if version.to_le_bytes()[0] == 0 {
        return WSAVERNOTSUPPORTED;
    }
    // The older of the two, major number first.
    let negotiated = match version.swap_bytes() <= VERSION.swap_bytes() {
        true => version,
        false => VERSION,
    };
    let mut answer = WSADATA { wVersion: negotiated, wHighVersion: VERSION, ..WSADATA::default() };
    for (to, from) in answer.szDescription.iter_mut().zip(b"Longshore Winsock 2.2") {
        *to = *from as i8;
    }
    for (to, from) in answer.szSystemStatus.iter_mut().zip(b"Running") {
        *to = *from as i8;
    }
    // SAFETY: the caller's promise.
    unsafe { data.write(answer) };
    STARTED.fetch_add(1, Ordering::Relaxed);
    // TransmitFile sends with a call that cannot be told to raise no signal.
    broken_pipe::ignore();
    0
}

/// Ends the use of Winsock that one `WSAStartup` began.
///
/// # Errors
/// −1 with `WSANOTINITIALISED`.
///
/// Source: Windows documentation, `WSACleanup`.
#[unsafe(no_mangle)]
pub extern "C" fn WSACleanup() -> i32 {
    let down = |started: usize| started.checked_sub(1);
    if STARTED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, down).is_err() {
        SetLastError(WSANOTINITIALISED as u32);
        return SOCKET_ERROR;
    }
    0
}
