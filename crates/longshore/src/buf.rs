//! The memory of an operation.

use crate::BufferPool;
use crate::sys::Regions;
use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::fmt;
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
    store: Store,
}

enum Store {
    Vec(Vec<u8>),
    Static(&'static [u8]),
    Shared(Arc<[u8]>),
    Block {
        block: Block,
        length: usize,
        home: Option<BufferPool>,
    },
    /// Will be taken from the pool when there is something to put into it.
    Awaited(BufferPool),
}

impl Buf {
    /// An empty buffer with room for `capacity` bytes, at an address that is a multiple of `alignment`, for
    /// files opened with `O_DIRECT`.
    ///
    /// # Panics
    /// If `alignment` is not a power of two, or the capacity exceeds the address space.
    pub fn aligned(capacity: usize, alignment: usize) -> Buf {
        let layout = Layout::from_size_align(capacity, alignment);
        let layout = layout.expect("an alignment that is a power of two, a size that fits");
        Buf::block(Block::new(layout), None)
    }

    pub(crate) fn block(block: Block, home: Option<BufferPool>) -> Buf {
        Buf { store: Store::Block { block, length: 0, home } }
    }

    pub(crate) fn awaited(pool: BufferPool) -> Buf {
        Buf { store: Store::Awaited(pool) }
    }

    /// Room for contents, in bytes; for static and shared memory, their length.
    pub fn capacity(&self) -> usize {
        match &self.store {
            Store::Vec(vec) => vec.capacity(),
            Store::Static(bytes) => bytes.len(),
            Store::Shared(bytes) => bytes.len(),
            Store::Block { block, .. } => block.layout.size(),
            Store::Awaited(_) => 0,
        }
    }

    /// The contents, to be changed in place; `None` for static and shared memory.
    pub fn as_mut_slice(&mut self) -> Option<&mut [u8]> {
        match &mut self.store {
            Store::Vec(vec) => Some(vec),
            Store::Block { block, length, .. } => {
                // SAFETY: the block is ours alone and initialised up to its size, which `length` never exceeds.
                Some(unsafe { std::slice::from_raw_parts_mut(block.start.as_ptr(), *length) })
            }
            Store::Awaited(_) => Some(&mut []),
            Store::Static(_) | Store::Shared(_) => None,
        }
    }

    /// Empties the buffer; its room stays. Static and shared memory become an empty static slice.
    pub fn clear(&mut self) {
        match &mut self.store {
            Store::Vec(vec) => vec.clear(),
            Store::Block { length, .. } => *length = 0,
            store => *store = Store::Static(&[]),
        }
    }

    /// Shortens the contents to `length` bytes; longer than they are has no effect.
    pub fn truncate(&mut self, to: usize) {
        match &mut self.store {
            Store::Vec(vec) => vec.truncate(to),
            Store::Block { length, .. } => *length = to.min(*length),
            Store::Static(bytes) => *bytes = &bytes[..to.min(bytes.len())],
            Store::Shared(bytes) if to < bytes.len() => *bytes = Arc::from(&bytes[..to]),
            Store::Shared(_) | Store::Awaited(_) => {}
        }
    }

    /// Appends bytes if there is room for all of them, and says whether there was. A `Vec` grows.
    #[must_use]
    pub fn try_extend_from_slice(&mut self, bytes: &[u8]) -> bool {
        match &mut self.store {
            Store::Vec(vec) => {
                vec.extend_from_slice(bytes);
                true
            }
            Store::Block { block, length, .. } if block.layout.size() - *length >= bytes.len() => {
                // SAFETY: checked to fit; the block is ours alone, so it cannot overlap `bytes`.
                unsafe {
                    let end = block.start.as_ptr().add(*length);
                    end.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
                }
                *length += bytes.len();
                true
            }
            _ => bytes.is_empty(),
        }
    }

    /// The contents as a vector: the very one it was made from, otherwise a copy.
    pub fn into_vec(mut self) -> Vec<u8> {
        match &mut self.store {
            Store::Vec(vec) => std::mem::take(vec),
            _ => self.to_vec(),
        }
    }

    pub(crate) fn is_writable(&self) -> bool {
        !matches!(self.store, Store::Static(_) | Store::Shared(_))
    }

    /// A pooled buffer comes into being, now that it is needed.
    pub(crate) fn acquire(&mut self) {
        if let Store::Awaited(pool) = &self.store {
            *self = pool.take();
        }
    }

    /// And goes back unused.
    pub(crate) fn release(&mut self) {
        if let Store::Block { home: Some(pool), .. } = &self.store {
            *self = Buf::awaited(pool.clone());
        }
    }

    /// Names the room after the first `from` bytes, to be written by the kernel. Nothing if it is not writable.
    pub(crate) fn push_room(&mut self, from: usize, regions: &mut Regions) {
        match &mut self.store {
            Store::Vec(vec) => {
                let room = vec.capacity() - from;
                regions.push(vec.as_mut_ptr().wrapping_add(from), room);
            }
            Store::Block { block, .. } => {
                let room = block.layout.size() - from;
                regions.push(block.start.as_ptr().wrapping_add(from), room);
            }
            Store::Static(_) | Store::Shared(_) | Store::Awaited(_) => {}
        }
    }

    /// Names the contents, to be read by the kernel.
    pub(crate) fn push_contents(&self, regions: &mut Regions) {
        regions.push(self.as_ptr().cast_mut(), self.len());
    }

    /// The kernel wrote: the contents are now the first `length` bytes.
    ///
    /// # Safety
    /// The first `length` bytes of the room [`Buf::push_room`] named from 0 must have been initialised, by the
    /// kernel or before.
    pub(crate) unsafe fn set_filled(&mut self, filled: usize) {
        match &mut self.store {
            Store::Vec(vec) => {
                debug_assert!(filled <= vec.capacity());
                // SAFETY: the caller's promise.
                unsafe { vec.set_len(filled) };
            }
            Store::Block { block, length, .. } => {
                debug_assert!(filled <= block.layout.size());
                *length = filled;
            }
            Store::Static(_) | Store::Shared(_) | Store::Awaited(_) => debug_assert_eq!(filled, 0),
        }
    }
}

impl Drop for Buf {
    fn drop(&mut self) {
        let store = std::mem::replace(&mut self.store, Store::Static(&[]));
        if let Store::Block { block, home: Some(pool), .. } = store {
            pool.put_back(block);
        }
    }
}

impl Deref for Buf {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.store {
            Store::Vec(vec) => vec,
            Store::Static(bytes) => bytes,
            Store::Shared(bytes) => bytes,
            Store::Block { block, length, .. } => {
                // SAFETY: the block is initialised up to its size, which `length` never exceeds.
                unsafe { std::slice::from_raw_parts(block.start.as_ptr(), *length) }
            }
            Store::Awaited(_) => &[],
        }
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
        let kind = match self.store {
            Store::Vec(_) => "Vec",
            Store::Static(_) => "Static",
            Store::Shared(_) => "Shared",
            Store::Block { home: None, .. } => "Aligned",
            Store::Block { home: Some(_), .. } | Store::Awaited(_) => "Pooled",
        };
        write!(f, "Buf::{kind}({} of {} bytes)", self.len(), self.capacity())
    }
}

impl From<Vec<u8>> for Buf {
    fn from(vec: Vec<u8>) -> Self {
        Buf { store: Store::Vec(vec) }
    }
}

impl From<&'static [u8]> for Buf {
    fn from(bytes: &'static [u8]) -> Self {
        Buf { store: Store::Static(bytes) }
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
        Buf { store: Store::Shared(bytes) }
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
            let start =
                NonNull::without_provenance(layout.align().try_into().expect("an alignment is not zero"));
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
