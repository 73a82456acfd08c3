//! Questions about an open file: `GetFileInformationByHandle` and its extended form.
//!
//! Answered by class: basic, standard, name, attributes and tag, id, compression, alignment, and the entries
//! of a directory (full, and with ids and both names).

use crate::abi::argument::Out;
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::abi::text::WCHAR;
use crate::file::directory_listing::{Entry, next_entries};
use crate::file::disk_file::{self, FileState, state_of};
use crate::file::facts::Facts;
use crate::file::open_files::path_of;
use crate::object::handles::HANDLE;
use crate::path::windows_path::to_windows;
use crate::port::file_object::FileObject;
use crate::time::system_time::to_file_time;
use longshore_win32_macros::export;
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

/// The facts about an open file.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_INVALID_PARAMETER` for NULL.
///
/// Source: Windows documentation, `GetFileInformationByHandle`.
#[export]
pub unsafe fn GetFileInformationByHandle(
    file: HANDLE,
    information: Option<Out<BY_HANDLE_FILE_INFORMATION>>,
) -> Result<(), Win32Error> {
    let facts = facts(&*disk_file::get(file)?)?;
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
    Ok(information.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?.write(found)?)
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

/// Where an answer goes, and how many bytes there are.
#[derive(Clone, Copy)]
struct Place<'a> {
    start: Out<'a, c_void>,
    room: usize,
}

/// Writes an answer if there is room for it.
fn answer<T: Copy>(place: Place<'_>, value: T) -> Result<(), Win32Error> {
    if place.room < size_of::<T>() {
        return Err(Win32Error(ERROR_BAD_LENGTH));
    }
    Ok(place.start.field(0).write(value)?)
}

/// `FILE_NAME_INFO`: the length in bytes, and the name behind the drive.
fn name(file: &FileObject, place: Place<'_>) -> Result<(), Win32Error> {
    let path = path_of(&file.descriptor()).ok_or(Win32Error(ERROR_FILE_NOT_FOUND))?;
    let name = WCHAR::encode(&to_windows(&path)[2..]);
    let bytes: Vec<u8> = name.iter().flat_map(|unit| unit.to_ne_bytes()).collect();
    let head = size_of::<u32>();
    if place.room < head + size_of::<WCHAR>() {
        return Err(Win32Error(ERROR_BAD_LENGTH));
    }
    let fitting = bytes.len().min((place.room - head) / size_of::<WCHAR>() * size_of::<WCHAR>());
    place.start.field(0).write(bytes.len() as u32)?;
    place.start.field(head).write_all(&bytes[..fitting])?;
    if fitting == bytes.len() { Ok(()) } else { Err(Win32Error(ERROR_MORE_DATA)) }
}

/// The next entries of a directory.
fn list(file: &FileObject, kind: Entry, restart: bool, place: Place<'_>) -> Result<(), Win32Error> {
    // Checked before the listing moves on.
    place.start.probe()?;
    place.start.field::<u8>(place.room.saturating_sub(1)).probe()?;
    let state = state_of(file);
    Ok(place.start.field(0).write_all(&next_entries(file, state, kind, restart, place.room)?)?)
}

/// What is known of an open file, by class.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_BAD_LENGTH` for too little room, `ERROR_MORE_DATA` for a name
/// that was cut, `ERROR_INVALID_PARAMETER` for NULL and for a class that is not answered; of a directory's
/// entries `ERROR_NO_MORE_FILES` at the end and `ERROR_MORE_DATA` if not even one fits.
///
/// Source: Windows documentation, `GetFileInformationByHandleEx`.
#[export]
#[expect(non_upper_case_globals, reason = "Windows' names")]
pub unsafe fn GetFileInformationByHandleEx(
    file: HANDLE,
    class: i32,
    information: Option<Out<c_void>>,
    room: u32,
) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    let state = state_of(&file);
    let facts = facts(&file)?;
    let start = information.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let place = Place { start, room: room as usize };
    match class {
        FileBasicInfo => answer(place, basic(&facts)),
        FileStandardInfo => answer(place, standard(&facts, state)),
        FileNameInfo | FileNormalizedNameInfo => name(&file, place),
        FileAttributeTagInfo => {
            let tag = if facts.is_link() { IO_REPARSE_TAG_SYMLINK } else { 0 };
            answer(place, FILE_ATTRIBUTE_TAG_INFO { FileAttributes: facts.attributes, ReparseTag: tag })
        }
        FileIdInfo => answer(place, id(&facts)),
        FileAlignmentInfo => {
            let requirement = state.alignment as u32 - 1;
            answer(place, FILE_ALIGNMENT_INFO { AlignmentRequirement: requirement })
        }
        FileCompressionInfo => {
            let found = FILE_COMPRESSION_INFO {
                CompressedFileSize: facts.shown_size() as i64,
                ..FILE_COMPRESSION_INFO::default()
            };
            answer(place, found)
        }
        FileIdBothDirectoryInfo => list(&file, Entry::IdBoth, false, place),
        FileIdBothDirectoryRestartInfo => list(&file, Entry::IdBoth, true, place),
        FileFullDirectoryInfo => list(&file, Entry::Full, false, place),
        FileFullDirectoryRestartInfo => list(&file, Entry::Full, true, place),
        _ => Err(Win32Error(ERROR_INVALID_PARAMETER)),
    }
}
