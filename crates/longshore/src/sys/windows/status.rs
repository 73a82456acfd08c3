//! How the kernel says that an operation failed, and how `std` understands it.
//!
//! A packet carries an NTSTATUS, whatever the operation. For sockets it becomes the Winsock code
//! that the call itself would have given (S9, CX3), for files the Win32 code, so that
//! `io::ErrorKind` is right for both.

use longshore_types::Errno;
use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Networking::WinSock::*;

/// Success, or an informational status that is one.
pub(super) fn is_success(status: NTSTATUS) -> bool {
    status >= 0
}

pub(super) fn of_file(status: NTSTATUS) -> Errno {
    // SAFETY: no preconditions.
    Errno(unsafe { RtlNtStatusToDosError(status) } as i32)
}

/// Table 19b of the rules. Port unreachable is where it differs: what a datagram socket reports as a reset is
/// a refusal everywhere else (S20).
pub(super) fn of_socket(status: NTSTATUS) -> Errno {
    Errno(match status {
        STATUS_CANCELLED => return Errno::CANCELLED,
        STATUS_ACCESS_DENIED => WSAEACCES,
        STATUS_ACCESS_VIOLATION => WSAEFAULT,
        STATUS_INVALID_HANDLE | STATUS_OBJECT_TYPE_MISMATCH => WSAENOTSOCK,
        STATUS_BUFFER_OVERFLOW | STATUS_INVALID_BUFFER_SIZE => WSAEMSGSIZE,
        STATUS_NOT_IMPLEMENTED | STATUS_NOT_SUPPORTED => WSAEOPNOTSUPP,
        STATUS_SHARING_VIOLATION | STATUS_ADDRESS_ALREADY_EXISTS => WSAEADDRINUSE,
        STATUS_INVALID_ADDRESS | STATUS_INVALID_ADDRESS_COMPONENT => WSAEADDRNOTAVAIL,
        STATUS_NETWORK_BUSY | STATUS_UNEXPECTED_NETWORK_ERROR | STATUS_NO_SUCH_DEVICE => WSAENETDOWN,
        STATUS_BAD_NETWORK_PATH | STATUS_NETWORK_UNREACHABLE | STATUS_PROTOCOL_UNREACHABLE => WSAENETUNREACH,
        STATUS_LOCAL_DISCONNECT | STATUS_TRANSACTION_ABORTED | STATUS_CONNECTION_ABORTED => WSAECONNABORTED,
        STATUS_REMOTE_DISCONNECT
        | STATUS_CONNECTION_DISCONNECTED
        | STATUS_CONNECTION_RESET
        | STATUS_NETWORK_NAME_DELETED => WSAECONNRESET,
        STATUS_PORT_UNREACHABLE => WSAECONNREFUSED,
        STATUS_NO_MEMORY
        | STATUS_INSUFFICIENT_RESOURCES
        | STATUS_QUOTA_EXCEEDED
        | STATUS_PAGEFILE_QUOTA
        | STATUS_COMMITMENT_LIMIT => WSAENOBUFS,
        STATUS_TOO_MANY_OPENED_FILES => WSAEMFILE,
        STATUS_CONNECTION_ACTIVE => WSAEISCONN,
        STATUS_INVALID_CONNECTION => WSAENOTCONN,
        STATUS_PIPE_DISCONNECTED => ERROR_BROKEN_PIPE as i32,
        STATUS_IO_TIMEOUT | STATUS_TIMEOUT => WSAETIMEDOUT,
        STATUS_REMOTE_NOT_LISTENING | STATUS_CONNECTION_REFUSED => WSAECONNREFUSED,
        STATUS_HOST_UNREACHABLE | STATUS_HOST_DOWN => WSAEHOSTUNREACH,
        STATUS_END_OF_FILE => ERROR_HANDLE_EOF as i32,
        other => return of_file(other),
    })
}

/// What a socket call left behind. After a shutdown of its own a socket says `WSAESHUTDOWN`, which `std` has
/// no kind for; sending into what is finished is a broken pipe.
pub(super) fn of_call(code: i32) -> Errno {
    match code {
        WSAESHUTDOWN => Errno(ERROR_BROKEN_PIPE as i32),
        code => Errno(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{self, ErrorKind};

    #[test]
    fn every_ending_has_the_kind_it_has_on_linux() {
        for (status, kind) in [
            (STATUS_CONNECTION_RESET, ErrorKind::ConnectionReset),
            (STATUS_CONNECTION_ABORTED, ErrorKind::ConnectionAborted),
            (STATUS_CONNECTION_REFUSED, ErrorKind::ConnectionRefused),
            (STATUS_PORT_UNREACHABLE, ErrorKind::ConnectionRefused),
            (STATUS_IO_TIMEOUT, ErrorKind::TimedOut),
            (STATUS_NETWORK_UNREACHABLE, ErrorKind::NetworkUnreachable),
            (STATUS_HOST_UNREACHABLE, ErrorKind::HostUnreachable),
            (STATUS_PIPE_DISCONNECTED, ErrorKind::BrokenPipe),
            (STATUS_INVALID_CONNECTION, ErrorKind::NotConnected),
        ] {
            assert_eq!(io::Error::from(of_socket(status)).kind(), kind, "{status:#x}");
        }
        assert_eq!(of_socket(STATUS_CANCELLED), Errno::CANCELLED);
        assert_eq!(of_file(STATUS_CANCELLED), Errno::CANCELLED);
        assert_eq!(io::Error::from(of_file(STATUS_DISK_FULL)).kind(), ErrorKind::StorageFull);
        assert_eq!(io::Error::from(of_call(WSAESHUTDOWN)).kind(), ErrorKind::BrokenPipe);
        assert_eq!(io::Error::from(Errno::INVALID).kind(), ErrorKind::InvalidInput);
    }
}
