//! `CopyFile` and `CopyFileEx`.
//!
//! The copy uses handles of its own, so that share modes hold for it and the progress routine can be given
//! handles. The kernel copies the contents where it can; then attributes and the time of writing are copied.

use crate::abi::argument::{CStrArg, Callback, Context, In, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::directory::move_entry::facts_of;
use crate::file::create::open_path_for_copy;
use crate::file::disk_file::{self, state_of};
use crate::file::facts::{Facts, set_attributes};
use crate::file::times::set_times;
use crate::object::handles::{self, HANDLE};
use crate::path::windows_path::locate_string;
use longshore_engine::{Errno, blocking};
use longshore_win32_macros::export;
use std::ffi::c_void;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_REQUEST_ABORTED, ERROR_SHARING_VIOLATION};
use windows_sys::Win32::Storage::FileSystem::{
    CALLBACK_CHUNK_FINISHED, CALLBACK_STREAM_SWITCH, COPY_FILE_FAIL_IF_EXISTS, CREATE_ALWAYS, CREATE_NEW,
    OPEN_EXISTING, PROGRESS_CANCEL, PROGRESS_CONTINUE, PROGRESS_QUIET, PROGRESS_STOP,
};

/// `LPPROGRESS_ROUTINE`: the size of the file, how much of it was copied, the same for the
/// stream, the stream's number, why it is called, the two files, the caller's data.
/// `LARGE_INTEGER` is passed like an integer.
pub type ProgressRoutine =
    unsafe extern "C-unwind" fn(i64, i64, i64, i64, u32, u32, HANDLE, HANDLE, *mut c_void) -> u32;

/// The receiver of progress reports.
#[derive(Clone, Copy)]
pub(crate) struct Progress {
    pub(crate) routine: Callback<ProgressRoutine>,
    pub(crate) data: Context,
}

/// How much is copied between two checks of the cancel flag.
const CHUNK: usize = 1 << 20;

/// A handle that is closed when this is dropped.
struct Open(HANDLE);

impl Drop for Open {
    fn drop(&mut self) {
        let _ = handles::close(self.0);
    }
}

/// Copies up to a chunk; 0 at the end.
fn copy_chunk(from: &OwnedFd, to: &OwnedFd, buffer: &mut Vec<u8>) -> Result<usize, Errno> {
    let (from, to) = (from.as_raw_fd(), to.as_raw_fd());
    let null = std::ptr::null_mut;
    if buffer.is_empty() {
        // SAFETY: without offsets both positions move.
        let count = unsafe { libc::copy_file_range(from, null(), to, null(), CHUNK, 0) };
        match usize::try_from(count).map_err(|_| Errno::last()) {
            Ok(count) => return Ok(count),
            Err(Errno(libc::EXDEV | libc::EINVAL | libc::EOPNOTSUPP | libc::ENOSYS | libc::EPERM)) => {
                buffer.resize(CHUNK, 0);
            }
            Err(errno) => return Err(errno),
        }
    }
    let retry = |call: &dyn Fn() -> isize| loop {
        match usize::try_from(call()).map_err(|_| Errno::last()) {
            Err(Errno(libc::EINTR)) => {}
            result => return result,
        }
    };
    let start = buffer.as_mut_ptr();
    // SAFETY: as many writable bytes as stated.
    let read = || unsafe { libc::read(from, start.cast(), CHUNK) };
    let length = retry(&read)?;
    let mut written = 0;
    while written < length {
        let rest = &buffer[written..length];
        // SAFETY: as many readable bytes as stated.
        let write = || unsafe { libc::write(to, rest.as_ptr().cast(), rest.len()) };
        written += retry(&write)?;
    }
    Ok(length)
}

/// Copies a file.
pub(crate) fn copy(
    from: &Path,
    to: &Path,
    fail_if_exists: bool,
    mut progress: Option<Progress>,
    cancel: Option<In<i32>>,
) -> Result<(), Win32Error> {
    let facts = facts_of(&from.canonicalize().unwrap_or_else(|_| from.to_owned()))?;
    if facts.is_directory() {
        return Err(Win32Error(ERROR_ACCESS_DENIED));
    }
    if !fail_if_exists && Facts::of_path(to).is_ok_and(|found| found.file_id() == facts.file_id()) {
        return Err(Win32Error(ERROR_SHARING_VIOLATION)); // Source and target are the same file.
    }
    let source = Open(open_path_for_copy(from, false, OPEN_EXISTING)?);
    let disposition = if fail_if_exists { CREATE_NEW } else { CREATE_ALWAYS };
    let target = Open(open_path_for_copy(to, true, disposition)?);
    let (from_file, to_file) = (disk_file::get(source.0)?, disk_file::get(target.0)?);
    let (from_descriptor, to_descriptor) = (from_file.descriptor(), to_file.descriptor());
    let (mut buffer, mut done) = (Vec::new(), 0);
    let mut reason = CALLBACK_STREAM_SWITCH;
    let mut tell = |done: i64, reason: u32| -> u32 {
        let Some(Progress { routine, data }) = progress else {
            return PROGRESS_CONTINUE;
        };
        let size = facts.size as i64;
        // SAFETY: what Windows' page of the routine says it is called with.
        let answer =
            unsafe { routine.call(size, done, size, done, 1, reason, source.0, target.0, data.value()) };
        if answer == PROGRESS_QUIET {
            progress = None;
        }
        answer
    };
    let aborted = Win32Error(ERROR_REQUEST_ABORTED);
    loop {
        let answer = tell(done, reason);
        // Another thread may set it.
        let cancelled = cancel.map(In::read).transpose()?.is_some_and(|cancel| cancel != 0);
        if cancelled || answer == PROGRESS_CANCEL {
            drop(target);
            let _ = std::fs::remove_file(to);
            return Err(aborted);
        }
        if answer == PROGRESS_STOP {
            return Err(aborted);
        }
        let copied = blocking(|| {
            loop {
                match copy_chunk(&from_descriptor, &to_descriptor, &mut buffer) {
                    Err(Errno(libc::EINTR)) => {}
                    result => break result,
                }
            }
        });
        match copied {
            Ok(0) => break,
            Ok(count) => done += count as i64,
            Err(errno) => {
                drop(target);
                let _ = std::fs::remove_file(to);
                return Err(Status::of_write(errno).into());
            }
        }
        reason = CALLBACK_CHUNK_FINISHED;
    }
    let state = state_of(&to_file);
    set_times(&to_descriptor, state, None, Some(facts.written))?;
    let _ = set_attributes(to, facts.attributes);
    Ok(())
}

fn copy_named<C: Character>(
    from: Option<StrArg<C>>,
    to: Option<StrArg<C>>,
    fail_if_exists: bool,
    progress: Option<Progress>,
    cancel: Option<In<i32>>,
) -> Result<(), Win32Error> {
    copy(&locate_string(from)?, &locate_string(to)?, fail_if_exists, progress, cancel)
}

/// Copies a file.
///
/// # Errors
/// FALSE with `ERROR_FILE_EXISTS`, `ERROR_FILE_NOT_FOUND`, `ERROR_PATH_NOT_FOUND`, `ERROR_ACCESS_DENIED`
/// (also for directories and read-only targets), `ERROR_SHARING_VIOLATION`, `ERROR_DISK_FULL`.
///
/// Source: Windows documentation, `CopyFile`.
#[export]
pub unsafe fn CopyFileA(
    from: Option<CStrArg>,
    to: Option<CStrArg>,
    fail_if_exists: bool,
) -> Result<(), Win32Error> {
    copy_named(from, to, fail_if_exists, None, None)
}

/// As [`CopyFileA`].
#[export]
pub unsafe fn CopyFileW(
    from: Option<WStrArg>,
    to: Option<WStrArg>,
    fail_if_exists: bool,
) -> Result<(), Win32Error> {
    copy_named(from, to, fail_if_exists, None, None)
}

/// Copies a file; a routine is told of the progress. The routine or a flag may end the copy.
///
/// # Errors
/// Those of [`CopyFileA`]; `ERROR_REQUEST_ABORTED`: the incomplete copy is removed, or stays
/// if the routine returned "stop".
///
/// Source: Windows documentation, `CopyFileEx`.
#[export(callbacks)]
pub unsafe fn CopyFileExA(
    from: Option<CStrArg>,
    to: Option<CStrArg>,
    routine: Option<Callback<ProgressRoutine>>,
    data: Context,
    cancel: Option<In<i32>>,
    flags: u32,
) -> Result<(), Win32Error> {
    let progress = routine.map(|routine| Progress { routine, data });
    copy_named(from, to, flags & COPY_FILE_FAIL_IF_EXISTS != 0, progress, cancel)
}

/// As [`CopyFileExA`].
#[export(callbacks)]
pub unsafe fn CopyFileExW(
    from: Option<WStrArg>,
    to: Option<WStrArg>,
    routine: Option<Callback<ProgressRoutine>>,
    data: Context,
    cancel: Option<In<i32>>,
    flags: u32,
) -> Result<(), Win32Error> {
    let progress = routine.map(|routine| Progress { routine, data });
    copy_named(from, to, flags & COPY_FILE_FAIL_IF_EXISTS != 0, progress, cancel)
}
