//! Operations on connected and datagram sockets: sending, receiving, transmitting files.

pub(crate) mod buffers;
pub(crate) mod completion;
pub(crate) mod control_data;
pub(crate) mod icmp_error;
pub(crate) mod message;
pub(crate) mod overlapped_result;
pub(crate) mod readiness;
pub(crate) mod receive;
pub(crate) mod send;
pub(crate) mod stream;
pub(crate) mod transfer;
pub(crate) mod transmit;
pub(crate) mod waited;
