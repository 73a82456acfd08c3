//! `FlushFileBuffers`.

use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::console::standard_handles::Stream;
use crate::file::disk_file::{Class, FileState};
use crate::object::handles::{self, HANDLE};
use crate::port::file_object::FileObject;
use longshore_engine::blocking;
use longshore_win32_macros::export;
use rustix::io::retry_on_intr;
use windows_sys::Win32::Foundation::ERROR_INVALID_HANDLE;

/// Writes the cached data of a file to the disk and waits for it, also on an overlapped file.
///
/// # Errors
/// FALSE with `ERROR_ACCESS_DENIED` if the file is not open for writing,
/// `ERROR_INVALID_HANDLE`, `ERROR_DISK_FULL`.
///
/// Source: Windows documentation, `FlushFileBuffers`.
#[export]
pub fn FlushFileBuffers(file: HANDLE) -> Result<(), Win32Error> {
    if Stream::of(file).is_ok() {
        return Ok(()); // Nothing is cached.
    }
    let file = handles::get::<FileObject>(file)?;
    let state = FileState::of(&file).ok_or(Win32Error(ERROR_INVALID_HANDLE))?;
    state.may_write()?;
    if state.class != Class::Disk {
        return Ok(());
    }
    let descriptor = file.descriptor();
    let flushed = blocking(|| retry_on_intr(|| rustix::fs::fsync(&*descriptor)));
    Ok(flushed.map_err(|errno| Status::of_file(errno.into()))?)
}
