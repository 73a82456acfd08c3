//! `WSAGetOverlappedResult`: how an operation on a socket ended.

use crate::abi::last_error::SetLastError;
use crate::abi::status::Status;
use crate::object::handles::HANDLE;
use crate::port::io::{wait_for, wait_object};
use crate::port::overlapped::read_status;
use crate::socket::duplicate;
use crate::socket::wsa::{SOCKET, WsaError, to_bool};
use windows_sys::Win32::Foundation::WAIT_FAILED;
use windows_sys::Win32::Networking::WinSock::{WSA_IO_INCOMPLETE, WSAEFAULT, WSAENOTSOCK};
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::Win32::System::Threading::INFINITE;

/// How an operation on a socket ended, in Winsock's errors (R13).
///
/// # Errors
/// FALSE with `WSAENOTSOCK` (also for a handle that `DuplicateHandle` made, S21), `WSA_IO_INCOMPLETE`, `WSAEFAULT`, or the
/// operation's own error, with `*bytes` set.
///
/// # Safety
/// `overlapped`, `bytes` and `flags` are valid.
///
/// Source: Windows documentation, `WSAGetOverlappedResult`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAGetOverlappedResult(
    socket: SOCKET,
    overlapped: *mut OVERLAPPED,
    bytes: *mut u32,
    wait: i32,
    flags: *mut u32,
) -> i32 {
    if !duplicate::is_own(socket) {
        return to_bool(Err(WsaError(WSAENOTSOCK)));
    }
    if overlapped.is_null() || bytes.is_null() || flags.is_null() {
        return to_bool(Err(WsaError(WSAEFAULT)));
    }
    // SAFETY: the caller's promise.
    let (mut status, _) = unsafe { read_status(overlapped) };
    if status == Status::PENDING {
        if wait == 0 {
            return to_bool(Err(WsaError(WSA_IO_INCOMPLETE)));
        }
        // SAFETY: the caller's promise.
        let object = unsafe { wait_object(socket as HANDLE, overlapped) };
        if wait_for(object, INFINITE, false) == WAIT_FAILED {
            return to_bool(Err(WsaError(WSAENOTSOCK)));
        }
        // SAFETY: the caller's promise.
        (status, _) = unsafe { read_status(overlapped) };
    }
    // SAFETY: the caller's promise.
    unsafe {
        let (_, count) = read_status(overlapped);
        bytes.write(count as u32);
        flags.write(0);
    }
    SetLastError(if status == Status::SUCCESS { 0 } else { status.to_winsock() as u32 }); // R7
    i32::from(status.is_success())
}
