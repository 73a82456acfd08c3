//! What an operation carries through the engine, and how it becomes an [`Event`].

use crate::event::{Completion, Datagram, Event};
use crate::sys::{
    Consume, Errno, Face, Handle, Operation, Outcome, Packet, Payload, Regions, SocketAddress,
    StartedOperation,
};
use crate::{Buf, File, Listener, OpId, Started, Stream, UdpSocket};
use std::io;
use std::marker::PhantomData;
use std::sync::Arc;

/// The types of the safe face for contexts of type `C`.
pub(crate) struct Types<C>(PhantomData<fn() -> C>);

impl<C: Send + 'static> Face for Types<C> {
    type Post = Post<C>;
    type Payload = Request<C>;
}

/// What a posted packet carries.
pub(crate) enum Post<C> {
    Posted(C),
    Timer { context: C, cancelled: bool },
}

/// What an operation carries.
pub(crate) struct Request<C: Send + 'static> {
    pub(crate) context: C,
    pub(crate) subject: Subject<C>,
}

/// The operation's buffers and companions, by kind.
pub(crate) enum Subject<C: Send + 'static> {
    Accept,
    Connect,
    Recv(Buf),
    /// Receives after the buffer's contents.
    RecvAppend(Buf),
    RecvVectored(Vec<Buf>),
    Readable,
    Send(Buf),
    SendVectored(Vec<Buf>),
    /// What goes before the file, the file, what follows it.
    SendFile(Box<(Buf, File<C>, Buf)>),
    RecvFrom(Buf),
    SendTo(Buf),
    Read(Buf),
    ReadVectored(Vec<Buf>),
    Write(Buf),
    WriteVectored(Vec<Buf>),
    Sync,
}

impl<C: Send + 'static> Subject<C> {
    /// The memory if it is of one piece. See [`Payload::region`].
    #[inline(never)]
    fn region(&mut self) -> Option<(*mut u8, usize)> {
        match self {
            Subject::Recv(buf) | Subject::Read(buf) => buf.room(0),
            Subject::RecvAppend(buf) => buf.room(buf.len()),
            Subject::Send(buf) | Subject::Write(buf) => Some(buf.contents()),
            _ => None,
        }
    }

    /// A receive of a stream without any room: its end would look like the end of the stream.
    #[inline]
    pub(crate) fn lacks_room(&self) -> bool {
        match self {
            Subject::Recv(buf) => !buf.has_room(0),
            Subject::RecvAppend(buf) => !buf.has_room(buf.len()),
            Subject::RecvVectored(bufs) => !bufs.iter().any(|buf| buf.has_room(0)),
            _ => false,
        }
    }
}

// SAFETY: every region named is memory owned by a `Buf` inside the request: heap memory that does
// not move with the request and is freed only when the request is dropped. A `Buf` names room only
// in memory it owns alone (`push_room`), and contents that are initialised and, if shared or
// static, immutable (`push_contents`).
unsafe impl<C: Send + 'static> Payload for Request<C> {
    fn regions(&mut self, regions: &mut Regions) {
        match &mut self.subject {
            Subject::RecvAppend(buf) => buf.push_room(buf.len(), regions),
            Subject::Recv(buf) | Subject::RecvFrom(buf) | Subject::Read(buf) => buf.push_room(0, regions),
            Subject::RecvVectored(bufs) | Subject::ReadVectored(bufs) => {
                bufs.iter_mut().for_each(|buf| buf.push_room(0, regions));
            }
            Subject::Send(buf) | Subject::SendTo(buf) | Subject::Write(buf) => {
                buf.push_contents(regions);
            }
            Subject::SendVectored(bufs) | Subject::WriteVectored(bufs) => {
                bufs.iter().for_each(|buf| buf.push_contents(regions));
            }
            Subject::SendFile(parts) => {
                let (head, _, tail) = &**parts;
                head.push_contents(regions);
                tail.push_contents(regions);
            }
            Subject::Accept | Subject::Connect | Subject::Readable | Subject::Sync => {}
        }
    }

    #[inline(always)]
    fn region(&mut self) -> Option<(*mut u8, usize)> {
        match &mut self.subject {
            Subject::Send(buf) => Some(buf.contents()),
            subject => subject.region(),
        }
    }

    #[inline(always)]
    fn room(&mut self) -> Option<(*mut u8, usize)> {
        match &mut self.subject {
            Subject::Recv(buf) => {
                buf.acquire();
                buf.room(0)
            }
            Subject::RecvAppend(buf) => buf.room(buf.len()),
            _ => None,
        }
    }

    fn acquire(&mut self) -> Result<(), Errno> {
        let writable = match &mut self.subject {
            Subject::Recv(buf) => {
                buf.acquire();
                buf.is_writable()
            }
            Subject::RecvAppend(buf) | Subject::RecvFrom(buf) | Subject::Read(buf) => buf.is_writable(),
            Subject::RecvVectored(bufs) | Subject::ReadVectored(bufs) => bufs.iter().all(Buf::is_writable),
            _ => true,
        };
        // Receiving into static or shared memory.
        if writable { Ok(()) } else { Err(Errno::INVALID) }
    }

    fn release(&mut self) {
        // A buffer with contents to which data is added belongs to the user and stays.
        if let Subject::Recv(buf) = &mut self.subject {
            buf.release();
        }
    }
}

/// The kernel filled the buffers, in order, with `bytes` in all.
fn fill(bufs: &mut [Buf], mut bytes: usize) {
    for buf in bufs {
        let filled = if buf.is_writable() { buf.capacity().min(bytes) } else { 0 };
        if buf.is_writable() {
            // SAFETY: the regions named were the whole rooms, in this order, and the kernel
            // reports `bytes` of them written.
            unsafe { buf.set_filled(filled) };
        }
        bytes -= filled;
    }
}

/// Turns what the engine delivers into what the user sees.
#[derive(Clone, Copy)]
pub(crate) struct Delivering;

impl<C: Send + 'static> Consume<Packet<Types<C>>> for Delivering {
    type Output = Completion<C>;

    #[inline(always)]
    fn consume(self, packet: Packet<Types<C>>) -> Completion<C> {
        completion(packet)
    }
}

/// Runs the handler with it.
pub(crate) struct Handling<'a, H>(pub(crate) &'a H);

impl<C: Send + 'static, H: Fn(Completion<C>)> Consume<Packet<Types<C>>> for Handling<'_, H> {
    type Output = ();

    #[inline(always)]
    fn consume(self, packet: Packet<Types<C>>) {
        self.0(completion(packet));
    }
}

/// Turns what became of an operation that was started on this handle into what its call returns.
pub(crate) struct Completing<'a, C: Send + 'static>(pub(crate) &'a Arc<Handle<Types<C>>>);

impl<C: Send + 'static> Consume<StartedOperation<Request<C>>> for Completing<'_, C> {
    type Output = Started<C>;

    #[inline(always)]
    fn consume(self, started: StartedOperation<Request<C>>) -> Started<C> {
        match started {
            StartedOperation::Ended(request, outcome) => {
                Started::Done(ended(self.0.clone(), request, outcome))
            }
            StartedOperation::Pending(id) => Started::Pending(OpId(id)),
            StartedOperation::Dropped => Started::Pending(OpId(0)),
        }
    }
}

#[inline(always)]
pub(crate) fn completion<C: Send + 'static>(packet: Packet<Types<C>>) -> Completion<C> {
    match packet {
        Packet::Posted { key, post } => match post {
            Post::Posted(context) => Completion { key, context, event: Event::Posted },
            Post::Timer { context, cancelled } => {
                Completion { key, context, event: Event::Timer { cancelled } }
            }
        },
        Packet::Finished(operation) => finished(operation),
    }
}

#[inline(always)]
pub(crate) fn finished<C: Send + 'static>(operation: Box<Operation<Types<C>>>) -> Completion<C> {
    let (handle, request, outcome) = operation.into_parts();
    ended(handle, request, outcome)
}

/// The two most frequent kinds come first, and are inlined: where it is known what was issued, nothing is left
/// of the question.
#[inline(always)]
pub(crate) fn ended<C: Send + 'static>(
    handle: Arc<Handle<Types<C>>>,
    request: Request<C>,
    outcome: Outcome,
) -> Completion<C> {
    let Request { context, subject } = request;
    let key = handle.key();
    let event = match subject {
        Subject::Recv(mut buf) => {
            if buf.is_writable() {
                // SAFETY: the kernel wrote so many bytes from the start of the room.
                unsafe { buf.set_filled(outcome.bytes as usize) };
            }
            Event::Recv { stream: Stream::from_handle(handle), buf, result: transferred(&outcome) }
        }
        Subject::Send(buf) => {
            Event::Send { stream: Stream::from_handle(handle), buf, result: transferred(&outcome) }
        }
        subject => event(handle, subject, outcome),
    };
    Completion { key, context, event }
}

/// What was received before a failure stays in the buffer; the result says that it failed.
#[inline(always)]
fn transferred(outcome: &Outcome) -> io::Result<usize> {
    match outcome.error {
        None => Ok(outcome.bytes as usize),
        Some(errno) => Err(errno.into()),
    }
}

#[inline(never)]
fn event<C: Send + 'static>(
    handle: Arc<Handle<Types<C>>>,
    subject: Subject<C>,
    mut outcome: Outcome,
) -> Event<C> {
    let count = outcome.bytes as usize;
    let error = outcome.error;
    let bytes = || error.map_or(Ok(count), |errno| Err(errno.into()));
    let unit = || error.map_or(Ok(()), |errno| Err(errno.into()));
    match subject {
        Subject::Accept => {
            let listener = Listener::from_handle(handle);
            let result = match (error, outcome.take_accepted()) {
                (None, Some((accepted, peer))) => Stream::accepted(&listener, accepted)
                    .map(|stream| (stream, peer.unwrap_or(SocketAddress::Unix(None)))),
                (error, _) => Err(error.unwrap_or(Errno::INVALID).into()),
            };
            Event::Accept { listener, result }
        }
        Subject::Connect => Event::Connect { stream: Stream::from_handle(handle), result: unit() },
        Subject::Recv(_) | Subject::Send(_) => unreachable!("these two have a way of their own"),
        Subject::RecvAppend(mut buf) => {
            if buf.is_writable() {
                let kept = buf.len();
                // SAFETY: the first `kept` bytes were contents, and the kernel wrote `count` after them.
                unsafe { buf.set_filled(kept + count) };
            }
            Event::Recv { stream: Stream::from_handle(handle), buf, result: bytes() }
        }
        Subject::RecvVectored(mut bufs) => {
            fill(&mut bufs, count);
            Event::RecvVectored { stream: Stream::from_handle(handle), bufs, result: bytes() }
        }
        Subject::Readable => Event::Readable { stream: Stream::from_handle(handle), result: unit() },
        Subject::SendVectored(bufs) => {
            Event::SendVectored { stream: Stream::from_handle(handle), bufs, result: bytes() }
        }
        Subject::SendFile(parts) => {
            let (head, file, tail) = *parts;
            let result = error.map_or(Ok(outcome.bytes), |errno| Err(errno.into()));
            Event::SendFile { stream: Stream::from_handle(handle), head, file, tail, result }
        }
        Subject::RecvFrom(mut buf) => {
            fill(std::slice::from_mut(&mut buf), count);
            let result = match (error, outcome.address()) {
                (Some(errno), _) => Err(errno.into()),
                (None, Some(&SocketAddress::Inet(from))) => {
                    Ok(Datagram { bytes: count, from, truncated: outcome.is_truncated() })
                }
                (None, _) => Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "the sender's address is not IPv4 or IPv6",
                )),
            };
            Event::RecvFrom { socket: UdpSocket::from_handle(handle), buf, result }
        }
        Subject::SendTo(buf) => {
            Event::SendTo { socket: UdpSocket::from_handle(handle), buf, result: bytes() }
        }
        Subject::Read(mut buf) => {
            fill(std::slice::from_mut(&mut buf), count);
            Event::Read { file: File::from_handle(handle), buf, result: bytes() }
        }
        Subject::ReadVectored(mut bufs) => {
            fill(&mut bufs, count);
            Event::ReadVectored { file: File::from_handle(handle), bufs, result: bytes() }
        }
        Subject::Write(buf) => Event::Write { file: File::from_handle(handle), buf, result: bytes() },
        Subject::WriteVectored(bufs) => {
            Event::WriteVectored { file: File::from_handle(handle), bufs, result: bytes() }
        }
        Subject::Sync => Event::Sync { file: File::from_handle(handle), result: unit() },
    }
}
