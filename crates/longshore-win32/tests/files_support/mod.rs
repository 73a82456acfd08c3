//! What the tests of files share: a directory of their own, and calls in fewer words.
#![allow(dead_code, reason = "each test uses a part of it")]

use longshore_win32::testing::{
    CloseHandle, CreateFileA, CreateIoCompletionPort, Event, GetLastError, GetQueuedCompletionStatus, HANDLE,
    INVALID_HANDLE_VALUE, ReadFile, SetLastError, WriteFile, handles,
};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use windows_sys::Win32::System::IO::OVERLAPPED;

/// A directory that is removed when the test ends.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Directory {
        Directory::within(&std::env::temp_dir())
    }

    pub fn within(parent: &Path) -> Directory {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("longshore-files-{}-{number}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Directory(path)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The path as a string for the C functions.
    pub fn name(&self, name: &str) -> CString {
        name_of(&self.path(name))
    }

    pub fn write(&self, name: &str, data: impl AsRef<[u8]>) -> CString {
        std::fs::write(self.path(name), data).unwrap();
        self.name(name)
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn name_of(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}

pub const READ: u32 = 0x8000_0000;
pub const WRITE: u32 = 0x4000_0000;
pub const BOTH: u32 = READ | WRITE;
pub const SHARE_ALL: u32 = 7;
pub const CREATE_NEW: u32 = 1;
pub const CREATE_ALWAYS: u32 = 2;
pub const OPEN_EXISTING: u32 = 3;
pub const OPEN_ALWAYS: u32 = 4;
pub const TRUNCATE_EXISTING: u32 = 5;
pub const OVERLAPPED_FLAG: u32 = 0x4000_0000;
pub const NO_BUFFERING: u32 = 0x2000_0000;
pub const BACKUP_SEMANTICS: u32 = 0x0200_0000;
pub const DELETE_ON_CLOSE: u32 = 0x0400_0000;

/// `CreateFileA`; the handle, or the last error.
pub fn create(name: &CString, access: u32, share: u32, disposition: u32, flags: u32) -> Result<HANDLE, u32> {
    let name = name.as_ptr();
    let handle =
        unsafe { CreateFileA(name, access, share, std::ptr::null(), disposition, flags, null_mut()) };
    if handle == INVALID_HANDLE_VALUE { Err(GetLastError()) } else { Ok(handle) }
}

/// An existing file or a new one, shared with everybody.
pub fn open(name: &CString, access: u32, flags: u32) -> HANDLE {
    create(name, access, SHARE_ALL, OPEN_ALWAYS, flags).unwrap()
}

pub fn close(handle: HANDLE) {
    assert_eq!(CloseHandle(handle), 1);
}

/// An OVERLAPPED at an offset, its other words filled with what no operation leaves there.
pub fn overlapped(offset: u64) -> Box<OVERLAPPED> {
    let mut overlapped: Box<OVERLAPPED> = Box::default();
    overlapped.InternalHigh = 0xDEAD_BEEF;
    overlapped.Anonymous.Anonymous.Offset = offset as u32;
    overlapped.Anonymous.Anonymous.OffsetHigh = (offset >> 32) as u32;
    overlapped
}

pub fn event(signaled: bool) -> (Arc<Event>, HANDLE) {
    let event = Event::new(true, signaled);
    (event.clone(), handles::insert(event).unwrap())
}

pub fn is_signaled(event: &Event) -> bool {
    use longshore_win32::testing::Object;
    event.waitable().unwrap().is_set()
}

/// `BOOL` as the last error of a failure.
pub fn result(value: i32) -> Result<(), u32> {
    if value != 0 { Ok(()) } else { Err(GetLastError()) }
}

/// `ReadFile`: the count, or the last error. The count must be 0 then.
pub fn read(file: HANDLE, buffer: &mut [u8], overlapped: *mut OVERLAPPED) -> Result<u32, u32> {
    let mut count = u32::MAX;
    let (start, length) = (buffer.as_mut_ptr().cast(), buffer.len() as u32);
    let value = unsafe { ReadFile(file, start, length, &mut count, overlapped) };
    counted(value, count)
}

/// `WriteFile`, likewise.
pub fn write(file: HANDLE, data: &[u8], overlapped: *mut OVERLAPPED) -> Result<u32, u32> {
    let mut count = u32::MAX;
    let (start, length) = (data.as_ptr().cast(), data.len() as u32);
    let value = unsafe { WriteFile(file, start, length, &mut count, overlapped) };
    counted(value, count)
}

fn counted(value: i32, count: u32) -> Result<u32, u32> {
    result(value).map(|()| count).inspect_err(|_| assert_eq!(count, 0, "F5"))
}

pub fn untouched_error(call: impl FnOnce()) {
    SetLastError(0xDEAD_BEEF);
    call();
    assert_eq!(GetLastError(), 0xDEAD_BEEF, "the last error is left alone");
}

/// A port with files bound to it.
pub struct Port(pub HANDLE);

/// A packet: whether the operation succeeded, or its error; the bytes; the OVERLAPPED.
pub type Packet = (Result<(), u32>, u32, *mut OVERLAPPED);

impl Port {
    pub fn new() -> Port {
        Port(CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0))
    }

    pub fn bind(&self, file: HANDLE) {
        assert_eq!(CreateIoCompletionPort(file, self.0, 7, 0), self.0);
    }

    pub fn take(&self, timeout_ms: u32) -> Option<Packet> {
        let (mut bytes, mut key, mut overlapped) = (0, 0, null_mut());
        let value =
            unsafe { GetQueuedCompletionStatus(self.0, &mut bytes, &mut key, &mut overlapped, timeout_ms) };
        let result = result(value);
        if overlapped.is_null() {
            assert_eq!(result, Err(258), "no packet");
            return None;
        }
        assert_eq!(key, 7);
        Some((result, bytes, overlapped))
    }

    /// The next packet, which is for `overlapped`.
    pub fn next(&self, overlapped: &OVERLAPPED) -> (Result<(), u32>, u32) {
        let (result, bytes, found) = self.take(20_000).expect("a packet");
        assert!(std::ptr::eq(found, overlapped), "the packet of another operation");
        (result, bytes)
    }

    pub fn is_empty(&self) -> bool {
        self.take(0).is_none()
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        CloseHandle(self.0);
    }
}
