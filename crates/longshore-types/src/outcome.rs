//! How an operation ended.

use crate::address::SocketAddress;
use crate::descriptor::OwnedSocket;
use crate::errno::Errno;

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
    /// The details, to be filled in.
    #[inline]
    pub fn details_mut(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }

    /// The socket that an accept produced, and its peer; taken out.
    #[inline]
    pub fn take_accepted(&mut self) -> Option<(OwnedSocket, Option<SocketAddress>)> {
        let details = self.details.as_deref_mut()?;
        Some((details.accepted.take()?, details.address.take()))
    }

    /// The sender of a datagram, the peer of an accept.
    #[inline]
    pub fn address(&self) -> Option<&SocketAddress> {
        self.details.as_ref()?.address.as_ref()
    }

    /// The datagram was longer than the regions (S11).
    #[inline]
    pub fn is_truncated(&self) -> bool {
        self.details.as_ref().is_some_and(|details| details.truncated)
    }

    /// The flags of a received message.
    #[inline]
    pub fn flags(&self) -> i32 {
        self.details.as_ref().map_or(0, |details| details.flags)
    }

    /// Bytes of control data received.
    #[inline]
    pub fn control_bytes(&self) -> usize {
        self.details.as_ref().map_or(0, |details| details.control_bytes)
    }
}

/// What accepts and receives of single messages tell besides.
#[derive(Debug, Default)]
pub struct Details {
    /// The socket an accept produced.
    pub accepted: Option<OwnedSocket>,
    /// The peer of an accept, the sender of a datagram.
    pub address: Option<SocketAddress>,
    /// The datagram was longer than the regions (S11).
    pub truncated: bool,
    /// The flags of a received message.
    pub flags: i32,
    /// Bytes of control data received.
    pub control_bytes: usize,
}
