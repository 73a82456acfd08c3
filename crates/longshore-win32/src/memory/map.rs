//! The memory of the process, as Linux lists it.

use windows_sys::Win32::System::Memory::{
    PAGE_EXECUTE, PAGE_EXECUTE_READ, PAGE_EXECUTE_READWRITE, PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE,
};

/// One line of `/proc/self/maps`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// The first byte.
    pub start: usize,
    /// The address after the last byte.
    pub end: usize,
    /// It can be read.
    pub read: bool,
    /// It can be written.
    pub write: bool,
    /// It can be executed.
    pub execute: bool,
    /// It shows a file.
    pub file: bool,
}

impl Mapping {
    fn parse(line: &str) -> Option<Mapping> {
        let mut fields = line.split_ascii_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let permissions = fields.next()?.as_bytes();
        let inode = fields.nth(2)?;
        Some(Mapping {
            start: usize::from_str_radix(start, 16).ok()?,
            end: usize::from_str_radix(end, 16).ok()?,
            read: permissions.first()? == &b'r',
            write: permissions.get(1)? == &b'w',
            execute: permissions.get(2)? == &b'x',
            file: inode != "0",
        })
    }

    /// The protection in Windows' terms.
    pub fn page_protection(&self) -> u32 {
        match (self.read, self.write, self.execute) {
            (_, true, true) => PAGE_EXECUTE_READWRITE,
            (true, false, true) => PAGE_EXECUTE_READ,
            (false, false, true) => PAGE_EXECUTE,
            (_, true, false) => PAGE_READWRITE,
            (true, false, false) => PAGE_READONLY,
            (false, false, false) => PAGE_NOACCESS,
        }
    }
}

/// All mappings, by address.
pub(crate) fn mappings() -> Vec<Mapping> {
    let maps = std::fs::read("/proc/self/maps").unwrap_or_default();
    String::from_utf8_lossy(&maps).lines().filter_map(Mapping::parse).collect()
}

/// The mapping an address lies in, or else the next one above.
pub(crate) fn mapping_at(address: usize) -> Option<Mapping> {
    mappings().into_iter().find(|mapping| address < mapping.end)
}

/// Whether a whole range lies in mappings that fit.
pub(crate) fn covered(address: usize, size: usize, fits: impl Fn(&Mapping) -> bool) -> bool {
    let Some(end) = address.checked_add(size) else { return false };
    let mut reached = address;
    for mapping in mappings().iter().skip_while(|mapping| mapping.end <= address) {
        if reached >= end || mapping.start > reached || !fits(mapping) {
            break;
        }
        reached = mapping.end;
    }
    reached >= end
}
