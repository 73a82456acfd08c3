//! The times of a file: `GetFileTime`, `SetFileTime`.

use crate::abi::argument::{In, Out, WriteIfAsked};
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::file::disk_file::{self, FileState, state_of};
use crate::file::facts::Facts;
use crate::object::handles::HANDLE;
use crate::time::system_time::{FILETIME_PER_SECOND, of_file_time, to_file_time, unix_of_file_time};
use longshore_engine::Errno;
use longshore_win32_macros::export;
use std::os::fd::{AsRawFd, OwnedFd};
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::Storage::FileSystem::{FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES};

/// Special values: "do not change it" and "never update it automatically". Both leave the time as it is.
fn wanted(time: Option<u64>) -> libc::timespec {
    match time {
        None | Some(0 | u64::MAX) | Some(0xFFFF_FFFF_FFFF_FFFE) => {
            libc::timespec { tv_sec: 0, tv_nsec: libc::UTIME_OMIT }
        }
        Some(time) => libc::timespec {
            tv_sec: unix_of_file_time(time),
            tv_nsec: (time % FILETIME_PER_SECOND * 100) as libc::c_long,
        },
    }
}

/// Sets the times of access and of writing.
pub(crate) fn set_times(
    descriptor: &OwnedFd,
    state: &FileState,
    accessed: Option<u64>,
    written: Option<u64>,
) -> Result<(), Win32Error> {
    state.may(FILE_WRITE_ATTRIBUTES)?;
    let times = [wanted(accessed), wanted(written)];
    let (fd, flags) = (descriptor.as_raw_fd(), libc::AT_EMPTY_PATH);
    // SAFETY: an empty path, which stands for the descriptor, and two valid times.
    match unsafe { libc::utimensat(fd, c"".as_ptr(), times.as_ptr(), flags) } {
        0 => Ok(()),
        _ => Err(Status::of_file(Errno::last()).into()),
    }
}

/// The times of a file.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_ACCESS_DENIED`.
///
/// Source: Windows documentation, `GetFileTime`.
#[export]
pub unsafe fn GetFileTime(
    file: HANDLE,
    created: Option<Out<FILETIME>>,
    accessed: Option<Out<FILETIME>>,
    written: Option<Out<FILETIME>>,
) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    state_of(&file).may(FILE_READ_ATTRIBUTES)?;
    let facts = Facts::of_descriptor(&file.descriptor()).map_err(Status::of_file)?;
    created.write_if_asked(to_file_time(facts.created))?;
    accessed.write_if_asked(to_file_time(facts.accessed))?;
    Ok(written.write_if_asked(to_file_time(facts.written))?)
}

/// Sets the times of a file. The time of creation cannot be set on Linux, and is not.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_ACCESS_DENIED` without the right to write attributes.
///
/// Source: Windows documentation, `SetFileTime`.
#[export]
pub unsafe fn SetFileTime(
    file: HANDLE,
    _created: Option<In<FILETIME>>,
    accessed: Option<In<FILETIME>>,
    written: Option<In<FILETIME>>,
) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    let time = |time: Option<In<FILETIME>>| time.map(|time| time.read().map(of_file_time)).transpose();
    let state = state_of(&file);
    set_times(&file.descriptor(), state, time(accessed)?, time(written)?)
}
