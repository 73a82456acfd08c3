//! The position of a file and its size.

use crate::abi::argument::{InOut, Out, WriteIfAsked};
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::abi::status::Status;
use crate::file::disk_file::{self, Class, FileState, state_of};
use crate::file::open_files::check_resize;
use crate::object::handles::HANDLE;
use crate::port::file_object::FileObject;
use longshore_engine::{Errno, blocking};
use longshore_win32_macros::export;
use rustix::fs::SeekFrom;
use rustix::io::retry_on_intr;
use std::os::fd::OwnedFd;
use windows_sys::Win32::Foundation::{ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER, ERROR_NEGATIVE_SEEK};
use windows_sys::Win32::Storage::FileSystem::{
    FILE_BEGIN, FILE_CURRENT, FILE_END, FILE_WRITE_DATA, INVALID_FILE_SIZE, INVALID_SET_FILE_POINTER,
};

fn failed(errno: Errno) -> Win32Error {
    Status::of_file(errno).into()
}

/// lseek(2).
fn seek(descriptor: &OwnedFd, to: SeekFrom) -> Result<i64, Errno> {
    Ok(rustix::fs::seek(descriptor, to)? as i64)
}

/// The size of a file or a block device.
pub(crate) fn size_of_file(descriptor: &OwnedFd, state: &FileState) -> Result<i64, Win32Error> {
    let stat = disk_file::stat(descriptor).map_err(failed)?;
    match state.class {
        Class::Disk if stat.st_mode & libc::S_IFMT == libc::S_IFBLK => {
            let _turn = state.take_turn();
            let position = seek(descriptor, SeekFrom::Current(0)).map_err(failed)?;
            let size = seek(descriptor, SeekFrom::End(0)).map_err(failed);
            seek(descriptor, SeekFrom::Start(position as u64)).map_err(failed)?;
            size
        }
        Class::Disk | Class::Directory => Ok(stat.st_size),
        _ => Err(Win32Error(ERROR_INVALID_FUNCTION)),
    }
}

fn move_position(file: &FileObject, distance: i64, method: u32) -> Result<i64, Win32Error> {
    let state = state_of(file);
    let descriptor = file.descriptor();
    if !matches!(state.class, Class::Disk | Class::Directory) {
        return Err(Win32Error(ERROR_INVALID_FUNCTION));
    }
    let start = match method {
        FILE_BEGIN => 0,
        FILE_CURRENT => seek(&descriptor, SeekFrom::Current(0)).map_err(failed)?,
        FILE_END => size_of_file(&descriptor, state)?,
        _ => return Err(Win32Error(ERROR_INVALID_PARAMETER)),
    };
    let target = start.checked_add(distance).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    if target < 0 {
        return Err(Win32Error(ERROR_NEGATIVE_SEEK));
    }
    let _turn = state.take_turn();
    seek(&descriptor, SeekFrom::Start(target as u64)).map_err(failed)
}

/// Moves the position, and returns the low half of the new one.
///
/// # Errors
/// `INVALID_SET_FILE_POINTER`. This value may also be the low half of a position; then the last error
/// is 0. `ERROR_NEGATIVE_SEEK`, `ERROR_INVALID_PARAMETER` (also if the position needs a high half and
/// `high` is NULL), `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `SetFilePointer`.
#[export(failure = INVALID_SET_FILE_POINTER)]
pub unsafe fn SetFilePointer(
    file: HANDLE,
    distance: i32,
    high: Option<InOut<i32>>,
    method: u32,
) -> Result<u32, Win32Error> {
    let file = disk_file::get(file)?;
    let position = match high {
        Some(high) => {
            let distance = i64::from(high.read()?) << 32 | i64::from(distance as u32);
            high.as_out().probe()?;
            let position = move_position(&file, distance, method)?;
            high.write((position >> 32) as i32)?;
            position
        }
        None => {
            let before = seek(&file.descriptor(), SeekFrom::Current(0)).unwrap_or(0);
            let position = move_position(&file, distance.into(), method)?;
            if position > i64::from(u32::MAX) {
                move_position(&file, before, FILE_BEGIN)?;
                return Err(Win32Error(ERROR_INVALID_PARAMETER));
            }
            position
        }
    };
    if position as u32 == INVALID_SET_FILE_POINTER {
        SetLastError(0);
    }
    Ok(position as u32)
}

/// Moves the position.
///
/// # Errors
/// FALSE with `ERROR_NEGATIVE_SEEK`, `ERROR_INVALID_PARAMETER`, `ERROR_INVALID_FUNCTION` for what has no
/// position, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `SetFilePointerEx`.
#[export]
pub unsafe fn SetFilePointerEx(
    file: HANDLE,
    distance: i64,
    position: Option<Out<i64>>,
    method: u32,
) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    position.map_or(Ok(()), Out::probe)?;
    Ok(position.write_if_asked(move_position(&file, distance, method)?)?)
}

fn size_of_handle(file: HANDLE) -> Result<i64, Win32Error> {
    let file = disk_file::get(file)?;
    size_of_file(&file.descriptor(), state_of(&file))
}

/// The size, its low half as the result.
///
/// # Errors
/// `INVALID_FILE_SIZE`. This value may also be the low half of a size; then the last error is 0.
///
/// Source: Windows documentation, `GetFileSize`.
#[export(failure = INVALID_FILE_SIZE)]
pub unsafe fn GetFileSize(file: HANDLE, high: Option<Out<u32>>) -> Result<u32, Win32Error> {
    let size = size_of_handle(file)?;
    high.write_if_asked((size >> 32) as u32)?;
    if size as u32 == INVALID_FILE_SIZE {
        SetLastError(0);
    }
    Ok(size as u32)
}

/// The size of a file.
///
/// # Errors
/// FALSE with `ERROR_INVALID_FUNCTION` for what has no size,
/// `ERROR_INVALID_PARAMETER`, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `GetFileSizeEx`.
#[export]
pub unsafe fn GetFileSizeEx(file: HANDLE, size: Option<Out<i64>>) -> Result<(), Win32Error> {
    let found = size_of_handle(file)?;
    Ok(size.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(found)?)
}

/// Makes a file longer or shorter.
pub(crate) fn resize(file: &FileObject, size: i64) -> Result<(), Win32Error> {
    let state = state_of(file);
    state.may(FILE_WRITE_DATA)?;
    if state.class != Class::Disk || size < 0 {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    check_resize(state.file_id, size as u64)?;
    let descriptor = file.descriptor();
    let resized = blocking(|| retry_on_intr(|| rustix::fs::ftruncate(&*descriptor, size as u64)));
    resized.map_err(|errno| failed(errno.into()))
}

/// Makes a file end at its position.
///
/// # Errors
/// FALSE with `ERROR_ACCESS_DENIED` if it is not open for writing, `ERROR_USER_MAPPED_FILE` if a mapping is
/// longer (F25), `ERROR_INVALID_PARAMETER`, `ERROR_DISK_FULL`.
///
/// Source: Windows documentation, `SetEndOfFile`.
#[export]
pub fn SetEndOfFile(file: HANDLE) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    let position = seek(&file.descriptor(), SeekFrom::Current(0)).map_err(failed)?;
    resize(&file, position)
}

/// Declares the data up to a length as valid. Linux has no such length: data that was not written reads as
/// zero, before and after the call. Programs may rely on no more.
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER` for a length beyond the end, `ERROR_ACCESS_DENIED`.
///
/// Source: Windows documentation, `SetFileValidData`.
#[export]
pub fn SetFileValidData(file: HANDLE, length: i64) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    let state = state_of(&file);
    state.may(FILE_WRITE_DATA)?;
    match (0..=size_of_file(&file.descriptor(), state)?).contains(&length) {
        true => Ok(()),
        false => Err(Win32Error(ERROR_INVALID_PARAMETER)),
    }
}
