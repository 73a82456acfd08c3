//! `NTSTATUS`, the status every operation ends with, and its three translations: to Win32 errors, to Winsock
//! errors, and from the errors of Linux.
//!
//! A program sees the status itself only in `OVERLAPPED::Internal` and
//! `OVERLAPPED_ENTRY::Internal`; everywhere else it sees a translation. The function that is called
//! decides which one, not the kind of handle (G7).

use longshore_engine::Errno;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::*;
use windows_sys::Win32::Networking::WinSock::*;

/// How an operation ended, or [`Status::PENDING`] while it has not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Status(pub NTSTATUS);

impl std::fmt::Debug for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#010X}", self.0 as u32)
    }
}

impl Status {
    /// Success.
    pub const SUCCESS: Status = Status(STATUS_SUCCESS);
    /// Not finished.
    pub const PENDING: Status = Status(STATUS_PENDING);
    /// Cancelled (K1).
    pub const CANCELLED: Status = Status(STATUS_CANCELLED);
    /// Finished with more data than room (a warning).
    pub const BUFFER_OVERFLOW: Status = Status(STATUS_BUFFER_OVERFLOW);
    /// Nothing at or after this offset.
    pub const END_OF_FILE: Status = Status(STATUS_END_OF_FILE);

    /// Success or information: what makes `GetQueuedCompletionStatus` return TRUE (G3).
    pub fn is_success(self) -> bool {
        self.0 >= 0
    }

    /// An error and not a warning: a call that ends at once with it queues no packet (D1).
    pub fn is_error(self) -> bool {
        self.0 as u32 >> 30 == 3
    }

    /// The word that `OVERLAPPED::Internal` holds: zero-extended (A2).
    pub fn to_internal(self) -> usize {
        self.0 as u32 as usize
    }

    /// The status in a word of `OVERLAPPED::Internal`, of which only the low half counts (A3).
    pub fn from_internal(internal: usize) -> Status {
        Status(internal as u32 as i32)
    }

    /// The Win32 error, as `RtlNtStatusToDosError` gives it.
    pub fn to_win32(self) -> WIN32_ERROR {
        match win32(self.0).or_else(|| of_other_subsystems(self.0)) {
            Some(error) => error,
            // Errors of Winsock and of other subsystems travel in a status as they are.
            None => match self.0 as u32 >> 16 {
                0xC007 | 0x8007 | 0xC001 => self.0 as u32 & 0xFFFF,
                _ => ERROR_MR_MID_NOT_FOUND,
            },
        }
    }

    /// The Winsock error.
    pub fn to_winsock(self) -> WSA_ERROR {
        match winsock(self.0) {
            Some(error) => error,
            None if self.is_success() => self.to_win32() as WSA_ERROR,
            // Warnings are errors to Winsock.
            None => WSAEINVAL,
        }
    }

    /// How a call on a socket ended.
    pub fn of_socket(errno: Errno) -> Status {
        Status(match errno.0 {
            libc::EBADF => STATUS_INVALID_HANDLE,
            libc::ENOTSOCK => STATUS_OBJECT_TYPE_MISMATCH,
            libc::EPERM | libc::EACCES => STATUS_ACCESS_DENIED,
            libc::EFAULT => STATUS_ACCESS_VIOLATION,
            libc::EINVAL | libc::ENOPROTOOPT => STATUS_INVALID_PARAMETER,
            libc::EMFILE | libc::ENFILE => STATUS_TOO_MANY_OPENED_FILES,
            libc::EAGAIN => STATUS_DEVICE_NOT_READY,
            libc::EALREADY | libc::ENETDOWN => STATUS_NETWORK_BUSY,
            libc::EMSGSIZE => STATUS_BUFFER_OVERFLOW,
            libc::EPROTONOSUPPORT
            | libc::EPROTOTYPE
            | libc::ESOCKTNOSUPPORT
            | libc::EOPNOTSUPP
            | libc::EAFNOSUPPORT => STATUS_NOT_SUPPORTED,
            libc::EADDRINUSE => STATUS_SHARING_VIOLATION,
            libc::EADDRNOTAVAIL => STATUS_INVALID_ADDRESS_COMPONENT,
            libc::ECONNREFUSED => STATUS_CONNECTION_REFUSED,
            libc::ESHUTDOWN => STATUS_PIPE_DISCONNECTED,
            libc::ENOTCONN | libc::EDESTADDRREQ => STATUS_INVALID_CONNECTION,
            libc::ETIMEDOUT => STATUS_IO_TIMEOUT,
            libc::ENETUNREACH => STATUS_NETWORK_UNREACHABLE,
            libc::EHOSTUNREACH => STATUS_HOST_UNREACHABLE,
            libc::EPIPE | libc::ECONNRESET => STATUS_CONNECTION_RESET,
            libc::ECONNABORTED => STATUS_CONNECTION_ABORTED,
            libc::EISCONN => STATUS_CONNECTION_ACTIVE,
            libc::ENOMEM | libc::ENOBUFS => STATUS_INSUFFICIENT_RESOURCES,
            libc::ECANCELED => STATUS_CANCELLED,
            libc::EHOSTDOWN => STATUS_HOST_DOWN,
            _ => STATUS_UNEXPECTED_NETWORK_ERROR,
        })
    }

    /// How a call on a file ended.
    pub fn of_file(errno: Errno) -> Status {
        Status(match errno.0 {
            libc::ENOSPC | libc::EDQUOT | libc::EFBIG => STATUS_DISK_FULL,
            libc::EIO => STATUS_IO_DEVICE_ERROR,
            libc::ENOENT => STATUS_OBJECT_NAME_NOT_FOUND,
            libc::ENOTDIR => STATUS_OBJECT_PATH_NOT_FOUND,
            libc::EEXIST => STATUS_OBJECT_NAME_COLLISION,
            libc::EISDIR => STATUS_INVALID_DEVICE_REQUEST,
            libc::EROFS => STATUS_MEDIA_WRITE_PROTECTED,
            libc::ENXIO | libc::ENODEV => STATUS_NO_SUCH_DEVICE,
            libc::ESPIPE => STATUS_ILLEGAL_FUNCTION,
            libc::EINVAL => STATUS_INVALID_PARAMETER,
            libc::ENOTTY | libc::EOPNOTSUPP => STATUS_INVALID_DEVICE_REQUEST,
            libc::EBADF | libc::EACCES | libc::EPERM => STATUS_ACCESS_DENIED,
            libc::EMFILE | libc::ENFILE => STATUS_TOO_MANY_OPENED_FILES,
            libc::ENOMEM => STATUS_INSUFFICIENT_RESOURCES,
            libc::ECANCELED => STATUS_CANCELLED,
            libc::EPIPE => STATUS_PIPE_BROKEN,
            libc::ENOTEMPTY => STATUS_DIRECTORY_NOT_EMPTY,
            libc::ENAMETOOLONG => STATUS_OBJECT_NAME_INVALID,
            libc::ELOOP => STATUS_OBJECT_NAME_INVALID,
            libc::ETXTBSY | libc::EBUSY => STATUS_SHARING_VIOLATION,
            libc::EXDEV => STATUS_NOT_SAME_DEVICE,
            libc::EAGAIN => STATUS_DEVICE_NOT_READY,
            _ => STATUS_UNEXPECTED_IO_ERROR,
        })
    }

    /// How reading a file ended: a bad buffer has an error of its own for each direction (F11).
    pub fn of_read(errno: Errno) -> Status {
        if errno.0 == libc::EFAULT { Status(STATUS_ACCESS_VIOLATION) } else { Status::of_file(errno) }
    }

    /// How writing a file ended.
    pub fn of_write(errno: Errno) -> Status {
        if errno.0 == libc::EFAULT { Status(STATUS_INVALID_USER_BUFFER) } else { Status::of_file(errno) }
    }
}

/// The error of a status that this library knows.
pub(super) fn win32(status: NTSTATUS) -> Option<WIN32_ERROR> {
    Some(match status {
        STATUS_SUCCESS => ERROR_SUCCESS,
        STATUS_ABANDONED_WAIT_0 => ERROR_WAIT_NO_CHILDREN,
        STATUS_USER_APC => ERROR_USER_APC,
        STATUS_TIMEOUT => ERROR_TIMEOUT,
        STATUS_PENDING => ERROR_IO_PENDING,
        STATUS_NOTIFY_CLEANUP => ERROR_NOTIFY_CLEANUP,
        STATUS_NOTIFY_ENUM_DIR => ERROR_NOTIFY_ENUM_DIR,
        STATUS_BUFFER_OVERFLOW => ERROR_MORE_DATA,
        STATUS_UNSUCCESSFUL => ERROR_GEN_FAILURE,
        STATUS_NOT_IMPLEMENTED | STATUS_INVALID_DEVICE_REQUEST | STATUS_ILLEGAL_FUNCTION => {
            ERROR_INVALID_FUNCTION
        }
        STATUS_INVALID_INFO_CLASS | STATUS_INVALID_PARAMETER | STATUS_PORT_ALREADY_SET => {
            ERROR_INVALID_PARAMETER
        }
        STATUS_INFO_LENGTH_MISMATCH => ERROR_BAD_LENGTH,
        STATUS_ACCESS_VIOLATION | STATUS_DATATYPE_MISALIGNMENT_ERROR => ERROR_NOACCESS,
        STATUS_INVALID_HANDLE | STATUS_OBJECT_TYPE_MISMATCH | STATUS_FILE_CLOSED => ERROR_INVALID_HANDLE,
        STATUS_NO_SUCH_DEVICE => ERROR_NO_SUCH_DEVICE,
        STATUS_NO_SUCH_FILE | STATUS_OBJECT_NAME_NOT_FOUND => ERROR_FILE_NOT_FOUND,
        STATUS_END_OF_FILE | STATUS_FILE_FORCED_CLOSED => ERROR_HANDLE_EOF,
        STATUS_NO_MEMORY => ERROR_NOT_ENOUGH_MEMORY,
        STATUS_ACCESS_DENIED | STATUS_DELETE_PENDING | STATUS_FILE_IS_A_DIRECTORY | STATUS_CANNOT_DELETE => {
            ERROR_ACCESS_DENIED
        }
        STATUS_BUFFER_TOO_SMALL => ERROR_INSUFFICIENT_BUFFER,
        STATUS_OBJECT_NAME_INVALID => ERROR_INVALID_NAME,
        STATUS_OBJECT_NAME_COLLISION => ERROR_ALREADY_EXISTS,
        STATUS_OBJECT_PATH_NOT_FOUND => ERROR_PATH_NOT_FOUND,
        STATUS_SHARING_VIOLATION => ERROR_SHARING_VIOLATION,
        STATUS_QUOTA_EXCEEDED => ERROR_NOT_ENOUGH_QUOTA,
        STATUS_FILE_LOCK_CONFLICT | STATUS_LOCK_NOT_GRANTED => ERROR_LOCK_VIOLATION,
        STATUS_RANGE_NOT_LOCKED => ERROR_NOT_LOCKED,
        STATUS_DISK_FULL => ERROR_DISK_FULL,
        STATUS_FILE_INVALID => ERROR_FILE_INVALID,
        STATUS_INSUFFICIENT_RESOURCES => ERROR_NO_SYSTEM_RESOURCES,
        STATUS_MEDIA_WRITE_PROTECTED => ERROR_WRITE_PROTECT,
        STATUS_DEVICE_NOT_READY => ERROR_NOT_READY,
        STATUS_INSTANCE_NOT_AVAILABLE | STATUS_PIPE_NOT_AVAILABLE | STATUS_PIPE_BUSY => ERROR_PIPE_BUSY,
        STATUS_INVALID_PIPE_STATE => ERROR_BAD_PIPE,
        STATUS_PIPE_DISCONNECTED => ERROR_PIPE_NOT_CONNECTED,
        STATUS_PIPE_CLOSING | STATUS_PIPE_EMPTY => ERROR_NO_DATA,
        STATUS_PIPE_CONNECTED => ERROR_PIPE_CONNECTED,
        STATUS_PIPE_LISTENING => ERROR_PIPE_LISTENING,
        STATUS_IO_TIMEOUT => ERROR_SEM_TIMEOUT,
        STATUS_NOT_SUPPORTED => ERROR_NOT_SUPPORTED,
        STATUS_REMOTE_NOT_LISTENING | STATUS_REMOTE_RESOURCES => ERROR_REM_NOT_LIST,
        STATUS_BAD_NETWORK_PATH => ERROR_BAD_NETPATH,
        STATUS_NETWORK_BUSY => ERROR_NETWORK_BUSY,
        STATUS_UNEXPECTED_NETWORK_ERROR
        | STATUS_LINK_FAILED
        | STATUS_LINK_TIMEOUT
        | STATUS_INVALID_CONNECTION
        | STATUS_INVALID_ADDRESS
        | STATUS_TRANSACTION_ABORTED
        | STATUS_TRANSACTION_TIMED_OUT => ERROR_UNEXP_NET_ERR,
        STATUS_NETWORK_NAME_DELETED
        | STATUS_LOCAL_DISCONNECT
        | STATUS_REMOTE_DISCONNECT
        | STATUS_ADDRESS_CLOSED
        | STATUS_CONNECTION_DISCONNECTED
        | STATUS_CONNECTION_RESET => ERROR_NETNAME_DELETED,
        STATUS_REQUEST_NOT_ACCEPTED => ERROR_REQ_NOT_ACCEP,
        STATUS_INVALID_USER_BUFFER | STATUS_INVALID_BUFFER_SIZE => ERROR_INVALID_USER_BUFFER,
        STATUS_UNEXPECTED_IO_ERROR | STATUS_IO_DEVICE_ERROR => ERROR_IO_DEVICE,
        STATUS_DIRECTORY_NOT_EMPTY => ERROR_DIR_NOT_EMPTY,
        STATUS_NOT_A_DIRECTORY => ERROR_DIRECTORY,
        STATUS_TOO_MANY_OPENED_FILES => ERROR_TOO_MANY_OPEN_FILES,
        STATUS_CANCELLED => ERROR_OPERATION_ABORTED,
        STATUS_COMMITMENT_LIMIT => ERROR_COMMITMENT_LIMIT,
        STATUS_PIPE_BROKEN => ERROR_BROKEN_PIPE,
        STATUS_INVALID_DEVICE_STATE => ERROR_BAD_COMMAND,
        STATUS_INVALID_ADDRESS_COMPONENT | STATUS_INVALID_ADDRESS_WILDCARD => ERROR_INVALID_NETNAME,
        STATUS_TOO_MANY_ADDRESSES => ERROR_TOO_MANY_NAMES,
        STATUS_ADDRESS_ALREADY_EXISTS => ERROR_DUP_NAME,
        STATUS_NOT_FOUND => ERROR_NOT_FOUND,
        STATUS_CONNECTION_REFUSED => ERROR_CONNECTION_REFUSED,
        STATUS_GRACEFUL_DISCONNECT => ERROR_GRACEFUL_DISCONNECT,
        STATUS_ADDRESS_ALREADY_ASSOCIATED => ERROR_ADDRESS_ALREADY_ASSOCIATED,
        STATUS_ADDRESS_NOT_ASSOCIATED => ERROR_ADDRESS_NOT_ASSOCIATED,
        STATUS_CONNECTION_INVALID => ERROR_CONNECTION_INVALID,
        STATUS_CONNECTION_ACTIVE => ERROR_CONNECTION_ACTIVE,
        STATUS_NETWORK_UNREACHABLE => ERROR_NETWORK_UNREACHABLE,
        STATUS_HOST_UNREACHABLE => ERROR_HOST_UNREACHABLE,
        STATUS_PROTOCOL_UNREACHABLE => ERROR_PROTOCOL_UNREACHABLE,
        STATUS_PORT_UNREACHABLE => ERROR_PORT_UNREACHABLE,
        STATUS_REQUEST_ABORTED => ERROR_REQUEST_ABORTED,
        STATUS_CONNECTION_ABORTED => ERROR_CONNECTION_ABORTED,
        STATUS_USER_MAPPED_FILE => ERROR_USER_MAPPED_FILE,
        STATUS_NOT_A_REPARSE_POINT => ERROR_NOT_A_REPARSE_POINT,
        STATUS_HOST_DOWN => ERROR_HOST_DOWN,
        _ => return None,
    })
}

/// The lines of `status_errors.txt`: statuses that nothing here produces, but programs translate.
const OTHERS: usize = {
    let (text, mut at, mut lines) = (OTHERS_TEXT, 0, 0);
    while at < text.len() {
        lines += (text[at] != b'#') as usize;
        while text[at] != b'\n' {
            at += 1;
        }
        at += 1;
    }
    lines
};
const OTHERS_TEXT: &[u8] = include_bytes!("status_errors.txt");

static OTHER_STATUSES: [(u32, u32); OTHERS] = {
    let (text, mut at, mut index) = (OTHERS_TEXT, 0, 0);
    let mut table = [(0, 0); OTHERS];
    while at < text.len() {
        if text[at] != b'#' {
            let (mut status, mut error) = (0, 0);
            while text[at] != b' ' {
                let digit = text[at] - if text[at] >= b'A' { b'A' - 10 } else { b'0' };
                status = status << 4 | digit as u32;
                at += 1;
            }
            at += 1;
            while text[at] != b' ' {
                error = error * 10 + (text[at] - b'0') as u32;
                at += 1;
            }
            table[index] = (status, error);
            index += 1;
        }
        while text[at] != b'\n' {
            at += 1;
        }
        at += 1;
    }
    table
};

fn of_other_subsystems(status: NTSTATUS) -> Option<WIN32_ERROR> {
    let place = OTHER_STATUSES.binary_search_by_key(&(status as u32), |one| one.0);
    place.ok().map(|place| OTHER_STATUSES[place].1)
}

fn winsock(status: NTSTATUS) -> Option<WSA_ERROR> {
    Some(match status {
        STATUS_SUCCESS => 0,
        STATUS_PENDING => WSA_IO_INCOMPLETE,
        STATUS_CANCELLED => WSA_OPERATION_ABORTED,
        STATUS_TOO_MANY_OPENED_FILES => WSAEMFILE,
        STATUS_REQUEST_ABORTED => WSAEINTR,
        STATUS_ACCESS_DENIED => WSAEACCES,
        STATUS_ACCESS_VIOLATION | STATUS_BUFFER_TOO_SMALL | STATUS_DATATYPE_MISALIGNMENT_ERROR => WSAEFAULT,
        STATUS_DEVICE_NOT_READY | STATUS_REQUEST_NOT_ACCEPTED => WSAEWOULDBLOCK,
        STATUS_INVALID_HANDLE | STATUS_OBJECT_TYPE_MISMATCH => WSAENOTSOCK,
        STATUS_BUFFER_OVERFLOW | STATUS_INVALID_BUFFER_SIZE => WSAEMSGSIZE,
        STATUS_NOT_IMPLEMENTED | STATUS_NOT_SUPPORTED => WSAEOPNOTSUPP,
        STATUS_SHARING_VIOLATION | STATUS_ADDRESS_ALREADY_EXISTS => WSAEADDRINUSE,
        STATUS_INVALID_ADDRESS | STATUS_INVALID_ADDRESS_COMPONENT => WSAEADDRNOTAVAIL,
        STATUS_NO_SUCH_DEVICE
        | STATUS_NO_SUCH_FILE
        | STATUS_OBJECT_NAME_NOT_FOUND
        | STATUS_OBJECT_PATH_NOT_FOUND
        | STATUS_NETWORK_BUSY
        | STATUS_INVALID_NETWORK_RESPONSE
        | STATUS_UNEXPECTED_NETWORK_ERROR => WSAENETDOWN,
        STATUS_BAD_NETWORK_PATH | STATUS_NETWORK_UNREACHABLE | STATUS_PROTOCOL_UNREACHABLE => WSAENETUNREACH,
        STATUS_LOCAL_DISCONNECT | STATUS_TRANSACTION_ABORTED | STATUS_CONNECTION_ABORTED => WSAECONNABORTED,
        STATUS_REMOTE_DISCONNECT
        | STATUS_LINK_FAILED
        | STATUS_CONNECTION_DISCONNECTED
        | STATUS_CONNECTION_RESET
        | STATUS_PORT_UNREACHABLE => WSAECONNRESET,
        STATUS_PAGEFILE_QUOTA
        | STATUS_NO_MEMORY
        | STATUS_QUOTA_EXCEEDED
        | STATUS_INSUFFICIENT_RESOURCES
        | STATUS_WORKING_SET_QUOTA
        | STATUS_COMMITMENT_LIMIT
        | STATUS_REMOTE_RESOURCES
        | STATUS_TOO_MANY_ADDRESSES
        | STATUS_CONFLICTING_ADDRESSES
        | STATUS_TOO_MANY_PAGING_FILES => WSAENOBUFS,
        STATUS_CONNECTION_ACTIVE => WSAEISCONN,
        STATUS_INVALID_CONNECTION => WSAENOTCONN,
        STATUS_PIPE_DISCONNECTED => WSAESHUTDOWN,
        STATUS_IO_TIMEOUT | STATUS_LINK_TIMEOUT => WSAETIMEDOUT,
        STATUS_REMOTE_NOT_LISTENING | STATUS_CONNECTION_REFUSED => WSAECONNREFUSED,
        STATUS_HOST_DOWN => WSAEHOSTDOWN,
        STATUS_HOST_UNREACHABLE => WSAEHOSTUNREACH,
        STATUS_GRACEFUL_DISCONNECT => WSAEDISCON,
        _ => return None,
    })
}

/// The Win32 error of a status.
///
/// Source: Windows documentation, `RtlNtStatusToDosError`.
#[export]
pub fn RtlNtStatusToDosError(status: NTSTATUS) -> u32 {
    Status(status).to_win32()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cancelled_status_is_zero_extended_in_the_overlapped() {
        assert_eq!(Status::CANCELLED.to_internal(), 0xC000_0120, "A2");
        assert_eq!(Status::from_internal(0xCCCC_CCCC_C000_0120), Status::CANCELLED);
    }

    #[test]
    fn the_same_status_differs_between_win32_and_winsock() {
        let refused = Status::of_socket(Errno(libc::ECONNREFUSED));
        assert_eq!((refused.to_win32(), refused.to_winsock()), (1225, 10061), "G7, CX3");
        let reset = Status::of_socket(Errno(libc::ECONNRESET));
        assert_eq!((reset.to_win32(), reset.to_winsock()), (64, 10054), "G7, S9");
        assert_eq!((Status::PENDING.to_win32(), Status::PENDING.to_winsock()), (997, 996));
        assert_eq!(Status(STATUS_END_OF_FILE).to_winsock(), 10022, "every other error");
    }

    #[test]
    fn a_warning_is_neither_success_nor_error() {
        assert!(!Status::BUFFER_OVERFLOW.is_success() && !Status::BUFFER_OVERFLOW.is_error());
        assert!(Status(STATUS_NOTIFY_ENUM_DIR).is_success(), "G3");
        assert!(Status::CANCELLED.is_error());
    }

    #[test]
    fn statuses_of_other_subsystems_are_translated() {
        assert!(OTHER_STATUSES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(OTHER_STATUSES.iter().all(|one| win32(one.0 as i32).is_none()), "said twice");
        for (status, error) in [
            (0x8000_0011_u32, 170), // STATUS_DEVICE_BUSY
            (0xC000_006D, 1326),    // STATUS_LOGON_FAILURE
            (0xC000_00FD, 1001),    // STATUS_STACK_OVERFLOW
            (0xC000_0135, 126),     // STATUS_DLL_NOT_FOUND
            (0xC000_0001, 31),
            (0xC123_4567, 317),
        ] {
            assert_eq!(Status(status as i32).to_win32(), error, "{status:#x}");
        }
    }

    #[test]
    fn unknown_statuses_have_an_error_too() {
        assert_eq!(Status(0xC0FF_FFFFu32 as i32).to_win32(), 317);
        assert_eq!(Status(0xC007_2746u32 as i32).to_win32(), 0x2746);
    }
}
