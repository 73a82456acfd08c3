//! Which handle and which mode a descriptor has.
//!
//! A descriptor that `_open` or `_open_osfhandle` made has a handle from the start, and its close closes the
//! handle. Any other gets one when `_get_osfhandle` asks. Code that was compiled without these headers may
//! close a descriptor with the C library's `close`, and its number may be used again. So an entry counts only
//! if its handle still is the same open file.

use crate::abi::last_error::Win32Error;
use crate::console::standard_handles::Stream;
use crate::descriptor::{errno_of, standard};
use crate::file::disk_file::{Class, FileState};
use crate::file::standard_file;
use crate::object::handles::{self, HANDLE};
use crate::port::file_object::FileObject;
use crate::sync::lock::Lock;
use rustix::fs::OFlags;
use rustix::io::FdFlags;
use std::collections::BTreeMap;
use std::ffi::c_int;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};
use std::sync::Arc;

pub(crate) const O_APPEND: c_int = 0x8;
pub(crate) const O_NOINHERIT: c_int = 0x80;
pub(crate) const O_TEXT: c_int = 0x4000;
const O_BINARY: c_int = 0x8000;
const O_WTEXT: c_int = 0x1_0000;
const O_U16TEXT: c_int = 0x2_0000;
const O_U8TEXT: c_int = 0x4_0000;
/// The modes of `_setmode`. Text has line feeds and is UTF-8 in all of them.
const MODES: [c_int; 5] = [O_TEXT, O_BINARY, O_WTEXT, O_U16TEXT, O_U8TEXT];

#[derive(Clone, Copy)]
struct Entry {
    /// 0 if no handle was asked for.
    handle: usize,
    /// One of [`MODES`].
    mode: c_int,
}

impl Default for Entry {
    fn default() -> Entry {
        Entry { handle: 0, mode: O_TEXT }
    }
}

static TABLE: Lock<BTreeMap<RawFd, Entry>> = Lock::last("the CRT's descriptors", BTreeMap::new());

/// The descriptor of a number, if it is open.
///
/// # Errors
/// `EBADF`.
pub(crate) fn open_descriptor<'a>(number: c_int) -> Result<BorrowedFd<'a>, c_int> {
    if number < 0 {
        return Err(libc::EBADF);
    }
    // SAFETY: it is checked right below, and used only if it is open. The program must not close it during
    // the call, as with every descriptor.
    let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
    rustix::io::fcntl_getfd(descriptor).map_err(|errno| errno.raw_os_error())?;
    Ok(descriptor)
}

/// What a handle has open.
fn descriptor_of(handle: HANDLE) -> Result<Arc<OwnedFd>, Win32Error> {
    if let Ok(stream) = Stream::of(handle) {
        // SAFETY: a standard stream's number; if it was closed the copy fails.
        let standard = unsafe { BorrowedFd::borrow_raw(stream.fd()) };
        return copy(standard, true).map(Arc::new).map_err(|_| Win32Error(INVALID_HANDLE));
    }
    Ok(handles::get::<FileObject>(handle)?.descriptor())
}

const INVALID_HANDLE: u32 = windows_sys::Win32::Foundation::ERROR_INVALID_HANDLE;

fn copy(descriptor: BorrowedFd<'_>, private: bool) -> rustix::io::Result<OwnedFd> {
    let copied = rustix::io::fcntl_dupfd_cloexec(descriptor, 0)?;
    if !private {
        rustix::io::fcntl_setfd(&copied, FdFlags::empty())?;
    }
    Ok(copied)
}

/// Whether two descriptors are the same open file.
fn is_same(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    const KCMP_FILE: c_int = 0;
    // SAFETY: no pointers.
    let order = unsafe {
        let process = libc::getpid();
        libc::syscall(libc::SYS_kcmp, process, process, KCMP_FILE, one.as_raw_fd(), other.as_raw_fd())
    };
    // The kernel has no kcmp(2), or a filter forbids it: compare the files instead.
    order == 0
        || order < 0
            && matches!(
                (rustix::fs::fstat(one), rustix::fs::fstat(other)),
                (Ok(one), Ok(other)) if (one.st_dev, one.st_ino) == (other.st_dev, other.st_ino)
            )
}

/// Makes a descriptor of a handle, which belongs to the descriptor from now on.
///
/// # Errors
/// `EBADF` for what is no handle of a file, a pipe, a socket or a console; `EMFILE`.
pub(crate) fn attach(handle: HANDLE, flags: c_int) -> Result<c_int, c_int> {
    let opened = descriptor_of(handle).map_err(errno_of)?;
    let copied = copy(opened.as_fd(), flags & O_NOINHERIT != 0).map_err(|errno| errno.raw_os_error())?;
    prepare(handle, &copied, flags);
    let mode = if flags & O_BINARY != 0 { O_BINARY } else { O_TEXT };
    let number = copied.into_raw_fd();
    let former = TABLE.lock().insert(number, Entry { handle: handle as usize, mode });
    forget(former);
    Ok(number)
}

/// Sets the flags that the program expects of a descriptor: a pipe blocks in read(2), a file opened with
/// `O_APPEND` appends.
fn prepare(handle: HANDLE, descriptor: &OwnedFd, flags: c_int) {
    let file = handles::get::<FileObject>(handle);
    let class = file.as_deref().ok().and_then(FileState::of).map(|state| state.class);
    let Ok(present) = rustix::fs::fcntl_getfl(descriptor) else { return };
    let mut wanted = present;
    if matches!(class, Some(Class::Pipe | Class::Fifo)) {
        wanted.remove(OFlags::NONBLOCK);
    }
    if flags & O_APPEND != 0 && class == Some(Class::Disk) {
        wanted.insert(OFlags::APPEND);
    }
    if wanted != present {
        let _ = rustix::fs::fcntl_setfl(descriptor, wanted);
    }
}

/// Closes the handle of an entry that is gone.
fn forget(entry: Option<Entry>) {
    if let Some(Entry { handle: 1.., .. }) = entry {
        let handle = entry.map_or(0, |entry| entry.handle);
        let _ = handles::close(handle as HANDLE);
    }
}

/// The handle of a descriptor. It stays the descriptor's, whose close closes it.
///
/// # Errors
/// `EBADF`, `EMFILE`.
pub(crate) fn handle_of(number: c_int) -> Result<HANDLE, c_int> {
    let descriptor = open_descriptor(number)?;
    if let Some(standard) = standard::handle_of(number) {
        return Ok(standard);
    }
    let entry = TABLE.lock().get(&number).copied().unwrap_or_default();
    let handle = entry.handle as HANDLE;
    if entry.handle != 0 && descriptor_of(handle).is_ok_and(|held| is_same(held.as_fd(), descriptor)) {
        return Ok(handle);
    }
    let copied = copy(descriptor, true).map_err(|errno| errno.raw_os_error())?;
    let fresh = handles::insert(standard_file::of_copy(copied).map_err(errno_of)?).map_err(errno_of)?;
    let former = TABLE.lock().insert(number, Entry { handle: fresh as usize, ..entry });
    forget(former);
    Ok(fresh)
}

/// Forgets a descriptor that is about to be closed, and closes its handle.
pub(crate) fn release(number: c_int) {
    let entry = TABLE.lock().remove(&number);
    forget(entry);
    standard::forget(number);
}

/// Sets the mode of a descriptor; returns the former one.
///
/// # Errors
/// `EBADF`, `EINVAL`.
pub(crate) fn set_mode(number: c_int, mode: c_int) -> Result<c_int, c_int> {
    if !MODES.contains(&mode) {
        return Err(libc::EINVAL);
    }
    open_descriptor(number)?;
    let mut table = TABLE.lock();
    Ok(std::mem::replace(&mut table.entry(number).or_default().mode, mode))
}

/// Copies the mode of a descriptor to its duplicate.
pub(crate) fn copy_mode(from: c_int, to: c_int) {
    let mut table = TABLE.lock();
    let mode = table.get(&from).map(|entry| entry.mode);
    if let Some(mode) = mode {
        table.entry(to).or_default().mode = mode;
    }
}
