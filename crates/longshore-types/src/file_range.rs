//! A part of a file, as what a socket sends.

use crate::descriptor::OwnedFile;
use std::sync::Arc;

/// The file part of [`OpCode::SendFile`](crate::OpCode::SendFile).
#[derive(Debug)]
pub struct FileRange {
    /// The file; its position is neither used nor moved.
    pub file: Arc<OwnedFile>,
    /// First byte to send.
    pub offset: u64,
    /// Bytes to send; the operation fails if the file ends before: with `EIO`, on Windows with `ERROR_HANDLE_EOF`.
    pub length: u64,
    /// Bytes of the regions that go out before the file; the rest follows it.
    pub before: u64,
}
