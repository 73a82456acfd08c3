//! Places that are not there, other than the buffers of transfers: an error 998, and nothing has happened.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with live locals, or with what is not there.

use crate::fixtures::files::*;
use longshore_win32::testing::{
    CreatePipe, DeviceIoControl, GetFileInformationByHandle, GetFileInformationByHandleEx, GetFileSize,
    GetFileSizeEx, GetFileTime, GetLastError, HANDLE, LockFileEx, ReadFile, ReadFileScatter, SetFilePointer,
    SetFilePointerEx, SetFileTime, UnlockFileEx, WriteFile,
};
use std::ptr::{null, null_mut};
use windows_sys::Win32::Storage::FileSystem::*;

const BAD: usize = 8;

fn bad<T>() -> *mut T {
    BAD as *mut T
}

fn position(file: HANDLE) -> i64 {
    let mut position = -1;
    assert_eq!(unsafe { SetFilePointerEx(file, 0, &mut position, FILE_CURRENT) }, 1);
    position
}

#[test]
fn a_transfer_without_a_place_for_its_count_or_overlapped_does_nothing() {
    let directory = Directory::new();
    let name = directory.write("file", "twelve bytes");
    let file = open(&name, BOTH, 0);
    let mut buffer = [0_u8; 4];
    let start = buffer.as_mut_ptr().cast();
    let mut count = 0;
    unsafe {
        assert_eq!(result(ReadFile(file, start, 4, bad(), null_mut())), Err(998));
        assert_eq!(result(WriteFile(file, start, 4, bad(), null_mut())), Err(998));
        assert_eq!(result(ReadFile(file, start, 4, &mut count, bad())), Err(998));
        assert_eq!(result(WriteFile(file, start, 4, &mut count, bad())), Err(998));
        assert_eq!(result(LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK, 0, 4, 0, bad())), Err(998));
        assert_eq!(result(UnlockFileEx(file, 0, 4, 0, bad())), Err(998));
        assert_eq!(result(ReadFileScatter(file, bad(), 4096, null_mut(), bad())), Err(998));
        assert_eq!(
            result(DeviceIoControl(file, 0x900C4, null(), 0, null_mut(), 0, bad(), null_mut())),
            Err(998)
        );
        assert_eq!(
            result(DeviceIoControl(file, 0x900C4, null(), 0, null_mut(), 0, null_mut(), bad())),
            Err(998)
        );
    }
    assert_eq!((position(file), buffer), (0, [0; 4]), "nothing was read");
    assert_eq!(directory.read("file"), b"twelve bytes", "nothing was written");
    close(file);
}

#[test]
fn questions_without_a_place_for_the_answer_change_nothing() {
    let directory = Directory::new();
    let name = directory.write("file", "twelve bytes");
    let file = open(&name, BOTH, 0);
    unsafe {
        assert_eq!(result(SetFilePointerEx(file, 5, bad(), FILE_BEGIN)), Err(998));
        assert_eq!((SetFilePointer(file, 5, bad(), FILE_BEGIN), GetLastError()), (u32::MAX, 998));
        assert_eq!(position(file), 0, "it has not moved");
        assert_eq!(result(GetFileSizeEx(file, bad())), Err(998));
        assert_eq!(result(GetFileSizeEx(file, null_mut())), Err(87));
        assert_eq!((GetFileSize(file, bad()), GetLastError()), (u32::MAX, 998));
        assert_eq!(result(GetFileTime(file, null_mut(), bad(), null_mut())), Err(998));
        assert_eq!(result(SetFileTime(file, null(), null(), bad())), Err(998));
        assert_eq!(result(GetFileInformationByHandle(file, bad())), Err(998));
        assert_eq!(result(GetFileInformationByHandle(file, null_mut())), Err(87));
        for class in [FileBasicInfo, FileNameInfo, FileIdInfo] {
            assert_eq!(result(GetFileInformationByHandleEx(file, class, bad(), 4096)), Err(998));
        }
    }
    close(file);
}

#[test]
fn a_pipe_is_not_made_if_its_handles_cannot_be_given() {
    let mut end = null_mut();
    unsafe {
        assert_eq!(result(CreatePipe(&mut end, bad(), null(), 0)), Err(998));
        assert_eq!(result(CreatePipe(bad(), &mut end, null(), 0)), Err(998));
        assert_eq!(result(CreatePipe(&mut end, null_mut(), null(), 0)), Err(87));
    }
    assert!(end.is_null(), "no handle was made that nobody knows");
}
