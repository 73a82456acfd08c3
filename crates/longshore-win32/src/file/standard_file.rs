//! Standard handles that were redirected to files. They behave like any open file.
//!
//! A [`Stream`] is the number of a descriptor, which the program may reopen as another file (`freopen`,
//! `dup2`). So the file object is made anew for each call.

use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::console::standard_handles::Stream;
use crate::file::disk_file::FileState;
use crate::port::file_object::FileObject;
use longshore_engine::Errno;
use rustix::fs::OFlags;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use windows_sys::Win32::Foundation::ERROR_INVALID_HANDLE;
use windows_sys::Win32::Storage::FileSystem::{FILE_GENERIC_READ, FILE_GENERIC_WRITE};

/// A file object over a copy of the stream's descriptor: the position is shared.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` for a terminal, and when the descriptor was closed.
pub(crate) fn of(stream: &Stream) -> Result<Arc<FileObject>, Win32Error> {
    if stream.is_terminal() {
        return Err(Win32Error(ERROR_INVALID_HANDLE));
    }
    // SAFETY: the number may have been closed; then the calls below say so, and nothing is done.
    let standard = unsafe { BorrowedFd::borrow_raw(stream.fd()) };
    of_copy(duplicate(standard)?)
}

fn duplicate(descriptor: BorrowedFd<'_>) -> Result<OwnedFd, Win32Error> {
    rustix::io::fcntl_dupfd_cloexec(descriptor, 0).map_err(failed)
}

/// A synchronous file object over a descriptor, with the rights it was opened with.
pub(crate) fn of_copy(descriptor: OwnedFd) -> Result<Arc<FileObject>, Win32Error> {
    let access = match rustix::fs::fcntl_getfl(&descriptor).map_err(failed)? & OFlags::RWMODE {
        OFlags::WRONLY => FILE_GENERIC_WRITE,
        OFlags::RDWR => FILE_GENERIC_READ | FILE_GENERIC_WRITE,
        _ => FILE_GENERIC_READ,
    };
    let state = FileState::new(&descriptor, access, 0).map_err(Status::of_file)?;
    Ok(FileObject::new(descriptor, false, state))
}

fn failed(errno: rustix::io::Errno) -> Win32Error {
    Status::of_file(Errno(errno.raw_os_error())).into()
}
