//! Reading and writing a file at an offset.

use super::super::operation::{Face, Operation};
use super::super::status;
use super::Verdict;
use super::winsock::Started;
use longshore_types::{Errno, OpCode, Payload};
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::{
    ERROR_HANDLE_EOF, ERROR_INVALID_PARAMETER, ERROR_IO_PENDING, ERROR_MORE_DATA, GetLastError, NTSTATUS,
    STATUS_END_OF_FILE,
};
use windows_sys::Win32::Storage::FileSystem::{ReadFile, WriteFile};

/// The most one ReadFile or WriteFile is asked for, in bytes: a multiple of every sector size.
const FILE_STEP_MAX: usize = 1 << 30;

/// ReadFile or WriteFile, with the part of the memory that this step works on.
///
/// # Safety
/// That of [`try_start`](super::try_start).
pub(super) unsafe fn start<F: Face>(address: *mut Operation<F>, offset: u64) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let reads = matches!(operation.op_code, OpCode::ReadAt(_));
    if reads {
        operation.payload.acquire()?;
    }
    let mut regions = operation.regions();
    regions.advance(operation.outcome.bytes as usize);
    let Some(region) = regions.first() else {
        return Ok(Started::Over);
    };
    let count = region.length().min(FILE_STEP_MAX);
    let steps = regions.len() > count;
    if steps && let Some(slot) = operation.handle.lock().get(operation.id) {
        slot.steps = true;
    }
    let at = match operation.op_code {
        // F12: in one step, or it would not be in one piece.
        OpCode::Append => u64::MAX,
        // F13: beyond are the offsets with a meaning.
        _ => match offset.checked_add(operation.outcome.bytes) {
            Some(at) if at <= i64::MAX as u64 => at,
            _ => return Err(Errno(ERROR_INVALID_PARAMETER as i32)),
        },
    };
    operation.overlapped.Anonymous.Anonymous.Offset = at as u32;
    operation.overlapped.Anonymous.Anonymous.OffsetHigh = (at >> 32) as u32;
    let file = operation.handle.raw();
    // SAFETY: the payload keeps the region valid, and writable for a read, until it is
    // dropped, which is after the packet.
    let result = unsafe {
        match reads {
            true => ReadFile(file, region.start(), count as u32, null_mut(), address.cast()),
            false => WriteFile(file, region.start(), count as u32, null_mut(), address.cast()),
        }
    };
    if result != 0 {
        return Ok(Started::Packet);
    }
    // SAFETY: no preconditions.
    match unsafe { GetLastError() } {
        ERROR_IO_PENDING | ERROR_MORE_DATA => Ok(Started::Packet),
        ERROR_HANDLE_EOF => Ok(Started::Over), // F7: beyond the end is nothing, and no packet.
        code => Err(Errno(code as i32)),
    }
}

/// A part was transferred; another follows if there is more memory and more of the file.
pub(super) fn finish<F: Face>(
    operation: &mut Operation<F>,
    status: NTSTATUS,
    bytes: u32,
) -> Result<Verdict, Errno> {
    if status == STATUS_END_OF_FILE {
        return Ok(Verdict::Finished);
    }
    if !status::is_success(status) {
        return Err(status::of_file(status));
    }
    let mut regions = operation.regions();
    regions.advance(operation.outcome.bytes as usize);
    operation.outcome.bytes += u64::from(bytes);
    let asked = regions.first().map_or(0, |region| region.length().min(FILE_STEP_MAX));
    // F8: less than was asked for is the end of the file.
    match bytes as usize == asked && regions.len() > asked {
        true => Ok(Verdict::Again),
        false => Ok(Verdict::Finished),
    }
}
