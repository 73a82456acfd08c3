//! The times of a file: `GetFileTime`, `SetFileTime`.

use crate::abi::last_error::{Win32Error, to_bool};
use crate::abi::status::Status;
use crate::file::disk_file::{self, FileState};
use crate::file::facts::Facts;
use crate::object::handles::HANDLE;
use crate::time::system_time::{FILETIME_PER_SECOND, of_file_time, to_file_time, unix_of_file_time};
use longshore_engine::Errno;
use std::os::fd::{AsRawFd, OwnedFd};
use windows_sys::Win32::Foundation::FILETIME;
use windows_sys::Win32::Storage::FileSystem::{FILE_READ_ATTRIBUTES, FILE_WRITE_ATTRIBUTES};

/// Of these values of a time, "leave it" and "never change it by itself" both leave it.
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
/// # Safety
/// Each time is NULL or writable.
///
/// Source: Windows documentation, `GetFileTime`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileTime(
    file: HANDLE,
    created: *mut FILETIME,
    accessed: *mut FILETIME,
    written: *mut FILETIME,
) -> i32 {
    to_bool(disk_file::get(file).and_then(|file| {
        FileState::of(&file).expect("not a socket").may(FILE_READ_ATTRIBUTES)?;
        let facts = Facts::of_descriptor(&file.descriptor()).map_err(Status::of_file)?;
        for (place, time) in [(created, facts.created), (accessed, facts.accessed), (written, facts.written)]
        {
            if !place.is_null() {
                // SAFETY: the caller's promise.
                unsafe { place.write_unaligned(to_file_time(time)) };
            }
        }
        Ok(())
    }))
}

/// Sets the times of a file. The time of creation cannot be set on Linux, and is not.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_ACCESS_DENIED` without the right to write attributes.
///
/// # Safety
/// Each time is NULL or readable.
///
/// Source: Windows documentation, `SetFileTime`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFileTime(
    file: HANDLE,
    _created: *const FILETIME,
    accessed: *const FILETIME,
    written: *const FILETIME,
) -> i32 {
    to_bool(disk_file::get(file).and_then(|file| {
        // SAFETY: the caller's promise.
        let time =
            |time: *const FILETIME| (!time.is_null()).then(|| of_file_time(unsafe { time.read_unaligned() }));
        let state = FileState::of(&file).expect("not a socket");
        set_times(&file.descriptor(), state, time(accessed), time(written))
    }))
}
