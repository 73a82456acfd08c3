//! Buffers shared by many connections.
//!
//! A thread that serves a port gives back about as many buffers as it takes. So each thread keeps a few
//! buffers of one pool to itself ([`Stock`]) and seldom takes the pool's lock. The pool keeps fewer by the
//! number that threads may keep, so that the maximum holds for the sum.

use crate::buf::{Block, Buf};
use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::ptr::{self, NonNull};
use std::sync::{Arc, Mutex, PoisonError};

/// The most blocks a thread keeps to itself.
const STOCK_MAX: usize = 16;

/// Threads do not keep larger blocks, because other threads could not use them for too long.
const STOCKED_BYTES_MAX: usize = 64 * 1024;

/// A pool of equal buffers for [`Stream::recv_pooled`](crate::Stream::recv_pooled): a connection that waits
/// for data holds no buffer; one is taken when data is there, and goes back when the [`Buf`] is dropped. So
/// ten thousand idle connections need no buffers, and a hundred busy ones need a hundred.
///
/// Cheap to clone; clones share the buffers. Taking never fails or waits: when no free buffer is left a new
/// one is allocated, and of those that come back `free_max` are kept.
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
    free: Mutex<Free>,
}

struct Free {
    blocks: Vec<Block>,
    /// The part of `free_max` that threads may keep to themselves.
    stocked_max: usize,
}

impl BufferPool {
    /// A pool of buffers of `buffer_bytes` bytes each, which keeps at most `free_max` unused ones.
    ///
    /// # Panics
    /// If `buffer_bytes` is zero or exceeds the address space.
    pub fn new(buffer_bytes: usize, free_max: usize) -> BufferPool {
        assert!(buffer_bytes > 0, "a buffer of no bytes cannot receive any");
        #[expect(clippy::expect_used, reason = "the documented panic")]
        let layout = Layout::from_size_align(buffer_bytes, 64).expect("a size that fits");
        let free = Mutex::new(Free { blocks: Vec::new(), stocked_max: 0 });
        BufferPool { shared: Arc::new(Shared { layout, free_max, free }) }
    }

    /// Size of each buffer in bytes.
    pub fn buffer_bytes(&self) -> usize {
        self.shared.layout.size()
    }

    /// The unused buffers at the moment, without the few that other threads keep to themselves.
    pub fn free(&self) -> usize {
        let own = STOCK.try_with(|stock| if stock.is_of(&self.shared) { stock.count.get() } else { 0 });
        self.shared.lock().blocks.len() + own.unwrap_or(0)
    }

    /// An empty buffer of the pool.
    pub fn take(&self) -> Buf {
        let mut buf = Buf::awaited(self.clone());
        buf.acquire();
        buf
    }

    /// The memory of a buffer: `buffer_bytes` bytes, initialised.
    #[inline]
    pub(crate) fn take_block(&self) -> NonNull<u8> {
        let own = STOCK.try_with(|stock| if stock.is_of(&self.shared) { stock.pop() } else { None });
        match own {
            Ok(Some(block)) => block,
            _ => self.take_shared(),
        }
    }

    #[inline(never)]
    fn take_shared(&self) -> NonNull<u8> {
        let free = self.shared.lock().blocks.pop();
        free.unwrap_or_else(|| Block::new(self.shared.layout)).into_start()
    }

    /// Takes it back.
    ///
    /// # Safety
    /// It came from [`BufferPool::take_block`] of this pool, and nobody uses it any more.
    #[inline]
    pub(crate) unsafe fn put_back(&self, block: NonNull<u8>) {
        let kept = STOCK.try_with(|stock| stock.is_of(&self.shared) && stock.push(block));
        if kept != Ok(true) {
            // SAFETY: the caller's promise.
            unsafe { self.put_back_shared(block) };
        }
    }

    /// # Safety
    /// As for [`BufferPool::put_back`].
    #[inline(never)]
    unsafe fn put_back_shared(&self, block: NonNull<u8>) {
        let kept = STOCK.try_with(|stock| stock.begin(&self.shared) && stock.push(block));
        if kept != Ok(true) {
            // SAFETY: the caller's promise.
            let block = unsafe { self.shared.block(block) };
            self.shared.keep(block);
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Free> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// # Safety
    /// `start` is that of a block of this pool, which nobody uses any more.
    unsafe fn block(&self, start: NonNull<u8>) -> Block {
        // SAFETY: the caller's promise; all blocks of a pool have its layout.
        unsafe { Block::from_start(start, self.layout.size(), self.layout.align()) }
    }

    fn keep(&self, block: Block) {
        let mut free = self.lock();
        if free.blocks.len() + free.stocked_max < self.free_max {
            free.blocks.push(block);
        }
    }
}

/// The blocks that a thread keeps to itself. They belong to the first pool to which it gave
/// one back, until that pool is gone.
struct Stock {
    /// Identifies the pool; null for none. `owner` keeps it alive.
    pool: Cell<*const Shared>,
    count: Cell<usize>,
    /// At most this many.
    max: Cell<usize>,
    blocks: [Cell<*mut u8>; STOCK_MAX],
    owner: RefCell<Option<Arc<Shared>>>,
}

thread_local! {
    static STOCK: Stock = const {
        Stock {
            pool: Cell::new(ptr::null()),
            count: Cell::new(0),
            max: Cell::new(0),
            blocks: [const { Cell::new(ptr::null_mut()) }; STOCK_MAX],
            owner: RefCell::new(None),
        }
    };
}

impl Stock {
    #[inline]
    fn is_of(&self, pool: &Arc<Shared>) -> bool {
        ptr::eq(self.pool.get(), Arc::as_ptr(pool))
    }

    #[inline]
    fn pop(&self) -> Option<NonNull<u8>> {
        let count = self.count.get().checked_sub(1)?;
        self.count.set(count);
        NonNull::new(self.blocks[count].get())
    }

    /// False if there are enough.
    #[inline]
    fn push(&self, block: NonNull<u8>) -> bool {
        let count = self.count.get();
        if count >= self.max.get() {
            return false;
        }
        self.blocks[count].set(block.as_ptr());
        self.count.set(count + 1);
        true
    }

    /// Assigns the stock to this pool if it belongs to no other; true if it was assigned now. A pool that
    /// keeps few buffers leaves none to single threads.
    fn begin(&self, pool: &Arc<Shared>) -> bool {
        let mut owner = self.owner.borrow_mut();
        if let Some(other) = &*owner
            && Arc::strong_count(other) > 1
        {
            return false;
        }
        let max = STOCK_MAX.min(pool.free_max / 8);
        if max == 0 || pool.layout.size() > STOCKED_BYTES_MAX {
            return false;
        }
        let mut free = pool.lock();
        if free.stocked_max + max > pool.free_max / 2 {
            return false;
        }
        free.stocked_max += max;
        drop(free);
        self.end(owner.take());
        *owner = Some(pool.clone());
        self.pool.set(Arc::as_ptr(pool));
        self.max.set(max);
        true
    }

    /// Gives back what is left.
    fn end(&self, owner: Option<Arc<Shared>>) {
        let Some(owner) = owner else {
            return;
        };
        owner.lock().stocked_max -= self.max.replace(0);
        while let Some(block) = self.pop() {
            // SAFETY: blocks on the stock are of its pool, and nobody's.
            let block = unsafe { owner.block(block) };
            owner.keep(block);
        }
        self.pool.set(ptr::null());
    }
}

impl Drop for Stock {
    fn drop(&mut self) {
        let owner = self.owner.take();
        self.end(owner);
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

    #[test]
    fn what_threads_keep_to_themselves_counts_and_comes_back_when_they_end() {
        let pool = BufferPool::new(128, 64);
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let pool = pool.clone();
                std::thread::spawn(move || {
                    let buffers: Vec<_> = (0..64).map(|_| pool.take()).collect();
                    drop(buffers);
                    assert!(pool.free() <= 64);
                    // At most four threads have a stock, together half of what the pool
                    // keeps. The others use the pool itself.
                    if STOCK.with(|stock| stock.is_of(&pool.shared)) {
                        let addresses: Vec<_> = (0..4).map(|_| pool.take().as_ptr()).collect();
                        assert!(addresses.windows(2).all(|pair| pair[0] == pair[1]), "the newest first");
                    }
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let free = pool.shared.lock();
        assert_eq!(free.stocked_max, 0);
        assert!((32..=64).contains(&free.blocks.len()), "{} are kept", free.blocks.len());
    }

    #[test]
    fn a_threads_stock_is_of_one_pool_until_that_is_gone() {
        let first = BufferPool::new(128, 64);
        let second = BufferPool::new(256, 64);
        drop(first.take());
        drop(second.take());
        assert_eq!((first.free(), second.free()), (1, 1));
        assert_eq!((first.shared.lock().blocks.len(), second.shared.lock().blocks.len()), (0, 1));
        drop(first);
        drop([second.take(), second.take()]);
        assert_eq!(second.free(), 2);
        assert_eq!(second.shared.lock().blocks.len(), 0, "both are this thread's now");
    }
}
