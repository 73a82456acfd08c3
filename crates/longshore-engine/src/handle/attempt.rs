//! One try at an operation on a pollable descriptor, without blocking.
//!
//! Socket calls have `MSG_DONTWAIT`. Some calls take no flag (accept, connect, sendfile, calls on
//! pipes). Before each of these `O_NONBLOCK` is checked and set, because a clone of the
//! descriptor may have cleared it.
//!
//! The calls are rustix's, without the C library's wrapper: that marks a cancellation point with two atomic
//! read-modify-writes around each call, and threads here are never cancelled that way.

use super::{Handle, Kind, nonblocking};
use crate::operation::{Details, Errno, Face, IoSlices, OpCode, Outcome, Payload, RawAddress, Regions};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{
    RecvAncillaryBuffer, RecvFlags, RecvMsg, ReturnFlags, SendAncillaryBuffer, SendFlags, SocketFlags,
    acceptfrom_with,
};
use std::mem::{self, MaybeUninit};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::slice;

/// What a try needs to know of an operation, wherever its parts are: on the stack of the issuing thread, where
/// most sends end, or in the box in which an operation waits.
pub(super) struct Try<'a, F: Face> {
    pub(super) handle: &'a Handle<F>,
    pub(super) op_code: &'a OpCode,
    pub(super) payload: &'a mut F::Payload,
    pub(super) outcome: &'a mut Outcome,
}

impl<F: Face> Try<'_, F> {
    /// The regions still to be transferred.
    pub(super) fn remaining(&mut self) -> Regions {
        self.payload.remaining(self.outcome.bytes)
    }
}

/// The result of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// The operation ended, with success or an error.
    Done,
    /// It ended, and showed that nothing more is ready.
    DoneAndDrained,
    /// The descriptor is not ready; an event will tell when it is.
    NotReady,
    /// There is more to do now, but other operations should have a turn.
    Yield,
    /// Something is missing, and no event will tell when it is there: try again after a while.
    Later,
}

/// How much one try sends before it yields, in bytes: about a millisecond's worth. A fast reader must not
/// keep a thread, or the lane's lock, for as long as there is data.
const SEND_TURN: u64 = 4 << 20;

/// A call of a plain receive or send that was made.
#[derive(Clone, Copy)]
pub(super) struct Transfer {
    pub(super) result: Result<usize, Errno>,
    /// Bytes that the call could have moved; not 0.
    pub(super) asked: usize,
}

/// Makes the one call that nearly all operations are: a plain receive or send of a socket, with memory of one
/// piece. `None` if the operation is anything else. What the result means is for [`attempt`] to say, unless it
/// is the usual: some bytes received, all bytes sent.
#[inline(always)]
pub(super) fn transfer<F: Face>(
    handle: &Handle<F>,
    reads: bool,
    payload: &mut F::Payload,
) -> Option<Transfer> {
    if !handle.kind().is_socket() {
        return None;
    }
    let region = if reads { payload.room()? } else { payload.region()? };
    // SAFETY: the payload keeps the region valid, and writable for a receive (`unsafe impl Payload`).
    unsafe { transfer_region(handle, reads, region) }
}

/// As [`transfer`], with a region of a socket that is known before. `None` if it is empty.
///
/// # Safety
/// The region is as a payload's, in this direction.
#[inline(always)]
pub(super) unsafe fn transfer_region<F: Face>(
    handle: &Handle<F>,
    reads: bool,
    (start, asked): (*mut u8, usize),
) -> Option<Transfer> {
    if asked == 0 {
        return None;
    }
    // SAFETY: the caller's promise.
    let result = unsafe {
        match reads {
            true => recv_region(handle.descriptor(), start, asked),
            false => {
                send_region(handle.descriptor(), start, asked, SendFlags::DONTWAIT | SendFlags::NOSIGNAL)
            }
        }
    };
    Some(Transfer { result, asked })
}

/// Tries. Errors end the operation; they are never returned. `made` is the call of a plain receive or send, if it
/// was made before.
pub(super) fn attempt<F: Face>(operation: &mut Try<'_, F>, made: Option<Transfer>) -> Attempt {
    let result = match *operation.op_code {
        OpCode::Recv => recv(operation, made),
        OpCode::Send => send(operation, made),
        _ => try_rarer(operation),
    };
    match result {
        Ok(attempt) => attempt,
        Err(Errno(libc::EAGAIN)) => Attempt::NotReady,
        Err(errno) => {
            operation.outcome.error = Some(errno);
            Attempt::Done
        }
    }
}

/// Everything but plain receives and sends.
fn try_rarer<F: Face>(operation: &mut Try<'_, F>) -> Result<Attempt, Errno> {
    let kind = operation.handle.kind();
    if takes_no_flag(operation.op_code, kind) {
        nonblocking::ensure(operation.handle.descriptor())?;
    }
    match *operation.op_code {
        OpCode::Recv => recv(operation, None),
        OpCode::Send => send(operation, None),
        OpCode::RecvFrom => recv_from(operation),
        OpCode::RecvMessage(flags) => recv_message(operation, flags),
        OpCode::SendMessage(flags, ref address) => {
            let address = address.as_deref().map(RawAddress::new).transpose()?;
            send_message(operation, flags, address)
        }
        OpCode::Readable => readable(operation.handle.descriptor()),
        OpCode::Accept => accept(operation),
        OpCode::Connect(ref address) => connect(operation.handle.descriptor(), &RawAddress::new(address)?),
        OpCode::SendTo(ref address) => {
            let address = RawAddress::new(address)?;
            send_to(operation, &address)
        }
        OpCode::SendFile(_) => send_file(operation, kind),
        OpCode::ReadAt(_) | OpCode::WriteAt(_) | OpCode::Append | OpCode::Sync(_) => Err(Errno(libc::EINVAL)),
    }
}

/// The call made for it blocks if the description is set to: it has no flag like `MSG_DONTWAIT`.
fn takes_no_flag(op_code: &OpCode, kind: Kind) -> bool {
    match op_code {
        OpCode::Accept | OpCode::Connect(_) | OpCode::SendFile(_) => true,
        OpCode::Readable => false,
        _ => !kind.is_socket(),
    }
}

/// Repeats a call while signals interrupt it.
#[inline]
fn retry<T>(call: impl FnMut() -> rustix::io::Result<T>) -> Result<T, Errno> {
    Ok(rustix::io::retry_on_intr(call)?)
}

/// The address and length of a region, fit for a slice. A C program may pass NULL, which a slice must not
/// have. With length 0 any address will do; with another length the kernel would refuse it. The length is cut
/// to what the kernel takes in one call.
#[inline]
fn sliceable(start: *mut u8, length: usize) -> Result<(*mut u8, usize), Errno> {
    match length {
        0 => Ok((std::ptr::dangling_mut(), 0)),
        _ if start.is_null() => Err(Errno(libc::EFAULT)),
        _ => Ok((start, length.min(isize::MAX as usize))),
    }
}

/// recv(2), as the kernel has it: no cancellation point, no errno.
///
/// # Safety
/// The region is valid and writable, and nobody else's meanwhile.
#[inline(always)]
unsafe fn recv_region(descriptor: BorrowedFd<'_>, start: *mut u8, length: usize) -> Result<usize, Errno> {
    let (start, length) = sliceable(start, length)?;
    // SAFETY: the caller's promise; bytes of any value, at an address that is one.
    let room = unsafe { slice::from_raw_parts_mut(start.cast::<MaybeUninit<u8>>(), length) };
    loop {
        match rustix::net::recv(descriptor, &mut *room, RecvFlags::DONTWAIT) {
            Ok((_, bytes)) => return Ok(bytes),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Errno(error.raw_os_error())),
        }
    }
}

/// send(2), likewise.
///
/// # Safety
/// The region is valid and readable, and nobody writes to it meanwhile.
#[inline(always)]
unsafe fn send_region(
    descriptor: BorrowedFd<'_>,
    start: *const u8,
    length: usize,
    flags: SendFlags,
) -> Result<usize, Errno> {
    let (start, length) = sliceable(start.cast_mut(), length)?;
    // SAFETY: the caller's promise; at an address that is one.
    let contents = unsafe { slice::from_raw_parts(start, length) };
    loop {
        match rustix::net::send(descriptor, contents, flags) {
            Ok(bytes) => return Ok(bytes),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Errno(error.raw_os_error())),
        }
    }
}

/// As [`retry`], for the two calls below whose control data is the program's own bytes, which rustix does not
/// let through: sendmsg(2) and recvmsg(2).
fn retry_libc(mut call: impl FnMut() -> isize) -> Result<usize, Errno> {
    loop {
        match usize::try_from(call()).map_err(|_| Errno::last()) {
            Err(Errno(libc::EINTR)) => {}
            result => return result,
        }
    }
}

fn message(regions: &mut Regions) -> libc::msghdr {
    let iovecs = regions.per_call_mut();
    // SAFETY: all-zero is a valid msghdr: no name, no regions, no control data.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = iovecs.as_mut_ptr().cast::<libc::iovec>();
    message.msg_iovlen = iovecs.len() as _;
    message
}

fn recv<F: Face>(operation: &mut Try<'_, F>, made: Option<Transfer>) -> Result<Attempt, Errno> {
    operation.payload.acquire()?;
    let kind = operation.handle.kind();
    let received = match made.or_else(|| transfer(operation.handle, true, operation.payload)) {
        Some(Transfer { result, asked }) => result.map(|bytes| (bytes, asked)),
        None => recv_regions(operation, kind),
    };
    match received {
        Ok((bytes, asked)) => {
            operation.outcome.bytes = bytes as u64;
            let drained = is_drained(kind, bytes, asked);
            Ok(if drained { Attempt::DoneAndDrained } else { Attempt::Done })
        }
        Err(errno) => {
            operation.payload.release();
            Err(errno)
        }
    }
}

/// Whether a receive of so many bytes shows that there are no more.
#[inline(always)]
pub(super) fn is_drained(kind: Kind, bytes: usize, asked: usize) -> bool {
    matches!(kind, Kind::Tcp) && bytes > 0 && bytes < asked
}

/// Receives into however many regions; also says how many bytes the call could have taken, at least 1.
fn recv_regions<F: Face>(operation: &mut Try<'_, F>, kind: Kind) -> Result<(usize, usize), Errno> {
    let mut regions = operation.remaining();
    let descriptor = operation.handle.descriptor();
    if regions.is_empty() {
        // There is no memory to receive into: the operation ends when there is something to receive (S7).
        return match readable(descriptor)? {
            Attempt::NotReady => Err(Errno(libc::EAGAIN)),
            _ => Ok((0, 0)),
        };
    }
    // One call takes only so many regions.
    let asked = regions.len_per_call();
    let bytes = if kind.is_socket() {
        recv_into(descriptor, &mut regions)?.bytes
    } else {
        let slices = regions.as_io_slices_mut();
        retry(|| rustix::io::readv(descriptor, slices))?
    };
    Ok((bytes, asked))
}

/// A receive into however many regions, with the sender.
fn recv_into(descriptor: BorrowedFd<'_>, regions: &mut Regions) -> Result<RecvMsg, Errno> {
    let slices = regions.as_io_slices_mut();
    let mut none = RecvAncillaryBuffer::default();
    retry(|| rustix::net::recvmsg(descriptor, slices, &mut none, RecvFlags::DONTWAIT))
}

fn recv_from<F: Face>(operation: &mut Try<'_, F>) -> Result<Attempt, Errno> {
    operation.payload.acquire()?;
    let mut regions = operation.remaining();
    match recv_into(operation.handle.descriptor(), &mut regions) {
        Ok(received) => {
            operation.outcome.bytes = received.bytes as u64;
            operation.outcome.details = Some(Box::new(Details {
                truncated: received.flags.contains(ReturnFlags::TRUNC),
                address: received.address.and_then(|from| RawAddress::from(from).decode()),
                ..Details::default()
            }));
            Ok(Attempt::Done)
        }
        Err(errno) => {
            operation.payload.release();
            Err(errno)
        }
    }
}

/// A receive with everything recvmsg(2) can tell.
fn recv_message<F: Face>(operation: &mut Try<'_, F>, flags: libc::c_int) -> Result<Attempt, Errno> {
    let descriptor = operation.handle.descriptor().as_raw_fd();
    let all = flags & libc::MSG_WAITALL != 0;
    let mut regions = operation.remaining();
    if all && regions.is_empty() {
        return Ok(Attempt::Done);
    }
    let mut address = RawAddress::room();
    let control = operation.payload.control();
    let mut message = message(&mut regions);
    let (name, name_length) = address.as_mut_parts();
    message.msg_name = name.cast();
    message.msg_namelen = *name_length;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = control.len() as _;
    let flags = flags | libc::MSG_DONTWAIT;
    // SAFETY: the payload keeps the regions and the control memory valid and
    // writable; the name points at `address`.
    let bytes = retry_libc(|| unsafe { libc::recvmsg(descriptor, &mut message, flags) })?;
    *name_length = message.msg_namelen;
    let outcome = &mut operation.outcome;
    outcome.bytes += bytes as u64;
    outcome.details = Some(Box::new(Details {
        accepted: None,
        truncated: message.msg_flags & libc::MSG_TRUNC != 0,
        address: address.decode(),
        flags: message.msg_flags,
        control_bytes: message.msg_controllen,
    }));
    // Some of the bytes of a receive that waits for all: the rest may be there already.
    Ok(if all && bytes > 0 && flags & libc::MSG_PEEK == 0 && !operation.remaining().is_empty() {
        Attempt::Yield
    } else {
        Attempt::Done
    })
}

/// Done when a receive would not wait: data, the end of the stream, or an error,
/// which is left to be fetched (S7).
fn readable(descriptor: BorrowedFd<'_>) -> Result<Attempt, Errno> {
    let mut polled = [PollFd::from_borrowed_fd(descriptor, PollFlags::IN)];
    let count = retry(|| rustix::event::poll(&mut polled, Some(&Timespec::default())))?;
    Ok(if count == 0 { Attempt::NotReady } else { Attempt::Done })
}

fn accept<F: Face>(operation: &mut Try<'_, F>) -> Result<Attempt, Errno> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    loop {
        match retry(|| acceptfrom_with(operation.handle.descriptor(), flags)) {
            Ok((accepted, peer)) => {
                operation.outcome.details = Some(Box::new(Details {
                    accepted: Some(accepted),
                    address: peer.and_then(|peer| RawAddress::from(peer).decode()),
                    ..Details::default()
                }));
                return Ok(Attempt::Done);
            }
            // accept(2): these belong to the connection that was about to be accepted, which is gone.
            Err(Errno(
                libc::ECONNABORTED
                | libc::EPROTO
                | libc::ENETDOWN
                | libc::ENOPROTOOPT
                | libc::EHOSTDOWN
                | libc::ENONET
                | libc::EHOSTUNREACH
                | libc::ENETUNREACH,
            )) => {}
            // Descriptors or memory have run out. The connection waits in the backlog, and so does the
            // accept: ending it would only have the program issue it again, as fast as it can.
            Err(Errno(libc::EMFILE | libc::ENFILE)) if operation.payload.waits_for_descriptors() => {
                return Ok(Attempt::Later);
            }
            Err(Errno(libc::ENOBUFS | libc::ENOMEM)) => return Ok(Attempt::Later),
            Err(errno) => return Err(errno),
        }
    }
}

/// Starts a connection, or asks how it went: connect(2) called again answers that without a race.
fn connect(descriptor: BorrowedFd<'_>, address: &RawAddress) -> Result<Attempt, Errno> {
    match retry(|| rustix::net::connect(descriptor, address)) {
        Ok(_) => Ok(Attempt::Done),
        Err(Errno(libc::EINPROGRESS | libc::EALREADY)) => Ok(Attempt::NotReady),
        // A Unix socket whose listener's backlog is full; no event would ever follow.
        Err(Errno(libc::EAGAIN)) => Err(Errno(libc::ECONNREFUSED)),
        Err(errno) => Err(errno),
    }
}

/// Sends what remains; nothing less is a success (S5).
fn send<F: Face>(operation: &mut Try<'_, F>, made: Option<Transfer>) -> Result<Attempt, Errno> {
    let first = operation.outcome.bytes == 0;
    let made =
        made.or_else(|| if first { transfer(operation.handle, false, operation.payload) } else { None });
    if let Some(Transfer { result, asked }) = made {
        let bytes = result?;
        operation.outcome.bytes = bytes as u64;
        if bytes == asked {
            return Ok(Attempt::Done);
        }
    }
    send_regions(operation, operation.handle.kind())
}

fn send_regions<F: Face>(operation: &mut Try<'_, F>, kind: Kind) -> Result<Attempt, Errno> {
    let mut regions = operation.remaining();
    let mut left = regions.len();
    let mut turn = 0;
    while left > 0 {
        let bytes = send_once(&regions, operation.handle.descriptor(), kind, SendFlags::empty())?;
        operation.outcome.bytes += bytes as u64;
        left -= bytes;
        turn += bytes as u64;
        if left > 0 && turn >= SEND_TURN {
            return Ok(Attempt::Yield);
        }
        if left > 0 {
            regions.advance(bytes);
        }
    }
    Ok(Attempt::Done)
}

fn send_once(
    regions: &Regions,
    descriptor: BorrowedFd<'_>,
    kind: Kind,
    flags: SendFlags,
) -> Result<usize, Errno> {
    let flags = flags | SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    match (kind.is_socket(), regions.single()) {
        (true, Some(region)) => {
            // SAFETY: the payload keeps the region valid and readable (`unsafe impl Payload`).
            unsafe { send_region(descriptor, region.start(), region.length(), flags) }
        }
        (true, None) => {
            let mut none = SendAncillaryBuffer::default();
            retry(|| rustix::net::sendmsg(descriptor, regions.as_io_slices(), &mut none, flags))
        }
        (false, _) => retry(|| rustix::io::writev(descriptor, regions.as_io_slices())),
    }
}

fn send_to<F: Face>(operation: &mut Try<'_, F>, address: &RawAddress) -> Result<Attempt, Errno> {
    let regions = operation.remaining();
    let descriptor = operation.handle.descriptor();
    let mut none = SendAncillaryBuffer::default();
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    let bytes =
        retry(|| rustix::net::sendmsg_addr(descriptor, address, regions.as_io_slices(), &mut none, flags))?;
    operation.outcome.bytes = bytes as u64;
    Ok(Attempt::Done)
}

/// A send with everything sendmsg(2) can take. A stream takes all of it or goes on later (S5).
fn send_message<F: Face>(
    operation: &mut Try<'_, F>,
    flags: libc::c_int,
    address: Option<RawAddress>,
) -> Result<Attempt, Errno> {
    let descriptor = operation.handle.descriptor().as_raw_fd();
    let stream = operation.handle.kind() != Kind::Datagram;
    let mut regions = operation.remaining();
    let control = operation.payload.control();
    let mut message = message(&mut regions);
    if let Some(address) = &address {
        message.msg_namelen = address.length();
        message.msg_name = address.as_ptr().cast_mut().cast();
    }
    message.msg_control = if control.is_empty() { std::ptr::null_mut() } else { control.as_mut_ptr().cast() };
    message.msg_controllen = control.len() as _;
    let flags = flags | libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the payload keeps the regions and the control memory valid and readable; the
    // name, if any, points at `address`.
    let bytes = retry_libc(|| unsafe { libc::sendmsg(descriptor, &message, flags) })?;
    operation.outcome.bytes += bytes as u64;
    Ok(if stream && bytes > 0 && !operation.remaining().is_empty() { Attempt::Yield } else { Attempt::Done })
}

/// The regions before the file, the file, the regions after it (TF1, TF2).
fn send_file<F: Face>(operation: &mut Try<'_, F>, kind: Kind) -> Result<Attempt, Errno> {
    let OpCode::SendFile(range) = operation.op_code else {
        return Err(Errno(libc::EINVAL));
    };
    let (file, before, start, length) = (range.file.clone(), range.before, range.offset, range.length);
    let mut turn = SEND_TURN;
    loop {
        let sent = operation.outcome.bytes;
        if sent < before {
            let mut head = Regions::new();
            operation.payload.regions(&mut head);
            head.truncate(before as usize);
            head.advance(sent as usize);
            // What follows belongs to the same segment if it fits.
            let more = if length > 0 { SendFlags::MORE } else { SendFlags::empty() };
            operation.outcome.bytes += send_once(&head, operation.handle.descriptor(), kind, more)? as u64;
        } else if sent - before < length {
            let done = sent - before;
            let mut offset = start + done;
            let count = (length - done).min(turn) as usize;
            let socket = operation.handle.descriptor();
            let bytes = retry(|| rustix::fs::sendfile(socket, &file, Some(&mut offset), count))?;
            if bytes == 0 {
                return Err(Errno(libc::EIO)); // The file is shorter than the range.
            }
            operation.outcome.bytes += bytes as u64;
            turn -= bytes as u64;
            if turn == 0 && length - done > bytes as u64 {
                return Ok(Attempt::Yield);
            }
        } else {
            let mut tail = Regions::new();
            operation.payload.regions(&mut tail);
            tail.advance((sent - length) as usize);
            if tail.is_empty() {
                return Ok(Attempt::Done);
            }
            operation.outcome.bytes +=
                send_once(&tail, operation.handle.descriptor(), kind, SendFlags::empty())? as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixDatagram;

    #[test]
    fn no_bytes_may_be_nowhere_and_bytes_may_not() {
        let (a, b) = UnixDatagram::pair().unwrap();
        // SAFETY: no bytes, or none that could be touched.
        unsafe {
            assert_eq!(send_region(a.as_fd(), std::ptr::null(), 0, SendFlags::empty()), Ok(0));
            assert_eq!(recv_region(b.as_fd(), std::ptr::null_mut(), 0), Ok(0));
            let refused = Err(Errno(libc::EFAULT));
            assert_eq!(send_region(a.as_fd(), std::ptr::null(), 1, SendFlags::empty()), refused);
            assert_eq!(recv_region(b.as_fd(), std::ptr::null_mut(), 1), refused);
        }
    }
}
