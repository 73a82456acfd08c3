//! The entries of a directory, for `FindFirstFile` and for `GetFileInformationByHandleEx`.

use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::file::disk_file::{Class, FileState};
use crate::file::facts::Facts;
use crate::file::open_files::path_of;
use crate::port::file_object::FileObject;
use longshore_engine::{Errno, blocking};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use windows_sys::Win32::Foundation::{
    ERROR_BAD_LENGTH, ERROR_FILE_NOT_FOUND, ERROR_INVALID_PARAMETER, ERROR_MORE_DATA, ERROR_NO_MORE_FILES,
};
use windows_sys::Win32::Storage::FileSystem::FILE_LIST_DIRECTORY;
use windows_sys::Win32::System::SystemServices::IO_REPARSE_TAG_SYMLINK;

/// The remaining names of a listing, in Windows' order: `.` and `..`, then by name without regard to case.
/// They are read when the listing begins.
pub(crate) struct Listing {
    directory: PathBuf,
    names: VecDeque<Vec<u8>>,
}

impl Listing {
    /// # Errors
    /// Those of opendir(3).
    pub(crate) fn begin(directory: PathBuf, matches: impl Fn(&[u8]) -> bool) -> Result<Listing, Errno> {
        let entries = blocking(|| std::fs::read_dir(&directory))?;
        let names = entries.filter_map(|entry| Some(entry.ok()?.file_name().into_vec()));
        let mut names: Vec<Vec<u8>> = names.filter(|name| matches(name)).collect();
        names.sort_by_cached_key(|name| String::from_utf8_lossy(name).to_uppercase());
        // The root has neither, as on Windows.
        let is_root = directory.canonicalize().is_ok_and(|directory| directory == Path::new("/"));
        let dots = [&b"."[..], b".."].into_iter().filter(|name| !is_root && matches(name));
        Ok(Listing { names: dots.map(<[u8]>::to_vec).chain(names).collect(), directory })
    }

    /// The next name whose file is still there.
    pub(crate) fn next(&mut self) -> Option<(Vec<u8>, Facts)> {
        loop {
            let name = self.names.pop_front()?;
            let path = self.directory.join(OsString::from_vec(name.clone()));
            if let Ok(facts) = Facts::of_path(&path) {
                return Some((name, facts));
            }
        }
    }

    /// Returns to the last name, so that it is taken again.
    fn put_back(&mut self, name: Vec<u8>) {
        self.names.push_front(name);
    }

    /// Ends the listing: no name is left.
    pub(crate) fn end(&mut self) {
        self.names.clear();
    }
}

/// The kinds of entry that a handle's listing gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    /// `FILE_FULL_DIR_INFO`.
    Full,
    /// `FILE_ID_BOTH_DIR_INFO`.
    IdBoth,
}

/// The units of a short name, which no file has.
const SHORT_NAME_UNITS: usize = 12;

impl Entry {
    /// The bytes before the name.
    fn head(self) -> usize {
        const COMMON: usize = 2 * 4 + 6 * 8 + 3 * 4;
        match self {
            Entry::Full => COMMON,
            // A byte for the short name's length, which is padded; the short name;
            // the file's number, aligned to 8.
            Entry::IdBoth => (COMMON + 4 + SHORT_NAME_UNITS * size_of::<WCHAR>()).next_multiple_of(8) + 8,
        }
    }

    /// One entry as it is laid out in memory, without the distance to the next.
    fn encode(self, name: &[u8], facts: &Facts) -> Vec<u8> {
        let name: Vec<u8> = WCHAR::encode(name).iter().flat_map(|unit| unit.to_ne_bytes()).collect();
        let mut bytes = vec![0; 8];
        for time in [facts.created, facts.accessed, facts.written, facts.changed] {
            bytes.extend_from_slice(&time.to_ne_bytes());
        }
        bytes.extend_from_slice(&facts.shown_size().to_ne_bytes());
        bytes.extend_from_slice(&facts.allocated.to_ne_bytes());
        let tag = if facts.is_link() { IO_REPARSE_TAG_SYMLINK } else { 0 };
        for word in [facts.attributes, name.len() as u32, tag] {
            bytes.extend_from_slice(&word.to_ne_bytes());
        }
        if self == Entry::IdBoth {
            bytes.resize(self.head() - 8, 0);
            bytes.extend_from_slice(&facts.inode.to_ne_bytes());
        }
        debug_assert_eq!(bytes.len(), self.head());
        bytes.extend_from_slice(&name);
        bytes
    }
}

/// The next entries of an open directory, as many as `room` bytes hold.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for what is no directory; `ERROR_ACCESS_DENIED` without the right to list it;
/// `ERROR_BAD_LENGTH` for room that is too small for any entry, `ERROR_MORE_DATA` for an entry that does not
/// fit; `ERROR_NO_MORE_FILES` at the end.
pub(crate) fn next_entries(
    file: &FileObject,
    state: &FileState,
    kind: Entry,
    restart: bool,
    room: usize,
) -> Result<Vec<u8>, Win32Error> {
    if state.class != Class::Directory {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    }
    state.may(FILE_LIST_DIRECTORY)?;
    if room < kind.head() + size_of::<WCHAR>() {
        return Err(Win32Error(ERROR_BAD_LENGTH));
    }
    let mut listing = state.listing.lock();
    let listing = match &mut *listing {
        Some(begun) if !restart => begun,
        place => {
            let path = path_of(&file.descriptor()).ok_or(Win32Error(ERROR_FILE_NOT_FOUND))?;
            place.insert(Listing::begin(path, |_| true).map_err(crate::abi::status::Status::of_file)?)
        }
    };
    let (mut bytes, mut last) = (Vec::new(), None);
    while let Some((name, facts)) = listing.next() {
        let entry = kind.encode(&name, &facts);
        let start = bytes.len().next_multiple_of(8);
        if start + entry.len() > room {
            listing.put_back(name);
            if bytes.is_empty() {
                return Err(Win32Error(ERROR_MORE_DATA));
            }
            break;
        }
        if let Some(last) = last.replace(start) {
            let distance = (start - last) as u32;
            bytes[last..last + 4].copy_from_slice(&distance.to_ne_bytes());
        }
        bytes.resize(start, 0);
        bytes.extend_from_slice(&entry);
    }
    if bytes.is_empty() { Err(Win32Error(ERROR_NO_MORE_FILES)) } else { Ok(bytes) }
}
