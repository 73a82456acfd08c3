//! The memory of one call: a short list of `(address, length)` pairs in the shape Winsock takes.

use smallvec::SmallVec;
use windows_sys::Win32::Networking::WinSock::WSABUF;

/// One WSABUF says its length in 32 bits; a longer region becomes several.
const PIECE_MAX: usize = 1 << 30;

/// Memory an operation reads from or writes to, in order. Empty regions are allowed and skipped.
pub struct Regions {
    list: SmallVec<[WSABUF; 4]>,
}

impl Regions {
    pub(super) fn new() -> Self {
        Regions { list: SmallVec::new() }
    }

    /// Adds a region. The promise that it is valid is the caller's `unsafe impl Payload`.
    #[inline]
    pub fn push(&mut self, address: *mut u8, length: usize) {
        let (mut address, mut length) = (address, length);
        while length > 0 {
            let piece = length.min(PIECE_MAX);
            self.list.push(WSABUF { len: piece as u32, buf: address });
            address = address.wrapping_add(piece);
            length -= piece;
        }
    }

    /// Total length in bytes.
    pub(super) fn len(&self) -> u64 {
        self.list.iter().map(|region| u64::from(region.len)).sum()
    }

    /// No bytes at all.
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Drops the first `bytes` bytes: they have been transferred.
    pub(super) fn advance(&mut self, mut bytes: u64) {
        let mut whole = 0;
        for region in &mut self.list {
            if bytes < u64::from(region.len) {
                region.buf = region.buf.wrapping_add(bytes as usize);
                region.len -= bytes as u32;
                break;
            }
            bytes -= u64::from(region.len);
            whole += 1;
        }
        self.list.drain(..whole);
    }

    /// Splits off everything after the first `bytes` bytes.
    pub(super) fn split_off(&mut self, bytes: u64) -> Regions {
        let mut after = Regions { list: self.list.clone() };
        after.advance(bytes);
        let mut left = bytes;
        self.list.retain_mut(|region| {
            region.len = u64::from(region.len).min(left) as u32;
            left -= u64::from(region.len);
            region.len > 0
        });
        after
    }

    /// The first region.
    pub(super) fn first(&self) -> Option<WSABUF> {
        self.list.first().copied()
    }

    /// What a socket call takes: no buffers at all are an error there (S7), so nothing is one empty buffer.
    pub(super) fn as_buffers(&mut self) -> &mut [WSABUF] {
        if self.list.is_empty() {
            self.list.push(WSABUF { len: 0, buf: std::ptr::null_mut() });
        }
        &mut self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(regions: &Regions) -> Vec<u32> {
        regions.list.iter().map(|region| region.len).collect()
    }

    #[test]
    fn regions_are_split_where_the_bytes_say() {
        let mut memory = [0u8; 10];
        let start = memory.as_mut_ptr();
        let mut regions = Regions::new();
        regions.push(start, 4);
        regions.push(start, 0);
        regions.push(start.wrapping_add(4), 6);
        let after = regions.split_off(5);
        assert_eq!((lengths(&regions), lengths(&after)), (vec![4, 1], vec![5]));
        regions.advance(4);
        assert_eq!(regions.first().unwrap().buf, start.wrapping_add(4));
        regions.advance(1);
        assert!(regions.is_empty());
        assert_eq!(lengths(&after), [5]);
    }

    #[test]
    fn a_region_longer_than_a_buffer_can_say_becomes_several() {
        let mut regions = Regions::new();
        regions.push(std::ptr::dangling_mut(), (5 << 30) + 7);
        assert_eq!(regions.len(), (5 << 30) + 7);
        assert_eq!(regions.list.len(), 6);
    }
}
