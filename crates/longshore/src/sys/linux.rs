//! Linux: the engine, as it is.

pub use longshore_engine::{Core, Face, Handle, Kind, Operation, Packet, StopFlag, blocking};
use std::io;

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
