//! Places that are not there, other than the buffers of transfers: an error 998, and nothing has happened.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with live locals, or with what is not there.

use crate::fixtures::files::*;
use longshore_win32::testing::{
    CreatePipe, DeviceIoControl, GetFileInformationByHandle, GetFileInformationByHandleEx, GetFileSize,
    GetFileSizeEx, GetFileTime, GetLastError, HANDLE, LockFileEx, PathAppendA, PathAppendW, PathFileExistsA,
    PathFileExistsW, PathFindExtensionA, PathFindExtensionW, PathFindFileNameA, PathFindFileNameW,
    PathIsDirectoryA, PathIsDirectoryW, PathRemoveFileSpecA, PathRemoveFileSpecW, ReadFile, ReadFileScatter,
    SetFileInformationByHandle, SetFilePointer, SetFilePointerEx, SetFileTime, SetLastError, UnlockFileEx,
    WriteFile,
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

#[test]
fn what_is_to_change_in_a_file_is_read_before_anything_changes() {
    let directory = Directory::new();
    let name = directory.write("file", "twelve bytes");
    let file = open(&name, BOTH | DELETE, 0);
    let renamed = std::mem::offset_of!(FILE_RENAME_INFO, FileName) as u32 + 8;
    let classes = [
        (FileEndOfFileInfo, 8),
        (FileAllocationInfo, 8),
        (FileDispositionInfo, 1),
        (FileDispositionInfoEx, 4),
        (FileBasicInfo, size_of::<FILE_BASIC_INFO>() as u32),
        (FileRenameInfo, renamed),
        (FileRenameInfoEx, renamed),
    ];
    for (class, length) in classes {
        unsafe {
            assert_eq!(result(SetFileInformationByHandle(file, class, bad(), length)), Err(998), "{class}");
            assert_eq!(result(SetFileInformationByHandle(file, class, bad(), length - 1)), shorter(class));
            assert_eq!(result(SetFileInformationByHandle(file, class, null(), length)), Err(87), "{class}");
        }
    }
    close(file);
    assert_eq!(std::fs::read_to_string(directory.path("file")).unwrap(), "twelve bytes");
}

/// What a length that is one too small is: for a name, whose length is in the structure, nothing special.
fn shorter(class: i32) -> Result<(), u32> {
    Err(if [FileRenameInfo, FileRenameInfoEx].contains(&class) { 998 } else { 24 })
}

#[test]
fn a_path_that_is_not_there_is_an_error_and_null_is_none() {
    macro_rules! both {
        ($narrow:ident, $wide:ident, $nothing:expr) => {
            unsafe {
                SetLastError(7);
                assert_eq!(($narrow(bad()), GetLastError()), ($nothing, 998));
                assert_eq!(($wide(bad()), GetLastError()), ($nothing as _, 998));
                assert_eq!(($narrow(null_mut()), $wide(null_mut())), ($nothing, $nothing as _));
            }
        };
    }
    both!(PathFindFileNameA, PathFindFileNameW, null_mut());
    both!(PathFindExtensionA, PathFindExtensionW, null_mut());
    both!(PathFileExistsA, PathFileExistsW, 0);
    both!(PathIsDirectoryA, PathIsDirectoryW, 0);
    both!(PathRemoveFileSpecA, PathRemoveFileSpecW, 0);
    let mut path = [0; 260];
    let mut wide = [0; 260];
    unsafe {
        for (narrow, wide) in [
            (PathAppendA(bad(), c"x".as_ptr()), PathAppendW(bad(), [0x78, 0].as_ptr())),
            (PathAppendA(path.as_mut_ptr(), bad()), PathAppendW(wide.as_mut_ptr(), bad())),
        ] {
            assert_eq!((narrow, wide, GetLastError()), (0, 0, 998));
        }
        assert_eq!(PathAppendA(path.as_mut_ptr(), null()), 0);
    }
    assert_eq!((path, wide), ([0; 260], [0; 260]));
}
