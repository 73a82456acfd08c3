//! `WSAGetOverlappedResult`: how an operation on a socket ended.

use crate::abi::argument::Out;
use crate::abi::last_error::SetLastError;
use crate::abi::status::Status;
use crate::object::handles::HANDLE;
use crate::port::io::{wait_for, wait_object};
use crate::port::request::Overlapped;
use crate::socket::duplicate;
use crate::socket::wsa::{SocketArg, WsaError};
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::WAIT_FAILED;
use windows_sys::Win32::Networking::WinSock::{WSA_IO_INCOMPLETE, WSAEFAULT, WSAENOTSOCK};
use windows_sys::Win32::System::Threading::INFINITE;

/// How an operation on a socket ended, in Winsock's errors (R13).
///
/// # Errors
/// FALSE with `WSAENOTSOCK` (also for a handle that `DuplicateHandle` made, S21), `WSA_IO_INCOMPLETE`,
/// `WSAEFAULT`, or the operation's own error, with `*bytes` set.
///
/// Source: Windows documentation, `WSAGetOverlappedResult`.
#[export]
pub unsafe fn WSAGetOverlappedResult(
    socket: SocketArg,
    overlapped: Option<Overlapped>,
    bytes: Out<u32>,
    wait: bool,
    flags: Out<u32>,
) -> Result<bool, WsaError> {
    if !duplicate::is_own(socket) {
        return Err(WsaError(WSAENOTSOCK));
    }
    let overlapped = overlapped.ok_or(WsaError(WSAEFAULT))?;
    let (mut status, mut count) = overlapped.status()?;
    if status == Status::PENDING {
        if !wait {
            return Err(WsaError(WSA_IO_INCOMPLETE));
        }
        let object = wait_object(socket.value() as HANDLE, overlapped)?;
        if wait_for(object, INFINITE, false) == WAIT_FAILED {
            return Err(WsaError(WSAENOTSOCK));
        }
        (status, count) = overlapped.status()?;
    }
    // Each of them, also if the other is not there.
    let (counted, flagged) = (bytes.write(count as u32), flags.write(0));
    counted.and(flagged)?;
    SetLastError(if status == Status::SUCCESS { 0 } else { status.to_winsock() as u32 }); // R7
    Ok(status.is_success())
}
