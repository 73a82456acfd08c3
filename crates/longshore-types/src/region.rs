//! One region of memory, in the shape the system's calls take it.
//!
//! On Unix it is an `iovec` (readv(2)), on Windows a `WSABUF` (WSASend), field by field: an array of regions is
//! passed to a system call as it is.

/// Memory from a start on: an `iovec`.
#[cfg(unix)]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Region {
    start: *mut u8,
    length: usize,
}

/// Memory from a start on: a `WSABUF`.
#[cfg(windows)]
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Region {
    length: u32,
    start: *mut u8,
}

#[cfg(windows)]
const _: () = {
    use std::mem::offset_of;
    use windows_sys::Win32::Networking::WinSock::WSABUF;
    assert!(size_of::<Region>() == size_of::<WSABUF>() && align_of::<Region>() == align_of::<WSABUF>());
    assert!(offset_of!(Region, length) == offset_of!(WSABUF, len));
    assert!(offset_of!(Region, start) == offset_of!(WSABUF, buf));
};

#[cfg(unix)]
impl Region {
    /// The memory, or as much of it as one region can say: all of it.
    #[inline]
    pub(crate) fn new(start: *mut u8, length: usize) -> Region {
        Region { start, length }
    }

    /// Its length in bytes.
    #[inline]
    pub fn length(&self) -> usize {
        self.length
    }
}

#[cfg(windows)]
impl Region {
    /// A WSABUF says its length in 32 bits. Round, so that longer memory is split between two sectors.
    const BYTES_MAX: usize = 1 << 30;

    /// The memory, or as much of it as one region can say.
    #[inline]
    pub(crate) fn new(start: *mut u8, length: usize) -> Region {
        Region { start, length: length.min(Self::BYTES_MAX) as u32 }
    }

    /// Its length in bytes.
    #[inline]
    pub fn length(&self) -> usize {
        self.length as usize
    }
}

impl Region {
    /// No bytes, nowhere.
    pub const EMPTY: Region = Region { start: std::ptr::null_mut(), length: 0 };

    /// Where it begins.
    #[inline]
    pub fn start(&self) -> *mut u8 {
        self.start
    }

    /// What is left without the first `bytes`, which are no more than there are.
    #[inline]
    pub(crate) fn after(&self, bytes: usize) -> Region {
        Region::new(self.start.wrapping_add(bytes), self.length() - bytes)
    }

    /// The first `bytes` of it, or all there are.
    #[inline]
    pub(crate) fn up_to(&self, bytes: usize) -> Region {
        Region::new(self.start, self.length().min(bytes))
    }
}
