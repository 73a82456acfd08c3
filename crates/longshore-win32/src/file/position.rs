//! The position of a file and its size.

use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::out::{put, take};
use crate::abi::status::Status;
use crate::file::disk_file::{self, Class, FileState};
use crate::file::open_files::check_resize;
use crate::object::handles::HANDLE;
use crate::port::file_object::FileObject;
use longshore_engine::{Errno, blocking};
use std::os::fd::{AsRawFd, OwnedFd};
use windows_sys::Win32::Foundation::{ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER, ERROR_NEGATIVE_SEEK};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_BEGIN, FILE_CURRENT, FILE_END, FILE_WRITE_DATA, INVALID_FILE_SIZE, INVALID_SET_FILE_POINTER,
};

fn failed(errno: Errno) -> Win32Error {
    Status::of_file(errno).into()
}

/// lseek(2).
fn seek(descriptor: &OwnedFd, distance: i64, whence: i32) -> Result<i64, Errno> {
    // SAFETY: no pointers.
    match unsafe { libc::lseek(descriptor.as_raw_fd(), distance, whence) } {
        -1 => Err(Errno::last()),
        position => Ok(position),
    }
}

/// The size of a file or a block device.
pub(crate) fn size_of_file(descriptor: &OwnedFd, state: &FileState) -> Result<i64, Win32Error> {
    let stat = disk_file::stat(descriptor).map_err(failed)?;
    match state.class {
        Class::Disk if stat.st_mode & libc::S_IFMT == libc::S_IFBLK => {
            let _turn = state.take_turn();
            let position = seek(descriptor, 0, libc::SEEK_CUR).map_err(failed)?;
            let size = seek(descriptor, 0, libc::SEEK_END).map_err(failed);
            seek(descriptor, position, libc::SEEK_SET).map_err(failed)?;
            size
        }
        Class::Disk | Class::Directory => Ok(stat.st_size),
        _ => Err(Win32Error(ERROR_INVALID_FUNCTION)),
    }
}

fn move_position(file: &FileObject, distance: i64, method: u32) -> Result<i64, Win32Error> {
    let state = FileState::of(file).expect("not a socket");
    let descriptor = file.descriptor();
    if !matches!(state.class, Class::Disk | Class::Directory) {
        return Err(Win32Error(ERROR_INVALID_FUNCTION));
    }
    let start = match method {
        FILE_BEGIN => 0,
        FILE_CURRENT => seek(&descriptor, 0, libc::SEEK_CUR).map_err(failed)?,
        FILE_END => size_of_file(&descriptor, state)?,
        _ => return Err(Win32Error(ERROR_INVALID_PARAMETER)),
    };
    let target = start.checked_add(distance).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    if target < 0 {
        return Err(Win32Error(ERROR_NEGATIVE_SEEK));
    }
    let _turn = state.take_turn();
    seek(&descriptor, target, libc::SEEK_SET).map_err(failed)
}

/// Moves the position, and returns the low half of the new one.
///
/// # Errors
/// `INVALID_SET_FILE_POINTER`, which is also half of a position: then the last error is 0. `ERROR_NEGATIVE_SEEK`,
/// `ERROR_INVALID_PARAMETER` (also for a position whose high half nobody takes), `ERROR_INVALID_HANDLE`.
///
/// # Safety
/// `high` is NULL or points to the high half of the distance, and takes that of the position.
///
/// Source: Windows documentation, `SetFilePointer`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFilePointer(file: HANDLE, distance: i32, high: *mut i32, method: u32) -> u32 {
    let call = || -> Result<u32, Win32Error> {
        let file = disk_file::get(file)?;
        let distance = match high.is_null() {
            true => i64::from(distance),
            // SAFETY: the caller's promise.
            false => i64::from(unsafe { take(high) }?) << 32 | i64::from(distance as u32),
        };
        let before = match high.is_null() {
            true => seek(&file.descriptor(), 0, libc::SEEK_CUR).unwrap_or(0),
            false => 0,
        };
        let position = move_position(&file, distance, method)?;
        if !high.is_null() {
            // SAFETY: the caller's promise.
            unsafe { put(high, (position >> 32) as i32) }?;
        } else if position > i64::from(u32::MAX) {
            move_position(&file, before, FILE_BEGIN)?;
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        Ok(position as u32)
    };
    match call() {
        Ok(position) => {
            if position == INVALID_SET_FILE_POINTER {
                SetLastError(0);
            }
            position
        }
        Err(Win32Error(error)) => {
            SetLastError(error);
            INVALID_SET_FILE_POINTER
        }
    }
}

/// Moves the position.
///
/// # Errors
/// FALSE with `ERROR_NEGATIVE_SEEK`, `ERROR_INVALID_PARAMETER`, `ERROR_INVALID_FUNCTION` for what has no position,
/// `ERROR_INVALID_HANDLE`.
///
/// # Safety
/// `position` is NULL or writable.
///
/// Source: Windows documentation, `SetFilePointerEx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn SetFilePointerEx(
    file: HANDLE,
    distance: i64,
    position: *mut i64,
    method: u32,
) -> i32 {
    to_bool(disk_file::get(file).and_then(|file| {
        let moved = move_position(&file, distance, method)?;
        if !position.is_null() {
            // SAFETY: the caller's promise.
            unsafe { put(position, moved) }?;
        }
        Ok(())
    }))
}

/// The size, its low half as the result.
///
/// # Errors
/// `INVALID_FILE_SIZE`, which is also half of a size: then the last error is 0.
///
/// # Safety
/// `high` is NULL or writable.
///
/// Source: Windows documentation, `GetFileSize`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileSize(file: HANDLE, high: *mut u32) -> u32 {
    let mut size = 0;
    // SAFETY: a place of this function's.
    if unsafe { GetFileSizeEx(file, &mut size) } == 0 {
        return INVALID_FILE_SIZE;
    }
    if !high.is_null() {
        // SAFETY: the caller's promise.
        unsafe { high.write_unaligned((size >> 32) as u32) };
    }
    if size as u32 == INVALID_FILE_SIZE {
        SetLastError(0);
    }
    size as u32
}

/// The size of a file.
///
/// # Errors
/// FALSE with `ERROR_INVALID_FUNCTION` for what has no size, `ERROR_INVALID_PARAMETER`, `ERROR_INVALID_HANDLE`.
///
/// # Safety
/// `size` is NULL or writable.
///
/// Source: Windows documentation, `GetFileSizeEx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileSizeEx(file: HANDLE, size: *mut i64) -> i32 {
    to_bool(disk_file::get(file).and_then(|file| {
        let found = size_of_file(&file.descriptor(), FileState::of(&file).expect("not a socket"))?;
        // SAFETY: the caller's promise.
        unsafe { put(size, found) }
    }))
}

/// Makes a file longer or shorter.
pub(crate) fn resize(file: &FileObject, size: i64) -> Result<(), Win32Error> {
    let state = FileState::of(file).expect("not a socket");
    state.may(FILE_WRITE_DATA)?;
    if state.class != Class::Disk || size < 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    check_resize(state.file_id, size as u64)?;
    loop {
        let descriptor = file.descriptor();
        // SAFETY: no pointers.
        if blocking(|| unsafe { libc::ftruncate(descriptor.as_raw_fd(), size) }) == 0 {
            return Ok(());
        }
        match Errno::last() {
            Errno(libc::EINTR) => {}
            errno => return Err(failed(errno)),
        }
    }
}

/// Makes a file end at its position.
///
/// # Errors
/// FALSE with `ERROR_ACCESS_DENIED` if it is not open for writing, `ERROR_USER_MAPPED_FILE` if a mapping is longer (F25),
/// `ERROR_INVALID_PARAMETER`, `ERROR_DISK_FULL`.
///
/// Source: Windows documentation, `SetEndOfFile`.
#[unsafe(no_mangle)]
pub extern "C" fn SetEndOfFile(file: HANDLE) -> i32 {
    to_bool(disk_file::get(file).and_then(|file| {
        let position = seek(&file.descriptor(), 0, libc::SEEK_CUR).map_err(failed)?;
        resize(&file, position)
    }))
}

/// Declares the data up to a length as valid. Linux has no such notion: what was not written reads as zero, before and
/// after, which is all that may be relied on.
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER` for a length beyond the end, `ERROR_ACCESS_DENIED`.
///
/// Source: Windows documentation, `SetFileValidData`.
#[unsafe(no_mangle)]
pub extern "C" fn SetFileValidData(file: HANDLE, length: i64) -> i32 {
    to_bool(disk_file::get(file).and_then(|file| {
        let state = FileState::of(&file).expect("not a socket");
        state.may(FILE_WRITE_DATA)?;
        match (0..=size_of_file(&file.descriptor(), state)?).contains(&length) {
            true => Ok(()),
            false => Err(Win32Error(ERROR_INVALID_PARAMETER)),
        }
    }))
}
