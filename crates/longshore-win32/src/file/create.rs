//! `CreateFile`: opening and creating files, directories and a few devices.
//!
//! Security descriptors, inheritance (descriptors are not inherited) and the template file are ignored. Share
//! modes hold among the opens of this process; see [`crate::file::open_files`].

use crate::abi::argument::{CStrArg, Ignored, In, StrArg, WStrArg, plain};
use crate::abi::character::Character;
use crate::abi::last_error::{SetLastError, Win32Error};
use crate::console::standard_handles::Stream;
use crate::file::disk_file::{self, Class, FileState};
use crate::file::open_files::{Opening, check_resize};
use crate::object::handles::{self, HANDLE, INVALID_HANDLE_VALUE};
use crate::path::windows_path::{self, Target};
use crate::port::file_object::FileObject;
use longshore_engine::{Errno, blocking};
use longshore_win32_macros::export;
use rustix::fs::Advice;
use std::ffi::CString;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_ALREADY_EXISTS, ERROR_CANT_RESOLVE_FILENAME, ERROR_FILE_EXISTS,
    ERROR_FILE_NOT_FOUND, ERROR_FILENAME_EXCED_RANGE, ERROR_INVALID_PARAMETER, ERROR_PATH_NOT_FOUND,
    ERROR_SHARING_VIOLATION, GENERIC_ALL, GENERIC_EXECUTE, GENERIC_READ, GENERIC_WRITE,
};
use windows_sys::Win32::Storage::FileSystem::{
    CREATE_ALWAYS, CREATE_NEW, CREATEFILE2_EXTENDED_PARAMETERS, DELETE, FILE_ALL_ACCESS, FILE_APPEND_DATA,
    FILE_ATTRIBUTE_READONLY, FILE_EXECUTE, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_DELETE_ON_CLOSE,
    FILE_FLAG_NO_BUFFERING, FILE_FLAG_OPEN_REPARSE_POINT, FILE_FLAG_OVERLAPPED, FILE_FLAG_RANDOM_ACCESS,
    FILE_FLAG_SEQUENTIAL_SCAN, FILE_FLAG_WRITE_THROUGH, FILE_GENERIC_EXECUTE, FILE_GENERIC_READ,
    FILE_GENERIC_WRITE, FILE_READ_ATTRIBUTES, FILE_READ_DATA, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, FILE_WRITE_DATA, OPEN_ALWAYS, OPEN_EXISTING, SYNCHRONIZE, TRUNCATE_EXISTING,
};

/// The smallest sector size, for disks that do not report one.
const SECTOR_BYTES: usize = 512;

/// How a file is to be opened.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// Rights, with the generic ones spelled out.
    access: u32,
    share: u32,
    disposition: u32,
    /// Flags and attributes.
    flags: u32,
}

/// Generic rights, spelled out for files.
pub(crate) fn specific(access: u32) -> u32 {
    const MAXIMUM_ALLOWED: u32 = windows_sys::Win32::System::SystemServices::MAXIMUM_ALLOWED;
    let generic = [
        (GENERIC_READ, FILE_GENERIC_READ),
        (GENERIC_WRITE, FILE_GENERIC_WRITE),
        (GENERIC_EXECUTE, FILE_GENERIC_EXECUTE),
        (GENERIC_ALL, FILE_ALL_ACCESS),
        (MAXIMUM_ALLOWED, FILE_GENERIC_READ | FILE_GENERIC_WRITE),
    ];
    let (asked, spelled) = generic
        .iter()
        .filter(|(right, _)| access & right != 0)
        .fold((0, 0), |(asked, spelled), (right, rights)| (asked | right, spelled | rights));
    access & !asked | spelled
}

impl Manner {
    fn new(access: u32, share: u32, disposition: u32, flags: u32) -> Result<Manner, Win32Error> {
        if !(CREATE_NEW..=TRUNCATE_EXISTING).contains(&disposition)
            || share & !(FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE) != 0
            || (disposition == TRUNCATE_EXISTING
                && access & (GENERIC_WRITE | GENERIC_ALL | FILE_WRITE_DATA) == 0)
        {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        // CreateFile itself adds these two to whatever is asked for (F22).
        let mut access = specific(access) | SYNCHRONIZE | FILE_READ_ATTRIBUTES;
        if flags & FILE_FLAG_DELETE_ON_CLOSE != 0 {
            access |= DELETE;
        }
        Ok(Manner { access, share, disposition, flags })
    }

    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    fn writes(&self) -> bool {
        self.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) != 0
    }

    fn empties(&self) -> bool {
        matches!(self.disposition, CREATE_ALWAYS | TRUNCATE_EXISTING)
    }

    /// The flags of open(2), but for those that create.
    fn open_flags(&self) -> i32 {
        let reads = self.access & (FILE_READ_DATA | FILE_EXECUTE) != 0;
        let writes = self.writes() || self.empties();
        let mut flags = libc::O_CLOEXEC | libc::O_NOCTTY | libc::O_NONBLOCK;
        flags |= match (reads || self.empties(), writes) {
            (true, true) => libc::O_RDWR,
            (false, true) => libc::O_WRONLY,
            (_, false) => libc::O_RDONLY,
        };
        if self.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) == FILE_APPEND_DATA {
            flags |= libc::O_APPEND; // F14
        }
        if self.has(FILE_FLAG_WRITE_THROUGH) {
            flags |= libc::O_DSYNC;
        }
        if self.has(FILE_FLAG_NO_BUFFERING) {
            flags |= libc::O_DIRECT;
        }
        if self.has(FILE_FLAG_OPEN_REPARSE_POINT) {
            flags |= libc::O_NOFOLLOW;
        }
        flags
    }
}

/// open(2).
fn open_path(path: &Path, flags: i32, mode: u32) -> Result<OwnedFd, Errno> {
    let path = CString::new(path.as_os_str().as_bytes()).map_err(|_| Errno(libc::ENOENT))?;
    loop {
        // SAFETY: a string ended by NUL.
        let descriptor = blocking(|| unsafe { libc::open(path.as_ptr(), flags, mode) });
        if descriptor >= 0 {
            // SAFETY: a fresh descriptor that nobody else owns.
            return Ok(unsafe { OwnedFd::from_raw_fd(descriptor) });
        }
        match Errno::last() {
            Errno(libc::EINTR) => {}
            errno => return Err(errno),
        }
    }
}

/// As [`open`], but drops a request that the file system or the permissions refuse and Windows would not.
fn open_tolerantly(path: &Path, manner: &Manner, create: bool) -> Result<OwnedFd, Errno> {
    let mode = if manner.has(FILE_ATTRIBUTE_READONLY) { 0o444 } else { 0o666 };
    let flags = manner.open_flags() | if create { libc::O_CREAT | libc::O_EXCL } else { 0 };
    match open_path(path, flags, mode) {
        // The file system has no direct I/O: only the alignment is checked, here (F18).
        Err(Errno(libc::EINVAL)) if flags & libc::O_DIRECT != 0 => {
            open_path(path, flags & !libc::O_DIRECT, mode)
        }
        // Asking about a file needs no right to it.
        Err(Errno(libc::EACCES | libc::ELOOP)) if manner.access & FILE_READ_DATA == 0 && !manner.writes() => {
            open_path(path, libc::O_PATH | (flags & (libc::O_NOFOLLOW | libc::O_CLOEXEC)), 0)
        }
        Err(Errno(libc::ELOOP)) if manner.has(FILE_FLAG_OPEN_REPARSE_POINT) => {
            open_path(path, libc::O_PATH | libc::O_NOFOLLOW | libc::O_CLOEXEC, 0)
        }
        // A directory is opened only to be asked about or watched, whatever rights the program names.
        Err(Errno(libc::EISDIR)) => open_path(path, libc::O_RDONLY | libc::O_CLOEXEC | libc::O_DIRECTORY, 0),
        result => result,
    }
}

/// The error of a call that names a file: what is missing, the file or a directory on the way to it.
pub(crate) fn error_at(path: &Path, errno: Errno) -> Win32Error {
    Win32Error(match errno.0 {
        libc::ENOENT => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            match parent.is_none_or(Path::is_dir) {
                true => ERROR_FILE_NOT_FOUND,
                false => ERROR_PATH_NOT_FOUND,
            }
        }
        libc::ENOTDIR => ERROR_PATH_NOT_FOUND,
        libc::EISDIR => ERROR_ACCESS_DENIED,
        libc::ELOOP => ERROR_CANT_RESOLVE_FILENAME,
        libc::ENAMETOOLONG => ERROR_FILENAME_EXCED_RANGE,
        libc::ETXTBSY => ERROR_SHARING_VIOLATION,
        _ => return crate::abi::status::Status::of_file(errno).into(),
    })
}

/// Opens a path; says whether the file was there before.
fn open_file(path: &Path, manner: &Manner) -> Result<(HANDLE, bool), Win32Error> {
    let may_create = matches!(manner.disposition, CREATE_NEW | CREATE_ALWAYS | OPEN_ALWAYS);
    loop {
        if manner.disposition != CREATE_NEW {
            match open_tolerantly(path, manner, false) {
                Ok(descriptor) => return Ok((admit(descriptor, manner, true)?, true)),
                Err(Errno(libc::ENOENT)) if may_create => {}
                Err(errno) => return Err(error_at(path, errno)),
            }
        }
        match open_tolerantly(path, manner, true) {
            Ok(descriptor) => return Ok((admit(descriptor, manner, false)?, false)),
            Err(Errno(libc::EEXIST)) if manner.disposition == CREATE_NEW => {
                return Err(Win32Error(ERROR_FILE_EXISTS));
            }
            // A dangling link exists and its target does not: creating creates the target.
            Err(Errno(libc::EEXIST)) if path.is_symlink() && !path.exists() => {
                return Err(Win32Error(ERROR_ACCESS_DENIED));
            }
            // Another process created it first: it exists now.
            Err(Errno(libc::EEXIST)) => {}
            Err(errno) => return Err(error_at(path, errno)),
        }
    }
}

/// Checks what Windows checks at an open and Linux does not, and makes the handle.
fn admit(descriptor: OwnedFd, manner: &Manner, existed: bool) -> Result<HANDLE, Win32Error> {
    let failed = |errno| Win32Error::from(crate::abi::status::Status::of_file(errno));
    let mut state = FileState::new(&descriptor, manner.access, manner.flags).map_err(failed)?;
    let denied = Err(Win32Error(ERROR_ACCESS_DENIED));
    if state.class == Class::Directory {
        match (manner.has(FILE_FLAG_BACKUP_SEMANTICS), manner.empties()) {
            (false, _) => return denied,
            // It would have to be overwritten: the error is that of CREATE_NEW for an existing name.
            (true, true) => return Err(Win32Error(ERROR_FILE_EXISTS)),
            (true, false) => {}
        }
    }
    if state.class == Class::Disk {
        let stat = disk_file::stat(&descriptor).map_err(failed)?;
        // Read-only is an attribute on Windows: it applies to the administrator, too.
        let read_only = existed && stat.st_mode & 0o222 == 0 && stat.st_mode & libc::S_IFMT == libc::S_IFREG;
        let changes = manner.writes() || manner.empties() || manner.has(FILE_FLAG_DELETE_ON_CLOSE);
        if read_only && changes {
            return denied;
        }
        // Disks never answer "not now", but with the flag io_uring would.
        set_blocking(&descriptor);
        if manner.has(FILE_FLAG_NO_BUFFERING) {
            state.alignment = sector_bytes(&descriptor);
        }
    }
    if matches!(state.class, Class::Disk | Class::Directory) {
        let opening = Opening::enter(state.file_id, manner.access, manner.share)?;
        if manner.has(FILE_FLAG_DELETE_ON_CLOSE) {
            opening.set_delete_on_close(true);
        }
        state.opening = Some(opening);
    }
    if existed && manner.empties() && state.class == Class::Disk {
        check_resize(state.file_id, 0)?;
        rustix::fs::ftruncate(&descriptor, 0).map_err(|errno| failed(errno.into()))?;
    }
    let hint = match (manner.has(FILE_FLAG_SEQUENTIAL_SCAN), manner.has(FILE_FLAG_RANDOM_ACCESS)) {
        (true, false) => Some(Advice::Sequential),
        (false, true) => Some(Advice::Random),
        _ => None,
    };
    if let Some(hint) = hint {
        let _ = rustix::fs::fadvise(&descriptor, 0, None, hint); // It is only a hint.
    }
    // A console is never overlapped.
    let overlapped = manner.has(FILE_FLAG_OVERLAPPED) && !rustix::termios::isatty(&descriptor);
    handles::insert(FileObject::new(descriptor, overlapped, state))
}

fn set_blocking(descriptor: &OwnedFd) {
    let _ = rustix::io::ioctl_fionbio(descriptor, false);
}

/// What direct I/O on this file must be aligned to.
fn sector_bytes(descriptor: &OwnedFd) -> usize {
    // SAFETY: all-zero is a valid `statx`.
    let mut found: libc::statx = unsafe { std::mem::zeroed() };
    // SAFETY: an empty path, which stands for the descriptor, and a valid place for the result.
    let result = unsafe {
        let flags = libc::AT_EMPTY_PATH;
        libc::statx(descriptor.as_raw_fd(), c"".as_ptr(), flags, libc::STATX_DIOALIGN, &mut found)
    };
    let said = if result == 0 { found.stx_dio_offset_align as usize } else { 0 };
    said.max(SECTOR_BYTES)
}

/// The terminal, or what replaces it if there is none: a console with a handle of
/// its own, like a standard handle.
fn open_console(input: bool) -> Result<HANDLE, Win32Error> {
    static TERMINAL: OnceLock<Option<OwnedFd>> = OnceLock::new();
    let flags = libc::O_CLOEXEC | libc::O_NOCTTY | libc::O_RDWR;
    let terminal = TERMINAL.get_or_init(|| open_path(Path::new("/dev/tty"), flags, 0).ok());
    let descriptor = terminal.as_ref().map_or(i32::from(!input), AsRawFd::as_raw_fd);
    handles::insert(Arc::new(Stream::new(descriptor, input)))
}

/// Opens what a name names; says whether the file was there before.
fn open(target: Target, manner: Manner) -> Result<(HANDLE, bool), Win32Error> {
    match target {
        Target::Path(path) => open_file(&windows_path::settle_case(path), &manner),
        Target::Null => open_file(Path::new("/dev/null"), &Manner { disposition: OPEN_EXISTING, ..manner }),
        Target::ConsoleInput => open_console(true).map(|handle| (handle, false)),
        Target::ConsoleOutput => open_console(false).map(|handle| (handle, false)),
        // `CON` is opened for input or for output, not for both.
        Target::Console => match (manner.access & FILE_READ_DATA != 0, manner.writes()) {
            (true, true) | (false, false) => Err(Win32Error(ERROR_FILE_NOT_FOUND)),
            (input, _) => open_console(input).map(|handle| (handle, false)),
        },
        Target::Pipe(_) => Err(Win32Error(ERROR_FILE_NOT_FOUND)),
    }
}

/// Opens what a name in UTF-8 names, as `CreateFile` does.
///
/// # Errors
/// Those of [`CreateFileA`].
pub(crate) fn open_named(
    name: &[u8],
    access: u32,
    share: u32,
    disposition: u32,
    flags: u32,
) -> Result<HANDLE, Win32Error> {
    let manner = Manner::new(access, share, disposition, flags)?;
    open(windows_path::target(name)?, manner).map(|(handle, _)| handle)
}

/// Opens one of the two files of a copy, with the usual checks: the source for reading, shared with readers
/// and writers, the target for writing, not shared.
pub(crate) fn open_path_for_copy(path: &Path, target: bool, disposition: u32) -> Result<HANDLE, Win32Error> {
    let (access, share) = match target {
        true => (GENERIC_WRITE, 0),
        false => (GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE),
    };
    open_file(path, &Manner::new(access, share, disposition, 0)?).map(|(handle, _)| handle)
}

plain!(CREATEFILE2_EXTENDED_PARAMETERS);

/// Sets the last error, which says whether the file existed.
fn finish(result: Result<(HANDLE, bool), Win32Error>, disposition: u32) -> HANDLE {
    let (handle, error) = match result {
        Ok((handle, true)) if matches!(disposition, CREATE_ALWAYS | OPEN_ALWAYS) => {
            (handle, ERROR_ALREADY_EXISTS)
        }
        Ok((handle, _)) => (handle, 0),
        Err(Win32Error(error)) => (INVALID_HANDLE_VALUE, error),
    };
    SetLastError(error);
    handle
}

fn create<C: Character>(
    name: Option<StrArg<C>>,
    access: u32,
    share: u32,
    disposition: u32,
    flags: u32,
) -> HANDLE {
    let target = windows_path::text_of(name).and_then(|name| windows_path::target(&name));
    let manner = Manner::new(access, share, disposition, flags);
    finish(target.and_then(|target| open(target, manner?)), disposition)
}

/// Opens or creates a file, or opens a directory (with `FILE_FLAG_BACKUP_SEMANTICS`) or a device.
///
/// # Errors
/// `INVALID_HANDLE_VALUE` with `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`,
/// `ERROR_ACCESS_DENIED`, `ERROR_SHARING_VIOLATION`, `ERROR_FILE_EXISTS`, `ERROR_INVALID_PARAMETER`,
/// `ERROR_INVALID_NAME`. On success the last error is `ERROR_ALREADY_EXISTS` if `CREATE_ALWAYS` or
/// `OPEN_ALWAYS` found the file, otherwise 0.
///
/// Source: Windows documentation, `CreateFile`.
#[export(failure = INVALID_HANDLE_VALUE)]
pub unsafe fn CreateFileA(
    name: Option<CStrArg>,
    access: u32,
    share: u32,
    _: Ignored,
    disposition: u32,
    flags: u32,
    _template: HANDLE,
) -> HANDLE {
    create(name, access, share, disposition, flags)
}

/// As [`CreateFileA`].
#[export(failure = INVALID_HANDLE_VALUE)]
pub unsafe fn CreateFileW(
    name: Option<WStrArg>,
    access: u32,
    share: u32,
    _: Ignored,
    disposition: u32,
    flags: u32,
    _template: HANDLE,
) -> HANDLE {
    create(name, access, share, disposition, flags)
}

/// As [`CreateFileA`], with flags and attributes in a structure.
///
/// Source: Windows documentation, `CreateFile2`.
#[export(failure = INVALID_HANDLE_VALUE)]
pub unsafe fn CreateFile2(
    name: Option<WStrArg>,
    access: u32,
    share: u32,
    disposition: u32,
    parameters: Option<In<CREATEFILE2_EXTENDED_PARAMETERS>>,
) -> HANDLE {
    let flags = match parameters.map(In::read).transpose() {
        Ok(parameters) => parameters.map_or(0, |found| found.dwFileAttributes | found.dwFileFlags),
        Err(fault) => return finish(Err(fault.into()), disposition),
    };
    create(name, access, share, disposition, flags)
}

/// Opens a file again, with other rights, another share mode and other flags.
///
/// # Errors
/// As for [`CreateFileA`]; `ERROR_INVALID_PARAMETER` for attributes among the flags; `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `ReOpenFile`.
#[export(failure = INVALID_HANDLE_VALUE)]
pub fn ReOpenFile(original: HANDLE, access: u32, share: u32, flags: u32) -> HANDLE {
    /// `FILE_ATTRIBUTE_...`: for files that are made.
    const ATTRIBUTES: u32 = 0x7_FFFF;
    let reopen = || {
        let original = disk_file::get(original)?;
        if flags & ATTRIBUTES != 0 {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        let manner = Manner::new(access, share, OPEN_EXISTING, flags)?;
        let descriptor = original.descriptor();
        // Through the descriptor, because the name may have changed.
        let path = format!("/proc/self/fd/{}", descriptor.as_raw_fd());
        let path = Path::new(&path);
        let opened = open_tolerantly(path, &manner, false).map_err(|errno| error_at(path, errno))?;
        Ok((admit(opened, &manner, true)?, true))
    };
    finish(reopen(), OPEN_EXISTING)
}
