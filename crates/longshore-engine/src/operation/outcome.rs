//! How an operation ended.

use super::{Errno, SocketAddress};
use std::os::fd::OwnedFd;

/// How an operation ended.
#[derive(Debug, Default)]
pub struct Outcome {
    /// `None` is success.
    pub error: Option<Errno>,
    /// Bytes transferred, also before an error or a cancel.
    pub bytes: u64,
    /// What else there is to tell, if anything.
    pub details: Option<Box<Details>>,
}

impl Outcome {
    /// The descriptor that an accept produced, and its peer; taken out.
    pub fn take_accepted(&mut self) -> Option<(OwnedFd, Option<SocketAddress>)> {
        let details = self.details.as_deref_mut()?;
        Some((details.accepted.take()?, details.address.take()))
    }

    /// The sender of a datagram, the peer of an accept.
    pub fn address(&self) -> Option<&SocketAddress> {
        self.details.as_ref()?.address.as_ref()
    }

    /// The datagram was longer than the regions (S11).
    pub fn is_truncated(&self) -> bool {
        self.details.as_ref().is_some_and(|details| details.truncated)
    }

    /// The flags of a received message.
    pub fn flags(&self) -> i32 {
        self.details.as_ref().map_or(0, |details| details.flags)
    }

    /// Bytes of control data received.
    pub fn control_bytes(&self) -> usize {
        self.details.as_ref().map_or(0, |details| details.control_bytes)
    }
}

/// What accepts and receives of single messages tell besides.
#[derive(Debug, Default)]
pub struct Details {
    /// The descriptor an accept produced.
    pub accepted: Option<OwnedFd>,
    /// The peer of an accept, the sender of a datagram.
    pub address: Option<SocketAddress>,
    /// The datagram was longer than the regions (S11).
    pub truncated: bool,
    /// The flags of a received message.
    pub flags: i32,
    /// Bytes of control data received.
    pub control_bytes: usize,
}
