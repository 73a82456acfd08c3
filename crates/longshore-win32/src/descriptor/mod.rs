//! The CRT's descriptors: `_open`, `_get_osfhandle` and similar functions.
//!
//! A CRT descriptor is a descriptor of Linux, so that `read`, `fdopen`, `fstat` and everything else of the C
//! library's takes it. A HANDLE is a value of the handle table. The two are different numbers for the same
//! open file. The [`table`] knows which belong together: each has a descriptor of Linux of its own, and both
//! share the open file and its position.

pub(crate) mod open;
pub(crate) mod standard;
pub(crate) mod table;

use crate::abi::last_error::Win32Error;
use std::ffi::c_int;
use windows_sys::Win32::Foundation::*;

/// What a CRT function answers when it fails: −1, and errno.
pub(crate) fn or_errno(result: Result<c_int, c_int>) -> c_int {
    result.unwrap_or_else(|errno| {
        set_errno(errno);
        -1
    })
}

pub(crate) fn set_errno(errno: c_int) {
    // SAFETY: the calling thread's own.
    unsafe { *libc::__errno_location() = errno };
}

/// The errno of a Win32 error, as Microsoft's CRT translates it.
pub(crate) fn errno_of(Win32Error(error): Win32Error) -> c_int {
    match error {
        ERROR_FILE_NOT_FOUND
        | ERROR_PATH_NOT_FOUND
        | ERROR_INVALID_DRIVE
        | ERROR_NO_MORE_FILES
        | ERROR_BAD_NETPATH
        | ERROR_BAD_NET_NAME
        | ERROR_BAD_PATHNAME
        | ERROR_FILENAME_EXCED_RANGE => libc::ENOENT,
        ERROR_TOO_MANY_OPEN_FILES | ERROR_NO_SYSTEM_RESOURCES => libc::EMFILE,
        ERROR_ACCESS_DENIED
        | ERROR_CURRENT_DIRECTORY
        | ERROR_LOCK_VIOLATION
        | ERROR_SHARING_VIOLATION
        | ERROR_NETWORK_ACCESS_DENIED
        | ERROR_CANNOT_MAKE
        | ERROR_NOT_LOCKED
        | ERROR_USER_MAPPED_FILE
        | ERROR_LOCK_FAILED => libc::EACCES,
        ERROR_INVALID_HANDLE | ERROR_INVALID_TARGET_HANDLE | ERROR_DIRECT_ACCESS_HANDLE => libc::EBADF,
        ERROR_NOT_ENOUGH_MEMORY | ERROR_OUTOFMEMORY => libc::ENOMEM,
        ERROR_FILE_EXISTS | ERROR_ALREADY_EXISTS => libc::EEXIST,
        ERROR_BROKEN_PIPE => libc::EPIPE,
        ERROR_DISK_FULL => libc::ENOSPC,
        ERROR_DIR_NOT_EMPTY => libc::ENOTEMPTY,
        ERROR_NOT_SAME_DEVICE => libc::EXDEV,
        _ => libc::EINVAL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_translated_as_microsofts_crt_does() {
        let pairs = [(2, 2), (3, 2), (5, 13), (32, 13), (80, 17), (183, 17), (6, 9), (112, 28), (87, 22)];
        for (error, errno) in pairs {
            assert_eq!(errno_of(Win32Error(error)), errno, "{error}");
        }
    }
}
