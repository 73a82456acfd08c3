//! `DeviceIoControl`: finding what a code asks for, and delivering the answer (IO1-IO5).
//!
//! Every request here is answered inside the call. With an OVERLAPPED it is delivered like any operation
//! that ended inside the call (the upper rows of D1). [`crate::device::file_system`] and
//! [`crate::device::disk`] implement the codes.

use crate::abi::argument::{InBuffer, Out, OutBuffer, WriteIfAsked};
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::device::{disk, file_system};
use crate::file::disk_file::{self, FileState, state_of};
use crate::object::handles::HANDLE;
use crate::port::action::Plain;
use crate::port::file_object::FileObject;
use crate::port::overlapped::ended_inside;
use crate::port::request::{Overlapped, Request};
use longshore_engine::{Errno, blocking};
use longshore_win32_macros::export;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use windows_sys::Win32::Foundation::{
    ERROR_INVALID_PARAMETER, STATUS_ACCESS_DENIED, STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER,
};
use windows_sys::Win32::Storage::FileSystem::{FILE_READ_DATA, FILE_WRITE_DATA};

/// A control code, taken apart (IO5).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) u32);

impl Code {
    /// The rights it needs, as bits 1 (reading) and 2 (writing).
    fn access(self) -> u32 {
        self.0 >> 14 & 3
    }
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (device, function, method) = (self.0 >> 16, self.0 >> 2 & 0xFFF, self.0 & 3);
        let access = self.access();
        write!(f, "device {device:#x}, function {function:#x}, access {access}, method {method}")
    }
}

/// A request: the code, its input, and the file.
pub(crate) struct Control<'a> {
    pub(crate) state: &'a FileState,
    pub(crate) descriptor: Arc<OwnedFd>,
    pub(crate) input: Vec<u8>,
}

impl Control<'_> {
    pub(crate) fn fd(&self) -> RawFd {
        self.descriptor.as_raw_fd()
    }

    /// The 64-bit numbers of the input; an error if it has fewer.
    pub(crate) fn numbers<const N: usize>(&self) -> Result<[i64; N], Status> {
        let words = self.input.as_chunks::<8>().0;
        match words.get(..N) {
            None => Err(Status(STATUS_INVALID_PARAMETER)),
            Some(words) => Ok(std::array::from_fn(|index| i64::from_ne_bytes(words[index]))),
        }
    }

    /// An ioctl(2) with something to read or to fill in.
    pub(crate) fn ioctl<T>(&self, request: libc::Ioctl, argument: &mut T) -> Result<(), Errno> {
        // SAFETY: every request this is called with takes a pointer to what `argument` is.
        match unsafe { libc::ioctl(self.fd(), request, std::ptr::from_mut(argument)) } {
            -1 => Err(Errno::last()),
            _ => Ok(()),
        }
    }
}

/// What is answered.
pub(crate) enum SyncResult {
    /// All of it, or nothing.
    Whole(Vec<u8>),
    /// A head, then as many items as there is room for (IO3).
    List { head: Vec<u8>, items: Vec<Vec<u8>> },
}

impl SyncResult {
    pub(crate) const NOTHING: SyncResult = SyncResult::Whole(Vec::new());

    /// What fits in `room` bytes, and how the request ended.
    fn fit(self, room: usize) -> Result<(Vec<u8>, Status), Status> {
        match self {
            SyncResult::Whole(bytes) if bytes.len() <= room => Ok((bytes, Status::SUCCESS)),
            SyncResult::Whole(_) => Err(Status(STATUS_BUFFER_TOO_SMALL)),
            SyncResult::List { head, items } => {
                let smallest = head.len() + items.first().map_or(0, Vec::len);
                if room < smallest {
                    return Err(Status(STATUS_BUFFER_TOO_SMALL));
                }
                let mut bytes = head;
                for item in items {
                    if bytes.len() + item.len() > room {
                        return Ok((bytes, Status::BUFFER_OVERFLOW));
                    }
                    bytes.extend(item);
                }
                Ok((bytes, Status::SUCCESS))
            }
        }
    }
}

/// Answers a code.
pub(crate) type Handler = fn(&Control<'_>) -> Result<SyncResult, Status>;

fn handler(code: Code) -> Option<Handler> {
    let mut known = file_system::HANDLERS.iter().chain(disk::HANDLERS);
    known.find(|(known, _)| *known == code.0).map(|(_, handler)| *handler)
}

fn answer(file: &FileObject, state: &FileState, code: Code, input: Vec<u8>) -> Result<SyncResult, Status> {
    let Some(handler) = handler(code) else {
        tracing::debug!("DeviceIoControl: unknown code {:#x} ({code:?})", code.0);
        return Err(Status(STATUS_INVALID_DEVICE_REQUEST)); // IO2
    };
    for (bit, right) in [(1, FILE_READ_DATA), (2, FILE_WRITE_DATA)] {
        if code.access() & bit != 0 && state.access & right == 0 {
            return Err(Status(STATUS_ACCESS_DENIED));
        }
    }
    let control = Control { state, descriptor: file.descriptor(), input };
    blocking(|| handler(&control))
}

/// Sends a control code to a file or a disk.
///
/// # Errors
/// FALSE with `ERROR_INVALID_FUNCTION` for a code that means nothing here (IO2), `ERROR_INSUFFICIENT_BUFFER`
/// if there is room for nothing, `ERROR_MORE_DATA` if there is room for a part (IO3),
/// `ERROR_INVALID_PARAMETER` (also if neither the count nor an OVERLAPPED is given), `ERROR_NOACCESS`,
/// `ERROR_ACCESS_DENIED`, `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `DeviceIoControl`.
#[export]
pub unsafe fn DeviceIoControl(
    device: HANDLE,
    code: u32,
    input: InBuffer,
    input_length: u32,
    output: OutBuffer,
    room: u32,
    returned: Option<Out<u32>>,
    overlapped: Option<Overlapped>,
) -> Result<(), Win32Error> {
    let file = disk_file::get(device)?;
    if returned.is_none() && overlapped.is_none() {
        return Err(Win32Error(ERROR_INVALID_PARAMETER)); // IO1
    }
    returned.write_if_asked(0)?;
    let request = match overlapped {
        None => None,
        overlapped => Some(Request::of(file.clone(), overlapped, None, Box::new(Plain))?),
    };
    let room = room as usize;
    input.probe(input_length as usize)?;
    output.probe(room)?;
    let data = input.to_vec(input_length as usize)?;
    if let Some(request) = &request {
        request.reset_signals(); // IO4: before the code is looked at.
    }
    let state = state_of(&file);
    let (bytes, status) = answer(&file, state, Code(code), data)?.fit(room)?;
    output.write(&bytes)?;
    returned.write_if_asked(bytes.len() as u32)?;
    if let Some(request) = request {
        ended_inside(request, status, bytes.len());
    }
    if status.is_success() { Ok(()) } else { Err(status.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windows_sys::Win32::Storage::FileSystem::IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS;
    use windows_sys::Win32::System::Ioctl::*;

    #[test]
    fn codes_are_made_of_four_fields() {
        const fn code(device: u32, function: u32, method: u32, access: u32) -> u32 {
            device << 16 | access << 14 | function << 2 | method
        }
        const FILE_SYSTEM: u32 = 9;
        const DISK: u32 = 7;
        const STORAGE: u32 = 0x2D;
        const VOLUME: u32 = 0x56;
        const NEITHER: u32 = 3;
        const READ: u32 = 1;
        const WRITE: u32 = 2;
        for (known, value, from_fields) in [
            (FSCTL_SET_SPARSE, 0x900C4, code(FILE_SYSTEM, 49, 0, 0)),
            (FSCTL_SET_ZERO_DATA, 0x980C8, code(FILE_SYSTEM, 50, 0, WRITE)),
            (FSCTL_QUERY_ALLOCATED_RANGES, 0x940CF, code(FILE_SYSTEM, 51, NEITHER, READ)),
            (FSCTL_GET_REPARSE_POINT, 0x900A8, code(FILE_SYSTEM, 42, 0, 0)),
            (FSCTL_SET_REPARSE_POINT, 0x900A4, code(FILE_SYSTEM, 41, 0, 0)),
            (FSCTL_DELETE_REPARSE_POINT, 0x900AC, code(FILE_SYSTEM, 43, 0, 0)),
            (FSCTL_GET_COMPRESSION, 0x9003C, code(FILE_SYSTEM, 15, 0, 0)),
            (FSCTL_SET_COMPRESSION, 0x9C040, code(FILE_SYSTEM, 16, 0, READ | WRITE)),
            (FSCTL_DUPLICATE_EXTENTS_TO_FILE, 0x98344, code(FILE_SYSTEM, 209, 0, WRITE)),
            (FSCTL_DUPLICATE_EXTENTS_TO_FILE_EX, 0x983E8, code(FILE_SYSTEM, 250, 0, WRITE)),
            (FSCTL_GET_RETRIEVAL_POINTERS, 0x90073, code(FILE_SYSTEM, 28, NEITHER, 0)),
            (FSCTL_FILE_LEVEL_TRIM, 0x98208, code(FILE_SYSTEM, 130, 0, WRITE)),
            (FSCTL_GET_OBJECT_ID, 0x9009C, code(FILE_SYSTEM, 39, 0, 0)),
            (FSCTL_LOCK_VOLUME, 0x90018, code(FILE_SYSTEM, 6, 0, 0)),
            (FSCTL_UNLOCK_VOLUME, 0x9001C, code(FILE_SYSTEM, 7, 0, 0)),
            (FSCTL_DISMOUNT_VOLUME, 0x90020, code(FILE_SYSTEM, 8, 0, 0)),
            (FSCTL_IS_VOLUME_MOUNTED, 0x90028, code(FILE_SYSTEM, 10, 0, 0)),
            (IOCTL_DISK_GET_LENGTH_INFO, 0x7405C, code(DISK, 0x17, 0, READ)),
            (IOCTL_DISK_GET_DRIVE_GEOMETRY, 0x70000, code(DISK, 0, 0, 0)),
            (IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, 0x700A0, code(DISK, 0x28, 0, 0)),
            (IOCTL_DISK_GET_PARTITION_INFO_EX, 0x70048, code(DISK, 0x12, 0, 0)),
            (IOCTL_STORAGE_QUERY_PROPERTY, 0x2D1400, code(STORAGE, 0x500, 0, 0)),
            (IOCTL_STORAGE_GET_DEVICE_NUMBER, 0x2D1080, code(STORAGE, 0x420, 0, 0)),
            (IOCTL_STORAGE_CHECK_VERIFY, 0x2D4800, code(STORAGE, 0x200, 0, READ)),
            (IOCTL_STORAGE_CHECK_VERIFY2, 0x2D0800, code(STORAGE, 0x200, 0, 0)),
            (IOCTL_STORAGE_MANAGE_DATA_SET_ATTRIBUTES, 0x2D9404, code(STORAGE, 0x501, 0, WRITE)),
            (IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, 0x560000, code(VOLUME, 0, 0, 0)),
        ] {
            assert_eq!((known, value), (from_fields, from_fields), "{:?}", Code(known));
            assert!(handler(Code(known)).is_some() || known == FSCTL_GET_OBJECT_ID);
        }
        assert_eq!(format!("{:?}", Code(0x940CF)), "device 0x9, function 0x33, access 1, method 3");
    }

    #[test]
    fn a_list_is_cut_between_its_items() {
        let list = |count| SyncResult::List { head: vec![0; 4], items: vec![vec![1; 8]; count] };
        assert_eq!(list(2).fit(20).unwrap(), ([vec![0; 4], vec![1; 16]].concat(), Status::SUCCESS));
        assert_eq!(list(2).fit(19).unwrap(), ([vec![0; 4], vec![1; 8]].concat(), Status::BUFFER_OVERFLOW));
        assert_eq!(list(2).fit(11).unwrap_err(), Status(STATUS_BUFFER_TOO_SMALL));
        assert_eq!(list(0).fit(4).unwrap().1, Status::SUCCESS);
    }
}
