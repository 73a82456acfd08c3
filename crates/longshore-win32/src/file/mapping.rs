//! File mappings: `CreateFileMapping`, `MapViewOfFile` and their relatives.
//!
//! A mapping is a descriptor: of the file, or of memory without a file. Views are Linux' mappings.
//! Programs unmap by address alone, so the lengths are kept here. Names are known within the process
//! (see [`crate::object::names`]).

use crate::abi::argument::{CStrArg, Ignored, WStrArg};
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::file::disk_file::{self, Class, state_of};
use crate::file::open_files::Mapped;
use crate::memory::virtual_memory::GRANULARITY;
use crate::object::handles::{self, HANDLE, INVALID_HANDLE_VALUE};
use crate::object::names::{self, Name};
use crate::object::{HandleCount, Object};
use crate::sync::lock::{Lock, LockGuard};
use libc::c_int;
use longshore_engine::{Errno, blocking};
use longshore_win32_macros::export;
use rustix::fs::MemfdFlags;
use std::collections::BTreeMap;
use std::ffi::c_void;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_FILE_INVALID, ERROR_INVALID_ADDRESS, ERROR_INVALID_HANDLE,
    ERROR_INVALID_PARAMETER, ERROR_MAPPED_ALIGNMENT, ERROR_NOT_ENOUGH_MEMORY,
};
use windows_sys::Win32::Storage::FileSystem::{FILE_READ_DATA, FILE_WRITE_DATA};
use windows_sys::Win32::System::Memory::{
    FILE_MAP_COPY, FILE_MAP_EXECUTE, FILE_MAP_READ, FILE_MAP_WRITE, PAGE_EXECUTE_READ,
    PAGE_EXECUTE_READWRITE, PAGE_EXECUTE_WRITECOPY, PAGE_READONLY, PAGE_READWRITE, PAGE_WRITECOPY,
};

/// A mapping; Windows' kernel calls it a section.
struct Mapping {
    handles: HandleCount,
    descriptor: Arc<OwnedFd>,
    size: u64,
    protection: u32,
    name: Name,
    /// None for memory.
    mapped: Option<Arc<Mapped>>,
}

/// A view: its length, and the entry that keeps the file from becoming shorter.
struct View {
    length: usize,
    _mapped: Option<Arc<Mapped>>,
}

impl Object for Mapping {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }

    fn last_handle_closed(self: Arc<Self>) {
        names::forget(&self.name, &*self);
    }
}

/// All views, by address.
static VIEWS: Lock<BTreeMap<usize, View>> = Lock::last("the views", BTreeMap::new());

fn views() -> LockGuard<'static, BTreeMap<usize, View>> {
    VIEWS.lock()
}

const PROTECTIONS: u32 = 0xFF;

fn writes_through(protection: u32) -> bool {
    matches!(protection & PROTECTIONS, PAGE_READWRITE | PAGE_EXECUTE_READWRITE)
}

fn memory() -> Result<OwnedFd, Errno> {
    Ok(rustix::fs::memfd_create(c"mapping", MemfdFlags::CLOEXEC)?)
}

fn grow(descriptor: &OwnedFd, size: u64) -> Result<(), Errno> {
    if i64::try_from(size).is_err() {
        return Err(Errno(libc::EFBIG));
    }
    Ok(rustix::fs::ftruncate(descriptor, size)?)
}

/// What a mapping is of: the descriptor, the size, and the mapping's entry in the table of open files.
type Source = (Arc<OwnedFd>, u64, Option<Arc<Mapped>>);

/// What a new mapping is of. A file that is shorter than the mapping grows.
fn source(file: HANDLE, protection: u32, size: u64) -> Result<Source, Win32Error> {
    let failed = |errno| Win32Error::from(Status::of_file(errno));
    if file == INVALID_HANDLE_VALUE {
        if size == 0 {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        let descriptor = memory().map_err(failed)?;
        grow(&descriptor, size).map_err(|_| Win32Error(ERROR_NOT_ENOUGH_MEMORY))?;
        return Ok((Arc::new(descriptor), size, None));
    }
    let file = disk_file::get(file)?;
    let state = state_of(&file);
    if state.class != Class::Disk {
        return Err(Win32Error(windows_sys::Win32::Foundation::ERROR_BAD_EXE_FORMAT));
    }
    state.may(FILE_READ_DATA)?;
    if writes_through(protection) {
        state.may(FILE_WRITE_DATA)?;
    }
    let descriptor = file.descriptor();
    let present = disk_file::stat(&descriptor).map_err(failed)?.st_size as u64;
    let size = match size {
        0 if present == 0 => return Err(Win32Error(ERROR_FILE_INVALID)),
        0 => present,
        size if size > present && !writes_through(protection) => {
            return Err(Win32Error(windows_sys::Win32::Foundation::ERROR_NOT_ENOUGH_MEMORY));
        }
        size => {
            if size > present {
                grow(&descriptor, size).map_err(failed)?;
            }
            size
        }
    };
    let mapped = Arc::new(Mapped::enter(state.file_id, size)); // F25
    Ok((descriptor, size, Some(mapped)))
}

fn create(file: HANDLE, protection: u32, size: u64, name: Result<Name, Win32Error>) -> HANDLE {
    const KNOWN: [u32; 6] = [
        PAGE_READONLY,
        PAGE_READWRITE,
        PAGE_WRITECOPY,
        PAGE_EXECUTE_READ,
        PAGE_EXECUTE_READWRITE,
        PAGE_EXECUTE_WRITECOPY,
    ];
    let make = || {
        let name = name?;
        if !KNOWN.contains(&(protection & PROTECTIONS)) {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        let (descriptor, size, mapped) = source(file, protection, size)?;
        names::create(name, |name| {
            Arc::new(Mapping { handles: HandleCount::new(), descriptor, size, protection, name, mapped })
        })
    };
    names::created(make())
}

/// What a view may do, and whether its changes are its own.
fn view_protection(access: u32) -> (c_int, c_int) {
    let executes = if access & FILE_MAP_EXECUTE != 0 { libc::PROT_EXEC } else { 0 };
    let own = access & FILE_MAP_COPY != 0 && access & FILE_MAP_WRITE == 0;
    match (own, access & FILE_MAP_WRITE != 0) {
        (true, _) => (libc::PROT_READ | libc::PROT_WRITE | executes, libc::MAP_PRIVATE),
        (false, true) => (libc::PROT_READ | libc::PROT_WRITE | executes, libc::MAP_SHARED),
        (false, false) => (libc::PROT_READ | executes, libc::MAP_SHARED),
    }
}

/// An address at which Windows would let a view begin, and which was free a moment ago.
fn granular_place(length: usize) -> *mut c_void {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    let length = length + GRANULARITY;
    // SAFETY: the kernel chooses the place, and it is given back before anybody knows of it.
    unsafe {
        let held = libc::mmap(std::ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0);
        if held == libc::MAP_FAILED {
            return std::ptr::null_mut();
        }
        libc::munmap(held, length);
        (held as usize).next_multiple_of(GRANULARITY) as *mut c_void
    }
}

fn map(
    mapping: HANDLE,
    access: u32,
    offset: u64,
    length: usize,
    address: *const c_void,
) -> Result<*mut c_void, Win32Error> {
    let mapping = handles::get::<Mapping>(mapping)?;
    let allowed = writes_through(mapping.protection) || access & FILE_MAP_WRITE == 0;
    if !allowed || access & (FILE_MAP_READ | FILE_MAP_WRITE | FILE_MAP_COPY) == 0 {
        return Err(Win32Error(ERROR_ACCESS_DENIED));
    }
    if !(offset as usize | address as usize).is_multiple_of(GRANULARITY) {
        return Err(Win32Error(ERROR_MAPPED_ALIGNMENT));
    }
    let rest = mapping.size.checked_sub(offset).ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let length = if length == 0 { rest as usize } else { length };
    if length as u64 > rest || length == 0 {
        return Err(Win32Error(ERROR_ACCESS_DENIED));
    }
    let (protection, kind) = view_protection(access);
    let place = if address.is_null() { 0 } else { libc::MAP_FIXED_NOREPLACE };
    let descriptor = mapping.descriptor.as_raw_fd();
    let offset = offset as libc::off_t;
    let mut views = views();
    // SAFETY: no memory in use is replaced: the kernel chooses the place, or the place must be free.
    unsafe {
        let hint = if address.is_null() { granular_place(length) } else { address.cast_mut() };
        let start = libc::mmap(hint, length, protection, kind | place, descriptor, offset);
        if start == libc::MAP_FAILED {
            return Err(match Errno::last() {
                Errno(libc::EEXIST) => Win32Error(ERROR_INVALID_ADDRESS),
                Errno(libc::ENOMEM) => Win32Error(ERROR_NOT_ENOUGH_MEMORY),
                errno => Status::of_file(errno).into(),
            });
        }
        views.insert(start as usize, View { length, _mapped: mapping.mapped.clone() });
        Ok(start)
    }
}

/// Makes a mapping of a file, or (`INVALID_HANDLE_VALUE`) of memory.
///
/// # Errors
/// NULL with `ERROR_INVALID_PARAMETER`, `ERROR_FILE_INVALID` for an empty file,
/// `ERROR_ACCESS_DENIED`, `ERROR_NOT_ENOUGH_MEMORY`, `ERROR_INVALID_HANDLE`. The last error is
/// `ERROR_ALREADY_EXISTS` if the name was there.
///
/// Source: Windows documentation, `CreateFileMapping`.
#[export]
pub unsafe fn CreateFileMappingA(
    file: HANDLE,
    _security: Ignored,
    protection: u32,
    size_high: u32,
    size_low: u32,
    name: Option<CStrArg>,
) -> HANDLE {
    create(file, protection, u64::from(size_high) << 32 | u64::from(size_low), names::narrow(name))
}

/// As [`CreateFileMappingA`].
#[export]
pub unsafe fn CreateFileMappingW(
    file: HANDLE,
    _security: Ignored,
    protection: u32,
    size_high: u32,
    size_low: u32,
    name: Option<WStrArg>,
) -> HANDLE {
    create(file, protection, u64::from(size_high) << 32 | u64::from(size_low), names::wide(name))
}

/// Opens a mapping by its name.
///
/// # Errors
/// NULL with `ERROR_FILE_NOT_FOUND`.
///
/// Source: Windows documentation, `OpenFileMapping`.
#[export]
pub unsafe fn OpenFileMappingA(_access: u32, _inherit: bool, name: Option<CStrArg>) -> HANDLE {
    names::opened(names::narrow(name).and_then(names::open::<Mapping>))
}

/// As [`OpenFileMappingA`].
#[export]
pub unsafe fn OpenFileMappingW(_access: u32, _inherit: bool, name: Option<WStrArg>) -> HANDLE {
    names::opened(names::wide(name).and_then(names::open::<Mapping>))
}

/// Maps a part of a mapping into memory; 0 for the length maps all the rest.
///
/// # Errors
/// NULL with `ERROR_ACCESS_DENIED` (also for what lies beyond the end), `ERROR_MAPPED_ALIGNMENT` for an
/// offset that is no multiple of 64 KiB, `ERROR_NOT_ENOUGH_MEMORY`, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `MapViewOfFile`.
#[export]
pub fn MapViewOfFile(
    mapping: HANDLE,
    access: u32,
    offset_high: u32,
    offset_low: u32,
    length: usize,
) -> Result<*mut c_void, Win32Error> {
    let offset = u64::from(offset_high) << 32 | u64::from(offset_low);
    map(mapping, access, offset, length, std::ptr::null())
}

/// As [`MapViewOfFile`], at an address that must be free.
///
/// # Errors
/// Those of [`MapViewOfFile`]; `ERROR_INVALID_ADDRESS` if it is not free.
///
/// Source: Windows documentation, `MapViewOfFileEx`.
#[export]
pub fn MapViewOfFileEx(
    mapping: HANDLE,
    access: u32,
    offset_high: u32,
    offset_low: u32,
    length: usize,
    address: *mut c_void,
) -> Result<*mut c_void, Win32Error> {
    let offset = u64::from(offset_high) << 32 | u64::from(offset_low);
    map(mapping, access, offset, length, address)
}

/// Unmaps a view. Data that was written to it stays in the file.
///
/// # Errors
/// FALSE with `ERROR_INVALID_ADDRESS` for what is not the start of a view.
///
/// Source: Windows documentation, `UnmapViewOfFile`.
#[export]
pub unsafe fn UnmapViewOfFile(address: *const c_void) -> Result<(), Win32Error> {
    let mut views = views();
    let view = views.remove(&(address as usize)).ok_or(Win32Error(ERROR_INVALID_ADDRESS))?;
    // Under the lock, so that no other thread gets the address before it is removed from the table.
    // SAFETY: a view of this length starts there; that nobody uses it any more is
    // what C promises by the call.
    unsafe { libc::munmap(address.cast_mut(), view.length) };
    drop(views);
    Ok(())
}

/// Writes a part of a view to its file; 0 for the length writes all the rest.
///
/// # Errors
/// FALSE with `ERROR_INVALID_ADDRESS` for what is in no view.
///
/// Source: Windows documentation, `FlushViewOfFile`.
#[export]
pub fn FlushViewOfFile(address: *const c_void, length: usize) -> Result<(), Win32Error> {
    let at = address as usize;
    let view = views().range(..=at).next_back().map(|(&start, view)| (start, start + view.length));
    let (_, end) = view.filter(|&(_, end)| at < end).ok_or(Win32Error(ERROR_INVALID_ADDRESS))?;
    let end = if length == 0 { end } else { end.min(at.saturating_add(length)) };
    let start = at & !(crate::memory::virtual_memory::page_size() - 1);
    // SAFETY: the kernel checks the range.
    match blocking(|| unsafe { libc::msync(start as *mut c_void, end - start, libc::MS_SYNC) }) {
        0 => Ok(()),
        _ => Err(match Errno::last() {
            Errno(libc::ENOMEM) => Win32Error(ERROR_INVALID_ADDRESS),
            Errno(libc::EBADF) => Win32Error(ERROR_INVALID_HANDLE),
            errno => Status::of_file(errno).into(),
        }),
    }
}
