//! `ReadFileScatter` and `WriteFileGather`: transfers of separate whole pages (F19).

use crate::abi::argument::{Ignored, In, plain};
use crate::abi::fault::Fault;
use crate::abi::last_error::Win32Error;
use crate::file::disk_file::{self, Class, state_of};
use crate::file::transfer::read_write::action_of;
use crate::memory::virtual_memory::page_size;
use crate::object::handles::HANDLE;
use crate::port::action::{Action, Next};
use crate::port::buffer_check::is_plausible;
use crate::port::file_object::FileObject;
use crate::port::overlapped::{StartResult, begin_pending};
use crate::port::request::{Buffers, Overlapped, Request};
use crate::port::transfer::Direction;
use longshore_engine::{Errno, OpCode, Outcome};
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{ERROR_INVALID_PARAMETER, ERROR_IO_PENDING};
use windows_sys::Win32::Storage::FileSystem::{FILE_FLAG_NO_BUFFERING, FILE_SEGMENT_ELEMENT};

plain!(FILE_SEGMENT_ELEMENT);

/// The pages of a transfer.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for an address that is not a page's; the direction's
/// own for memory that is not there.
fn pages(
    segments: In<FILE_SEGMENT_ELEMENT>,
    length: usize,
    direction: Direction,
) -> Result<Buffers, Win32Error> {
    let page = page_size();
    let count = length.div_ceil(page);
    let bad = Win32Error::from(direction.status_of(Errno(libc::EFAULT)));
    let segments = segments.array::<16>(count).map_err(|fault| match fault {
        Fault::Access => bad,
        Fault::Memory => fault.into(),
    })?;
    let mut buffers = Buffers::with_capacity(count);
    for (index, segment) in segments.into_iter().enumerate() {
        // SAFETY: every bit pattern is a valid address.
        let start = unsafe { segment.Buffer }.cast::<c_void>();
        let iov_len = page.min(length - index * page);
        if !(start as usize).is_multiple_of(page) {
            return Err(Win32Error(ERROR_INVALID_PARAMETER));
        }
        if !is_plausible(start, iov_len) {
            return Err(bad);
        }
        buffers.push(libc::iovec { iov_base: start, iov_len });
    }
    Ok(buffers)
}

/// A read into pages.
struct Scattered {
    action: Box<dyn Action>,
    rest: Option<Rest>,
}

impl Action for Scattered {
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        if let Some(rest) = &self.rest {
            rest.restore(&request.buffers, outcome.bytes as usize);
        }
        self.action.conclude(request, outcome)
    }
}

/// How many bytes a file has from an offset on.
fn left_of(file: &FileObject, offset: u64) -> usize {
    let size = disk_file::stat(&file.descriptor()).map_or(0, |stat| stat.st_size as u64);
    usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX)
}

/// The bytes behind the end of the file, in the page in which the file ends. A direct read overwrites them
/// with data of the disk, and the pages after it with zeros; Windows changes none of them (F19). So the later
/// pages are not passed to the kernel, and the rest of this page is saved and restored. The memory belongs to
/// the operation from its start to its end.
struct Rest {
    /// Where it begins, counted from the start of the transfer.
    start: usize,
    bytes: Vec<u8>,
}

impl Rest {
    /// `None` if the transfer does not reach the end of the file, or does so at the end of a page.
    fn keep(start: usize, pages: &Buffers) -> Option<Rest> {
        let page = pages.get(start / page_size())?;
        let within = start % page_size();
        let length = page.iov_len.checked_sub(within).filter(|_| within > 0)?;
        let mut bytes = vec![0; length];
        // SAFETY: `pages` found this memory there; it is the program's promise that it stays (A6).
        unsafe {
            let from = page.iov_base.cast::<u8>().add(within);
            bytes.as_mut_ptr().copy_from_nonoverlapping(from, length);
        }
        Some(Rest { start, bytes })
    }

    /// Restores the bytes behind those that were read. (The file may have grown.)
    fn restore(&self, pages: &Buffers, read: usize) {
        let grown = read.saturating_sub(self.start).min(self.bytes.len());
        let within = self.start % page_size() + grown;
        if let Some(page) = pages.get(self.start / page_size()) {
            let bytes = &self.bytes[grown..];
            // SAFETY: as in `keep`; the end of the operation has not been delivered.
            unsafe {
                let to = page.iov_base.cast::<u8>().add(within);
                to.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            }
        }
    }
}

fn transfer(
    file: HANDLE,
    segments: In<FILE_SEGMENT_ELEMENT>,
    length: u32,
    overlapped: Option<Overlapped>,
    direction: Direction,
) -> Result<(), Win32Error> {
    let file = disk_file::get(file)?;
    let state = state_of(&file);
    let invalid = Win32Error(ERROR_INVALID_PARAMETER);
    let overlapped = overlapped.ok_or(invalid)?;
    overlapped.mark_pending()?;
    let offset = overlapped.offset()?;
    let length = length as usize;
    if !file.overlapped
        || state.class != Class::Disk
        || state.flags & FILE_FLAG_NO_BUFFERING == 0
        || (offset as i64) < 0
        || !(offset as usize).is_multiple_of(state.alignment)
        || !length.is_multiple_of(state.alignment)
    {
        return Err(invalid);
    }
    match direction {
        Direction::Read => state.may_read()?,
        Direction::Write => state.may_write()?,
    }
    let mut buffers = pages(segments, length, direction)?;
    state.check_locks(offset, length, direction == Direction::Write)?;
    let mut action = action_of(direction);
    if direction == Direction::Read {
        let left = left_of(&file, offset);
        buffers.truncate(left.div_ceil(page_size()).max(1));
        action = Box::new(Scattered { action, rest: Rest::keep(left, &buffers) });
    }
    let mut request = Request::of(file.clone(), Some(overlapped), None, action)?;
    let op_code = match direction {
        Direction::Read => OpCode::ReadAt(offset),
        Direction::Write => OpCode::WriteAt(offset),
    };
    request.buffers = buffers;
    match begin_pending(request, op_code) {
        StartResult::Pending => Err(Win32Error(ERROR_IO_PENDING)),
        StartResult::Ended(status, _) => Err(status.into()),
    }
}

/// Reads into pages.
///
/// # Errors
/// FALSE with `ERROR_IO_PENDING`; `ERROR_INVALID_PARAMETER` on a file that is not overlapped and unbuffered,
/// without an OVERLAPPED, or for what is not aligned.
///
/// Source: Windows documentation, `ReadFileScatter`.
#[export]
pub unsafe fn ReadFileScatter(
    file: HANDLE,
    segments: In<FILE_SEGMENT_ELEMENT>,
    length: u32,
    _reserved: Ignored,
    overlapped: Option<Overlapped>,
) -> Result<(), Win32Error> {
    transfer(file, segments, length, overlapped, Direction::Read)
}

/// Writes pages.
///
/// # Errors
/// As for [`ReadFileScatter`].
///
/// Source: Windows documentation, `WriteFileGather`.
#[export]
pub unsafe fn WriteFileGather(
    file: HANDLE,
    segments: In<FILE_SEGMENT_ELEMENT>,
    length: u32,
    _reserved: Ignored,
    overlapped: Option<Overlapped>,
) -> Result<(), Win32Error> {
    transfer(file, segments, length, overlapped, Direction::Write)
}
