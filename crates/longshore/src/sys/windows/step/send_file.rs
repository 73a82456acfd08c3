//! Sending a part of a file, with memory before and after it.

use super::super::file;
use super::super::operation::{Face, Operation, Room};
use super::Verdict;
use super::send::send_regions;
use super::winsock::{Started, done};
use longshore_types::{Errno, FileRange, OpCode, Regions};
use std::os::windows::io::AsRawHandle;
use std::ptr::null_mut;
use windows_sys::Win32::Foundation::ERROR_HANDLE_EOF;
use windows_sys::Win32::Networking::WinSock::{TRANSMIT_FILE_BUFFERS, TransmitFile, WSAEMSGSIZE};

/// The most one TransmitFile takes, in bytes, head and tail included (TF2).
const TRANSMIT_MAX: u64 = (1 << 31) - 2;

/// TransmitFile: the regions before the file, the file, the regions after it (TF1, TF2).
///
/// # Safety
/// That of [`try_start`](super::try_start).
pub(super) unsafe fn start<F: Face>(address: *mut Operation<F>) -> Result<Started, Errno> {
    // SAFETY: see `try_start`; last used before the call.
    let operation = unsafe { &mut *address };
    let mut head = operation.regions();
    let OpCode::SendFile(ref range) = operation.op_code else { return Err(Errno::INVALID) };
    let FileRange { ref file, offset, length, before } = **range;
    let mut tail = head.split_off(before as usize);
    let file = file.as_raw_handle();
    let size = file::size_of(file)?;
    let mut length = length;
    if length > 0 && offset.checked_add(length).is_none_or(|end| end > size) {
        // What there is goes out, and the end is an error then. TransmitFile would send the tail behind it.
        length = size.saturating_sub(offset);
        tail = Regions::new();
        operation.room = Room::Short;
    }
    if length == 0 {
        // To TransmitFile no bytes are all bytes.
        let mut regions = operation.regions();
        if matches!(operation.room, Room::Short) {
            regions.truncate(before as usize);
        }
        return send_regions(operation.handle.raw_socket(), address.cast(), regions);
    }
    if before + length + tail.len() as u64 > TRANSMIT_MAX {
        return Err(Errno(WSAEMSGSIZE));
    }
    operation.overlapped.Anonymous.Anonymous.Offset = offset as u32;
    operation.overlapped.Anonymous.Anonymous.OffsetHigh = (offset >> 32) as u32;
    let piece = |regions: &Regions| {
        regions.first().map_or((null_mut(), 0), |region| (region.start().cast(), region.length() as u32))
    };
    let ((head, head_length), (tail, tail_length)) = (piece(&head), piece(&tail));
    let around =
        TRANSMIT_FILE_BUFFERS { Head: head, HeadLength: head_length, Tail: tail, TailLength: tail_length };
    let socket = operation.handle.raw_socket();
    // SAFETY: the head and the tail are one region each, kept valid by the payload; the file is open for as
    // long as the operation; the structure that names them is read during the call.
    done(unsafe { TransmitFile(socket, file, length as u32, 0, address.cast(), &around, 0) })
}

/// It fails if the file was shorter, or became so meanwhile.
pub(super) fn finish<F: Face>(
    operation: &mut Operation<F>,
    failure: Option<Errno>,
    bytes: u32,
) -> Result<Verdict, Errno> {
    operation.outcome.bytes = u64::from(bytes);
    failure.map_or(Ok(()), Err)?;
    let regions = operation.regions().len() as u64;
    let OpCode::SendFile(ref range) = operation.op_code else { return Err(Errno::INVALID) };
    match operation.outcome.bytes == regions + range.length {
        true => Ok(Verdict::Finished),
        false => Err(Errno(ERROR_HANDLE_EOF as i32)),
    }
}
