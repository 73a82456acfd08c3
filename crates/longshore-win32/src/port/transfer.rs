//! Transfers between a file object of any kind and a program's memory: `ReadFile` and `WriteFile`.

use crate::abi::status::Status;
use crate::port::buffer_check::is_plausible;
use crate::port::request::{Buffers, one_region};
use longshore_engine::Errno;
use std::ffi::c_void;

/// Which way the data goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the file.
    Read,
    /// To the file.
    Write,
}

impl Direction {
    /// How a transfer of a file that failed ended.
    pub(crate) fn status_of(self, errno: Errno) -> Status {
        match self {
            Direction::Read => Status::of_read(errno),
            Direction::Write => Status::of_write(errno),
        }
    }
}

/// The program's memory.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    pub(crate) start: *mut c_void,
    pub(crate) length: usize,
}

impl Memory {
    pub(crate) fn from_program(start: *mut c_void, length: u32) -> Memory {
        Memory { start, length: length as usize }
    }

    /// The memory as one region.
    pub(crate) fn region(self) -> libc::iovec {
        libc::iovec { iov_base: self.start, iov_len: self.length }
    }

    /// The memory as the regions of an operation.
    pub(crate) fn buffers(self) -> Buffers {
        match self.length {
            0 => Buffers::new(),
            _ => one_region(self.region()),
        }
    }

    /// Refuses memory that is not there (F11).
    pub(crate) fn check(self, direction: Direction) -> Result<(), Status> {
        match is_plausible(self.start, self.length) {
            true => Ok(()),
            false => Err(direction.status_of(Errno(libc::EFAULT))),
        }
    }
}
