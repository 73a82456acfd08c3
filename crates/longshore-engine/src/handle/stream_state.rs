//! What a connection reports to every later operation, although the kernel reports it once.
//!
//! - *How it failed.* The kernel reports a reset, a timeout or an unreachable peer to one call; the next
//!   receive finds the end of the stream, which makes a cut-off transfer look complete, and the next send a
//!   broken pipe. Here the first failure lasts: every later operation of the handle reports it.
//! - *That a send was cut off.* After a part of a send the peer cannot know where the data ends. A FIN would
//!   tell it that this was all, so the connection is reset.
//!
//! The failure is noted under the lock of the lane that met it, and asked for by an operation of either lane
//! after it ended. An operation that finds the end of the stream while the other lane is in the middle of the
//! call that takes the failure from the kernel must not miss it: so it passes through the other lane's lock
//! first ([`super::Handle`]'s `correct`).

use crate::operation::{Errno, OpCode, Outcome};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

/// See the head of this module.
pub(super) struct StreamState {
    /// The number of the first failure; 0 for none.
    failure: AtomicI32,
    cut_off: AtomicBool,
}

impl StreamState {
    pub(super) fn new() -> Self {
        StreamState { failure: AtomicI32::new(0), cut_off: AtomicBool::new(false) }
    }

    /// How the connection failed.
    pub(super) fn failure(&self) -> Option<Errno> {
        match self.failure.load(Ordering::Acquire) {
            0 => None,
            errno => Some(Errno(errno)),
        }
    }

    /// A send ended with a part of it under way, and none was completed since.
    #[inline]
    pub(super) fn is_cut_off(&self) -> bool {
        self.cut_off.load(Ordering::Acquire)
    }

    /// A send is cancelled after a part of it went out.
    pub(super) fn note_cut_off(&self) {
        self.cut_off.store(true, Ordering::Release);
    }

    /// Learns from an operation that ended. Under the lock of its lane.
    pub(super) fn note(&self, op_code: &OpCode, outcome: &Outcome) {
        if outcome.error.is_some() || op_code.connects() || self.is_cut_off() {
            self.note_rare(op_code, outcome);
        }
    }

    #[cold]
    fn note_rare(&self, op_code: &OpCode, outcome: &Outcome) {
        match (op_code.connects(), outcome.error) {
            // A new connection on the same descriptor.
            (true, None) => {
                self.failure.store(0, Ordering::Release);
                self.cut_off.store(false, Ordering::Release);
            }
            (true, Some(_)) => {}
            (false, None) if !op_code.reads() => self.cut_off.store(false, Ordering::Release),
            (false, None) => {}
            (false, Some(errno)) => {
                if is_lasting(errno) {
                    let _ = self.failure.compare_exchange(0, errno.0, Ordering::Release, Ordering::Relaxed);
                }
                if !op_code.reads() && outcome.bytes > 0 {
                    self.cut_off.store(true, Ordering::Release);
                }
            }
        }
    }
}

/// Whether the error concerns the connection and the kernel reports it once.
fn is_lasting(errno: Errno) -> bool {
    matches!(
        errno.0,
        libc::ECONNRESET
            | libc::ECONNABORTED
            | libc::ETIMEDOUT
            | libc::EHOSTUNREACH
            | libc::ENETUNREACH
            | libc::ENETRESET
            | libc::EHOSTDOWN
            | libc::ENETDOWN
    )
}

/// Whether an operation ends like this on a connection whose failure the kernel reported to another call.
pub(super) fn may_hide_a_failure(op_code: &OpCode, outcome: &Outcome) -> bool {
    match (op_code.reads(), outcome.error) {
        (true, None) => outcome.bytes == 0 && matches!(op_code, OpCode::Recv | OpCode::RecvMessage(_)),
        (true, Some(errno)) => errno == Errno(libc::ENOTCONN),
        (false, Some(errno)) => matches!(errno, Errno(libc::EPIPE | libc::ENOTCONN)),
        (false, None) => false,
    }
}
