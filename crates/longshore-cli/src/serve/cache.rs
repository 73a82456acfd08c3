//! The files asked for lately, ready to be sent.
//!
//! An entry is valid for the wall-clock second it was checked in. The first request of a later
//! second opens the path again and compares inode, size and times (and reads the file again if its
//! last change was too recent for the times to tell), so a change is seen within a second, and the
//! `Date` in a prebuilt response is never older. Files up to [`MEMORY_BYTES_MAX`] are held as one
//! buffer with their head: a request for one costs a look-up and a send.
//!
//! Clients choose what is asked for, so nothing they do may pin much: all spellings of a path are one
//! entry, what was not asked for again soon goes, and open files go when descriptors run out.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use longshore::File;

use super::Work;
use super::files::{self, Facts, expressible_second};
use crate::http::conditional::Validators;

/// The most entries of a kind, so at most 1024 open files and 64 MiB of small ones.
const ENTRIES_MAX: usize = 1024;
/// The largest file that is held in memory rather than open.
pub const MEMORY_BYTES_MAX: u64 = 64 * 1024;

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    pub inode: u64,
    pub bytes: u64,
    modified: (i64, u64),
    changed: (i64, u64),
}

impl Stamp {
    #[cfg(target_os = "linux")]
    pub fn of(stat: &Facts) -> Stamp {
        Stamp {
            device: stat.st_dev,
            inode: stat.st_ino,
            bytes: u64::try_from(stat.st_size).unwrap_or(0),
            modified: (stat.st_mtime, stat.st_mtime_nsec),
            changed: (stat.st_ctime, stat.st_ctime_nsec),
        }
    }

    /// Windows has no number for a file that `std` would tell; when it was created serves instead.
    #[cfg(windows)]
    pub fn of(facts: &Facts) -> Stamp {
        Stamp {
            device: 0,
            inode: facts.created,
            bytes: facts.bytes,
            modified: facts.modified,
            changed: facts.modified,
        }
    }

    /// Whether a later change would certainly give another stamp. Kernels keep times in steps of some
    /// milliseconds, so two changes in quick succession can look like one.
    pub fn is_settled(&self, now_second: u64) -> bool {
        self.changed.0.saturating_add(1) < now_second as i64
    }
}

/// What is said about a file in every response that carries or describes it.
#[derive(Debug)]
pub struct Label {
    pub stamp: Stamp,
    /// Strong: the inode, the size and the nanosecond of the last change name these very bytes.
    pub etag: String,
    pub modified_second: Option<u64>,
    pub content_type: String,
}

impl Label {
    pub fn new(stamp: Stamp, content_type: String) -> Label {
        let (second, nanosecond) = stamp.modified;
        Label {
            stamp,
            etag: format!("\"{:x}-{:x}-{second:x}.{nanosecond:x}\"", stamp.inode, stamp.bytes),
            modified_second: expressible_second(second),
            content_type,
        }
    }

    pub fn validators(&self) -> Validators<'_> {
        Validators { etag: &self.etag, modified_second: self.modified_second }
    }
}

pub enum Content {
    /// The whole 200 response, head and body.
    Memory { response: Arc<[u8]>, head_bytes: usize },
    /// The head of the 200 response, and the file to send after it.
    File { head: Arc<[u8]>, file: File<Work> },
}

pub struct Entry {
    /// The second this was last known to be the file's state.
    pub second: u64,
    /// Whether an equal stamp proves that the content is still the same.
    pub settled: bool,
    pub label: Arc<Label>,
    pub content: Content,
    /// Asked for again since it was made or the hand passed by. A hint for eviction, hence relaxed.
    used: AtomicBool,
}

impl Entry {
    pub fn new(second: u64, label: Arc<Label>, content: Content) -> Arc<Entry> {
        let settled = label.stamp.is_settled(second);
        Arc::new(Entry { second, settled, label, content, used: AtomicBool::new(false) })
    }

    /// Whether an open file is still what was found when it was opened: a length announced from the cache
    /// that the file no longer has would break the response. A response from memory is whole by itself.
    pub fn is_current(&self) -> bool {
        match &self.content {
            Content::Memory { .. } => true,
            Content::File { file, .. } => {
                files::facts(file).is_ok_and(|stat| Stamp::of(&stat) == self.label.stamp)
            }
        }
    }
}

/// From the canonical path of a request target to an entry, in two tables: what is in memory, and open files,
/// which are bounded by themselves because every one takes a descriptor that a connection could have.
pub struct Cache {
    memory: Shelf,
    files: Shelf,
}

struct Shelf(RwLock<Table>);

struct Table {
    /// Where in `slots` a path's entry is. The hasher is seeded at random: clients choose the keys.
    index: HashMap<Arc<[u8]>, usize, foldhash::fast::RandomState>,
    slots: Vec<(Arc<[u8]>, Arc<Entry>)>,
    slots_max: usize,
    /// The next slot to be considered for eviction (second chance).
    hand: usize,
}

impl Cache {
    /// A cache of at most `files_max` open files.
    pub fn new(files_max: usize) -> Cache {
        Cache { memory: Shelf::new(ENTRIES_MAX), files: Shelf::new(files_max.clamp(1, ENTRIES_MAX)) }
    }

    pub fn get(&self, path: &[u8]) -> Option<Arc<Entry>> {
        self.memory.get(path).or_else(|| self.files.get(path))
    }

    pub fn put(&self, path: &[u8], entry: Arc<Entry>) {
        let (shelf, other) = match entry.content {
            Content::Memory { .. } => (&self.memory, &self.files),
            Content::File { .. } => (&self.files, &self.memory),
        };
        // A file that grew or shrank past the limit was on the other one.
        other.remove(path);
        shelf.put(path, entry);
    }

    pub fn remove(&self, path: &[u8]) {
        self.memory.remove(path);
        self.files.remove(path);
    }

    /// Drops every open file that is not being sent: descriptors have run out.
    pub fn close_files(&self) {
        self.files.empty();
    }

    /// Drops the entries that were last asked for before this second.
    pub fn expire(&self, second: u64) {
        self.memory.expire(second);
        self.files.expire(second);
    }

    pub fn is_empty(&self) -> bool {
        [&self.memory, &self.files].iter().all(|shelf| shelf.read().slots.is_empty())
    }
}

/// What is taken out is dropped after the lock: it may close a file.
impl Shelf {
    fn new(slots_max: usize) -> Shelf {
        Shelf(RwLock::new(Table { index: HashMap::default(), slots: Vec::new(), slots_max, hand: 0 }))
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Table> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, path: &[u8]) -> Option<Arc<Entry>> {
        let table = self.read();
        let slot = *table.index.get(path)?;
        let entry = &table.slots[slot].1;
        // Looking first keeps the line shared among the threads that serve the same file.
        if !entry.used.load(Ordering::Relaxed) {
            entry.used.store(true, Ordering::Relaxed);
        }
        Some(entry.clone())
    }

    fn put(&self, path: &[u8], entry: Arc<Entry>) {
        let mut table = self.write();
        let replaced = table.put(path, entry);
        drop(table);
        drop(replaced);
    }

    fn remove(&self, path: &[u8]) {
        if !self.read().index.contains_key(path) {
            return;
        }
        let mut table = self.write();
        let removed = table.remove(path);
        drop(table);
        drop(removed);
    }

    fn empty(&self) {
        let mut table = self.write();
        table.index.clear();
        table.hand = 0;
        let removed = std::mem::take(&mut table.slots);
        drop(table);
        drop(removed);
    }

    fn expire(&self, second: u64) {
        let stale: Vec<Arc<[u8]>> = {
            let table = self.read();
            let old = table.slots.iter().filter(|(_, entry)| entry.second < second);
            old.map(|(path, _)| path.clone()).collect()
        };
        stale.iter().for_each(|path| self.remove(path));
    }
}

impl Table {
    fn put(&mut self, path: &[u8], entry: Arc<Entry>) -> Option<Arc<Entry>> {
        if let Some(&slot) = self.index.get(path) {
            return Some(std::mem::replace(&mut self.slots[slot].1, entry));
        }
        let key: Arc<[u8]> = Arc::from(path);
        if self.slots.len() < self.slots_max {
            self.index.insert(key.clone(), self.slots.len());
            self.slots.push((key, entry));
            return None;
        }
        let slot = self.evictable();
        let (old_key, old_entry) = std::mem::replace(&mut self.slots[slot], (key.clone(), entry));
        self.index.remove(&old_key);
        self.index.insert(key, slot);
        Some(old_entry)
    }

    /// Ends within two rounds: the first clears every mark it passes.
    fn evictable(&mut self) -> usize {
        loop {
            let slot = self.hand;
            self.hand = (slot + 1) % self.slots.len();
            if !self.slots[slot].1.used.swap(false, Ordering::Relaxed) {
                return slot;
            }
        }
    }

    fn remove(&mut self, path: &[u8]) -> Option<Arc<Entry>> {
        let slot = self.index.remove(path)?;
        let (_, entry) = self.slots.swap_remove(slot);
        if let Some((moved, _)) = self.slots.get(slot) {
            self.index.insert(moved.clone(), slot);
        }
        if self.hand >= self.slots.len() {
            self.hand = 0;
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(second: u64) -> Arc<Entry> {
        let stamp = Stamp { device: 1, inode: 1, bytes: 0, modified: (0, 0), changed: (0, 0) };
        let label = Arc::new(Label::new(stamp, "text/plain".to_owned()));
        Entry::new(second, label, Content::Memory { response: Arc::from(&b""[..]), head_bytes: 0 })
    }

    #[test]
    fn an_entry_is_found_until_replaced_or_removed() {
        let cache = Cache::new(2);
        assert!(cache.get(b"/a").is_none());
        cache.put(b"/a", entry(1));
        cache.put(b"/b", entry(2));
        cache.put(b"/a", entry(3));
        assert_eq!(cache.get(b"/a").unwrap().second, 3);
        cache.remove(b"/a");
        assert!(cache.get(b"/a").is_none());
        assert_eq!(cache.get(b"/b").unwrap().second, 2);
        cache.remove(b"/a");
    }

    #[test]
    fn the_number_of_entries_is_bounded_and_what_is_used_stays() {
        let cache = Cache::new(2);
        cache.put(b"/hot", entry(1));
        for number in 0..ENTRIES_MAX * 4 {
            cache.put(format!("/{number}").as_bytes(), entry(2));
            assert!(cache.get(b"/hot").is_some(), "evicted although used, after {number}");
        }
        let table = cache.memory.read();
        assert_eq!(table.slots.len(), ENTRIES_MAX);
        assert_eq!(table.index.len(), ENTRIES_MAX);
        for (slot, (key, _)) in table.slots.iter().enumerate() {
            assert_eq!(table.index[key], slot);
        }
    }

    #[test]
    fn what_nobody_asks_for_any_more_goes() {
        let cache = Cache::new(2);
        cache.put(b"old", entry(1));
        cache.put(b"new", entry(2));
        cache.expire(2);
        assert!(cache.get(b"old").is_none() && cache.get(b"new").is_some() && !cache.is_empty());
        cache.expire(3);
        assert!(cache.is_empty());
    }

    #[test]
    fn a_stamp_settles_when_its_second_and_the_next_are_over() {
        let stamp = Stamp { device: 1, inode: 1, bytes: 0, modified: (0, 0), changed: (100, 0) };
        assert!(!stamp.is_settled(100) && !stamp.is_settled(101) && stamp.is_settled(102));
        assert!(!stamp.is_settled(50), "a change in the future is not settled");
    }

    #[test]
    fn a_tag_changes_with_inode_size_and_time() {
        let stamp = Stamp { device: 1, inode: 1, bytes: 2, modified: (3, 4), changed: (0, 0) };
        let tag = |stamp| Label::new(stamp, String::new()).etag;
        let tags = [
            tag(stamp),
            tag(Stamp { inode: 2, ..stamp }),
            tag(Stamp { bytes: 3, ..stamp }),
            tag(Stamp { modified: (3, 5), ..stamp }),
            tag(Stamp { modified: (4, 4), ..stamp }),
        ];
        for (position, tag) in tags.iter().enumerate() {
            assert!(tag.starts_with('"') && tag.ends_with('"'));
            assert!(!tags[..position].contains(tag));
        }
    }
}
