//! Files that were not opened for overlapped operations, like those of `std`.
//!
//! The kernel decides when a file is opened whether its operations can be pending. One that was opened
//! otherwise is opened a second time, with the access it has and the flags that still matter; the first
//! handle is closed. That needs the sharing that `std` asks for by default.

use super::handle::Handle;
use super::operation::Face;
use longshore_types::Errno;
use std::io;
use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
use std::sync::Arc;
use windows_sys::Wdk::Storage::FileSystem::{
    FILE_INFORMATION_CLASS, FILE_NO_INTERMEDIATE_BUFFERING, FILE_RANDOM_ACCESS, FILE_SEQUENTIAL_ONLY,
    FILE_SYNCHRONOUS_IO_ALERT, FILE_SYNCHRONOUS_IO_NONALERT, FILE_WRITE_THROUGH, FileAccessInformation,
    FileModeInformation, NtQueryInformationFile,
};
use windows_sys::Win32::Foundation::{HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::Storage::FileSystem::*;
use windows_sys::Win32::System::IO::IO_STATUS_BLOCK;

/// The file, or its twin that can be attached.
///
/// # Errors
/// `InvalidInput` for a file that cannot be opened a second time, with what to do.
pub(super) fn overlapped(file: Arc<OwnedHandle>) -> io::Result<Arc<OwnedHandle>> {
    let mode = query(&file, FileModeInformation).unwrap_or(0);
    if mode & (FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT) == 0 {
        return Ok(file);
    }
    let access = query(&file, FileAccessInformation)?;
    let mut flags = FILE_FLAG_OVERLAPPED | FILE_FLAG_BACKUP_SEMANTICS;
    for (bit, flag) in [
        (FILE_NO_INTERMEDIATE_BUFFERING, FILE_FLAG_NO_BUFFERING),
        (FILE_WRITE_THROUGH, FILE_FLAG_WRITE_THROUGH),
        (FILE_SEQUENTIAL_ONLY, FILE_FLAG_SEQUENTIAL_SCAN),
        (FILE_RANDOM_ACCESS, FILE_FLAG_RANDOM_ACCESS),
    ] {
        if mode & bit != 0 {
            flags |= flag;
        }
    }
    let share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    // SAFETY: the handle is open.
    let twin = unsafe { ReOpenFile(file.as_raw_handle(), access, share, flags) };
    if twin == INVALID_HANDLE_VALUE {
        let error = io::Error::from(Errno::last());
        let message = format!(
            "the file was opened without FILE_FLAG_OVERLAPPED, and opening it a second time fails ({error}): open it \
             with OpenOptionsExt::custom_flags(FILE_FLAG_OVERLAPPED)"
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    // SAFETY: a fresh handle that nobody else owns.
    Ok(Arc::new(unsafe { OwnedHandle::from_raw_handle(twin) }))
}

/// One of the 32-bit facts about an open file.
fn query(file: &OwnedHandle, class: FILE_INFORMATION_CLASS) -> io::Result<u32> {
    let mut fact = 0u32;
    let mut block = IO_STATUS_BLOCK::default();
    // SAFETY: both places are valid, and the length is that of the fact.
    let status = unsafe {
        let length = u32::BITS / 8;
        NtQueryInformationFile(file.as_raw_handle(), &mut block, (&raw mut fact).cast(), length, class)
    };
    if super::status::is_success(status) { Ok(fact) } else { Err(super::status::of_file(status).into()) }
}

/// The size of an attached file in bytes.
///
/// # Errors
/// Those of GetFileSizeEx.
pub fn file_size<F: Face>(handle: &Handle<F>) -> io::Result<u64> {
    Ok(size_of(handle.raw())?)
}

pub(super) fn size_of(file: HANDLE) -> Result<u64, Errno> {
    let mut size = 0;
    // SAFETY: `size` is a valid place.
    match unsafe { GetFileSizeEx(file, &mut size) } {
        0 => Err(Errno::last()),
        _ => Ok(size as u64),
    }
}
