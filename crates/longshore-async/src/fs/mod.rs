//! Files and directories.
//!
//! A [`File`] reads and writes through the port, at offsets, with owned buffers. Everything else here is the
//! call of `std::fs` of the same name, in place: the task blocks, and the port releases another thread.

mod calls;
mod file;

pub use calls::*;
pub use file::File;
