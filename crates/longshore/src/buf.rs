//! The memory of an operation.

use crate::BufferPool;
use crate::sys::Regions;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

/// A buffer that an operation owns from issue to completion.
///
/// Build one from what you have: a `Vec<u8>` (no copy; its capacity is the room to receive into), a
/// `&'static [u8]` or `&'static str`, or a shared `Arc<[u8]>` to send the same bytes to many peers. For
/// unbuffered file access, [`Buf::aligned`] gives the alignment the device asks for.
///
/// It derefs to its contents. What an operation received *replaces* the contents (except after
/// [`Stream::recv_append`](crate::Stream::recv_append)), so a buffer can go from receive to send to receive
/// without being touched.
///
/// ```
/// use longshore::Buf;
/// let buf = Buf::from(vec![1, 2, 3]);
/// assert_eq!(&buf[..], [1, 2, 3]);
/// assert_eq!(buf.into_vec(), [1, 2, 3]);
/// ```
pub struct Buf {
    /// The start of the contents, and of the room. Any address if there are neither.
    start: NonNull<u8>,
    /// Bytes of contents; never more than `capacity`, and initialised.
    length: usize,
    capacity: usize,
    /// What the memory is, and so how it is freed.
    memory: Memory,
}

enum Memory {
    /// A vector's, in parts.
    Vec,
    Static,
    /// An `Arc<[u8]>` made raw; the contents are the whole slice.
    Shared,
    /// Allocated with this alignment, given by its power of two.
    Aligned(u8),
    /// A block of the pool. With a capacity of 0 there is none yet: it is taken when there is data for it.
    Pooled(BufferPool),
}

// SAFETY: a buffer owns its memory alone, or shares memory that nobody writes to (`Static`, `Shared`).
unsafe impl Send for Buf {}
// SAFETY: as above; shared references to it only allow reading.
unsafe impl Sync for Buf {}

impl Buf {
    const EMPTY: Buf = Buf { start: NonNull::dangling(), length: 0, capacity: 0, memory: Memory::Static };

    /// An empty buffer with room for `capacity` bytes, at an address that is a multiple of `alignment`, for
    /// files opened with `O_DIRECT`.
    ///
    /// # Panics
    /// If `alignment` is not a power of two, or the capacity exceeds the address space.
    pub fn aligned(capacity: usize, alignment: usize) -> Buf {
        let layout = Layout::from_size_align(capacity, alignment);
        #[expect(clippy::expect_used, reason = "the documented panic")]
        let layout = layout.expect("an alignment that is a power of two, a size that fits");
        let block = Block::new(layout);
        let memory = Memory::Aligned(alignment.trailing_zeros() as u8);
        Buf { start: block.into_start(), length: 0, capacity, memory }
    }

    /// A buffer of a pool that has no block yet.
    #[inline(always)]
    pub(crate) fn awaited(pool: BufferPool) -> Buf {
        Buf { start: NonNull::dangling(), length: 0, capacity: 0, memory: Memory::Pooled(pool) }
    }

    /// Room for contents, in bytes; for static and shared memory, their length.
    #[inline]
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The contents, to be changed in place; `None` for static and shared memory.
    pub fn as_mut_slice(&mut self) -> Option<&mut [u8]> {
        if !self.is_writable() {
            return None;
        }
        // SAFETY: writable memory is the buffer's alone, and initialised up to `length`.
        Some(unsafe { std::slice::from_raw_parts_mut(self.start.as_ptr(), self.length) })
    }

    /// Empties the buffer; its room stays. Static and shared memory become an empty static slice.
    pub fn clear(&mut self) {
        match self.is_writable() {
            true => self.length = 0,
            false => *self = Buf::EMPTY,
        }
    }

    /// Shortens the contents to `length` bytes; longer than they are has no effect.
    pub fn truncate(&mut self, to: usize) {
        let to = to.min(self.length);
        match self.memory {
            Memory::Shared if to < self.length => *self = Buf::from(Arc::<[u8]>::from(&self[..to])),
            Memory::Static => (self.length, self.capacity) = (to, to),
            _ => self.length = to,
        }
    }

    /// Appends bytes if there is room for all of them, and says whether there was. A `Vec` grows.
    #[must_use]
    pub fn try_extend_from_slice(&mut self, bytes: &[u8]) -> bool {
        if let Memory::Vec = self.memory {
            let mut vec = std::mem::take(self).into_vec();
            vec.extend_from_slice(bytes);
            *self = Buf::from(vec);
            return true;
        }
        if !self.is_writable() || self.capacity - self.length < bytes.len() {
            return bytes.is_empty();
        }
        // SAFETY: checked to fit; writable memory is the buffer's alone, so it cannot overlap `bytes`.
        unsafe {
            let end = self.start.as_ptr().add(self.length);
            end.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
        self.length += bytes.len();
        true
    }

    /// The contents as a vector: the one it was made from, otherwise a copy.
    pub fn into_vec(self) -> Vec<u8> {
        let Memory::Vec = self.memory else {
            return self.to_vec();
        };
        let buf = ManuallyDrop::new(self);
        // SAFETY: the parts of the vector it was made from, and the first `length` bytes are initialised.
        unsafe { Vec::from_raw_parts(buf.start.as_ptr(), buf.length, buf.capacity) }
    }

    /// Whether something can be received after the first `from` bytes. A pooled
    /// buffer has room once it has a block.
    #[inline(always)]
    pub(crate) fn has_room(&self, from: usize) -> bool {
        match self.memory {
            Memory::Static | Memory::Shared => false,
            Memory::Pooled(_) if self.capacity == 0 => true,
            _ => self.capacity > from,
        }
    }

    #[inline(always)]
    pub(crate) fn is_writable(&self) -> bool {
        !matches!(self.memory, Memory::Static | Memory::Shared)
    }

    /// Takes the block of a pooled buffer, now that it is needed.
    #[inline(always)]
    pub(crate) fn acquire(&mut self) {
        if let Memory::Pooled(pool) = &self.memory
            && self.capacity == 0
        {
            self.start = pool.take_block();
            self.capacity = pool.buffer_bytes();
        }
    }

    /// Gives the block back unused.
    pub(crate) fn release(&mut self) {
        if let Memory::Pooled(pool) = &self.memory
            && self.capacity > 0
        {
            // SAFETY: the block is one of the pool's, and this buffer's no more.
            unsafe { pool.put_back(self.start) };
            (self.start, self.length, self.capacity) = (NonNull::dangling(), 0, 0);
        }
    }

    /// The room after the first `from` bytes, to be written by the kernel; `None` if it is not writable.
    #[inline(always)]
    pub(crate) fn room(&mut self, from: usize) -> Option<(*mut u8, usize)> {
        self.is_writable().then(|| (self.start.as_ptr().wrapping_add(from), self.capacity - from))
    }

    /// The contents, to be read by the kernel.
    #[inline(always)]
    pub(crate) fn contents(&self) -> (*mut u8, usize) {
        (self.start.as_ptr(), self.length)
    }

    /// Names the room after the first `from` bytes, to be written by the kernel.
    /// Nothing if it is not writable.
    #[inline]
    pub(crate) fn push_room(&mut self, from: usize, regions: &mut Regions) {
        if self.is_writable() {
            regions.push(self.start.as_ptr().wrapping_add(from), self.capacity - from);
        }
    }

    /// Names the contents, to be read by the kernel.
    #[inline]
    pub(crate) fn push_contents(&self, regions: &mut Regions) {
        regions.push(self.start.as_ptr(), self.length);
    }

    /// The kernel has written: the contents are now the first `length` bytes.
    ///
    /// # Safety
    /// The buffer is writable, and the first `filled` bytes of the room [`Buf::push_room`] named from 0 were
    /// initialised, by the kernel or before.
    #[inline]
    pub(crate) unsafe fn set_filled(&mut self, filled: usize) {
        debug_assert!(self.is_writable() && filled <= self.capacity);
        self.length = filled;
    }
}

impl Drop for Buf {
    #[inline(always)]
    fn drop(&mut self) {
        match &self.memory {
            // SAFETY: a block of that pool, which nobody uses any more.
            Memory::Pooled(pool) if self.capacity > 0 => unsafe { pool.put_back(self.start) },
            Memory::Pooled(_) | Memory::Static => {}
            Memory::Vec | Memory::Shared | Memory::Aligned(_) => self.free(),
        }
    }
}

impl Buf {
    /// The part of the destructor for memory that came from the allocator.
    #[inline(never)]
    fn free(&mut self) {
        let (start, length, capacity) = (self.start, self.length, self.capacity);
        match self.memory {
            Memory::Vec => {
                // SAFETY: the parts of the vector it was made from; the first `length` bytes are initialised.
                drop(unsafe { Vec::from_raw_parts(start.as_ptr(), length, capacity) });
            }
            Memory::Shared => {
                let bytes = std::ptr::slice_from_raw_parts(start.as_ptr().cast_const(), length);
                // SAFETY: `into_raw` gave the pointer, to a slice of this length.
                drop(unsafe { Arc::from_raw(bytes) });
            }
            Memory::Aligned(power) => {
                // SAFETY: made of a block of this size and alignment.
                drop(unsafe { Block::from_start(start, capacity, 1 << power) });
            }
            Memory::Static | Memory::Pooled(_) => {}
        }
    }
}

impl Deref for Buf {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        // SAFETY: the memory is initialised up to `length`, and nobody writes to it while it is borrowed.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), self.length) }
    }
}

impl AsRef<[u8]> for Buf {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Default for Buf {
    fn default() -> Self {
        Buf::from(Vec::new())
    }
}

impl fmt::Debug for Buf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.memory {
            Memory::Vec => "Vec",
            Memory::Static => "Static",
            Memory::Shared => "Shared",
            Memory::Aligned(_) => "Aligned",
            Memory::Pooled(_) => "Pooled",
        };
        write!(f, "Buf::{kind}({} of {} bytes)", self.len(), self.capacity())
    }
}

impl From<Vec<u8>> for Buf {
    #[inline]
    fn from(vec: Vec<u8>) -> Self {
        let mut vec = ManuallyDrop::new(vec);
        // SAFETY: a vector's pointer is never null.
        let start = unsafe { NonNull::new_unchecked(vec.as_mut_ptr()) };
        Buf { start, length: vec.len(), capacity: vec.capacity(), memory: Memory::Vec }
    }
}

impl From<&'static [u8]> for Buf {
    #[inline]
    fn from(bytes: &'static [u8]) -> Self {
        let length = bytes.len();
        Buf { start: NonNull::from(bytes).cast(), length, capacity: length, memory: Memory::Static }
    }
}

impl<const N: usize> From<&'static [u8; N]> for Buf {
    fn from(bytes: &'static [u8; N]) -> Self {
        Buf::from(&bytes[..])
    }
}

impl From<&'static str> for Buf {
    fn from(text: &'static str) -> Self {
        Buf::from(text.as_bytes())
    }
}

impl From<String> for Buf {
    fn from(text: String) -> Self {
        Buf::from(text.into_bytes())
    }
}

impl From<Arc<[u8]>> for Buf {
    fn from(bytes: Arc<[u8]>) -> Self {
        let length = bytes.len();
        // SAFETY: an Arc's pointer is never null.
        let start = unsafe { NonNull::new_unchecked(Arc::into_raw(bytes).cast_mut().cast::<u8>()) };
        Buf { start, length, capacity: length, memory: Memory::Shared }
    }
}

/// A zeroed piece of memory of a chosen alignment.
pub(crate) struct Block {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: a block is plain memory that it owns alone.
unsafe impl Send for Block {}
// SAFETY: shared references to it only allow reading.
unsafe impl Sync for Block {}

impl Block {
    pub(crate) fn new(layout: Layout) -> Block {
        if layout.size() == 0 {
            let start = NonNull::new(std::ptr::without_provenance_mut(layout.align()));
            #[expect(clippy::expect_used, reason = "a layout's alignment is a power of two")]
            let start = start.expect("an alignment is not zero");
            return Block { start, layout };
        }
        // SAFETY: the size is not zero.
        let start = unsafe { alloc_zeroed(layout) };
        match NonNull::new(start) {
            Some(start) => Block { start, layout },
            None => handle_alloc_error(layout),
        }
    }
}

impl Block {
    /// Gives away its memory.
    pub(crate) fn into_start(self) -> NonNull<u8> {
        ManuallyDrop::new(self).start
    }

    /// Takes it back.
    ///
    /// # Safety
    /// `start` came from [`Block::into_start`] of a block of this size and
    /// alignment, and was not taken back yet.
    pub(crate) unsafe fn from_start(start: NonNull<u8>, size: usize, alignment: usize) -> Block {
        // SAFETY: the layout of a block that was made.
        Block { start, layout: unsafe { Layout::from_size_align_unchecked(size, alignment) } }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if self.layout.size() > 0 {
            // SAFETY: allocated in `new` with this layout.
            unsafe { dealloc(self.start.as_ptr(), self.layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aligned_memory_is_aligned_and_empty() {
        let mut buf = Buf::aligned(8192, 4096);
        assert_eq!(buf.as_ptr() as usize % 4096, 0);
        assert_eq!((buf.len(), buf.capacity()), (0, 8192));
        assert!(buf.try_extend_from_slice(b"abc"));
        assert!(!buf.try_extend_from_slice(&[0; 8192]));
        assert_eq!(&buf[..], b"abc");
        assert_eq!(Buf::aligned(0, 64).len(), 0);
    }

    #[test]
    fn shared_and_static_memory_cannot_be_written() {
        let regions_of = |mut buf: Buf| {
            assert!(!buf.is_writable());
            assert!(buf.as_mut_slice().is_none());
            buf.truncate(2);
            buf.len()
        };
        assert_eq!(regions_of(Buf::from("text")), 2);
        assert_eq!(regions_of(Buf::from(Arc::<[u8]>::from(&b"abc"[..]))), 2);
    }

    #[test]
    fn a_vector_comes_back_uncopied() {
        let vec = vec![7u8; 100];
        let address = vec.as_ptr();
        let mut buf = Buf::from(vec);
        buf.truncate(3);
        let vec = buf.into_vec();
        assert_eq!((vec.as_ptr(), vec.len()), (address, 3));
    }
}
