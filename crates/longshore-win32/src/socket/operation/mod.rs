//! What is done with a socket: accepting, connecting, sending, receiving, transmitting files.

pub(crate) mod accept;
pub(crate) mod accept_ex;
pub(crate) mod bind;
pub(crate) mod buffers;
pub(crate) mod completion;
pub(crate) mod connect;
pub(crate) mod control_data;
pub(crate) mod disconnect;
pub(crate) mod icmp_error;
pub(crate) mod message;
pub(crate) mod names;
pub(crate) mod overlapped_result;
pub(crate) mod readiness;
pub(crate) mod receive;
pub(crate) mod send;
pub(crate) mod stream;
pub(crate) mod transfer;
pub(crate) mod transmit;
pub(crate) mod waited;
