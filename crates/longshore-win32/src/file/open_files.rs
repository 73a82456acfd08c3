//! What the opens of one file share: share modes, deletion, locked ranges.
//!
//! Linux has none of that, so this table keeps it for the process: the open files, by device and inode. Share
//! modes of other processes are not known.

use crate::abi::last_error::Win32Error;
use crate::file::locks::Ranges;
use crate::sync::lock::{Lock, LockGuard};
use crate::sync::rank::Rank;
use std::collections::{BTreeMap, HashMap};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE};
use windows_sys::Win32::Storage::FileSystem::{
    DELETE, FILE_APPEND_DATA, FILE_EXECUTE, FILE_READ_DATA, FILE_SHARE_DELETE, FILE_SHARE_READ,
    FILE_SHARE_WRITE, FILE_WRITE_DATA,
};

/// The identity of a file: device and inode.
pub(crate) type FileId = (u64, u64);

/// A file that is open in this process.
pub(crate) struct OpenFile {
    state: Lock<OpenState>,
    /// Whether there are locked ranges; reads and writes check this first. If a lock is taken while a
    /// read begins, either may come first.
    locked: AtomicBool,
}

impl Default for OpenFile {
    fn default() -> Self {
        OpenFile { state: Lock::new(Rank::OPEN_FILE, OpenState::default()), locked: AtomicBool::new(false) }
    }
}

/// See the head of this module.
#[derive(Default)]
pub(crate) struct OpenState {
    opens: Vec<Open>,
    /// The last close removes the file.
    delete_pending: bool,
    /// The open whose close removes the name even if other opens of the file exist
    /// (`FILE_DISPOSITION_POSIX_SEMANTICS`).
    removed_by: Option<u64>,
    /// Sizes of the mappings of the file, by their numbers: it can't be made shorter than any of them (F25).
    mapped: BTreeMap<u64, u64>,
    pub(crate) ranges: Ranges,
}

/// One of the opens.
struct Open {
    id: u64,
    access: u32,
    share: u32,
    /// `FILE_FLAG_DELETE_ON_CLOSE`: closing it marks the file for removal.
    deletes: bool,
}

static OPEN_FILES: LazyLock<Lock<HashMap<FileId, Arc<OpenFile>>>> =
    LazyLock::new(|| Lock::new(Rank::OPEN_FILES, HashMap::new()));

fn table() -> LockGuard<'static, HashMap<FileId, Arc<OpenFile>>> {
    OPEN_FILES.lock()
}

/// The rights that share modes control, as share modes.
fn shares_needed(access: u32) -> u32 {
    let pairs = [
        (FILE_READ_DATA | FILE_EXECUTE, FILE_SHARE_READ),
        (FILE_WRITE_DATA | FILE_APPEND_DATA, FILE_SHARE_WRITE),
        (DELETE, FILE_SHARE_DELETE),
    ];
    pairs.iter().filter(|(rights, _)| access & rights != 0).fold(0, |shares, (_, share)| shares | share)
}

impl OpenFile {
    pub(crate) fn state(&self) -> LockGuard<'_, OpenState> {
        self.state.lock()
    }

    /// Whether any range is locked.
    pub(crate) fn has_locks(&self) -> bool {
        self.locked.load(Ordering::Acquire)
    }

    /// Changes the locked ranges.
    pub(crate) fn change_locks<R>(&self, change: impl FnOnce(&mut Ranges) -> R) -> R {
        let mut state = self.state();
        let result = change(&mut state.ranges);
        self.locked.store(!state.ranges.is_empty(), Ordering::Release);
        result
    }
}

/// The entry of one file object among the opens of its file. [`Opening::close`] or dropping removes it.
pub(crate) struct Opening {
    pub(crate) id: u64,
    file_id: FileId,
    pub(crate) file: Arc<OpenFile>,
}

impl Opening {
    /// Adds an open, if the share modes of the others allow it.
    ///
    /// # Errors
    /// `ERROR_SHARING_VIOLATION`; `ERROR_ACCESS_DENIED` if the file is about to be removed.
    pub(crate) fn enter(file_id: FileId, access: u32, share: u32) -> Result<Opening, Win32Error> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let mut table = table();
        let file = table.entry(file_id).or_default().clone();
        let mut state = file.state();
        if state.delete_pending {
            return Err(Win32Error(ERROR_ACCESS_DENIED));
        }
        let needed = shares_needed(access);
        let refused = |open: &Open| needed & !open.share != 0 || shares_needed(open.access) & !share != 0;
        // An open that only asks about the file conflicts with none.
        if needed != 0 && state.opens.iter().any(|open| shares_needed(open.access) != 0 && refused(open)) {
            return Err(Win32Error(ERROR_SHARING_VIOLATION));
        }
        let id = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        state.opens.push(Open { id, access, share, deletes: false });
        drop(state);
        Ok(Opening { id, file_id, file })
    }

    /// Marks the file to be removed by the last close, or by the close of this open
    /// (`at_once`), or clears the mark.
    pub(crate) fn set_delete_pending(&self, pending: bool, at_once: bool) {
        let mut state = self.file.state();
        state.delete_pending = pending;
        state.removed_by = (pending && at_once).then_some(self.id);
    }

    /// Whether the close of this open marks the file to be removed.
    pub(crate) fn set_delete_on_close(&self, deletes: bool) {
        let mut state = self.file.state();
        for open in state.opens.iter_mut().filter(|open| open.id == self.id) {
            open.deletes = deletes;
        }
    }

    /// Whether the last close will remove the file.
    pub(crate) fn is_delete_pending(&self) -> bool {
        self.file.state().delete_pending
    }

    /// The file object is closed. True if the file is to be removed now.
    pub(crate) fn close(&self) -> bool {
        let mut table = table();
        let mut state = self.file.state();
        let Some(place) = state.opens.iter().position(|open| open.id == self.id) else {
            return false;
        };
        let deletes = state.opens.swap_remove(place).deletes;
        state.delete_pending |= deletes;
        let last = state.opens.is_empty();
        let at_once = state.removed_by == Some(self.id);
        let remove = (last || at_once) && state.delete_pending;
        if at_once {
            // This close removed the name; other opens of the file go on.
            (state.removed_by, state.delete_pending) = (None, false);
        }
        let forgotten = last && state.mapped.is_empty();
        drop(state);
        let file = if forgotten { table.remove(&self.file_id) } else { None };
        drop(table);
        drop(file);
        remove
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether every open of a file allows that it is deleted or renamed.
///
/// # Errors
/// `ERROR_SHARING_VIOLATION`; `ERROR_ACCESS_DENIED` if it is about to be removed.
pub(crate) fn check_delete(file_id: FileId) -> Result<(), Win32Error> {
    let Some(file) = table().get(&file_id).cloned() else {
        return Ok(());
    };
    let state = file.state();
    if state.delete_pending {
        return Err(Win32Error(ERROR_ACCESS_DENIED));
    }
    match state
        .opens
        .iter()
        .all(|open| open.share & FILE_SHARE_DELETE != 0 || shares_needed(open.access) == 0)
    {
        true => Ok(()),
        false => Err(Win32Error(ERROR_SHARING_VIOLATION)),
    }
}

/// Whether another file may take the name of this one: no open of it exists (F26).
///
/// # Errors
/// `ERROR_ACCESS_DENIED`.
pub(crate) fn check_replace(file_id: FileId) -> Result<(), Win32Error> {
    let file = table().get(&file_id).cloned();
    match file.is_none_or(|file| file.state().opens.is_empty()) {
        true => Ok(()),
        false => Err(Win32Error(ERROR_ACCESS_DENIED)),
    }
}

/// A mapping of a file, for as long as it or a view of it exists.
pub(crate) struct Mapped {
    number: u64,
    file_id: FileId,
    file: Arc<OpenFile>,
}

impl Mapped {
    /// Adds a mapping of the first `size` bytes.
    pub(crate) fn enter(file_id: FileId, size: u64) -> Mapped {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let file = table().entry(file_id).or_default().clone();
        file.state().mapped.insert(number, size);
        Mapped { number, file_id, file }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        let mut table = table();
        let mut state = self.file.state();
        state.mapped.remove(&self.number);
        let forgotten = state.opens.is_empty() && state.mapped.is_empty();
        drop(state);
        let file = if forgotten { table.remove(&self.file_id) } else { None };
        drop(table);
        drop(file);
    }
}

/// Whether a file can end at `size`: no mapping of it is longer (F25).
///
/// # Errors
/// `ERROR_USER_MAPPED_FILE`.
pub(crate) fn check_resize(file_id: FileId, size: u64) -> Result<(), Win32Error> {
    let file = table().get(&file_id).cloned();
    match file.is_none_or(|file| file.state().mapped.values().all(|&mapped| mapped <= size)) {
        true => Ok(()),
        false => Err(Win32Error(ERROR_USER_MAPPED_FILE)),
    }
}

/// The present path of an open file, if it still has one.
pub(crate) fn path_of(descriptor: &OwnedFd) -> Option<PathBuf> {
    let path = std::fs::read_link(format!("/proc/self/fd/{}", descriptor.as_raw_fd())).ok()?;
    path.is_absolute().then_some(path)
}

/// Removes the file of a descriptor, if its path still names that file.
pub(crate) fn remove(descriptor: &OwnedFd, file_id: FileId) {
    use std::os::unix::fs::MetadataExt;
    let Some(path) = path_of(descriptor) else {
        return;
    };
    let same = |path: &Path| path.symlink_metadata().is_ok_and(|found| (found.dev(), found.ino()) == file_id);
    if same(&path) {
        // A directory that is not empty stays, as on Windows. To Linux, a link to a directory is a file.
        let _ = match path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            true => std::fs::remove_dir(&path),
            false => std::fs::remove_file(&path),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: FileId = (u64::MAX, 1);

    #[test]
    fn opens_must_allow_each_other_what_they_do() {
        let file = (NOBODY.0, 10);
        let reader = Opening::enter(file, FILE_READ_DATA, FILE_SHARE_READ).unwrap();
        assert!(Opening::enter(file, FILE_READ_DATA, FILE_SHARE_READ).is_ok());
        let write = Opening::enter(file, FILE_WRITE_DATA, FILE_SHARE_READ | FILE_SHARE_WRITE);
        assert_eq!(
            write.err(),
            Some(Win32Error(ERROR_SHARING_VIOLATION)),
            "the reader does not share writing"
        );
        let exclusive = Opening::enter(file, FILE_READ_DATA, 0);
        assert_eq!(exclusive.err(), Some(Win32Error(ERROR_SHARING_VIOLATION)), "the reader is in the way");
        assert!(Opening::enter(file, 0, 0).is_ok(), "asking about a file disturbs nobody");
        assert_eq!(check_delete(file), Err(Win32Error(ERROR_SHARING_VIOLATION)));
        reader.close();
        assert!(Opening::enter(file, FILE_WRITE_DATA, 0).is_ok());
    }

    #[test]
    fn the_last_close_removes_and_nobody_opens_before() {
        let file = (NOBODY.0, 11);
        let share = FILE_SHARE_READ | FILE_SHARE_DELETE;
        let first = Opening::enter(file, FILE_READ_DATA, share).unwrap();
        let second = Opening::enter(file, DELETE | FILE_READ_DATA, share).unwrap();
        second.set_delete_pending(true, false);
        assert!(!second.close());
        let third = Opening::enter(file, FILE_READ_DATA, share);
        assert_eq!(third.err(), Some(Win32Error(ERROR_ACCESS_DENIED)));
        assert!(first.close());
        assert!(!first.close(), "only once");
    }
}
