//! The control codes of reparse points, of which Linux has one kind: symbolic links.

use crate::abi::character::Character;
use crate::abi::status::Status;
use crate::abi::text::WCHAR;
use crate::device::control::{Control, SyncResult};
use crate::file::open_files::path_of;
use crate::path::windows_path;
use longshore_engine::Errno;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use windows_sys::Win32::Foundation::{
    STATUS_DIRECTORY_NOT_EMPTY, STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER,
    STATUS_NOT_A_REPARSE_POINT,
};
use windows_sys::Win32::System::SystemServices::IO_REPARSE_TAG_SYMLINK;

const INVALID: Status = Status(STATUS_INVALID_PARAMETER);

/// Where a link is.
fn own_path(control: &Control<'_>) -> Result<PathBuf, Status> {
    path_of(&control.descriptor).ok_or(Status::of_file(Errno(libc::ENOENT)))
}

/// The link as a `REPARSE_DATA_BUFFER`, with the text twice: the name that is used,
/// and the name that is shown.
pub(crate) fn get(control: &Control<'_>) -> Result<SyncResult, Status> {
    const RELATIVE: u32 = 1;
    let none = Status(STATUS_NOT_A_REPARSE_POINT);
    let target = std::fs::read_link(own_path(control)?).map_err(|_| none)?;
    let (text, flags) = match target.is_absolute() {
        true => (windows_path::to_windows(&target), 0),
        false => (
            target
                .as_os_str()
                .as_bytes()
                .iter()
                .map(|&byte| if byte == b'/' { b'\\' } else { byte })
                .collect(),
            RELATIVE,
        ),
    };
    let text: Vec<u8> = WCHAR::encode(&text).iter().flat_map(|unit| unit.to_ne_bytes()).collect();
    let length = text.len() as u16;
    let lengths = [0, length, length, length].map(u16::to_ne_bytes).concat();
    let data = [lengths, flags.to_ne_bytes().to_vec(), text.clone(), text].concat();
    let head =
        [&IO_REPARSE_TAG_SYMLINK.to_ne_bytes()[..], &(data.len() as u16).to_ne_bytes(), &[0, 0]].concat();
    Ok(SyncResult::Whole([head, data].concat()))
}

/// Removes an empty file or directory, or a link.
fn clear_place(path: &PathBuf) -> Result<(), Status> {
    let found = path.symlink_metadata().map_err(|error| Status::of_file(Errno::from(error)))?;
    let removed = match (found.is_dir(), found.is_file() && found.len() > 0) {
        (_, true) => return Err(Status(STATUS_DIRECTORY_NOT_EMPTY)),
        (true, _) => std::fs::remove_dir(path),
        (false, _) => std::fs::remove_file(path),
    };
    removed.map_err(|error| Status::of_file(Errno::from(error)))
}

/// Replaces an empty file or directory by a link.
pub(crate) fn set(control: &Control<'_>) -> Result<SyncResult, Status> {
    const HEAD: usize = 8;
    const TEXT: usize = HEAD + 12;
    let word = |at: usize| control.input.get(at..at + 2).map(|word| u16::from_ne_bytes([word[0], word[1]]));
    let tag = control.input.get(..4).map(|tag| u32::from_ne_bytes([tag[0], tag[1], tag[2], tag[3]]));
    let (Some(IO_REPARSE_TAG_SYMLINK), Some(offset), Some(length)) = (tag, word(HEAD), word(HEAD + 2)) else {
        return Err(Status(STATUS_INVALID_DEVICE_REQUEST));
    };
    let start = TEXT + usize::from(offset);
    let text = control.input.get(start..start + usize::from(length)).ok_or(INVALID)?;
    let text: Vec<WCHAR> = text.as_chunks::<4>().0.iter().map(|unit| WCHAR::from_ne_bytes(*unit)).collect();
    let text = WCHAR::decode(&text);
    let text = text.strip_prefix(b"\\??\\").unwrap_or(&text);
    let windows_path::Target::Path(target) = windows_path::target(text).map_err(|_| INVALID)? else {
        return Err(INVALID);
    };
    let own = own_path(control)?;
    clear_place(&own)?;
    std::os::unix::fs::symlink(target, own).map_err(|error| Status::of_file(Errno::from(error)))?;
    Ok(SyncResult::NOTHING)
}

/// Removes a link; an empty file remains, as on Windows.
pub(crate) fn delete(control: &Control<'_>) -> Result<SyncResult, Status> {
    let own = own_path(control)?;
    if !own.is_symlink() {
        return Err(Status(STATUS_NOT_A_REPARSE_POINT));
    }
    let was_directory = own.is_dir();
    let failed = |error| Status::of_file(Errno::from(error));
    std::fs::remove_file(&own).map_err(failed)?;
    match was_directory {
        true => std::fs::create_dir(&own).map_err(failed)?,
        false => drop(std::fs::File::create_new(&own).map_err(failed)?),
    }
    Ok(SyncResult::NOTHING)
}
