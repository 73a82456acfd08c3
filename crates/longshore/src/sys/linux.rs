//! Linux: the engine, as it is.

pub use longshore_engine::{Core, Face, Handle, Kind, Operation, Packet, blocking};
use std::io;

/// The size of an attached file in bytes.
///
/// # Errors
/// Those of fstat(2).
pub fn file_size<F: Face>(handle: &Handle<F>) -> io::Result<u64> {
    let file = std::fs::File::from(handle.descriptor().try_clone_to_owned()?);
    Ok(file.metadata()?.len())
}

/// Changes the concurrency value of a port.
///
/// # Errors
/// None.
pub fn set_concurrency<F: Face>(port: &Core<F>, concurrency: usize) -> io::Result<()> {
    port.set_concurrency(concurrency);
    Ok(())
}

/// Whether there are Unix sockets.
///
/// # Errors
/// None.
pub fn unix_sockets() -> io::Result<()> {
    Ok(())
}
