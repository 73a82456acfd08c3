//! Buffers shared by many connections.

use crate::buf::{Block, Buf};
use std::alloc::Layout;
use std::fmt;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

/// A pool of equal buffers for [`Stream::recv_pooled`](crate::Stream::recv_pooled): a connection that waits for
/// data holds no buffer; one is taken when data is there, and goes back when the [`Buf`] is dropped. So ten
/// thousand idle connections need no buffers, and a hundred busy ones need a hundred.
///
/// Cheap to clone; clones share the buffers. Taking never fails or waits: when no free buffer is left a new one
/// is allocated, and of those that come back `free_max` are kept.
///
/// ```
/// let pool = longshore::BufferPool::new(4096, 64);
/// assert_eq!(pool.free(), 0);
/// ```
#[derive(Clone)]
pub struct BufferPool {
    shared: Arc<Shared>,
}

struct Shared {
    layout: Layout,
    free_max: usize,
    free: Mutex<Vec<Block>>,
}

impl BufferPool {
    /// A pool of buffers of `buffer_bytes` bytes each, which keeps at most `free_max` unused ones.
    ///
    /// # Panics
    /// If `buffer_bytes` is zero or exceeds the address space.
    pub fn new(buffer_bytes: usize, free_max: usize) -> BufferPool {
        assert!(buffer_bytes > 0, "a buffer of no bytes cannot receive any");
        let layout = Layout::from_size_align(buffer_bytes, 64).expect("a size that fits");
        BufferPool { shared: Arc::new(Shared { layout, free_max, free: Mutex::new(Vec::new()) }) }
    }

    /// Size of each buffer in bytes.
    pub fn buffer_bytes(&self) -> usize {
        self.shared.layout.size()
    }

    /// Unused buffers at the moment.
    pub fn free(&self) -> usize {
        self.lock().len()
    }

    /// An empty buffer of the pool.
    pub fn take(&self) -> Buf {
        self.clone().into_buf()
    }

    /// The same; the buffer has this clone to go back by.
    pub(crate) fn into_buf(self) -> Buf {
        let free = self.lock().pop();
        let block = free.unwrap_or_else(|| Block::new(self.shared.layout));
        Buf::pooled(block, self)
    }

    /// A block of this pool that had become a buffer.
    ///
    /// # Safety
    /// `start` is that of a buffer of this pool that is being dropped.
    pub(crate) unsafe fn block(&self, start: NonNull<u8>) -> Block {
        let layout = self.shared.layout;
        // SAFETY: the caller's promise; all blocks of a pool have its layout.
        unsafe { Block::from_start(start, layout.size(), layout.align()) }
    }

    pub(crate) fn put_back(&self, block: Block) {
        let mut free = self.lock();
        if free.len() < self.shared.free_max {
            free.push(block);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Block>> {
        self.shared.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for BufferPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferPool")
            .field("buffer_bytes", &self.buffer_bytes())
            .field("free", &self.free())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_goes_back_and_no_more_than_the_maximum_are_kept() {
        let pool = BufferPool::new(128, 2);
        let first = pool.take();
        let address = first.as_ptr();
        drop(first);
        assert_eq!(pool.free(), 1);
        let buffers = [pool.take(), pool.take(), pool.take()];
        assert_eq!(buffers[0].as_ptr(), address);
        assert_eq!(pool.free(), 0);
        drop(buffers);
        assert_eq!(pool.free(), 2);
    }
}
