//! What an open file is asked: `GetFileInformationByHandle` and its extended form.
//!
//! Answered by class: basic, standard, name, attributes and tag, id, compression, alignment, and the entries of a
//! directory (full, and with ids and both names).

use crate::abi::character::Character;
use crate::abi::last_error::{Win32Error, to_bool};
use crate::abi::out::put;
use crate::abi::status::Status;
use crate::abi::text::WCHAR;
use crate::file::directory_listing::{Entry, next_entries};
use crate::file::disk_file::{self, FileState};
use crate::file::facts::Facts;
use crate::file::open_files::path_of;
use crate::object::handles::HANDLE;
use crate::path::windows_path::to_windows;
use crate::port::file_object::FileObject;
use crate::time::system_time::to_file_time;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{
    ERROR_BAD_LENGTH, ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_MORE_DATA,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_ALIGNMENT_INFO, FILE_ATTRIBUTE_TAG_INFO, FILE_BASIC_INFO,
    FILE_COMPRESSION_INFO, FILE_ID_128, FILE_ID_INFO, FILE_STANDARD_INFO, FileAlignmentInfo,
    FileAttributeTagInfo, FileBasicInfo, FileCompressionInfo, FileFullDirectoryInfo,
    FileFullDirectoryRestartInfo, FileIdBothDirectoryInfo, FileIdBothDirectoryRestartInfo, FileIdInfo,
    FileNameInfo, FileNormalizedNameInfo, FileStandardInfo,
};
use windows_sys::Win32::System::SystemServices::IO_REPARSE_TAG_SYMLINK;

fn facts(file: &FileObject) -> Result<Facts, Win32Error> {
    Ok(Facts::of_descriptor(&file.descriptor()).map_err(Status::of_file)?)
}

/// The number of the volume a file is on.
pub(crate) fn volume(device: u64) -> u32 {
    (device ^ device >> 32) as u32
}

/// What is known of an open file.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_INVALID_PARAMETER` for NULL.
///
/// # Safety
/// `information` is NULL or writable.
///
/// Source: Windows documentation, `GetFileInformationByHandle`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetFileInformationByHandle(
    file: HANDLE,
    information: *mut BY_HANDLE_FILE_INFORMATION,
) -> i32 {
    to_bool(disk_file::get(file).and_then(|file| {
        let facts = facts(&file)?;
        let found = BY_HANDLE_FILE_INFORMATION {
            dwFileAttributes: facts.attributes,
            ftCreationTime: to_file_time(facts.created),
            ftLastAccessTime: to_file_time(facts.accessed),
            ftLastWriteTime: to_file_time(facts.written),
            dwVolumeSerialNumber: volume(facts.device),
            nFileSizeHigh: (facts.shown_size() >> 32) as u32,
            nFileSizeLow: facts.shown_size() as u32,
            nNumberOfLinks: facts.links,
            nFileIndexHigh: (facts.inode >> 32) as u32,
            nFileIndexLow: facts.inode as u32,
        };
        // SAFETY: the caller's promise.
        unsafe { put(information, found) }
    }))
}

fn basic(facts: &Facts) -> FILE_BASIC_INFO {
    FILE_BASIC_INFO {
        CreationTime: facts.created as i64,
        LastAccessTime: facts.accessed as i64,
        LastWriteTime: facts.written as i64,
        ChangeTime: facts.changed as i64,
        FileAttributes: facts.attributes,
    }
}

fn standard(facts: &Facts, state: &FileState) -> FILE_STANDARD_INFO {
    let pending = state.opening.as_ref().is_some_and(|opening| opening.is_delete_pending());
    FILE_STANDARD_INFO {
        AllocationSize: facts.allocated as i64,
        EndOfFile: facts.shown_size() as i64,
        NumberOfLinks: facts.links,
        DeletePending: pending,
        Directory: facts.is_directory(),
    }
}

fn id(facts: &Facts) -> FILE_ID_INFO {
    let mut identifier = [0; 16];
    identifier[..8].copy_from_slice(&facts.inode.to_ne_bytes());
    FILE_ID_INFO {
        VolumeSerialNumber: volume(facts.device).into(),
        FileId: FILE_ID_128 { Identifier: identifier },
    }
}

/// Writes an answer if there is room for it.
///
/// # Safety
/// `place` has `room` bytes.
unsafe fn answer<T>(place: *mut c_void, room: usize, value: T) -> Result<(), Win32Error> {
    if room < size_of::<T>() {
        return Err(Win32Error(ERROR_BAD_LENGTH));
    }
    // SAFETY: the caller's promise, and there is room.
    unsafe { put(place.cast(), value) }
}

/// `FILE_NAME_INFO`: the length in bytes, and the name behind the drive.
///
/// # Safety
/// `place` has `room` bytes.
unsafe fn name(file: &FileObject, place: *mut c_void, room: usize) -> Result<(), Win32Error> {
    let path = path_of(&file.descriptor()).ok_or(Win32Error(ERROR_FILE_NOT_FOUND))?;
    let name = WCHAR::encode(&to_windows(&path)[2..]);
    let bytes: Vec<u8> = name.iter().flat_map(|unit| unit.to_ne_bytes()).collect();
    let head = size_of::<u32>();
    if room < head + size_of::<WCHAR>() {
        return Err(Win32Error(ERROR_BAD_LENGTH));
    }
    let fitting = bytes.len().min((room - head) / size_of::<WCHAR>() * size_of::<WCHAR>());
    // SAFETY: the caller's promise, and there is room for the head and as much of the name.
    unsafe {
        put(place.cast(), bytes.len() as u32)?;
        place.cast::<u8>().add(head).copy_from_nonoverlapping(bytes.as_ptr(), fitting);
    }
    if fitting == bytes.len() { Ok(()) } else { Err(Win32Error(ERROR_MORE_DATA)) }
}

/// The next entries of a directory.
///
/// # Safety
/// `place` has `room` bytes.
unsafe fn list(
    file: &FileObject,
    kind: Entry,
    restart: bool,
    place: *mut c_void,
    room: usize,
) -> Result<(), Win32Error> {
    let state = FileState::of(file).expect("not a socket");
    let entries = next_entries(file, state, kind, restart, room)?;
    // SAFETY: the caller's promise, and there is room.
    unsafe { place.cast::<u8>().copy_from_nonoverlapping(entries.as_ptr(), entries.len()) };
    Ok(())
}

/// What is known of an open file, by class.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_BAD_LENGTH` for too little room, `ERROR_MORE_DATA` for a name that was cut,
/// `ERROR_INVALID_PARAMETER` for NULL and for a class that is not answered; of a directory's entries
/// `ERROR_NO_MORE_FILES` at the end and `ERROR_MORE_DATA` if not even one fits.
///
/// # Safety
/// `information` is NULL or has `room` bytes.
///
/// Source: Windows documentation, `GetFileInformationByHandleEx`.
#[unsafe(no_mangle)]
#[expect(non_upper_case_globals, reason = "Windows' names")]
pub unsafe extern "C" fn GetFileInformationByHandleEx(
    file: HANDLE,
    class: i32,
    information: *mut c_void,
    room: u32,
) -> i32 {
    to_bool(disk_file::get(file).and_then(|file| {
        let state = FileState::of(&file).expect("not a socket");
        let room = room as usize;
        let facts = facts(&file)?;
        if information.is_null() {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        // SAFETY: the caller's promise.
        unsafe {
            match class {
                FileBasicInfo => answer(information, room, basic(&facts)),
                FileStandardInfo => answer(information, room, standard(&facts, state)),
                FileNameInfo | FileNormalizedNameInfo => name(&file, information, room),
                FileAttributeTagInfo => {
                    let tag = if facts.is_link() { IO_REPARSE_TAG_SYMLINK } else { 0 };
                    let found = FILE_ATTRIBUTE_TAG_INFO { FileAttributes: facts.attributes, ReparseTag: tag };
                    answer(information, room, found)
                }
                FileIdInfo => answer(information, room, id(&facts)),
                FileAlignmentInfo => {
                    let requirement = state.alignment as u32 - 1;
                    answer(information, room, FILE_ALIGNMENT_INFO { AlignmentRequirement: requirement })
                }
                FileCompressionInfo => {
                    let found = FILE_COMPRESSION_INFO {
                        CompressedFileSize: facts.shown_size() as i64,
                        ..FILE_COMPRESSION_INFO::default()
                    };
                    answer(information, room, found)
                }
                FileIdBothDirectoryInfo => list(&file, Entry::IdBoth, false, information, room),
                FileIdBothDirectoryRestartInfo => list(&file, Entry::IdBoth, true, information, room),
                FileFullDirectoryInfo => list(&file, Entry::Full, false, information, room),
                FileFullDirectoryRestartInfo => list(&file, Entry::Full, true, information, room),
                _ => Err(Win32Error(ERROR_INVALID_PARAMETER)),
            }
        }
    }))
}
