//! The completion port, and the way of an overlapped operation from its start to its
//! packet, event or completion routine.

pub(crate) mod action;
pub(crate) mod at_once;
pub(crate) mod background_poller;
pub(crate) mod broken_pipe;
pub(crate) mod buffer_check;
pub(crate) mod completion_port;
pub(crate) mod face;
pub(crate) mod file_object;
pub(crate) mod io;
pub(crate) mod overlapped;
pub(crate) mod request;
pub(crate) mod retry;
pub(crate) mod sync_block;
pub(crate) mod synchronous;
pub(crate) mod transfer;
