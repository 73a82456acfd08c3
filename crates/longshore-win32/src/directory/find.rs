//! Listing directories: `FindFirstFile`, `FindNextFile`, `FindClose`.
//!
//! What is found is read when the search begins, in the order Windows gives: by name, without regard to case, `.` and
//! `..` first.

use crate::abi::character::{Character, copy_out};
use crate::abi::last_error::{SetLastError, Win32Error, to_bool};
use crate::abi::text::WCHAR;
use crate::file::create::error_at;
use crate::file::directory_listing::Listing;
use crate::file::facts::Facts;
use crate::object::handles::{self, HANDLE, INVALID_HANDLE_VALUE};
use crate::object::{HandleCount, Object};
use crate::path::wildcard::Pattern;
use crate::path::windows_path::{locate_pattern, text_of};
use crate::time::system_time::to_file_time;
use libc::c_char;
use longshore_engine::Errno;
use std::ffi::c_void;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use windows_sys::Win32::Foundation::{
    ERROR_DIRECTORY, ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_NO_MORE_FILES,
    ERROR_PATH_NOT_FOUND, FILETIME, MAX_PATH,
};
use windows_sys::Win32::Storage::FileSystem::{
    FIND_FIRST_EX_CASE_SENSITIVE, FindExInfoBasic, FindExInfoStandard, FindExSearchLimitToDirectories,
    FindExSearchNameMatch,
};
use windows_sys::Win32::System::SystemServices::IO_REPARSE_TAG_SYMLINK;

/// `WIN32_FIND_DATA`, in either kind of character.
#[repr(C)]
#[allow(missing_docs, reason = "Windows' names")]
pub struct FindData<C> {
    pub dwFileAttributes: u32,
    pub ftCreationTime: FILETIME,
    pub ftLastAccessTime: FILETIME,
    pub ftLastWriteTime: FILETIME,
    pub nFileSizeHigh: u32,
    pub nFileSizeLow: u32,
    pub dwReserved0: u32,
    pub dwReserved1: u32,
    pub cFileName: [C; MAX_PATH as usize],
    pub cAlternateFileName: [C; 14],
}

/// A search that goes on.
struct Search {
    handles: HandleCount,
    listing: Mutex<Listing>,
    directories_only: bool,
}

impl Object for Search {
    fn handle_count(&self) -> &HandleCount {
        &self.handles
    }
}

impl Search {
    /// The names in a directory that match.
    fn begin(directory: PathBuf, pattern: &Pattern, directories_only: bool) -> Result<Search, Win32Error> {
        let listing = Listing::begin(directory.clone(), |name| pattern.matches(name));
        let listing = listing.map_err(|errno| match errno {
            Errno(libc::ENOENT) => Win32Error(ERROR_PATH_NOT_FOUND),
            Errno(libc::ENOTDIR) => Win32Error(ERROR_DIRECTORY),
            errno => error_at(&directory, errno),
        })?;
        Ok(Search { handles: HandleCount::new(), listing: Mutex::new(listing), directories_only })
    }

    fn listing(&self) -> MutexGuard<'_, Listing> {
        self.listing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next name whose file is still there.
    fn next(&self) -> Option<(Vec<u8>, Facts)> {
        loop {
            let (name, facts) = self.listing().next()?;
            if !self.directories_only || facts.is_directory() {
                return Some((name, facts));
            }
        }
    }
}

/// Fills in what was found. A name of more than 259 characters is cut.
///
/// # Safety
/// `data` is writable.
unsafe fn fill<C: Character>(data: *mut FindData<C>, name: &[u8], facts: &Facts) {
    let mut units = C::encode(name);
    units.truncate(MAX_PATH as usize - 1);
    let tag = if facts.is_link() { IO_REPARSE_TAG_SYMLINK } else { 0 };
    // SAFETY: the caller's promise; all-zero is a valid value, and the name fits.
    unsafe {
        data.write_bytes(0, 1);
        (*data).dwFileAttributes = facts.attributes;
        (*data).ftCreationTime = to_file_time(facts.created);
        (*data).ftLastAccessTime = to_file_time(facts.accessed);
        (*data).ftLastWriteTime = to_file_time(facts.written);
        (*data).nFileSizeHigh = (facts.shown_size() >> 32) as u32;
        (*data).nFileSizeLow = facts.shown_size() as u32;
        (*data).dwReserved0 = tag;
        copy_out(&units, (&raw mut (*data).cFileName).cast(), MAX_PATH as usize);
    }
}

/// # Safety
/// `name` is NULL or a string ended by NUL; `data` is NULL or writable.
unsafe fn first<C: Character>(
    name: *const C,
    data: *mut FindData<C>,
    directories_only: bool,
    any_case: bool,
) -> HANDLE {
    let begin = || -> Result<HANDLE, Win32Error> {
        if data.is_null() {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        // SAFETY: the caller's promise.
        let name = unsafe { text_of(name) }?;
        if name.is_empty() {
            return Err(Win32Error(ERROR_PATH_NOT_FOUND));
        }
        let (directory, pattern) = locate_pattern(&name)?;
        let pattern = Pattern::new(&pattern, any_case);
        let search = Search::begin(directory, &pattern, directories_only)?;
        let (name, facts) = search.next().ok_or(Win32Error(ERROR_FILE_NOT_FOUND))?;
        if pattern.is_name() {
            // One name finds one file, even if another differs in case only.
            search.listing().end();
        }
        let handle = handles::insert(Arc::new(search))?;
        // SAFETY: the caller's promise, and not NULL.
        unsafe { fill(data, &name, &facts) };
        Ok(handle)
    };
    begin().unwrap_or_else(|Win32Error(error)| {
        SetLastError(error);
        INVALID_HANDLE_VALUE
    })
}

/// # Safety
/// As for [`first`]; `data` is what the level says.
unsafe fn first_ex<C: Character>(
    name: *const C,
    level: i32,
    data: *mut c_void,
    search: i32,
    filter: *const c_void,
    flags: u32,
) -> HANDLE {
    let known = [FindExInfoStandard, FindExInfoBasic].contains(&level)
        && [FindExSearchNameMatch, FindExSearchLimitToDirectories].contains(&search)
        && filter.is_null();
    if !known {
        SetLastError(ERROR_INVALID_PARAMETER);
        return INVALID_HANDLE_VALUE;
    }
    let any_case = flags & FIND_FIRST_EX_CASE_SENSITIVE == 0;
    // SAFETY: the caller's promise.
    unsafe { first(name, data.cast(), search == FindExSearchLimitToDirectories, any_case) }
}

/// # Safety
/// `data` is NULL or writable.
unsafe fn next<C: Character>(search: HANDLE, data: *mut FindData<C>) -> i32 {
    to_bool(handles::get::<Search>(search).and_then(|search| {
        if data.is_null() {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        let (name, facts) = search.next().ok_or(Win32Error(ERROR_NO_MORE_FILES))?;
        // SAFETY: the caller's promise, and not NULL.
        unsafe { fill(data, &name, &facts) };
        Ok(())
    }))
}

/// Begins a search, and gives what it finds first.
///
/// # Errors
/// `INVALID_HANDLE_VALUE` with `ERROR_FILE_NOT_FOUND` if nothing matches, `ERROR_PATH_NOT_FOUND` if there is no such
/// directory, `ERROR_DIRECTORY` if it is a file.
///
/// # Safety
/// `name` is NULL or a string ended by NUL; `data` is NULL or writable.
///
/// Source: Windows documentation, `FindFirstFile`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileA(name: *const c_char, data: *mut FindData<c_char>) -> HANDLE {
    // SAFETY: the caller's promise.
    unsafe { first(name, data, false, true) }
}

/// As [`FindFirstFileA`].
///
/// # Safety
/// As for [`FindFirstFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileW(name: *const WCHAR, data: *mut FindData<WCHAR>) -> HANDLE {
    // SAFETY: the caller's promise.
    unsafe { first(name, data, false, true) }
}

/// As [`FindFirstFileA`], optionally for directories only, or with regard to case.
///
/// # Errors
/// Those of [`FindFirstFileA`]; `ERROR_INVALID_PARAMETER`.
///
/// # Safety
/// As for [`FindFirstFileA`].
///
/// Source: Windows documentation, `FindFirstFileEx`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileExA(
    name: *const c_char,
    level: i32,
    data: *mut c_void,
    search: i32,
    filter: *mut c_void,
    flags: u32,
) -> HANDLE {
    // SAFETY: the caller's promise.
    unsafe { first_ex(name, level, data, search, filter, flags) }
}

/// As [`FindFirstFileExA`].
///
/// # Safety
/// As for [`FindFirstFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindFirstFileExW(
    name: *const WCHAR,
    level: i32,
    data: *mut c_void,
    search: i32,
    filter: *mut c_void,
    flags: u32,
) -> HANDLE {
    // SAFETY: the caller's promise.
    unsafe { first_ex(name, level, data, search, filter, flags) }
}

/// What the search finds next.
///
/// # Errors
/// FALSE with `ERROR_NO_MORE_FILES` at the end, `ERROR_INVALID_HANDLE`.
///
/// # Safety
/// `data` is NULL or writable.
///
/// Source: Windows documentation, `FindNextFile`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindNextFileA(search: HANDLE, data: *mut FindData<c_char>) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { next(search, data) }
}

/// As [`FindNextFileA`].
///
/// # Safety
/// As for [`FindNextFileA`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FindNextFileW(search: HANDLE, data: *mut FindData<WCHAR>) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { next(search, data) }
}

/// Ends a search.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `FindClose`.
#[unsafe(no_mangle)]
pub extern "C" fn FindClose(search: HANDLE) -> i32 {
    to_bool(handles::get::<Search>(search).and_then(|_| handles::close(search)))
}
