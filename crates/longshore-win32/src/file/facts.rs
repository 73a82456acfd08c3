//! Facts about a file: attributes, times, sizes, identity.
//!
//! Attributes are translated like this. Read-only is the lack of every permission to write. A link is a
//! reparse point. The others (hidden, system, archive, ...) are kept beside the file, in the extended
//! attribute that Samba and Wine use for the same, if the file system supports it. A file without it has the
//! archive attribute, as new files have on Windows.

use crate::time::system_time::file_time_of_unix;
use libc::c_int;
use longshore_engine::Errno;
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_ARCHIVE, FILE_ATTRIBUTE_DEVICE, FILE_ATTRIBUTE_DIRECTORY, FILE_ATTRIBUTE_HIDDEN,
    FILE_ATTRIBUTE_NORMAL, FILE_ATTRIBUTE_NOT_CONTENT_INDEXED, FILE_ATTRIBUTE_OFFLINE,
    FILE_ATTRIBUTE_READONLY, FILE_ATTRIBUTE_REPARSE_POINT, FILE_ATTRIBUTE_SYSTEM, FILE_ATTRIBUTE_TEMPORARY,
};

const KEPT_IN: &CStr = c"user.DOSATTRIB";

/// The attributes that are kept beside the file.
const KEPT: u32 = FILE_ATTRIBUTE_HIDDEN
    | FILE_ATTRIBUTE_SYSTEM
    | FILE_ATTRIBUTE_ARCHIVE
    | FILE_ATTRIBUTE_TEMPORARY
    | FILE_ATTRIBUTE_OFFLINE
    | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;

/// See the head of this module. Times are `FILETIME`s.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) attributes: u32,
    pub(crate) created: u64,
    pub(crate) accessed: u64,
    pub(crate) written: u64,
    pub(crate) changed: u64,
    pub(crate) size: u64,
    pub(crate) allocated: u64,
    pub(crate) links: u32,
    pub(crate) device: u64,
    pub(crate) inode: u64,
    pub(crate) mode: u32,
}

impl Facts {
    pub(crate) fn is_directory(&self) -> bool {
        self.attributes & FILE_ATTRIBUTE_DIRECTORY != 0
    }

    pub(crate) fn is_link(&self) -> bool {
        self.attributes & FILE_ATTRIBUTE_REPARSE_POINT != 0
    }

    /// The size as far as Windows shows one: directories have none.
    pub(crate) fn shown_size(&self) -> u64 {
        if self.is_directory() { 0 } else { self.size }
    }

    /// The two numbers in one, for shares and locks.
    pub(crate) fn file_id(&self) -> crate::file::open_files::FileId {
        (self.device, self.inode)
    }

    /// The facts about a path; of a link itself, not of its target.
    pub(crate) fn of_path(path: &Path) -> Result<Facts, Errno> {
        let name = c_path(path)?;
        let mut facts = look(libc::AT_FDCWD, &name, libc::AT_SYMLINK_NOFOLLOW)?;
        match facts.is_link() {
            // A link to a directory is one, too.
            true if path.is_dir() => facts.attributes |= FILE_ATTRIBUTE_DIRECTORY,
            true => facts.attributes |= FILE_ATTRIBUTE_ARCHIVE,
            false => facts.add_kept(|buffer| {
                let (start, room) = (buffer.as_mut_ptr().cast(), buffer.len());
                // SAFETY: strings ended by NUL, and a buffer of the size stated.
                unsafe { libc::lgetxattr(name.as_ptr(), KEPT_IN.as_ptr(), start, room) }
            }),
        }
        Ok(facts)
    }

    /// The facts about an open descriptor.
    pub(crate) fn of_descriptor(descriptor: &OwnedFd) -> Result<Facts, Errno> {
        let mut facts = look(descriptor.as_raw_fd(), c"", libc::AT_EMPTY_PATH)?;
        if !facts.is_link() {
            facts.add_kept(|buffer| {
                let (start, room) = (buffer.as_mut_ptr().cast(), buffer.len());
                // SAFETY: as above.
                unsafe { libc::fgetxattr(descriptor.as_raw_fd(), KEPT_IN.as_ptr(), start, room) }
            });
        }
        Ok(facts)
    }

    /// Adds the attributes in the extended attribute: hexadecimal digits after `0x`.
    fn add_kept(&mut self, read: impl FnOnce(&mut [u8]) -> isize) {
        let mut buffer = [0u8; 16];
        let text = usize::try_from(read(&mut buffer)).ok().and_then(|length| buffer.get(..length));
        let kept = text
            .and_then(|text| std::str::from_utf8(text).ok())
            .and_then(|text| u32::from_str_radix(text.trim_end_matches('\0').strip_prefix("0x")?, 16).ok());
        self.attributes |= match kept {
            Some(kept) => kept & KEPT,
            None if self.is_directory() || self.attributes & FILE_ATTRIBUTE_DEVICE != 0 => 0,
            None => FILE_ATTRIBUTE_ARCHIVE,
        };
        if self.attributes == 0 {
            self.attributes = FILE_ATTRIBUTE_NORMAL;
        }
    }
}

pub(crate) fn c_path(path: &Path) -> Result<CString, Errno> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno(libc::ENOENT))
}

/// statx(2).
fn look(directory: c_int, name: &CStr, flags: c_int) -> Result<Facts, Errno> {
    // SAFETY: all-zero is a valid `statx`, read after the call filled it in.
    let mut found: libc::statx = unsafe { std::mem::zeroed() };
    let mask = libc::STATX_BASIC_STATS | libc::STATX_BTIME;
    // SAFETY: a string ended by NUL, and a valid place for the result.
    if unsafe { libc::statx(directory, name.as_ptr(), flags, mask, &mut found) } != 0 {
        return Err(Errno::last());
    }
    let time = |time: libc::statx_timestamp| file_time_of_unix(time.tv_sec, time.tv_nsec.into());
    let mode = u32::from(found.stx_mode);
    let kind = mode & libc::S_IFMT;
    let mut attributes = match kind {
        libc::S_IFDIR => FILE_ATTRIBUTE_DIRECTORY,
        libc::S_IFLNK => FILE_ATTRIBUTE_REPARSE_POINT,
        libc::S_IFREG => 0,
        _ => FILE_ATTRIBUTE_DEVICE,
    };
    if kind == libc::S_IFREG && mode & 0o222 == 0 {
        attributes |= FILE_ATTRIBUTE_READONLY;
    }
    let written = time(found.stx_mtime);
    Ok(Facts {
        attributes,
        // Not every file system reports it.
        created: if found.stx_mask & libc::STATX_BTIME != 0 { time(found.stx_btime) } else { written },
        accessed: time(found.stx_atime),
        written,
        changed: time(found.stx_ctime),
        size: found.stx_size,
        allocated: found.stx_blocks * 512,
        links: found.stx_nlink,
        device: libc::makedev(found.stx_dev_major, found.stx_dev_minor),
        inode: found.stx_ino,
        mode,
    })
}

/// Changes the attributes of a file.
pub(crate) fn set_attributes(path: &Path, attributes: u32) -> Result<(), Errno> {
    let name = c_path(path)?;
    // Through links, as permissions are.
    let facts = look(libc::AT_FDCWD, &name, 0)?;
    if !facts.is_directory() {
        let mode = facts.mode & 0o7777;
        let wanted = match attributes & FILE_ATTRIBUTE_READONLY {
            0 if mode & 0o222 == 0 => mode | 0o200 | mode >> 1 & 0o022,
            0 => mode,
            _ => mode & !0o222,
        };
        // SAFETY: a string ended by NUL.
        if wanted != mode && unsafe { libc::chmod(name.as_ptr(), wanted) } != 0 {
            return Err(Errno::last());
        }
    }
    let text = format!("{:#x}", attributes & KEPT);
    // On a file system that does not support it, these attributes are dropped.
    // SAFETY: strings ended by NUL, and as many bytes as said.
    unsafe {
        libc::setxattr(name.as_ptr(), KEPT_IN.as_ptr(), text.as_ptr().cast(), text.len(), 0);
    }
    Ok(())
}
