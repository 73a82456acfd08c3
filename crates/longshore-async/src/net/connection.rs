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

use crate::operation::{Kept, Look, Slot, Wait};
use crate::packet::{Packet, Starter};
use crate::runtime::{RuntimeEnded, Shared};
use crate::sync::Key;
use longshore::{Buf, Event, PeerAddr, Stream};
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
    receiving: Slot<Receiving>,
    sending: Slot<Sending>,
}

#[derive(Default)]
pub(crate) struct Receiving {
    /// What was received and not taken yet, from `taken` on.
    buf: Option<Buf>,
    taken: usize,
    end: Option<End>,
}

/// The last a connection has to say to whoever receives.
enum End {
    /// The peer has finished.
    Finished,
    Failed(io::Error),
}

/// Of a send that nobody waited for.
#[derive(Default)]
pub(crate) struct Sending {
    failure: Option<io::Error>,
}

/// A connection as the program has it: a stream, or a half of one.
pub(crate) struct Use(Arc<Connection>);

impl Use {
    pub(crate) fn new(stream: Stream<Packet>, runtime: Arc<Shared>) -> Use {
        Use(Arc::new(Connection {
            stream,
            runtime,
            uses: AtomicUsize::new(1),
            receiving: Slot::new(Receiving::default()),
            sending: Slot::new(Sending::default()),
        }))
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
            if let Some(id) = self.receiving.under_way() {
                self.stream.cancel(id);
            }
        }
    }
}

impl Starter for Connection {
    #[inline]
    fn ended(self: Arc<Self>, event: Event<Packet>) {
        match event {
            Event::Send { .. } => self.sending.ended(event),
            event => self.receiving.ended(event),
        }
    }

    fn lost(&self) {
        self.receiving.lost();
        self.sending.lost();
    }
}

impl Connection {
    pub(crate) fn stream(&self) -> &Stream<Packet> {
        &self.stream
    }

    /// A future that waits for something received, with a key of its own.
    pub(crate) fn receive<T, P>(&self, poll: P) -> Wait<'_, Receiving, P>
    where
        P: FnMut(&mut Key, &mut Context<'_>) -> Poll<T> + Unpin,
    {
        self.receiving.wait(poll)
    }

    /// The same, for the sends that are under way.
    pub(crate) fn transmit<T, P>(&self, poll: P) -> Wait<'_, Sending, P>
    where
        P: FnMut(&mut Key, &mut Context<'_>) -> Poll<T> + Unpin,
    {
        self.sending.wait(poll)
    }

    /// Waits until there is something to take or the end, and lends it.
    #[inline]
    fn poll_received<T>(
        self: &Arc<Self>,
        key: &mut Key,
        context: &mut Context<'_>,
        mut take: impl FnMut(&mut Receiving) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        let look = |receiving: &mut Receiving, _| match receiving.is_ready() {
            true => Look::Take(take(receiving)),
            false => Look::Start,
        };
        let start = || self.stream.start_recv_pooled(self.runtime.buffers(), Packet::operation(self.clone()));
        self.receiving.poll(key, context, look, start).map(|taken| taken?)
    }

    /// Receives into memory of the caller's; 0 bytes are the end, or no room.
    pub(crate) fn poll_read(
        self: &Arc<Self>,
        key: &mut Key,
        context: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if room.is_empty() {
            return Poll::Ready(Ok(0));
        }
        self.poll_received(key, context, |receiving| receiving.copy(room, true))
    }

    /// Shows up to `limit` bytes to the caller, who has them then; none are the end.
    pub(super) fn poll_read_with(
        self: &Arc<Self>,
        key: &mut Key,
        context: &mut Context<'_>,
        limit: usize,
        mut see: impl FnMut(&[u8]),
    ) -> Poll<io::Result<()>> {
        if limit == 0 {
            return Poll::Ready(Ok(()));
        }
        self.poll_received(key, context, |receiving| receiving.show(limit, true, &mut see))
    }

    /// The same as [`Connection::poll_read`], but leaves what it shows.
    pub(super) fn poll_peek(
        self: &Arc<Self>,
        key: &mut Key,
        context: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_received(key, context, |receiving| receiving.copy(room, false))
    }

    /// Receives a whole buffer of the pool; an empty one is the end.
    #[inline]
    pub(crate) fn poll_recv(
        self: &Arc<Self>,
        key: &mut Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Buf>> {
        self.poll_received(key, context, Receiving::take_buf)
    }

    /// Waits until receiving would not wait.
    pub(super) fn poll_readable(
        self: &Arc<Self>,
        key: &mut Key,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll_received(key, context, |_| Ok(()))
    }

    /// Waits until no send is under way, and starts one. The failure of the last one is the caller's.
    #[inline]
    fn poll_start_send(
        self: &Arc<Self>,
        key: &mut Key,
        context: &mut Context<'_>,
        take: impl FnOnce() -> Buf,
    ) -> Poll<io::Result<Sent>> {
        let look = |sending: &mut Sending, _| sending.failure.take().map_or(Look::Start, Look::Take);
        let turn = match ready!(self.sending.poll_turn(key, context, look))? {
            Ok(failure) => return Poll::Ready(Err(failure)),
            Err(turn) => turn,
        };
        let started = self.stream.start_send(take(), Packet::operation(self.clone()));
        Poll::Ready(match turn.settle(started, |_, event| sent(event)) {
            Some(result) => result.map(|_| Sent::Whole),
            None => Ok(Sent::GoesOn),
        })
    }

    /// Accepts bytes to be sent: up to one buffer of the pool, once the send before has ended.
    pub(crate) fn poll_write(
        self: &Arc<Self>,
        key: &mut Key,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let mut count = 0;
        let take = || {
            let mut buf = self.runtime.buffers().take();
            count = bytes.len().min(buf.capacity());
            let fits = buf.try_extend_from_slice(&bytes[..count]);
            debug_assert!(fits, "it was cut to the capacity");
            buf
        };
        ready!(self.poll_start_send(key, context, take))?;
        Poll::Ready(Ok(count))
    }

    /// Waits until all that was accepted is the kernel's.
    pub(crate) fn poll_flush(&self, key: &mut Key, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let look = |sending: &mut Sending, idle| match idle {
            true => Look::Take(sending.failure.take()),
            false => Look::Start,
        };
        Poll::Ready(match ready!(self.sending.poll_turn(key, context, look))? {
            Ok(Some(failure)) => Err(failure),
            Ok(None) => Ok(()),
            Err(_) => unreachable!("what is idle was taken"),
        })
    }

    /// The same, then finishes the writing side.
    pub(super) fn poll_finish(&self, key: &mut Key, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(self.poll_flush(key, context));
        Poll::Ready(flushed.and_then(|()| self.stream.shutdown(Shutdown::Write)))
    }

    /// Sends all of an owned buffer.
    pub(super) async fn send(self: &Arc<Self>, buf: Buf) -> io::Result<()> {
        let mut buf = Some(buf);
        let mut started = false;
        self.transmit(|key, context| {
            if !started {
                let take = || buf.take().expect("it is polled until it is ready");
                if let Sent::Whole = ready!(self.poll_start_send(key, context, take))? {
                    return Poll::Ready(Ok(()));
                }
                started = true;
            }
            self.poll_flush(key, context)
        })
        .await
    }

    /// Accepts all of the bytes.
    pub(crate) async fn write_all(self: &Arc<Self>, bytes: &[u8]) -> io::Result<()> {
        let mut accepted = 0;
        while accepted < bytes.len() {
            let rest = &bytes[accepted..];
            accepted += self.transmit(|key, context| self.poll_write(key, context, rest)).await?;
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

/// What a send that was started has come to so far.
enum Sent {
    Whole,
    GoesOn,
}

fn sent(event: Event<Packet>) -> io::Result<usize> {
    match event {
        Event::Send { result, .. } => result,
        event => unreachable!("{event:?} is no send's"),
    }
}

/// The address of an internet socket.
pub(super) fn inet(address: PeerAddr) -> io::Result<std::net::SocketAddr> {
    match address {
        PeerAddr::Inet(address) => Ok(address),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, "the socket has no address of IPv4 or IPv6")),
    }
}

impl Kept for Sending {
    fn keep(&mut self, event: Event<Packet>) {
        self.failure = sent(event).err();
    }

    fn lost(&mut self) {
        self.failure = Some(RuntimeEnded.into());
    }
}

impl Kept for Receiving {
    #[inline]
    fn keep(&mut self, event: Event<Packet>) {
        let Event::Recv { buf, result, .. } = event else { unreachable!("{event:?} is no receive's") };
        match result {
            Ok(0) => self.end = Some(End::Finished),
            Ok(_) => {
                self.buf = Some(buf);
                self.taken = 0;
            }
            Err(error) => self.end = Some(End::Failed(error)),
        }
    }
}

impl Receiving {
    fn is_ready(&self) -> bool {
        self.buf.is_some() || self.end.is_some()
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
