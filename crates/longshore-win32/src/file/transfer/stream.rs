//! Reads and writes of files without offsets: anonymous pipes, terminals, other devices.
//!
//! The call waits where `CancelSynchronousIo` can end it, and the wait gives the thread's slot to another.

use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::console::standard_handles::Stream;
use crate::file::disk_file::{Class, FileState};
use crate::port::broken_pipe;
use crate::port::file_object::FileObject;
use crate::port::sync_block::{Alertable, NotReady, wait_ready};
use crate::port::transfer::{Direction, Memory};
use longshore_engine::{Errno, blocking};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, STATUS_PIPE_BROKEN, STATUS_PIPE_CLOSING};

/// Transfers, and returns how much: a read takes what is there, a write transfers all.
///
/// # Errors
/// The error. At the end of a pipe that is `STATUS_PIPE_BROKEN`.
pub(crate) fn transfer(
    file: &FileObject,
    state: &FileState,
    direction: Direction,
    memory: Memory,
) -> Result<usize, Status> {
    if state.class == Class::Null {
        return match direction {
            Direction::Read => Ok(0),
            Direction::Write => Ok(memory.length),
        };
    }
    memory.check(direction)?;
    if memory.length == 0 {
        return Ok(0);
    }
    let _turn = state.take_turn();
    match direction {
        Direction::Read => read(file, state, memory),
        Direction::Write => write(file, state, memory),
    }
}

fn read(file: &FileObject, state: &FileState, memory: Memory) -> Result<usize, Status> {
    let count = until_ready(file, state, libc::POLLIN, |descriptor| {
        // SAFETY: the kernel checks the memory.
        let count = unsafe {
            match state.class {
                Class::Pipe => libc::recv(descriptor, memory.start, memory.length, libc::MSG_DONTWAIT),
                _ => libc::read(descriptor, memory.start, memory.length),
            }
        };
        usize::try_from(count).map_err(|_| Errno::last())
    });
    match count.map_err(|reason| reason.status(Direction::Read))? {
        0 if matches!(state.class, Class::Pipe | Class::Fifo) => Err(Status(STATUS_PIPE_BROKEN)),
        count => Ok(count),
    }
}

fn write(file: &FileObject, state: &FileState, memory: Memory) -> Result<usize, Status> {
    broken_pipe::ignore();
    let mut done = 0;
    while done < memory.length {
        let (start, length) = (memory.start.wrapping_byte_add(done), memory.length - done);
        let count = until_ready(file, state, libc::POLLOUT, |descriptor| {
            // SAFETY: the kernel checks the memory.
            let count = unsafe {
                match state.class {
                    Class::Pipe => {
                        libc::send(descriptor, start, length, libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL)
                    }
                    _ => libc::write(descriptor, start, length),
                }
            };
            usize::try_from(count).map_err(|_| Errno::last())
        });
        done += count.map_err(|reason| reason.status(Direction::Write))?;
    }
    Ok(done)
}

/// Transfers on a standard handle. Its descriptor is shared with the C library, and with other programs.
///
/// # Errors
/// The error; `ERROR_ACCESS_DENIED` in the wrong direction.
pub(crate) fn standard(stream: &Stream, direction: Direction, memory: Memory) -> Result<usize, Win32Error> {
    if stream.is_input() != (direction == Direction::Read) {
        return Err(Win32Error(ERROR_ACCESS_DENIED));
    }
    memory.check(direction)?;
    if memory.length == 0 {
        return Ok(0);
    }
    if direction == Direction::Write {
        broken_pipe::ignore();
        // SAFETY: the caller of the exported function promised the memory, and it has been looked at.
        let bytes = unsafe { std::slice::from_raw_parts(memory.start.cast::<u8>(), memory.length) };
        return stream.write_all(bytes).map(|()| memory.length);
    }
    loop {
        // SAFETY: the kernel checks the memory.
        let count = blocking(|| unsafe { libc::read(stream.fd(), memory.start, memory.length) });
        match usize::try_from(count).map_err(|_| Errno::last()) {
            Ok(0) if kind_of(stream.fd()) == libc::S_IFIFO => return Err(Status(STATUS_PIPE_BROKEN).into()),
            Ok(count) => return Ok(count),
            Err(Errno(libc::EINTR)) => {}
            Err(errno) => return Err(Status::of_read(errno).into()),
        }
    }
}

/// The file type bits of a descriptor's mode.
pub(crate) fn kind_of(descriptor: RawFd) -> u32 {
    // SAFETY: a number that names nothing is an error of the call, and no other descriptor is touched.
    let descriptor = unsafe { BorrowedFd::borrow_raw(descriptor) };
    rustix::fs::fstat(descriptor).map_or(0, |stat| stat.st_mode & libc::S_IFMT)
}

/// Why a stream stopped.
enum Stop {
    Interrupted,
    Failed(Errno),
}

impl Stop {
    fn status(self, direction: Direction) -> Status {
        match self {
            Stop::Interrupted => Status::CANCELLED,
            Stop::Failed(Errno(libc::EPIPE | libc::ECONNRESET)) => match direction {
                Direction::Read => Status(STATUS_PIPE_BROKEN),
                Direction::Write => Status(STATUS_PIPE_CLOSING),
            },
            Stop::Failed(errno) => direction.status_of(errno),
        }
    }
}

/// Makes a call once the descriptor is ready.
fn until_ready(
    file: &FileObject,
    state: &FileState,
    events: i16,
    call: impl Fn(RawFd) -> Result<usize, Errno>,
) -> Result<usize, Stop> {
    let descriptor = file.descriptor();
    // Other descriptors may be shared with programs that expect them to block.
    let mut ask_first = state.class != Class::Pipe;
    loop {
        if ask_first {
            match wait_ready(file, &descriptor, events, None, Alertable::No) {
                Ok(()) => {}
                Err(NotReady::Failed(errno)) => return Err(Stop::Failed(errno)),
                Err(_) => return Err(Stop::Interrupted),
            }
        }
        let result = match ask_first {
            true => blocking(|| call(descriptor.as_raw_fd())),
            false => call(descriptor.as_raw_fd()),
        };
        match result {
            Ok(count) => return Ok(count),
            Err(Errno(libc::EINTR)) => {}
            Err(Errno(libc::EAGAIN)) => ask_first = true,
            Err(errno) => return Err(Stop::Failed(errno)),
        }
    }
}
