//! Linux: the engine, as it is.

pub use longshore_engine::Started as StartedOperation;
pub use longshore_engine::StopFlag;
pub use longshore_engine::{
    Core, Errno, Face, FileRange, Handle, Kind, OpCode, Operation, Outcome, Packet, Payload, Regions,
    SocketAddress, Stats, TakeError, TimerId, blocking,
};
use std::io;
pub use std::os::fd::{OwnedFd as OwnedFile, OwnedFd as OwnedSocket};

/// The size of an attached file in bytes.
///
/// # Errors
/// Those of fstat(2).
pub fn file_size<F: Face>(handle: &Handle<F>) -> io::Result<u64> {
    let file = std::fs::File::from(handle.descriptor().try_clone_to_owned()?);
    Ok(file.metadata()?.len())
}

/// Whether there are Unix sockets.
///
/// # Errors
/// None.
pub fn unix_sockets() -> io::Result<()> {
    Ok(())
}
