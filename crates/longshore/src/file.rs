//! Files.

use crate::handle::handle;
use crate::request::{Request, Subject, Types};
use crate::sys::{self, Handle, Kind, OpCode, OwnedFile};
use crate::{Buf, OpId, Port};
use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// A regular file, a block device, or another device that cannot be polled, attached to a port.
///
/// There is no moving position: every read and write has an offset. Operations on one file are not ordered
/// among each other. A read from the page cache is done at once, on the calling thread. Everything else is
/// done by io_uring, driven by threads of the port, or by a bounded set of blocking threads where the system
/// refuses io_uring. On Windows the kernel does all of it; several buffers are transferred one after the
/// other there, as one operation. Clones are the same file.
pub struct File<C: Send + 'static = ()> {
    handle: Arc<Handle<Types<C>>>,
}

handle!(File, file);

impl<C: Send + 'static> File<C> {
    /// Opens a file, blocking the caller for as long as that takes. On Windows see [`File::attach`].
    ///
    /// # Errors
    /// Those of `std::fs::OpenOptions::open`, and a closed port.
    pub fn open(
        port: &Port<C>,
        key: usize,
        path: impl AsRef<Path>,
        options: &OpenOptions,
    ) -> io::Result<Self> {
        File::attach(port, key, options.open(path)?)
    }

    /// Attaches a file that is open.
    ///
    /// On Windows one that was not opened with `FILE_FLAG_OVERLAPPED` is opened a
    /// second time, with the access it has.
    ///
    /// # Errors
    /// `BrokenPipe` if the port is closed; on Windows `InvalidInput` if it cannot be opened a second time
    /// because it was opened without sharing.
    pub fn attach(port: &Port<C>, key: usize, file: impl Into<OwnedFile>) -> io::Result<Self> {
        let handle = port.core().attach(file.into(), key, Some(Kind::File))?;
        Ok(File { handle })
    }

    pub(crate) fn share_descriptor(&self) -> Arc<OwnedFile> {
        self.handle.share_descriptor()
    }

    /// Reads at an offset into the whole room of the buffer, replacing its contents; less only at the end of
    /// the file, nothing beyond it. Any length goes in one operation. (ReadFile, F8, F15, F16)
    pub fn read_at(&self, buf: impl Into<Buf>, offset: u64, context: C) -> OpId {
        self.issue(OpCode::ReadAt(offset), context, Subject::Read(buf.into()))
    }

    /// Reads into several buffers, filled in order. (ReadFileScatter)
    pub fn read_vectored_at(&self, bufs: Vec<Buf>, offset: u64, context: C) -> OpId {
        self.issue(OpCode::ReadAt(offset), context, Subject::ReadVectored(bufs))
    }

    /// Writes all of the buffer at an offset, extending the file if need be. (WriteFile, F15, F16)
    pub fn write_at(&self, buf: impl Into<Buf>, offset: u64, context: C) -> OpId {
        self.issue(OpCode::WriteAt(offset), context, Subject::Write(buf.into()))
    }

    /// Writes all of several buffers, in order. (WriteFileGather)
    pub fn write_vectored_at(&self, bufs: Vec<Buf>, offset: u64, context: C) -> OpId {
        self.issue(OpCode::WriteAt(offset), context, Subject::WriteVectored(bufs))
    }

    /// Writes all of the buffer at the end of the file, in one piece also while others append. (F12)
    pub fn append(&self, buf: impl Into<Buf>, context: C) -> OpId {
        self.issue(OpCode::Append, context, Subject::Write(buf.into()))
    }

    /// Waits until everything written so far is on the device. (FlushFileBuffers, fsync(2)) Windows
    /// wants a file opened for writing.
    pub fn sync(&self, context: C) -> OpId {
        self.issue(OpCode::Sync(false), context, Subject::Sync)
    }

    /// As [`File::sync`], without metadata that is not needed to read the data back.
    /// [fdatasync(2)] On Windows it is the same.
    pub fn sync_data(&self, context: C) -> OpId {
        self.issue(OpCode::Sync(true), context, Subject::Sync)
    }

    /// The file's size in bytes.
    ///
    /// # Errors
    /// Those of fstat(2), or GetFileSizeEx.
    pub fn size(&self) -> io::Result<u64> {
        sys::file_size(&self.handle)
    }
}
