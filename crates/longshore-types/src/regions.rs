//! The memory of one attempt: a short list of regions, in the shape the kernel takes.

use crate::region::Region;
use smallvec::SmallVec;

/// Memory an operation reads from or writes to, in order. Empty regions are allowed and skipped.
pub struct Regions {
    list: SmallVec<[Region; 4]>,
}

impl Regions {
    /// The kernel's limit on regions in one call; longer lists are worked off in parts. Linux' is `IOV_MAX`;
    /// Winsock counts them in 32 bits.
    pub const PER_CALL_MAX: usize = if cfg!(windows) { u32::MAX as usize } else { 1024 };

    /// An empty list.
    #[inline]
    pub fn new() -> Self {
        Regions { list: SmallVec::new() }
    }

    /// Adds memory: a region, or several if it is longer than one can say. The promise that it is valid is the
    /// caller's `unsafe impl Payload`.
    #[inline]
    pub fn push(&mut self, mut start: *mut u8, mut length: usize) {
        while length > 0 {
            let piece = Region::new(start, length);
            self.list.push(piece);
            start = start.wrapping_add(piece.length());
            length -= piece.length();
        }
    }

    /// Total length in bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.list.iter().map(Region::length).sum()
    }

    /// Length in bytes of what one system call can take.
    #[inline]
    pub fn len_per_call(&self) -> usize {
        self.per_call().iter().map(Region::length).sum()
    }

    /// No bytes at all.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Drops the first `bytes` bytes: they have been transferred.
    #[inline]
    pub fn advance(&mut self, bytes: usize) {
        if bytes > 0 {
            self.drop_front(bytes);
        }
    }

    fn drop_front(&mut self, mut bytes: usize) {
        let mut whole = 0;
        for region in &mut self.list {
            if bytes < region.length() {
                *region = region.after(bytes);
                break;
            }
            bytes -= region.length();
            whole += 1;
        }
        self.list.drain(..whole);
    }

    /// Keeps only the first `bytes` bytes.
    pub fn truncate(&mut self, mut bytes: usize) {
        let mut keep = 0;
        for region in &mut self.list {
            if bytes == 0 {
                break;
            }
            *region = region.up_to(bytes);
            bytes -= region.length();
            keep += 1;
        }
        self.list.truncate(keep);
    }

    /// Keeps only the first `bytes` bytes, and returns the rest.
    pub fn split_off(&mut self, bytes: usize) -> Regions {
        let mut rest = Regions { list: self.list.clone() };
        rest.advance(bytes);
        self.truncate(bytes);
        rest
    }

    /// The first region.
    #[inline]
    pub fn first(&self) -> Option<Region> {
        self.list.first().copied()
    }

    /// The only region, when there is exactly one: most operations, and a cheaper system call.
    #[inline]
    pub fn single(&self) -> Option<Region> {
        match self.list.as_slice() {
            [region] => Some(*region),
            _ => None,
        }
    }

    /// What one system call can take, as the array that it takes.
    #[inline]
    pub fn per_call(&self) -> &[Region] {
        &self.list[..self.list.len().min(Self::PER_CALL_MAX)]
    }

    /// As [`Regions::per_call`], for calls that write to the memory.
    #[inline]
    pub fn per_call_mut(&mut self) -> &mut [Region] {
        let end = self.list.len().min(Self::PER_CALL_MAX);
        &mut self.list[..end]
    }
}

impl Default for Regions {
    #[inline]
    fn default() -> Self {
        Regions::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(regions: &Regions) -> Vec<usize> {
        regions.list.iter().map(Region::length).collect()
    }

    #[test]
    fn advance_splits_a_region_and_drops_the_ones_before_it() {
        let mut memory = [0u8; 10];
        let mut regions = Regions::new();
        regions.push(memory.as_mut_ptr(), 4);
        regions.push(memory.as_mut_ptr(), 0);
        regions.push(memory.as_mut_ptr().wrapping_add(4), 6);
        assert_eq!(lengths(&regions), [4, 6]);
        regions.advance(4);
        assert_eq!(lengths(&regions), [6]);
        regions.advance(2);
        assert_eq!(regions.single().unwrap().start() as usize, memory.as_ptr() as usize + 6);
        regions.advance(4);
        assert!(regions.is_empty());
        assert_eq!(regions.len(), 0);
    }

    #[test]
    fn regions_are_split_where_the_bytes_say() {
        let mut memory = [0u8; 10];
        let start = memory.as_mut_ptr();
        let mut regions = Regions::new();
        regions.push(start, 4);
        regions.push(start.wrapping_add(4), 6);
        let after = regions.split_off(5);
        assert_eq!((lengths(&regions), lengths(&after)), (vec![4, 1], vec![5]));
        assert_eq!(after.first().unwrap().start(), start.wrapping_add(5));
        assert!(regions.split_off(5).is_empty());
        assert_eq!(lengths(&regions.split_off(3)), [1, 1]);
        assert_eq!(lengths(&regions.split_off(0)), [3]);
        assert!(regions.is_empty());
    }

    #[test]
    #[cfg(target_pointer_width = "64")]
    fn memory_longer_than_a_region_can_say_becomes_several() {
        let mut regions = Regions::new();
        let length = (5 << 30) + 7;
        regions.push(std::ptr::dangling_mut(), length);
        assert_eq!(regions.len(), length);
        assert_eq!(regions.list.len(), if cfg!(windows) { 6 } else { 1 });
        let last = regions.per_call().last().unwrap();
        assert_eq!(last.start() as usize + last.length(), 1 + length);
    }

    #[test]
    fn a_call_gets_no_more_regions_than_it_takes() {
        let mut regions = Regions::new();
        let many = Regions::PER_CALL_MAX.saturating_add(1).min(2000);
        for _ in 0..many {
            regions.push(std::ptr::dangling_mut(), 1);
        }
        assert_eq!(regions.per_call().len(), many.min(Regions::PER_CALL_MAX));
        assert_eq!(regions.per_call_mut().len(), regions.per_call().len());
    }
}
