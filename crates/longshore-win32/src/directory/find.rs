//! Listing directories: `FindFirstFile`, `FindNextFile`, `FindClose`.
//!
//! The names are read when the search begins, in Windows' order: by name, without
//! regard to case, `.` and `..` first.

use crate::abi::argument::{CStrArg, Ignored, Out, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::file::create::error_at;
use crate::file::directory_listing::Listing;
use crate::file::facts::Facts;
use crate::object::handles::{self, HANDLE, INVALID_HANDLE_VALUE};
use crate::object::{HandleCount, Object};
use crate::path::wildcard::Pattern;
use crate::path::windows_path::{locate_pattern, text_of};
use crate::sync::lock::{Lock, LockGuard};
use crate::time::system_time::to_file_time;
use libc::c_char;
use longshore_engine::Errno;
use longshore_win32_macros::export;
use std::path::PathBuf;
use std::sync::Arc;
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
#[derive(Clone, Copy)]
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

/// A search in progress.
struct Search {
    handles: HandleCount,
    listing: Lock<Listing>,
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
        Ok(Search { handles: HandleCount::new(), listing: Lock::last("a search", listing), directories_only })
    }

    fn listing(&self) -> LockGuard<'_, Listing> {
        self.listing.lock()
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

/// The description of a file that was found. A name of more than 259 characters is cut.
fn data_of<C: Character>(name: &[u8], facts: &Facts) -> FindData<C> {
    let mut units = C::encode(name);
    units.truncate(MAX_PATH as usize - 1);
    let mut data = FindData {
        dwFileAttributes: facts.attributes,
        ftCreationTime: to_file_time(facts.created),
        ftLastAccessTime: to_file_time(facts.accessed),
        ftLastWriteTime: to_file_time(facts.written),
        nFileSizeHigh: (facts.shown_size() >> 32) as u32,
        nFileSizeLow: facts.shown_size() as u32,
        dwReserved0: if facts.is_link() { IO_REPARSE_TAG_SYMLINK } else { 0 },
        dwReserved1: 0,
        cFileName: [C::default(); MAX_PATH as usize],
        cAlternateFileName: [C::default(); 14],
    };
    data.cFileName[..units.len()].copy_from_slice(&units);
    data
}

fn first<C: Character>(
    name: Option<StrArg<C>>,
    data: Option<Out<FindData<C>>>,
    directories_only: bool,
    any_case: bool,
) -> Result<HANDLE, Win32Error> {
    let data = data.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let name = text_of(name)?;
    if name.is_empty() {
        return Err(Win32Error(ERROR_PATH_NOT_FOUND));
    }
    let (directory, pattern) = locate_pattern(&name)?;
    let pattern = Pattern::new(&pattern, any_case);
    let search = Search::begin(directory, &pattern, directories_only)?;
    let (name, facts) = search.next().ok_or(Win32Error(ERROR_FILE_NOT_FOUND))?;
    if pattern.is_name() {
        // A name without wildcards finds one file, even if another one differs in case only.
        search.listing().end();
    }
    data.write(data_of(&name, &facts))?;
    handles::insert(Arc::new(search))
}

fn first_ex<C: Character>(
    name: Option<StrArg<C>>,
    level: i32,
    data: Option<Out<FindData<C>>>,
    search: i32,
    filter: Option<Ignored>,
    flags: u32,
) -> Result<HANDLE, Win32Error> {
    let known = [FindExInfoStandard, FindExInfoBasic].contains(&level)
        && [FindExSearchNameMatch, FindExSearchLimitToDirectories].contains(&search)
        && filter.is_none();
    if !known {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    let any_case = flags & FIND_FIRST_EX_CASE_SENSITIVE == 0;
    first(name, data, search == FindExSearchLimitToDirectories, any_case)
}

fn next<C: Character>(search: HANDLE, data: Option<Out<FindData<C>>>) -> Result<(), Win32Error> {
    let search = handles::get::<Search>(search)?;
    let data = data.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let (name, facts) = search.next().ok_or(Win32Error(ERROR_NO_MORE_FILES))?;
    Ok(data.write(data_of(&name, &facts))?)
}

/// Begins a search and returns the first result.
///
/// # Errors
/// `INVALID_HANDLE_VALUE` with `ERROR_FILE_NOT_FOUND` if nothing matches, `ERROR_PATH_NOT_FOUND` if there is
/// no such directory, `ERROR_DIRECTORY` if it is a file.
///
/// Source: Windows documentation, `FindFirstFile`.
#[export(failure = INVALID_HANDLE_VALUE)]
pub unsafe fn FindFirstFileA(
    name: Option<CStrArg>,
    data: Option<Out<FindData<c_char>>>,
) -> Result<HANDLE, Win32Error> {
    first(name, data, false, true)
}

/// As [`FindFirstFileA`].
#[export(failure = INVALID_HANDLE_VALUE)]
pub unsafe fn FindFirstFileW(
    name: Option<WStrArg>,
    data: Option<Out<FindData<WCHAR>>>,
) -> Result<HANDLE, Win32Error> {
    first(name, data, false, true)
}

/// As [`FindFirstFileA`], optionally for directories only, or with regard to case.
///
/// # Errors
/// Those of [`FindFirstFileA`]; `ERROR_INVALID_PARAMETER`.
///
/// Source: Windows documentation, `FindFirstFileEx`.
#[export(failure = INVALID_HANDLE_VALUE)]
pub unsafe fn FindFirstFileExA(
    name: Option<CStrArg>,
    level: i32,
    data: Option<Out<FindData<c_char>>>,
    search: i32,
    filter: Option<Ignored>,
    flags: u32,
) -> Result<HANDLE, Win32Error> {
    first_ex(name, level, data, search, filter, flags)
}

/// As [`FindFirstFileExA`].
#[export(failure = INVALID_HANDLE_VALUE)]
pub unsafe fn FindFirstFileExW(
    name: Option<WStrArg>,
    level: i32,
    data: Option<Out<FindData<WCHAR>>>,
    search: i32,
    filter: Option<Ignored>,
    flags: u32,
) -> Result<HANDLE, Win32Error> {
    first_ex(name, level, data, search, filter, flags)
}

/// The next result of a search.
///
/// # Errors
/// FALSE with `ERROR_NO_MORE_FILES` at the end, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `FindNextFile`.
#[export]
pub unsafe fn FindNextFileA(search: HANDLE, data: Option<Out<FindData<c_char>>>) -> Result<(), Win32Error> {
    next(search, data)
}

/// As [`FindNextFileA`].
#[export]
pub unsafe fn FindNextFileW(search: HANDLE, data: Option<Out<FindData<WCHAR>>>) -> Result<(), Win32Error> {
    next(search, data)
}

/// Ends a search.
///
/// # Errors
/// FALSE with `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `FindClose`.
#[export]
pub fn FindClose(search: HANDLE) -> Result<(), Win32Error> {
    handles::get::<Search>(search).and_then(|_| handles::close(search))
}
