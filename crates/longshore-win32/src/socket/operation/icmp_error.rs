//! Reports of ICMP that an earlier datagram found no receiver (S20).
//!
//! Windows gives the report to the pending or the next *receive*, on unconnected sockets, too. Linux does so
//! if `IP_RECVERR` is set, but gives it to the next call of any kind, also to a send. It also keeps the
//! report in a queue; until the queue is emptied, every poll reports an error. So the call that gets the
//! report empties the queue, and a send passes the report on to the next receive and tries again.

use crate::port::file_object::FileObject;
use crate::socket::socket_object::{Fact, state_of};
use std::os::fd::{AsRawFd, OwnedFd};

/// Empties the queue of reports.
pub(crate) fn empty_queue(descriptor: &OwnedFd) {
    let mut byte = 0u8;
    let mut region = libc::iovec { iov_base: (&raw mut byte).cast(), iov_len: 1 };
    loop {
        // SAFETY: all-zero is a valid msghdr.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_iov = &raw mut region;
        message.msg_iovlen = 1;
        let flags = libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT;
        // SAFETY: one writable byte; the rest of a report is not wanted.
        if unsafe { libc::recvmsg(descriptor.as_raw_fd(), &mut message, flags) } < 0 {
            return;
        }
    }
}

/// A receive got a report. True if the program is to be told.
pub(crate) fn met_by_receive(file: &FileObject) -> bool {
    empty_queue(&file.descriptor());
    !state_of(file).is(Fact::IgnoresUnreachable)
}

/// A send got a report: it is kept for the next receive.
pub(crate) fn met_by_send(file: &FileObject) {
    if met_by_receive(file) {
        state_of(file).set(Fact::Unreachable, true);
    }
}

/// A receive begins: whether a report waits for it.
#[inline]
pub(crate) fn take(file: &FileObject) -> bool {
    let socket = state_of(file);
    socket.is(Fact::Unreachable) && socket.set(Fact::Unreachable, false)
}
