//! A connected stream socket with the operations that futures wait for.
//!
//! A connection has at most one receive and one send of its own under way, and owns both: futures only
//! wait for what they come to. So a future may be dropped at any time, and nothing that was received is
//! lost: it is there for the next one.
//!
//! - *Receiving*: a receive takes a buffer of the runtime's pool when there is something to put into it, so
//!   that a connection that waits has none. What futures do not take at once stays in that buffer.
//! - *Ending*: the operations under way keep the connection. When the last [`Use`] is dropped, the receive
//!   is cancelled; a send goes on.
//! - *Sending*: what the kernel does not take at once goes on by itself, up to one buffer; the next write
//!   waits for its end. The operation keeps the connection, so that dropping it sends what was accepted
//!   before the end of the stream.

use crate::runtime::{Packet, Shared};
use crate::sync::{Mutex, MutexGuard, lock};
use crate::waiters::Waiters;
use longshore::{Buf, Event, OpId, PeerAddr, Started, Stream};
use std::future::poll_fn;
use std::io;
use std::net::Shutdown;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{self, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

pub(crate) struct Connection {
    stream: Stream<Packet>,
    runtime: Arc<Shared>,
    /// How many [`Use`]s there are.
    uses: AtomicUsize,
    receiving: Mutex<Receiving>,
    sending: Mutex<Sending>,
}

struct Receiving {
    /// What was received and not taken yet, from `taken` on.
    buf: Option<Buf>,
    taken: usize,
    end: Option<End>,
    in_flight: Option<OpId>,
    waiters: Waiters,
}

/// The last a connection has to say to whoever receives.
enum End {
    /// The peer has finished.
    Finished,
    Failed(io::Error),
}

struct Sending {
    in_flight: bool,
    /// Of a send that nobody waited for.
    failure: Option<io::Error>,
    waiters: Waiters,
}

/// A connection as the program has it: a stream, or a half of one.
pub(crate) struct Use(Arc<Connection>);

impl Use {
    pub(crate) fn new(stream: Stream<Packet>, runtime: Arc<Shared>) -> Use {
        Use(Connection::new(stream, runtime))
    }
}

impl Deref for Use {
    type Target = Arc<Connection>;

    fn deref(&self) -> &Arc<Connection> {
        &self.0
    }
}

impl Clone for Use {
    fn clone(&self) -> Use {
        self.uses.fetch_add(1, Ordering::Relaxed);
        Use(self.0.clone())
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        if self.uses.fetch_sub(1, Ordering::Release) == 1 {
            atomic::fence(Ordering::Acquire);
            let in_flight = lock(&self.receiving).in_flight;
            if let Some(id) = in_flight {
                self.stream.cancel(id);
            }
        }
    }
}

impl Connection {
    fn new(stream: Stream<Packet>, runtime: Arc<Shared>) -> Arc<Connection> {
        Arc::new(Connection {
            stream,
            runtime,
            uses: AtomicUsize::new(1),
            receiving: Mutex::new(Receiving {
                buf: None,
                taken: 0,
                end: None,
                in_flight: None,
                waiters: Waiters::new(),
            }),
            sending: Mutex::new(Sending { in_flight: false, failure: None, waiters: Waiters::new() }),
        })
    }

    pub(crate) fn stream(&self) -> &Stream<Packet> {
        &self.stream
    }

    /// A receive has ended, on a thread of the pool.
    pub(crate) fn received(&self, buf: Buf, result: io::Result<usize>) {
        let mut receiving = lock(&self.receiving);
        receiving.in_flight = None;
        receiving.keep(buf, result);
        let waiters = receiving.waiters.take();
        drop(receiving);
        waiters.wake();
    }

    /// Waits until there is something to take or the end, and lends it.
    fn poll_received<T>(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        take: impl FnOnce(&mut Receiving) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let mut receiving = lock(&self.receiving);
        if !receiving.is_ready() && receiving.in_flight.is_none() {
            // Under the lock, which the completion waits for if it comes through the port at once.
            match self.stream.start_recv_pooled(self.runtime.buffers(), Packet::Receive(self.clone())) {
                Started::Done(done) => {
                    let Event::Recv { buf, result, .. } = done.event else {
                        unreachable!("a receive ends as a receive")
                    };
                    receiving.keep(buf, result);
                }
                Started::Pending(id) => receiving.in_flight = Some(id),
            }
        }
        if receiving.is_ready() {
            return Poll::Ready(take(&mut receiving));
        }
        receiving.waiters.add(context.waker());
        Poll::Pending
    }

    /// Receives into memory of the caller's; 0 bytes are the end, or no room.
    pub(crate) fn poll_read(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if room.is_empty() {
            return Poll::Ready(Ok(0));
        }
        self.poll_received(context, |receiving| receiving.copy(room, true))
    }

    /// Shows up to `limit` bytes to the caller, who has them then; none are the end.
    pub(super) fn poll_read_with(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        limit: usize,
        see: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<()>> {
        if limit == 0 {
            return Poll::Ready(Ok(()));
        }
        self.poll_received(context, |receiving| receiving.show(limit, true, see))
    }

    /// The same as [`Connection::poll_read`], but leaves what it shows.
    pub(super) fn poll_peek(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_received(context, |receiving| receiving.copy(room, false))
    }

    /// Receives a whole buffer of the pool; an empty one is the end.
    pub(crate) fn poll_recv(self: &Arc<Self>, context: &mut Context<'_>) -> Poll<io::Result<Buf>> {
        self.poll_received(context, Receiving::take_buf)
    }

    /// Waits until receiving would not wait.
    pub(super) fn poll_readable(self: &Arc<Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_received(context, |_| Ok(()))
    }

    /// A send has ended, on a thread of the pool.
    pub(crate) fn sent(&self, result: io::Result<usize>) {
        let mut sending = lock(&self.sending);
        sending.in_flight = false;
        sending.failure = result.err();
        let waiters = sending.waiters.take();
        drop(sending);
        waiters.wake();
    }

    /// Waits until no send is under way, and lends the state. The failure of the last send is the caller's.
    fn poll_idle(&self, context: &mut Context<'_>) -> Poll<io::Result<MutexGuard<'_, Sending>>> {
        let mut sending = lock(&self.sending);
        if sending.in_flight {
            sending.waiters.add(context.waker());
            return Poll::Pending;
        }
        match sending.failure.take() {
            Some(failure) => Poll::Ready(Err(failure)),
            None => Poll::Ready(Ok(sending)),
        }
    }

    fn start_send(self: &Arc<Self>, mut sending: MutexGuard<'_, Sending>, buf: Buf) -> io::Result<()> {
        match self.stream.start_send(buf, Packet::Send(self.clone())) {
            Started::Done(done) => {
                drop(sending);
                match done.event {
                    Event::Send { result, .. } => result.map(drop),
                    event => unreachable!("{event:?} is no send's"),
                }
            }
            Started::Pending(_) => {
                sending.in_flight = true;
                Ok(())
            }
        }
    }

    /// Accepts bytes to be sent: up to one buffer of the pool, once the send before has ended.
    pub(crate) fn poll_write(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let sending = ready!(self.poll_idle(context))?;
        let mut buf = self.runtime.buffers().take();
        let count = bytes.len().min(buf.capacity());
        let fits = buf.try_extend_from_slice(&bytes[..count]);
        debug_assert!(fits, "it was cut to the capacity");
        Poll::Ready(self.start_send(sending, buf).map(|()| count))
    }

    /// Waits until all that was accepted is the kernel's.
    pub(crate) fn poll_flush(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_idle(context).map_ok(drop)
    }

    /// The same, then finishes the writing side.
    pub(super) fn poll_finish(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(self.poll_idle(context)).map(drop);
        Poll::Ready(flushed.and_then(|()| self.stream.shutdown(Shutdown::Write)))
    }

    /// Starts the send of an owned buffer once the send before has ended. The buffer is taken when it starts.
    fn poll_start_send(
        self: &Arc<Self>,
        context: &mut Context<'_>,
        buf: &mut Option<Buf>,
    ) -> Poll<io::Result<()>> {
        let sending = ready!(self.poll_idle(context))?;
        let buf = buf.take().expect("it is polled until it is ready");
        Poll::Ready(self.start_send(sending, buf))
    }

    /// Sends all of an owned buffer.
    pub(super) async fn send(self: &Arc<Self>, buf: Buf) -> io::Result<()> {
        let mut buf = Some(buf);
        poll_fn(|context| self.poll_start_send(context, &mut buf)).await?;
        poll_fn(|context| self.poll_flush(context)).await
    }

    /// Accepts all of the bytes.
    pub(crate) async fn write_all(self: &Arc<Self>, bytes: &[u8]) -> io::Result<()> {
        let mut accepted = 0;
        while accepted < bytes.len() {
            accepted += poll_fn(|context| self.poll_write(context, &bytes[accepted..])).await?;
        }
        Ok(())
    }

    pub(super) fn local_addr(&self) -> io::Result<std::net::SocketAddr> {
        inet(self.stream.local_addr()?)
    }

    pub(super) fn peer_addr(&self) -> io::Result<std::net::SocketAddr> {
        inet(self.stream.peer_addr()?)
    }
}

/// The address of an internet socket.
pub(super) fn inet(address: PeerAddr) -> io::Result<std::net::SocketAddr> {
    match address {
        PeerAddr::Inet(address) => Ok(address),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "the socket has no address of IPv4 or IPv6")),
    }
}

impl Receiving {
    fn is_ready(&self) -> bool {
        self.buf.is_some() || self.end.is_some()
    }

    /// Keeps what a receive came to.
    fn keep(&mut self, buf: Buf, result: io::Result<usize>) {
        match result {
            Ok(0) => self.end = Some(End::Finished),
            Ok(_) => {
                self.buf = Some(buf);
                self.taken = 0;
            }
            Err(error) => self.end = Some(End::Failed(error)),
        }
    }

    /// The end, each time anew. A failure is told once as it came; the socket itself repeats what lasts.
    fn end(&mut self) -> io::Result<()> {
        match self.end.take() {
            Some(End::Failed(error)) => Err(error),
            finished => {
                self.end = finished;
                Ok(())
            }
        }
    }

    fn copy(&mut self, room: &mut [u8], take: bool) -> io::Result<usize> {
        let mut copied = 0;
        self.show(room.len(), take, |bytes| {
            copied = bytes.len();
            room[..copied].copy_from_slice(bytes);
        })?;
        Ok(copied)
    }

    /// Shows up to `limit` bytes, none at the end.
    fn show(&mut self, limit: usize, take: bool, see: impl FnOnce(&[u8])) -> io::Result<()> {
        let Some(buf) = &self.buf else {
            return self.end();
        };
        let bytes = &buf[self.taken..];
        let bytes = &bytes[..bytes.len().min(limit)];
        see(bytes);
        if take {
            self.taken += bytes.len();
            if self.taken == buf.len() {
                self.buf = None;
            }
        }
        Ok(())
    }

    fn take_buf(&mut self) -> io::Result<Buf> {
        match self.buf.take() {
            None => self.end().map(|()| Buf::default()),
            Some(buf) if self.taken == 0 => Ok(buf),
            // Somebody took the first part of it.
            Some(buf) => Ok(Buf::from(buf[std::mem::take(&mut self.taken)..].to_vec())),
        }
    }
}
