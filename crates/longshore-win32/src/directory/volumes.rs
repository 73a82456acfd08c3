//! Drives and the volumes behind them.
//!
//! What is a drive is said in [`crate::path::windows_path`]; what is asked about it is asked of the file system its directory is on.

use crate::abi::character::{Character, copy_or_ask, copy_out};
use crate::abi::last_error::{Win32Error, to_bool};
use crate::abi::text::WCHAR;
use crate::directory::move_entry::facts_of;
use crate::file::create::error_at;
use crate::file::information::volume;
use crate::path::windows_path::{drives, locate, text_of, to_windows};
use libc::c_char;
use longshore_engine::Errno;
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
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
unsafe fn directory<C: Character>(name: *const C) -> Result<PathBuf, Win32Error> {
    // SAFETY: the caller's promise.
    match unsafe { text_of(name) }?.as_slice() {
        b"" => Ok(PathBuf::from(".")),
        // A bare drive is meant to be its root here.
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
///
/// # Safety
/// Each place is NULL or writable.
unsafe fn fill<T: Copy, const N: usize>(places: [*mut T; N], values: [T; N]) {
    for (place, value) in places.into_iter().zip(values) {
        if !place.is_null() {
            // SAFETY: the caller's promise.
            unsafe { place.write_unaligned(value) };
        }
    }
}

/// # Safety
/// `name` is NULL or a string ended by NUL; the places are NULL or writable.
unsafe fn free_bytes<C: Character>(name: *const C, places: [*mut u64; 3]) -> Result<(), Win32Error> {
    // SAFETY: the caller's promise.
    let found = statistics(&unsafe { directory(name) }?)?;
    let block = found.f_frsize.max(1) as u64;
    let values = [found.f_bavail * block, found.f_blocks * block, found.f_bfree * block];
    // SAFETY: the caller's promise.
    unsafe { fill(places, values) };
    Ok(())
}

/// # Safety
/// As for [`free_bytes`].
unsafe fn free_clusters<C: Character>(name: *const C, places: [*mut u32; 4]) -> Result<(), Win32Error> {
    const SECTOR: u64 = 512;
    // SAFETY: the caller's promise.
    let found = statistics(&unsafe { directory(name) }?)?;
    let mut sectors = (found.f_frsize as u64 / SECTOR).max(1);
    let mut clusters = [found.f_bavail, found.f_blocks];
    // The counts have 32 bits: larger clusters make fewer.
    while clusters[1] > u64::from(u32::MAX) {
        clusters = clusters.map(|count| count / 2);
        sectors *= 2;
    }
    // SAFETY: the caller's promise.
    unsafe { fill(places, [sectors as u32, SECTOR as u32, clusters[0] as u32, clusters[1] as u32]) };
    Ok(())
}

/// The name of a file system type, where a program might know it.
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

/// # Safety
/// `name` is NULL or a string ended by NUL.
unsafe fn drive_type<C: Character>(name: *const C) -> u32 {
    // SAFETY: the caller's promise.
    match unsafe { directory(name) }.and_then(|path| statistics(&path)) {
        Err(_) => DRIVE_NO_ROOT_DIR,
        Ok(found) => match found.f_type {
            libc::TMPFS_MAGIC => DRIVE_RAMDISK,
            libc::NFS_SUPER_MAGIC | libc::SMB_SUPER_MAGIC => DRIVE_REMOTE,
            _ => DRIVE_FIXED,
        },
    }
}

/// Where the answers about a volume go.
struct Places<C> {
    name: (*mut C, u32),
    serial: *mut u32,
    component_max: *mut u32,
    flags: *mut u32,
    type_name: (*mut C, u32),
}

/// # Safety
/// `root` is NULL or a string ended by NUL; the places are NULL or writable.
unsafe fn information<C: Character>(root: *const C, places: Places<C>) -> Result<(), Win32Error> {
    // SAFETY: the caller's promise.
    let path = unsafe { directory(root) }?;
    let (found, facts) = (statistics(&path)?, facts_of(&path)?);
    let flags = FILE_CASE_PRESERVED_NAMES
        | FILE_CASE_SENSITIVE_SEARCH
        | FILE_UNICODE_ON_DISK
        | FILE_SUPPORTS_SPARSE_FILES
        | FILE_SUPPORTS_REPARSE_POINTS
        | FILE_SUPPORTS_HARD_LINKS;
    // SAFETY: the caller's promise.
    unsafe {
        let texts = [(places.name, ""), (places.type_name, type_name(found.f_type))];
        for ((buffer, room), text) in texts {
            if !buffer.is_null() && !copy_out(&C::encode(text.as_bytes()), buffer, room as usize) {
                return Err(Win32Error(ERROR_BAD_LENGTH));
            }
        }
        let numbers = [volume(facts.device), found.f_namelen as u32, flags];
        fill([places.serial, places.component_max, places.flags], numbers);
    }
    Ok(())
}

/// # Safety
/// `name` is NULL or a string ended by NUL; `buffer` is NULL or has room for `room` units.
unsafe fn volume_path<C: Character>(name: *const C, buffer: *mut C, room: u32) -> Result<(), Win32Error> {
    // SAFETY: the caller's promise.
    let path = unsafe { directory(name) }?;
    let whole = std::path::absolute(&path).map_err(|error| error_at(&path, Errno::from(error)))?;
    let root = &to_windows(&whole)[..3];
    // SAFETY: the caller's promise.
    match unsafe { copy_out(&C::encode(root), buffer, room as usize) } {
        true => Ok(()),
        false => Err(Win32Error(ERROR_MORE_DATA)),
    }
}

/// # Safety
/// `buffer` is NULL or has room for `room` units.
unsafe fn drive_strings<C: Character>(room: u32, buffer: *mut C) -> u32 {
    let letters = (0..26u8).filter(|bit| drives() & 1 << bit != 0);
    let list: Vec<u8> = letters.flat_map(|bit| [b'A' + bit, b':', b'\\', 0]).collect();
    // SAFETY: the caller's promise.
    unsafe { copy_or_ask(&list, buffer, room) }
}

/// The bytes that are free for this user, that there are, and that are free in all.
///
/// # Errors
/// FALSE with `ERROR_PATH_NOT_FOUND`, `ERROR_FILE_NOT_FOUND`.
///
/// # Safety
/// `name` is NULL or a string ended by NUL; the numbers are NULL or writable.
///
/// Source: Windows documentation, `GetDiskFreeSpaceEx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDiskFreeSpaceExA(
    name: *const c_char,
    available: *mut u64,
    total: *mut u64,
    free: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { free_bytes(name, [available, total, free]) })
}

/// As [`GetDiskFreeSpaceExA`].
///
/// # Safety
/// As for [`GetDiskFreeSpaceExA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDiskFreeSpaceExW(
    name: *const WCHAR,
    available: *mut u64,
    total: *mut u64,
    free: *mut u64,
) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { free_bytes(name, [available, total, free]) })
}

/// The same in clusters.
///
/// # Errors
/// As for [`GetDiskFreeSpaceExA`].
///
/// # Safety
/// As for [`GetDiskFreeSpaceExA`].
///
/// Source: Windows documentation, `GetDiskFreeSpace`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDiskFreeSpaceA(
    name: *const c_char,
    sectors_per_cluster: *mut u32,
    bytes_per_sector: *mut u32,
    free_clusters_: *mut u32,
    total_clusters: *mut u32,
) -> i32 {
    let places = [sectors_per_cluster, bytes_per_sector, free_clusters_, total_clusters];
    // SAFETY: the caller's promise.
    to_bool(unsafe { free_clusters(name, places) })
}

/// As [`GetDiskFreeSpaceA`].
///
/// # Safety
/// As for [`GetDiskFreeSpaceExA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDiskFreeSpaceW(
    name: *const WCHAR,
    sectors_per_cluster: *mut u32,
    bytes_per_sector: *mut u32,
    free_clusters_: *mut u32,
    total_clusters: *mut u32,
) -> i32 {
    let places = [sectors_per_cluster, bytes_per_sector, free_clusters_, total_clusters];
    // SAFETY: the caller's promise.
    to_bool(unsafe { free_clusters(name, places) })
}

/// What kind of drive a directory is on.
///
/// # Safety
/// `name` is NULL or a string ended by NUL.
///
/// Source: Windows documentation, `GetDriveType`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDriveTypeA(name: *const c_char) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { drive_type(name) }
}

/// As [`GetDriveTypeA`].
///
/// # Safety
/// As for [`GetDriveTypeA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetDriveTypeW(name: *const WCHAR) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { drive_type(name) }
}

/// The drives, bit 0 for `A:`.
///
/// Source: Windows documentation, `GetLogicalDrives`.
#[unsafe(no_mangle)]
pub extern "C" fn GetLogicalDrives() -> u32 {
    drives()
}

/// The drives' roots, each ended by NUL, and another NUL.
///
/// # Safety
/// `buffer` is NULL or has room for `room` units.
///
/// Source: Windows documentation, `GetLogicalDriveStrings`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLogicalDriveStringsA(room: u32, buffer: *mut c_char) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { drive_strings(room, buffer) }
}

/// As [`GetLogicalDriveStringsA`].
///
/// # Safety
/// As for [`GetLogicalDriveStringsA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetLogicalDriveStringsW(room: u32, buffer: *mut WCHAR) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { drive_strings(room, buffer) }
}

/// What is known of a volume. Its name is empty: Linux has none for most.
///
/// # Errors
/// FALSE with `ERROR_PATH_NOT_FOUND`, `ERROR_FILE_NOT_FOUND`, `ERROR_BAD_LENGTH`.
///
/// # Safety
/// `root` is NULL or a string ended by NUL; the others are NULL, or writable with the room stated.
///
/// Source: Windows documentation, `GetVolumeInformation`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetVolumeInformationA(
    root: *const c_char,
    name: *mut c_char,
    name_room: u32,
    serial: *mut u32,
    component_max: *mut u32,
    flags: *mut u32,
    type_name: *mut c_char,
    type_room: u32,
) -> i32 {
    let places =
        Places { name: (name, name_room), serial, component_max, flags, type_name: (type_name, type_room) };
    // SAFETY: the caller's promise.
    to_bool(unsafe { information(root, places) })
}

/// As [`GetVolumeInformationA`].
///
/// # Safety
/// As for [`GetVolumeInformationA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetVolumeInformationW(
    root: *const WCHAR,
    name: *mut WCHAR,
    name_room: u32,
    serial: *mut u32,
    component_max: *mut u32,
    flags: *mut u32,
    type_name: *mut WCHAR,
    type_room: u32,
) -> i32 {
    let places =
        Places { name: (name, name_room), serial, component_max, flags, type_name: (type_name, type_room) };
    // SAFETY: the caller's promise.
    to_bool(unsafe { information(root, places) })
}

/// The root of the drive a file is on.
///
/// # Errors
/// FALSE with `ERROR_MORE_DATA` for too little room.
///
/// # Safety
/// `name` is NULL or a string ended by NUL; `buffer` is NULL or has room for `room` units.
///
/// Source: Windows documentation, `GetVolumePathName`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetVolumePathNameA(name: *const c_char, buffer: *mut c_char, room: u32) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { volume_path(name, buffer, room) })
}

/// As [`GetVolumePathNameA`].
///
/// # Safety
/// As for [`GetVolumePathNameA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetVolumePathNameW(name: *const WCHAR, buffer: *mut WCHAR, room: u32) -> i32 {
    // SAFETY: the caller's promise.
    to_bool(unsafe { volume_path(name, buffer, room) })
}
