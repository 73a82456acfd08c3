//! What is done with a socket: accepting, connecting, sending, receiving, transmitting files.

pub(crate) mod accept;
pub(crate) mod connect;
pub(crate) mod control_data;
pub(crate) mod disconnect;
pub(crate) mod icmp_error;
pub(crate) mod message;
pub(crate) mod overlapped_result;
pub(crate) mod send_receive;
pub(crate) mod transfer;
pub(crate) mod transmit;
pub(crate) mod waited;
