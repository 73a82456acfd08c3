//! The port, as programs use it.

use crate::event::Completion;
use crate::request::{Delivering, Handling, Post, Types, completion};
use crate::sys::{Core, TakeError};
use crate::{Stats, TimerId, sys};
use longshore_crew::Worker;
use std::fmt;
use std::io;
#[cfg(target_os = "linux")]
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A completion port: one queue of finished operations, served by any number of threads.
///
/// - Packets leave in the order in which they were queued, posted packets and operations alike.
/// - The thread that went to sleep last is woken first.
/// - At most [`concurrency`](Port::concurrency) threads run at a time: a thread runs from the moment it is
///   given a packet until it comes back for the next. When one *blocks* meanwhile, announced by
///   [`blocking`](crate::blocking) or found out, another is released in its place.
///
/// `C` is the context: a value of yours that travels with every operation and comes back with its completion.
/// Clones are the same port. Dropping the last clone closes it, as [`Port::close`] does.
///
/// ```
/// use longshore::{Event, Port};
/// let port = Port::new(1)?;
/// port.post(7, "hello").unwrap();
/// let done = port.get().unwrap();
/// assert!(matches!((done.key, done.context, done.event), (7, "hello", Event::Posted)));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Port<C: Send + 'static = ()> {
    owner: Arc<Owner<C>>,
}

// SAFETY: its parts are `Send` and `Sync` for every context that is `Send`, as `parts_are_shareable` checks.
// Said outright so that a context may hold its own port: the compiler's own derivation would go round in a
// circle through `Types<C>: Face`.
unsafe impl<C: Send + 'static> Send for Port<C> {}
// SAFETY: as above.
unsafe impl<C: Send + 'static> Sync for Port<C> {}

#[allow(dead_code, reason = "compiling it is the check")]
fn parts_are_shareable<C: Send + 'static>() {
    fn is_shareable<T: Send + Sync>() {}
    is_shareable::<Arc<Owner<C>>>();
}

/// Closes the port when the last clone is gone; handles share only the core.
struct Owner<C: Send + 'static> {
    core: Arc<Core<Types<C>>>,
}

impl<C: Send + 'static> Drop for Owner<C> {
    fn drop(&mut self) {
        self.core.close();
    }
}

impl<C: Send + 'static> Clone for Port<C> {
    fn clone(&self) -> Self {
        Port { owner: self.owner.clone() }
    }
}

/// The port is closed. A post that came too late gives the context back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Closed<T = ()>(pub T);

impl<T> fmt::Debug for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closed")
    }
}

impl<T> fmt::Display for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the port is closed")
    }
}

impl<T> std::error::Error for Closed<T> {}

impl<T> From<Closed<T>> for io::Error {
    fn from(_: Closed<T>) -> Self {
        io::Error::new(io::ErrorKind::BrokenPipe, "the port is closed")
    }
}

impl<C: Send + 'static> Port<C> {
    /// A new port on which at most `concurrency` threads run at a time; 0 stands for the number of CPUs this
    /// process may use. (CreateIoCompletionPort, Q5)
    ///
    /// # Errors
    /// Too many open files (on Linux a port needs three descriptors), or out of memory.
    pub fn new(concurrency: usize) -> io::Result<Port<C>> {
        let core = Core::new(concurrency)?;
        Ok(Port { owner: Arc::new(Owner { core }) })
    }

    pub(crate) fn core(&self) -> &Arc<Core<Types<C>>> {
        &self.owner.core
    }

    /// The concurrency value.
    pub fn concurrency(&self) -> usize {
        self.core().concurrency()
    }

    /// Changes the concurrency value while the port is in use; 0 stands for the number of CPUs this process
    /// may use. Any thread may call it.
    ///
    /// Where more threads may run now, as many are woken as there is work for. Where fewer may, handlers that
    /// run go on to their ends; no other begins until fewer run than the new value says. A
    /// [`WorkerPool`](crate::WorkerPool) that grows makes the threads that are needed.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] {
    /// let port = longshore::Port::<()>::new(2)?;
    /// port.set_concurrency(8)?;
    /// assert_eq!(port.concurrency(), 8);
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Unsupported` on Windows, whose ports keep the value they were made with (Q5); nothing has changed then.
    pub fn set_concurrency(&self, concurrency: usize) -> io::Result<()> {
        sys::set_concurrency(self.core(), concurrency)
    }

    /// Queues a packet of your own; any thread may. It never blocks and the queue has no limit but memory.
    /// (PostQueuedCompletionStatus, N1-N5, Q16)
    ///
    /// # Errors
    /// [`Closed`], with the context, if the port is closed.
    #[inline]
    pub fn post(&self, key: usize, context: C) -> Result<(), Closed<C>> {
        self.core().post(key, Post::Posted(context)).map_err(give_back)
    }

    /// Posts a packet after a while ([`Event::Timer`](crate::Event::Timer)), not before.
    /// [`Port::cancel_timer`] posts it at once instead: one packet comes in any case.
    ///
    /// # Errors
    /// [`Closed`], with the context, if the port is closed.
    ///
    /// # Panics
    /// On Windows, if the thread that a port's first timer starts cannot be started.
    pub fn post_after(&self, after: Duration, key: usize, context: C) -> Result<TimerId, Closed<C>> {
        // A deadline beyond what can be represented is as good as never: some centuries.
        let far = Duration::from_secs(1 << 33);
        let now = Instant::now();
        let deadline = now.checked_add(after).unwrap_or_else(|| now + far);
        let post = Post::Timer { context, cancelled: false };
        self.core().post_at(deadline, key, post).map_err(give_back)
    }

    /// Cancels a timer. If it was not due yet, its packet is queued at once, marked as cancelled, and the
    /// result is true. Otherwise its packet was or will be delivered as usual.
    pub fn cancel_timer(&self, id: TimerId) -> bool {
        let Some((key, post)) = self.core().cancel_timer(id) else {
            return false;
        };
        let (Post::Posted(context) | Post::Timer { context, .. }) = post;
        let post = Post::Timer { context, cancelled: true };
        // On a port that was closed meanwhile nobody can dequeue it.
        let _ = self.core().post(key, post);
        true
    }

    /// Takes the oldest packet, sleeping until there is one. (GetQueuedCompletionStatus)
    ///
    /// The calling thread now belongs to this port, and counts as running until it comes back, blocks or
    /// ends. On Windows the wait is alertable: APCs queued to the thread run in it, and it goes on.
    ///
    /// # Errors
    /// [`Closed`] if the port is closed, before or meanwhile.
    #[inline]
    pub fn get(&self) -> Result<Completion<C>, Closed> {
        match self.core().take_at_once(Delivering) {
            Some(completion) => Ok(completion),
            None => self.wait(),
        }
    }

    #[inline(never)]
    fn wait(&self) -> Result<Completion<C>, Closed> {
        match self.core().take(None) {
            Ok(packet) => Ok(completion(packet)),
            Err(_) => Err(Closed(())),
        }
    }

    /// As [`Port::get`], but waits for at most `timeout`; then `None`.
    ///
    /// # Errors
    /// [`Closed`] if the port is closed, before or meanwhile.
    pub fn get_timeout(&self, timeout: Duration) -> Result<Option<Completion<C>>, Closed> {
        match self.core().take(Some(timeout)) {
            Ok(packet) => Ok(Some(completion(packet))),
            Err(TakeError::TimedOut) => Ok(None),
            Err(TakeError::Closed) => Err(Closed(())),
        }
    }

    /// Takes the oldest packet if there is one now.
    ///
    /// # Errors
    /// [`Closed`] if the port is closed.
    pub fn try_get(&self) -> Result<Option<Completion<C>>, Closed> {
        self.get_timeout(Duration::ZERO)
    }

    /// Takes up to `max` packets at once and adds them to `out`, oldest first; waits only for the first, for
    /// at most `timeout` (for ever without one). Returns how many; 0 means that none came in time.
    /// (GetQueuedCompletionStatusEx, X1)
    ///
    /// The thread counts as one, however many packets it took. With `max` 0 it does nothing at all.
    ///
    /// # Errors
    /// [`Closed`] if the port is closed, before or meanwhile.
    pub fn get_many(
        &self,
        out: &mut Vec<Completion<C>>,
        max: usize,
        timeout: Option<Duration>,
    ) -> Result<usize, Closed> {
        let mut packets = Vec::new();
        match self.core().take_many(&mut packets, max, timeout) {
            Ok(count) => {
                out.extend(packets.into_iter().map(completion));
                Ok(count)
            }
            Err(TakeError::TimedOut) => Ok(0),
            Err(TakeError::Closed) => Err(Closed(())),
        }
    }

    /// Handles packets as a thread of a pool, until it is to end.
    #[inline]
    pub(crate) fn serve(&self, worker: &Worker, handler: &impl Fn(Completion<C>)) {
        loop {
            if self.core().take_at_once(Handling(handler)).is_none() {
                let Some(completion) = self.get_as(worker) else {
                    return;
                };
                handler(completion);
            }
        }
    }

    #[inline(never)]
    fn get_as(&self, worker: &Worker) -> Option<Completion<C>> {
        self.core().take_as(worker).ok().map(completion)
    }

    /// Closes the port for all its clones. Threads waiting in it return [`Closed`]; packets still queued are
    /// dropped; operations in flight are cancelled and dropped, each once the system no longer touches its
    /// buffers. Does not wait, may be called from anywhere, more than once.
    pub fn close(&self) {
        self.core().close();
    }

    /// What the port is doing now and has done so far.
    pub fn stats(&self) -> Stats {
        self.core().stats()
    }

    /// A descriptor that polls readable when [`Port::try_get`] is worth calling, to embed the port in a
    /// foreign event loop: call `try_get` until it returns `None`, then poll again. It belongs to the port.
    ///
    /// `None` may also mean that as many threads run as the concurrency value allows; a loop of its own that
    /// takes from a port without other threads does not meet that.
    ///
    /// # Errors
    /// Too many open files, the first time.
    ///
    /// Not on Windows: there a port cannot be polled, and event loops of others are ports themselves.
    #[cfg(target_os = "linux")]
    pub fn pollable(&self) -> io::Result<BorrowedFd<'_>> {
        self.core().observe()
    }
}

impl<C: Send + 'static> fmt::Debug for Port<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Port")
            .field("concurrency", &self.concurrency())
            .field("stats", &self.stats())
            .finish()
    }
}

fn give_back<C>(post: Post<C>) -> Closed<C> {
    let (Post::Posted(context) | Post::Timer { context, .. }) = post;
    Closed(context)
}
