//! Drives and the volumes behind them.
//!
//! [`crate::path::windows_path`] says what a drive is. Questions about a drive are answered by
//! the file system of its directory.

use crate::abi::argument::{CStrArg, Out, OutBuffer, StrArg, TextBuffer, WStrArg, WriteIfAsked};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::directory::move_entry::facts_of;
use crate::file::create::error_at;
use crate::file::information::volume;
use crate::path::windows_path::{drives, locate, text_of, to_windows};
use libc::c_char;
use longshore_engine::Errno;
use longshore_win32_macros::export;
use std::path::{Path, PathBuf};
use windows_sys::Win32::Foundation::{ERROR_BAD_LENGTH, ERROR_MORE_DATA};
use windows_sys::Win32::System::SystemServices::{
    FILE_CASE_PRESERVED_NAMES, FILE_CASE_SENSITIVE_SEARCH, FILE_SUPPORTS_HARD_LINKS,
    FILE_SUPPORTS_REPARSE_POINTS, FILE_SUPPORTS_SPARSE_FILES, FILE_UNICODE_ON_DISK,
};
use windows_sys::Win32::System::WindowsProgramming::{
    DRIVE_FIXED, DRIVE_NO_ROOT_DIR, DRIVE_RAMDISK, DRIVE_REMOTE,
};

/// The directory asked about; for NULL the current one.
fn directory<C: Character>(name: Option<StrArg<C>>) -> Result<PathBuf, Win32Error> {
    match text_of(name)?.as_slice() {
        b"" => Ok(PathBuf::from(".")),
        // Here a drive without a path means its root.
        [letter, b':'] => locate(&[*letter, b':', b'\\']),
        name => locate(name),
    }
}

/// statfs(2).
fn statistics(path: &Path) -> Result<libc::statfs, Win32Error> {
    let name = crate::file::facts::c_path(path).map_err(|errno| error_at(path, errno))?;
    // SAFETY: all-zero is a valid `statfs`, read after the call filled it in.
    let mut found: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: a string ended by NUL, and a valid place for the result.
    match unsafe { libc::statfs(name.as_ptr(), &mut found) } {
        0 => Ok(found),
        _ => Err(error_at(path, Errno::last())),
    }
}

/// Writes each number whose place is not NULL.
fn fill<T: Copy, const N: usize>(places: [Option<Out<T>>; N], values: [T; N]) -> Result<(), Win32Error> {
    for (place, value) in places.into_iter().zip(values) {
        place.write_if_asked(value)?;
    }
    Ok(())
}

fn free_bytes<C: Character>(
    name: Option<StrArg<C>>,
    places: [Option<Out<u64>>; 3],
) -> Result<(), Win32Error> {
    let found = statistics(&directory(name)?)?;
    let block = found.f_frsize.max(1) as u64;
    fill(places, [found.f_bavail * block, found.f_blocks * block, found.f_bfree * block])
}

fn free_clusters<C: Character>(
    name: Option<StrArg<C>>,
    places: [Option<Out<u32>>; 4],
) -> Result<(), Win32Error> {
    const SECTOR: u64 = 512;
    let found = statistics(&directory(name)?)?;
    let mut sectors = (found.f_frsize as u64 / SECTOR).max(1);
    let mut clusters = [found.f_bavail, found.f_blocks];
    // The counts have 32 bits: larger clusters make fewer.
    while clusters[1] > u64::from(u32::MAX) {
        clusters = clusters.map(|count| count / 2);
        sectors *= 2;
    }
    fill(places, [sectors as u32, SECTOR as u32, clusters[0] as u32, clusters[1] as u32])
}

/// The name of a file system type, as programs may know it.
fn type_name(kind: i64) -> &'static str {
    match kind {
        libc::TMPFS_MAGIC => "tmpfs",
        libc::EXT4_SUPER_MAGIC => "ext4",
        libc::BTRFS_SUPER_MAGIC => "btrfs",
        libc::XFS_SUPER_MAGIC => "xfs",
        libc::OVERLAYFS_SUPER_MAGIC => "overlay",
        libc::NFS_SUPER_MAGIC => "nfs",
        libc::MSDOS_SUPER_MAGIC => "FAT32",
        _ => "unknown",
    }
}

fn drive_type<C: Character>(name: Option<StrArg<C>>) -> u32 {
    match directory(name).and_then(|path| statistics(&path)) {
        Err(_) => DRIVE_NO_ROOT_DIR,
        Ok(found) => match found.f_type {
            libc::TMPFS_MAGIC => DRIVE_RAMDISK,
            libc::NFS_SUPER_MAGIC | libc::SMB_SUPER_MAGIC => DRIVE_REMOTE,
            _ => DRIVE_FIXED,
        },
    }
}

/// Where the answers about a volume go.
struct Places<'a, C> {
    name: (Option<OutBuffer<'a, C>>, u32),
    serial: Option<Out<'a, u32>>,
    component_max: Option<Out<'a, u32>>,
    flags: Option<Out<'a, u32>>,
    type_name: (Option<OutBuffer<'a, C>>, u32),
}

fn information<C: Character>(root: Option<StrArg<C>>, places: Places<C>) -> Result<(), Win32Error> {
    let path = directory(root)?;
    let (found, facts) = (statistics(&path)?, facts_of(&path)?);
    let flags = FILE_CASE_PRESERVED_NAMES
        | FILE_CASE_SENSITIVE_SEARCH
        | FILE_UNICODE_ON_DISK
        | FILE_SUPPORTS_SPARSE_FILES
        | FILE_SUPPORTS_REPARSE_POINTS
        | FILE_SUPPORTS_HARD_LINKS;
    let texts = [(places.name, ""), (places.type_name, type_name(found.f_type))];
    for ((buffer, room), text) in texts {
        if buffer.is_some() && !buffer.put(&C::encode(text.as_bytes()), room as usize)? {
            return Err(Win32Error(ERROR_BAD_LENGTH));
        }
    }
    let numbers = [volume(facts.device), found.f_namelen as u32, flags];
    fill([places.serial, places.component_max, places.flags], numbers)
}

fn volume_path<C: Character>(
    name: Option<StrArg<C>>,
    buffer: Option<OutBuffer<C>>,
    room: u32,
) -> Result<(), Win32Error> {
    let path = directory(name)?;
    let whole = std::path::absolute(&path).map_err(|error| error_at(&path, Errno::from(error)))?;
    let root = &to_windows(&whole)[..3];
    match buffer.put(&C::encode(root), room as usize)? {
        true => Ok(()),
        false => Err(Win32Error(ERROR_MORE_DATA)),
    }
}

fn drive_strings<C: Character>(room: u32, buffer: Option<OutBuffer<C>>) -> Result<u32, Win32Error> {
    let letters = (0..26u8).filter(|bit| drives() & 1 << bit != 0);
    let list: Vec<u8> = letters.flat_map(|bit| [b'A' + bit, b':', b'\\', 0]).collect();
    Ok(buffer.put_or_ask(&list, room)?)
}

/// The number of bytes that are free for this user, of all bytes, and of all free bytes.
///
/// # Errors
/// FALSE with `ERROR_PATH_NOT_FOUND`, `ERROR_FILE_NOT_FOUND`.
///
/// Source: Windows documentation, `GetDiskFreeSpaceEx`.
#[export]
pub unsafe fn GetDiskFreeSpaceExA(
    name: Option<CStrArg>,
    available: Option<Out<u64>>,
    total: Option<Out<u64>>,
    free: Option<Out<u64>>,
) -> Result<(), Win32Error> {
    free_bytes(name, [available, total, free])
}

/// As [`GetDiskFreeSpaceExA`].
#[export]
pub unsafe fn GetDiskFreeSpaceExW(
    name: Option<WStrArg>,
    available: Option<Out<u64>>,
    total: Option<Out<u64>>,
    free: Option<Out<u64>>,
) -> Result<(), Win32Error> {
    free_bytes(name, [available, total, free])
}

/// The same in clusters.
///
/// # Errors
/// As for [`GetDiskFreeSpaceExA`].
///
/// Source: Windows documentation, `GetDiskFreeSpace`.
#[export]
pub unsafe fn GetDiskFreeSpaceA(
    name: Option<CStrArg>,
    sectors_per_cluster: Option<Out<u32>>,
    bytes_per_sector: Option<Out<u32>>,
    free_clusters_: Option<Out<u32>>,
    total_clusters: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let places = [sectors_per_cluster, bytes_per_sector, free_clusters_, total_clusters];
    free_clusters(name, places)
}

/// As [`GetDiskFreeSpaceA`].
#[export]
pub unsafe fn GetDiskFreeSpaceW(
    name: Option<WStrArg>,
    sectors_per_cluster: Option<Out<u32>>,
    bytes_per_sector: Option<Out<u32>>,
    free_clusters_: Option<Out<u32>>,
    total_clusters: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let places = [sectors_per_cluster, bytes_per_sector, free_clusters_, total_clusters];
    free_clusters(name, places)
}

/// What kind of drive a directory is on.
///
/// Source: Windows documentation, `GetDriveType`.
#[export]
pub unsafe fn GetDriveTypeA(name: Option<CStrArg>) -> u32 {
    drive_type(name)
}

/// As [`GetDriveTypeA`].
#[export]
pub unsafe fn GetDriveTypeW(name: Option<WStrArg>) -> u32 {
    drive_type(name)
}

/// The drives, bit 0 for `A:`.
///
/// Source: Windows documentation, `GetLogicalDrives`.
#[export]
pub fn GetLogicalDrives() -> u32 {
    drives()
}

/// The drives' roots, each ended by NUL, and another NUL.
///
/// Source: Windows documentation, `GetLogicalDriveStrings`.
#[export]
pub unsafe fn GetLogicalDriveStringsA(
    room: u32,
    buffer: Option<OutBuffer<c_char>>,
) -> Result<u32, Win32Error> {
    drive_strings(room, buffer)
}

/// As [`GetLogicalDriveStringsA`].
#[export]
pub unsafe fn GetLogicalDriveStringsW(
    room: u32,
    buffer: Option<OutBuffer<WCHAR>>,
) -> Result<u32, Win32Error> {
    drive_strings(room, buffer)
}

/// What is known of a volume. Its name is empty: Linux has none for most.
///
/// # Errors
/// FALSE with `ERROR_PATH_NOT_FOUND`, `ERROR_FILE_NOT_FOUND`, `ERROR_BAD_LENGTH`.
///
/// Source: Windows documentation, `GetVolumeInformation`.
#[export]
pub unsafe fn GetVolumeInformationA(
    root: Option<CStrArg>,
    name: Option<OutBuffer<c_char>>,
    name_room: u32,
    serial: Option<Out<u32>>,
    component_max: Option<Out<u32>>,
    flags: Option<Out<u32>>,
    type_name: Option<OutBuffer<c_char>>,
    type_room: u32,
) -> Result<(), Win32Error> {
    let places =
        Places { name: (name, name_room), serial, component_max, flags, type_name: (type_name, type_room) };
    information(root, places)
}

/// As [`GetVolumeInformationA`].
#[export]
pub unsafe fn GetVolumeInformationW(
    root: Option<WStrArg>,
    name: Option<OutBuffer<WCHAR>>,
    name_room: u32,
    serial: Option<Out<u32>>,
    component_max: Option<Out<u32>>,
    flags: Option<Out<u32>>,
    type_name: Option<OutBuffer<WCHAR>>,
    type_room: u32,
) -> Result<(), Win32Error> {
    let places =
        Places { name: (name, name_room), serial, component_max, flags, type_name: (type_name, type_room) };
    information(root, places)
}

/// The root of the drive a file is on.
///
/// # Errors
/// FALSE with `ERROR_MORE_DATA` for too little room.
///
/// Source: Windows documentation, `GetVolumePathName`.
#[export]
pub unsafe fn GetVolumePathNameA(
    name: Option<CStrArg>,
    buffer: Option<OutBuffer<c_char>>,
    room: u32,
) -> Result<(), Win32Error> {
    volume_path(name, buffer, room)
}

/// As [`GetVolumePathNameA`].
#[export]
pub unsafe fn GetVolumePathNameW(
    name: Option<WStrArg>,
    buffer: Option<OutBuffer<WCHAR>>,
    room: u32,
) -> Result<(), Win32Error> {
    volume_path(name, buffer, room)
}
