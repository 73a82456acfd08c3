//! Files: what `CreateFile` opens, and anonymous pipes.

use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::console::standard_handles::Stream;
use crate::file::directory_listing::Listing;
use crate::file::locks::Range;
use crate::file::open_files::{self, FileId, Opening};
use crate::file::standard_file;
use crate::object::handles::{self, HANDLE};
use crate::port::file_object::{FileKind, FileObject};
use crate::sync::lock::{Lock, Turn, TurnGuard};
use crate::sync::rank::Rank;
use longshore_engine::{Errno, Kind, Tag};
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, ERROR_INVALID_HANDLE, STATUS_FILE_LOCK_CONFLICT};
use windows_sys::Win32::Storage::FileSystem::{FILE_APPEND_DATA, FILE_READ_DATA, FILE_WRITE_DATA};

/// What a file is, as far as reading and writing differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A regular file or a block device: it has offsets.
    Disk,
    /// A directory.
    Directory,
    /// `NUL`.
    Null,
    /// A terminal or another device that is read as a stream.
    Character,
    /// A device that is always ready, and so cannot be polled: `/dev/zero`, `/dev/full`.
    Device,
    /// A pipe that has a name in the file system.
    Fifo,
    /// One end of an anonymous pipe, which is a pair of sockets (see
    /// [`crate::file::transfer::anonymous_pipe`]).
    Pipe,
}

/// The file's own part of a file object.
pub struct FileState {
    pub(crate) class: Class,
    /// The rights it was opened with; generic ones have been spelled out.
    pub(crate) access: u32,
    /// The flags and attributes it was opened with.
    pub(crate) flags: u32,
    pub(crate) file_id: FileId,
    /// What offsets, lengths and addresses must be multiples of (F18); 1 without `FILE_FLAG_NO_BUFFERING`.
    pub(crate) alignment: usize,
    /// Its place among the opens of the same file.
    pub(crate) opening: Option<Opening>,
    /// The state of a listing of the directory through this handle.
    pub(crate) listing: Lock<Option<Listing>>,
    /// Calls on a synchronous file are made one after another, because they share its position.
    turn: Turn,
}

impl FileState {
    /// The state of an open file. The descriptor says what kind of file it is.
    ///
    /// # Errors
    /// Those of fstat(2).
    pub(crate) fn new(descriptor: &OwnedFd, access: u32, flags: u32) -> Result<FileState, Errno> {
        let stat = stat(descriptor)?;
        let class = match stat.st_mode & libc::S_IFMT {
            libc::S_IFREG | libc::S_IFBLK | libc::S_IFLNK => Class::Disk,
            libc::S_IFDIR => Class::Directory,
            libc::S_IFIFO => Class::Fifo,
            libc::S_IFSOCK => Class::Pipe,
            _ if stat.st_rdev == libc::makedev(1, 3) => Class::Null,
            _ if can_be_polled(descriptor) => Class::Character,
            _ => Class::Device,
        };
        let file_id = (stat.st_dev, stat.st_ino);
        Ok(FileState {
            class,
            access,
            flags,
            file_id,
            alignment: 1,
            opening: None,
            listing: Lock::new(Rank::LISTING, None),
            turn: Turn::new(),
        })
    }

    /// A file object's own part, unless it is a socket.
    pub(crate) fn of(file: &FileObject) -> Option<&FileState> {
        file.kind_as()
    }

    /// The rights to read data.
    pub(crate) fn may_read(&self) -> Result<(), Win32Error> {
        self.may(FILE_READ_DATA)
    }

    /// The rights to write data, be it at the end only.
    pub(crate) fn may_write(&self) -> Result<(), Win32Error> {
        self.may(FILE_WRITE_DATA | FILE_APPEND_DATA)
    }

    /// One of these rights.
    ///
    /// # Errors
    /// `ERROR_ACCESS_DENIED` (F22).
    pub(crate) fn may(&self, rights: u32) -> Result<(), Win32Error> {
        if self.access & rights != 0 { Ok(()) } else { Err(Win32Error(ERROR_ACCESS_DENIED)) }
    }

    /// Whether everything it writes goes to the end of the file (F14).
    pub(crate) fn appends_only(&self) -> bool {
        self.access & (FILE_WRITE_DATA | FILE_APPEND_DATA) == FILE_APPEND_DATA
    }

    /// Waits for the calls before this one.
    pub(crate) fn take_turn(&self) -> TurnGuard<'_> {
        self.turn.take()
    }

    /// Whether anybody has locked a part of the file.
    pub(crate) fn has_locks(&self) -> bool {
        self.opening.as_ref().is_some_and(|opening| opening.file.has_locks())
    }

    /// Whether the locks of others let it read or write a range.
    pub(crate) fn check_locks(&self, start: u64, length: usize, write: bool) -> Result<(), Status> {
        let Some(opening) = &self.opening else {
            return Ok(());
        };
        if !opening.file.has_locks() {
            return Ok(());
        }
        let range = Range { start, length: length as u64 };
        match opening.file.state().ranges.forbid(opening.id, range, write) {
            true => Err(Status(STATUS_FILE_LOCK_CONFLICT)),
            false => Ok(()),
        }
    }
}

impl FileKind for FileState {
    fn engine_kind(&self) -> Kind {
        match self.class {
            Class::Disk | Class::Directory => Kind::File,
            Class::Null | Class::Character | Class::Device | Class::Fifo => Kind::Pipe,
            Class::Pipe => Kind::Socket,
        }
    }

    fn status_of(&self, errno: Errno) -> Status {
        Status::of_file(errno)
    }

    /// Locks that are waited for.
    fn cancel_rest(&self, recognised: &dyn Fn(Tag) -> bool) -> usize {
        let Some(opening) = &self.opening else {
            return 0;
        };
        let ours = |owner| owner == opening.id;
        let ended = opening.file.state().ranges.cancel(&|claim, tag| ours(claim.owner) && recognised(tag));
        ended.deliver()
    }

    fn closing(&self, file: &Arc<FileObject>) {
        let Some(opening) = &self.opening else {
            return;
        };
        opening.file.change_locks(|ranges| ranges.forget(opening.id)).deliver();
        if opening.close() {
            open_files::remove(&file.descriptor(), self.file_id);
        }
    }
}

/// The file's own part of a file object that is no socket: everything that [`get`] gives out, and whatever
/// comes from that.
pub(crate) fn state_of(file: &FileObject) -> &FileState {
    #[expect(clippy::expect_used, reason = "`get` gives out nothing else")]
    FileState::of(file).expect("not a socket")
}

/// fstat(2).
pub(crate) fn stat(descriptor: &OwnedFd) -> Result<libc::stat, Errno> {
    // SAFETY: all-zero is a valid `stat`, read after the call filled it in.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: a valid place for the result.
    match unsafe { libc::fstat(descriptor.as_raw_fd(), &mut stat) } {
        0 => Ok(stat),
        _ => Err(Errno::last()),
    }
}

/// Whether epoll(7) takes the descriptor.
fn can_be_polled(descriptor: &OwnedFd) -> bool {
    use rustix::event::epoll;
    let probe = |epoll: OwnedFd| {
        let (data, interest) = (epoll::EventData::new_u64(0), epoll::EventFlags::IN);
        epoll::add(&epoll, descriptor, data, interest) != Err(rustix::io::Errno::PERM)
    };
    epoll::create(epoll::CreateFlags::CLOEXEC).is_ok_and(probe)
}

/// The file object of a handle that is a file, not a socket. A standard handle that
/// is no terminal is one, too.
///
/// # Errors
/// `ERROR_INVALID_HANDLE`.
pub(crate) fn get(handle: HANDLE) -> Result<Arc<FileObject>, Win32Error> {
    if let Ok(stream) = Stream::of(handle) {
        return standard_file::of(&stream);
    }
    let file = handles::get::<FileObject>(handle)?;
    if FileState::of(&file).is_none() {
        return Err(Win32Error(ERROR_INVALID_HANDLE));
    }
    Ok(file)
}

impl From<Status> for Win32Error {
    fn from(status: Status) -> Win32Error {
        Win32Error(status.to_win32())
    }
}
