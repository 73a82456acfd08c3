//! `SetFileInformationByHandle`: what can be changed through an open file.

use crate::abi::argument::{Argument, In, InBuffer, Plain, plain};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::abi::text::WCHAR;
use crate::directory::move_entry::{Replace, rename_open};
use crate::file::create::error_at;
use crate::file::disk_file::{self, state_of};
use crate::file::facts::{Facts, set_attributes};
use crate::file::open_files::path_of;
use crate::file::position::resize;
use crate::file::times::set_times;
use crate::object::handles::HANDLE;
use crate::path::windows_path::locate;
use crate::port::file_object::FileObject;
use longshore_engine::Errno;
use longshore_win32_macros::export;
use std::mem::offset_of;
use std::os::fd::AsRawFd;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_BAD_LENGTH, ERROR_DIR_NOT_EMPTY, ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER,
};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_ATTRIBUTE_READONLY, FILE_BASIC_INFO, FILE_DISPOSITION_FLAG_DELETE,
    FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE, FILE_DISPOSITION_FLAG_ON_CLOSE,
    FILE_DISPOSITION_FLAG_POSIX_SEMANTICS, FILE_RENAME_INFO, FILE_WRITE_ATTRIBUTES, FILE_WRITE_DATA,
    FileAllocationInfo, FileBasicInfo, FileDispositionInfo, FileDispositionInfoEx, FileEndOfFileInfo,
    FileIoPriorityHintInfo, FileRenameInfo, FileRenameInfoEx,
};

plain!(FILE_BASIC_INFO);

/// What the program wants changed, and its length.
#[derive(Clone, Copy)]
struct Information<'a>(InBuffer<'a>, usize);

impl<'a> Information<'a> {
    /// The part that begins at an offset.
    fn part<T>(self, offset: usize) -> In<'a, T> {
        // SAFETY: the promise of an `InBuffer` is that of an `In`: it means this address.
        unsafe { In::from_c(self.0.as_ptr().wrapping_byte_add(offset).cast()) }
    }

    fn take<T: Plain>(self) -> Result<T, Win32Error> {
        if self.1 < size_of::<T>() {
            return Err(Win32Error(ERROR_BAD_LENGTH));
        }
        Ok(self.part(0).read()?)
    }
}

/// Reserves room on the disk; a file longer than that is cut.
fn allocate(file: &FileObject, size: i64) -> Result<(), Win32Error> {
    let state = state_of(file);
    state.may(FILE_WRITE_DATA)?;
    let descriptor = file.descriptor();
    let present = disk_file::stat(&descriptor).map_err(Status::of_file)?.st_size;
    if size < present {
        return resize(file, size);
    }
    if size == 0 {
        return Ok(());
    }
    // SAFETY: no pointers.
    match unsafe { libc::fallocate(descriptor.as_raw_fd(), libc::FALLOC_FL_KEEP_SIZE, 0, size) } {
        0 => Ok(()),
        _ => match Errno::last() {
            // On a file system that cannot reserve room, this is ignored.
            Errno(libc::EOPNOTSUPP | libc::ENOSYS) => Ok(()),
            errno => Err(Status::of_file(errno).into()),
        },
    }
}

/// Marks a file to be removed, or takes that back, as the flags of `FILE_DISPOSITION_INFO_EX` say.
fn dispose(file: &FileObject, flags: u32) -> Result<(), Win32Error> {
    let has = |flag| flags & flag != 0;
    let delete = has(FILE_DISPOSITION_FLAG_DELETE);
    let even_read_only = has(FILE_DISPOSITION_FLAG_IGNORE_READONLY_ATTRIBUTE);
    let state = state_of(file);
    state.may(DELETE)?;
    let opening = state.opening.as_ref().ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let facts = Facts::of_descriptor(&file.descriptor()).map_err(Status::of_file)?;
    if delete && facts.attributes & FILE_ATTRIBUTE_READONLY != 0 && !even_read_only {
        return Err(Win32Error(ERROR_ACCESS_DENIED));
    }
    if delete && facts.is_directory() {
        let path = path_of(&file.descriptor()).ok_or(Win32Error(ERROR_FILE_NOT_FOUND))?;
        if std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(Win32Error(ERROR_DIR_NOT_EMPTY));
        }
    }
    if has(FILE_DISPOSITION_FLAG_ON_CLOSE) {
        // Sets or clears the flag `FILE_FLAG_DELETE_ON_CLOSE`.
        opening.set_delete_on_close(delete);
    } else {
        opening.set_delete_pending(delete, has(FILE_DISPOSITION_FLAG_POSIX_SEMANTICS));
    }
    Ok(())
}

fn set_basic(file: &FileObject, wanted: &FILE_BASIC_INFO) -> Result<(), Win32Error> {
    let state = state_of(file);
    state.may(FILE_WRITE_ATTRIBUTES)?;
    let descriptor = file.descriptor();
    let times = [wanted.LastAccessTime, wanted.LastWriteTime].map(|time| (time != 0).then_some(time as u64));
    set_times(&descriptor, state, times[0], times[1])?;
    if wanted.FileAttributes != 0 {
        let path = path_of(&descriptor).ok_or(Win32Error(ERROR_FILE_NOT_FOUND))?;
        set_attributes(&path, wanted.FileAttributes).map_err(|errno| error_at(&path, errno))?;
    }
    Ok(())
}

fn set_name(file: &FileObject, information: Information, flags: bool) -> Result<(), Win32Error> {
    const REPLACE_IF_EXISTS: u32 = 1;
    const POSIX_SEMANTICS: u32 = 2;
    let name_at = offset_of!(FILE_RENAME_INFO, FileName);
    let state = state_of(file);
    state.may(DELETE)?;
    let Information(_, length) = information;
    if length < name_at + size_of::<WCHAR>() {
        return Err(Win32Error(ERROR_BAD_LENGTH));
    }
    let first: u32 = information.part(0).read()?;
    let bytes: u32 = information.part(offset_of!(FILE_RENAME_INFO, FileNameLength)).read()?;
    let replace = match flags {
        true if first & REPLACE_IF_EXISTS == 0 => Replace::No,
        true if first & POSIX_SEMANTICS != 0 => Replace::Shared,
        false if first as u8 == 0 => Replace::No,
        _ => Replace::Yes,
    };
    let bytes = bytes as usize;
    if bytes > length - name_at {
        return Err(Win32Error(ERROR_BAD_LENGTH));
    }
    let name = information.part::<WCHAR>(name_at).array::<256>(bytes / size_of::<WCHAR>())?;
    let end = name.iter().position(|&unit| unit == 0).unwrap_or(name.len());
    let from = path_of(&file.descriptor()).ok_or(Win32Error(ERROR_FILE_NOT_FOUND))?;
    let mut to = locate(&WCHAR::decode(&name[..end]))?;
    if to.is_relative() && to.parent().is_none_or(|parent| parent.as_os_str().is_empty()) {
        // A name without a directory stays in the file's directory.
        to = from.with_file_name(to);
    }
    rename_open(&from, &to, replace)
}

/// Changes an open file, by class: its end, its room, its times and attributes, its name, or whether it is
/// removed.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`, `ERROR_ACCESS_DENIED` without the right it takes, `ERROR_BAD_LENGTH`,
/// `ERROR_INVALID_PARAMETER` (of an unknown class, or for NULL), `ERROR_NOACCESS`, `ERROR_ALREADY_EXISTS`,
/// `ERROR_DISK_FULL`.
///
/// Source: Windows documentation, `SetFileInformationByHandle`.
#[export]
#[expect(non_upper_case_globals, reason = "Windows' names")]
pub unsafe fn SetFileInformationByHandle(
    file: HANDLE,
    class: i32,
    information: Option<InBuffer>,
    length: u32,
) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    let start = information.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let information = Information(start, length as usize);
    match class {
        FileEndOfFileInfo => resize(&file, information.take()?),
        FileAllocationInfo => allocate(&file, information.take()?),
        FileDispositionInfo => {
            let delete = information.take::<u8>()? != 0;
            dispose(&file, if delete { FILE_DISPOSITION_FLAG_DELETE } else { 0 })
        }
        FileDispositionInfoEx => dispose(&file, information.take()?),
        FileBasicInfo => set_basic(&file, &information.take()?),
        FileRenameInfo => set_name(&file, information, false),
        FileRenameInfoEx => set_name(&file, information, true),
        // Linux has no priority for a single file.
        FileIoPriorityHintInfo => information.take::<i32>().map(drop),
        _ => Err(Win32Error(ERROR_INVALID_PARAMETER)),
    }
}
