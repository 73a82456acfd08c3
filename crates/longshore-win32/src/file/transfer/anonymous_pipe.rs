//! Anonymous pipes: `CreatePipe`, and `PeekNamedPipe` on them.
//!
//! A pipe is a pair of connected sockets, each shut down in one direction. Unlike a pipe of Linux it can be
//! peeked, and writing to it when nobody reads gives an error instead of a signal.

use crate::abi::argument::{Ignored, Out, OutBuffer, WriteIfAsked};
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::console::standard_handles::Stream;
use crate::file::disk_file::{self, Class, FileState, state_of};
use crate::file::transfer::stream::kind_of;
use crate::object::handles::{self, HANDLE};
use crate::port::file_object::FileObject;
use longshore_engine::Errno;
use longshore_win32_macros::export;
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use std::ffi::c_void;
use std::os::fd::{AsRawFd, OwnedFd};
use windows_sys::Win32::Foundation::{ERROR_BROKEN_PIPE, ERROR_INVALID_FUNCTION, ERROR_INVALID_PARAMETER};
use windows_sys::Win32::Storage::FileSystem::{FILE_GENERIC_READ, FILE_GENERIC_WRITE};

fn failed(errno: Errno) -> Win32Error {
    Status::of_file(errno).into()
}

/// Two connected sockets: data goes from the second to the first.
fn pair(size: u32) -> Result<(OwnedFd, OwnedFd), Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (read, write) = rustix::net::socketpair(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::net::shutdown(&read, rustix::net::Shutdown::Write)?;
    if (1..=i32::MAX as u32).contains(&size) {
        let _ = rustix::net::sockopt::set_socket_send_buffer_size(&write, size as usize); // A wish.
    }
    Ok((read, write))
}

fn end(descriptor: OwnedFd, access: u32) -> Result<HANDLE, Win32Error> {
    let state = FileState::new(&descriptor, access, 0).map_err(failed)?;
    handles::insert(FileObject::new(descriptor, false, state))
}

/// Makes a pipe.
///
/// # Errors
/// FALSE with `ERROR_INVALID_PARAMETER` for NULL, `ERROR_TOO_MANY_OPEN_FILES`.
///
/// Source: Windows documentation, `CreatePipe`.
#[export]
pub unsafe fn CreatePipe(
    read: Option<Out<HANDLE>>,
    write: Option<Out<HANDLE>>,
    _security: Ignored,
    size: u32,
) -> Result<(), Win32Error> {
    let (Some(read), Some(write)) = (read, write) else {
        return Err(Win32Error(ERROR_INVALID_PARAMETER));
    };
    read.probe()?;
    write.probe()?;
    let (read_end, write_end) = pair(size).map_err(failed)?;
    let read_end = end(read_end, FILE_GENERIC_READ)?;
    let write_end = end(write_end, FILE_GENERIC_WRITE).inspect_err(|_| {
        let _ = handles::close(read_end);
    })?;
    read.write(read_end)?;
    Ok(write.write(write_end)?)
}

/// The result of peeking a pipe.
struct Look {
    copied: usize,
    available: usize,
}

fn look(descriptor: &OwnedFd, buffer: *mut c_void, room: usize) -> Result<Look, Win32Error> {
    let mut available: libc::c_int = 0;
    // SAFETY: a live integer.
    if unsafe { libc::ioctl(descriptor.as_raw_fd(), libc::FIONREAD, &mut available) } != 0 {
        return Err(failed(Errno::last()));
    }
    // At least one byte is asked for, because otherwise the end of the pipe is not reported.
    let mut byte = 0u8;
    let (start, length) = match buffer.is_null() || room == 0 {
        true => ((&raw mut byte).cast(), 1),
        false => (buffer, room),
    };
    let flags = libc::MSG_PEEK | libc::MSG_DONTWAIT;
    // SAFETY: the kernel checks the memory.
    let count = unsafe { libc::recv(descriptor.as_raw_fd(), start, length, flags) };
    let copied = match usize::try_from(count).map_err(|_| Errno::last()) {
        Ok(0) => return Err(Win32Error(ERROR_BROKEN_PIPE)),
        Ok(count) => count,
        Err(Errno(libc::EAGAIN)) => 0,
        Err(Errno(libc::EPIPE | libc::ECONNRESET)) => return Err(Win32Error(ERROR_BROKEN_PIPE)),
        Err(errno) => return Err(Status::of_read(errno).into()),
    };
    let copied = if start == buffer { copied } else { 0 };
    Ok(Look { copied, available: (available as usize).max(copied) })
}

/// Peeks standard input, if it is a pipe: only the number of bytes, as a pipe of Linux cannot be peeked.
fn look_at_standard(stream: &Stream) -> Result<Look, Win32Error> {
    if !stream.is_input() || kind_of(stream.fd()) != libc::S_IFIFO {
        return Err(Win32Error(ERROR_INVALID_FUNCTION));
    }
    let mut available: libc::c_int = 0;
    let mut poll = libc::pollfd { fd: stream.fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: a live integer and one valid pollfd.
    let ended = unsafe {
        libc::poll(&mut poll, 1, 0);
        libc::ioctl(stream.fd(), libc::FIONREAD, &mut available);
        available == 0 && poll.revents & libc::POLLHUP != 0
    };
    match ended {
        true => Err(Win32Error(ERROR_BROKEN_PIPE)),
        false => Ok(Look { copied: 0, available: available as usize }),
    }
}

/// Peeks a pipe: returns what could be read, and leaves it there.
///
/// # Errors
/// FALSE with `ERROR_BROKEN_PIPE` when nothing is left and nobody writes, `ERROR_ACCESS_DENIED` at the end
/// that is written to, `ERROR_INVALID_FUNCTION` for what is not a pipe, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `PeekNamedPipe`.
#[export]
pub unsafe fn PeekNamedPipe(
    pipe: HANDLE,
    buffer: OutBuffer,
    room: u32,
    read: Option<Out<u32>>,
    available: Option<Out<u32>>,
    left: Option<Out<u32>>,
) -> Result<(), Win32Error> {
    let found = match Stream::of(pipe) {
        Ok(stream) => look_at_standard(&stream)?,
        Err(_) => {
            let file = disk_file::get(pipe)?;
            let state = state_of(&file);
            if state.class != Class::Pipe {
                return Err(Win32Error(ERROR_INVALID_FUNCTION));
            }
            state.may_read()?;
            look(&file.descriptor(), buffer.as_ptr(), room as usize)?
        }
    };
    // A pipe of bytes has no messages, so nothing of a message is left.
    for (place, value) in [(read, found.copied), (available, found.available), (left, 0)] {
        place.write_if_asked(value as u32)?;
    }
    Ok(())
}
