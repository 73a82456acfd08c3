//! Files that are read and written through the port.

use crate::operation;
use crate::packet::Packet;
use crate::runtime::Handle;
use longshore::{Buf, Event, Started};
use std::fmt;
use std::fs::OpenOptions;
use std::io;
use std::path::Path;

/// An open file.
///
/// Reads and writes are at an offset, any number at a time, and go through the port: by io_uring where the
/// kernel has it, otherwise by threads of their own. What the page cache has is read at once.
///
/// A future that is dropped requests the end of its operation; the buffer lives until the kernel has let go
/// of it. What a write that was given up has written is unknown. When the runtime ends before the operation, the
/// buffer is gone with it, and an empty one comes back.
///
/// ```
/// use longshore_async::fs::File;
/// # let path = std::env::temp_dir().join(format!("longshore-async-file-{}", std::process::id()));
/// # longshore_async::Runtime::new()?.block_on(async {
/// let file = File::create(&path).await?;
/// file.write_at("hello", 0).await.0?;
/// let (result, buf) = file.read_at(Vec::with_capacity(16), 0).await;
/// assert_eq!((result?, &*buf), (5, &b"hello"[..]));
/// # std::fs::remove_file(&path)
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct File {
    file: longshore::File<Packet>,
}

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// As [`std::fs::File::open`]; outside of a runtime.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<File> {
        File::open_with(OpenOptions::new().read(true), path).await
    }

    /// Makes a file, or empties the one there is, for reading and writing.
    ///
    /// # Errors
    /// As [`std::fs::File::create`]; outside of a runtime.
    pub async fn create(path: impl AsRef<Path>) -> io::Result<File> {
        File::open_with(OpenOptions::new().read(true).write(true).create(true).truncate(true), path).await
    }

    /// Opens a file in any other way. On Windows it adds what overlapped operations need.
    ///
    /// # Errors
    /// As [`OpenOptions::open`]; outside of a runtime.
    pub async fn open_with(options: &OpenOptions, path: impl AsRef<Path>) -> io::Result<File> {
        let runtime = Handle::current_or_error()?;
        let file = longshore::blocking(|| longshore::File::open(runtime.port(), 0, path, options))?;
        Ok(File { file })
    }

    /// Reads from an offset until the buffer's room is full or the file ends; how many bytes, and the buffer.
    ///
    /// # Errors
    /// In the first part: what the system says.
    pub async fn read_at(&self, buf: impl Into<Buf>, offset: u64) -> (io::Result<usize>, Buf) {
        let buf = buf.into();
        match self.perform(|packet| self.file.start_read_at(buf, offset, packet)).await {
            Ok(Event::Read { buf, result, .. }) => (result, buf),
            Ok(event) => unreachable!("{event:?} is no read's"),
            Err(ended) => (Err(ended), Buf::default()),
        }
    }

    /// Writes all of the buffer at an offset; how many bytes, and the buffer.
    ///
    /// # Errors
    /// In the first part: what the system says, such as `StorageFull`.
    pub async fn write_at(&self, buf: impl Into<Buf>, offset: u64) -> (io::Result<usize>, Buf) {
        let buf = buf.into();
        match self.perform(|packet| Started::Pending(self.file.write_at(buf, offset, packet))).await {
            Ok(Event::Write { buf, result, .. }) => (result, buf),
            Ok(event) => unreachable!("{event:?} is no write's"),
            Err(ended) => (Err(ended), Buf::default()),
        }
    }

    /// Writes all of the buffer at the end of the file, in one piece for all who append.
    ///
    /// # Errors
    /// In the first part: what the system says, such as `StorageFull`.
    pub async fn append(&self, buf: impl Into<Buf>) -> (io::Result<usize>, Buf) {
        let buf = buf.into();
        match self.perform(|packet| Started::Pending(self.file.append(buf, packet))).await {
            Ok(Event::Write { buf, result, .. }) => (result, buf),
            Ok(event) => unreachable!("{event:?} is no write's"),
            Err(ended) => (Err(ended), Buf::default()),
        }
    }

    /// Waits until what was written is on the disk, with what is known about the file.
    ///
    /// # Errors
    /// What the system says. After a failure it is unknown what is on the disk.
    pub async fn sync_all(&self) -> io::Result<()> {
        match self.perform(|packet| Started::Pending(self.file.sync(packet))).await? {
            Event::Sync { result, .. } => result,
            event => unreachable!("{event:?} is no sync's"),
        }
    }

    /// Waits until what was written is on the disk, and can be read back.
    ///
    /// # Errors
    /// As [`File::sync_all`].
    pub async fn sync_data(&self) -> io::Result<()> {
        match self.perform(|packet| Started::Pending(self.file.sync_data(packet))).await? {
            Event::Sync { result, .. } => result,
            event => unreachable!("{event:?} is no sync's"),
        }
    }

    /// Its size in bytes.
    ///
    /// # Errors
    /// What the system says.
    pub async fn size(&self) -> io::Result<u64> {
        longshore::blocking(|| self.file.size())
    }

    async fn perform(&self, start: impl FnOnce(Packet) -> Started<Packet>) -> io::Result<Event<Packet>> {
        operation::started(start, |id| {
            self.file.cancel(id);
        })
        .await
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("file", &self.file).finish()
    }
}
