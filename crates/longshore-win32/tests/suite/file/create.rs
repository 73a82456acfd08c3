//! Opening and creating files.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use crate::fixtures::files::*;
use longshore_win32::testing::{
    CreateFile2, CreateFileW, GetFileType, GetLastError, INVALID_HANDLE_VALUE, ReOpenFile, SetLastError,
};
use std::ptr::null_mut;

#[test]
fn every_disposition_says_whether_the_file_was_there() {
    let directory = Directory::new();
    let there = directory.write("there", "content");
    let attempt = |name: &str, disposition| -> Result<u32, u32> {
        let name = directory.name(name);
        let handle = create(&name, BOTH, SHARE_ALL, disposition, 0)?;
        let error = GetLastError();
        close(handle);
        Ok(error)
    };
    assert_eq!(attempt("there", CREATE_NEW), Err(80));
    assert_eq!(attempt("new", CREATE_NEW), Ok(0));
    assert_eq!(attempt("there", OPEN_EXISTING), Ok(0));
    assert_eq!(attempt("missing", OPEN_EXISTING), Err(2));
    assert_eq!(attempt("there", OPEN_ALWAYS), Ok(183));
    assert_eq!(directory.read("there"), b"content");
    assert_eq!(attempt("opened", OPEN_ALWAYS), Ok(0));
    assert_eq!(attempt("there", CREATE_ALWAYS), Ok(183));
    assert_eq!(directory.read("there"), b"");
    assert_eq!(attempt("created", CREATE_ALWAYS), Ok(0));
    directory.write("there", "content");
    assert_eq!(attempt("there", TRUNCATE_EXISTING), Ok(0));
    assert_eq!(directory.read("there"), b"");
    assert_eq!(attempt("missing", TRUNCATE_EXISTING), Err(2));
    assert_eq!(attempt("there", 0), Err(87));
    assert_eq!(attempt("there", 6), Err(87));
    assert_eq!(create(&there, READ, SHARE_ALL, TRUNCATE_EXISTING, 0), Err(87), "needs the right to write");
}

#[test]
fn the_error_tells_a_missing_file_from_a_missing_directory() {
    let directory = Directory::new();
    directory.write("file", "");
    let error = |name: &str| create(&directory.name(name), READ, SHARE_ALL, OPEN_EXISTING, 0).unwrap_err();
    assert_eq!(error("missing"), 2);
    assert_eq!(error("missing/file"), 3);
    assert_eq!(error("file/file"), 3);
    assert_eq!(create(&directory.name("missing/new"), WRITE, 0, CREATE_NEW, 0), Err(3));
    assert_eq!(create(&c"".to_owned(), READ, 0, OPEN_EXISTING, 0), Err(3));
    assert_eq!(create(&c"a?b".to_owned(), READ, 0, OPEN_EXISTING, 0), Err(123));
    assert_eq!(create(&c"\\\\.\\PhysicalDrive9".to_owned(), READ, 0, OPEN_EXISTING, 0), Err(2));
    assert_eq!(create(&c"\\\\.\\pipe\\nobody".to_owned(), READ, 0, OPEN_EXISTING, 0), Err(2));
}

#[test]
fn share_modes_bind_the_opens_of_this_process() {
    let directory = Directory::new();
    let file = directory.write("file", "");
    let first = create(&file, READ, 1, OPEN_EXISTING, 0).unwrap();
    assert_eq!(create(&file, WRITE, SHARE_ALL, OPEN_EXISTING, 0), Err(32));
    assert_eq!(create(&file, READ, 0, OPEN_EXISTING, 0), Err(32));
    close(create(&file, READ, 1, OPEN_EXISTING, 0).unwrap());
    close(create(&file, 0, 0, OPEN_EXISTING, 0).unwrap());
    std::fs::hard_link(directory.path("file"), directory.path("other name")).unwrap();
    assert_eq!(create(&directory.name("other name"), WRITE, SHARE_ALL, OPEN_EXISTING, 0), Err(32));
    assert_eq!(create(&file, BOTH, SHARE_ALL, CREATE_ALWAYS, 0), Err(32));
    close(first);
    close(create(&file, WRITE, 0, OPEN_EXISTING, 0).unwrap());
}

#[test]
fn an_exclusive_open_refuses_before_it_empties() {
    let directory = Directory::new();
    let file = directory.write("file", "content");
    let first = create(&file, READ, 1, OPEN_EXISTING, 0).unwrap();
    assert_eq!(create(&file, WRITE, SHARE_ALL, CREATE_ALWAYS, 0), Err(32));
    assert_eq!(directory.read("file"), b"content");
    close(first);
}

#[test]
fn delete_on_close_removes_the_file_with_its_last_handle() {
    let directory = Directory::new();
    let file = directory.write("file", "");
    let deleting = create(&file, BOTH, SHARE_ALL, OPEN_EXISTING, DELETE_ON_CLOSE).unwrap();
    let other = create(&file, READ, SHARE_ALL, OPEN_EXISTING, 0).unwrap();
    assert_eq!(create(&file, READ, 3, OPEN_EXISTING, 0), Err(32), "who does not share deleting");
    close(deleting);
    assert!(directory.path("file").exists(), "somebody has it open");
    assert_eq!(create(&file, READ, SHARE_ALL, OPEN_EXISTING, 0), Err(5), "it is about to go");
    close(other);
    assert!(!directory.path("file").exists());
}

#[test]
fn a_read_only_file_is_opened_for_reading_only() {
    let directory = Directory::new();
    let file = directory.name("file");
    let handle = create(&file, BOTH, SHARE_ALL, CREATE_NEW, 1).unwrap();
    assert_eq!(write(handle, b"first", null_mut()), Ok(5), "the open that creates it may write");
    close(handle);
    assert_eq!(create(&file, WRITE, SHARE_ALL, OPEN_EXISTING, 0), Err(5));
    assert_eq!(create(&file, BOTH, SHARE_ALL, CREATE_ALWAYS, 0), Err(5));
    assert_eq!(create(&file, READ, SHARE_ALL, OPEN_EXISTING, DELETE_ON_CLOSE), Err(5));
    close(create(&file, READ, SHARE_ALL, OPEN_EXISTING, 0).unwrap());
}

#[test]
fn a_directory_needs_backup_semantics() {
    let directory = Directory::new();
    let name = directory.name("");
    assert_eq!(create(&name, READ, SHARE_ALL, OPEN_EXISTING, 0), Err(5));
    let handle = create(&name, READ, SHARE_ALL, OPEN_EXISTING, BACKUP_SEMANTICS).unwrap();
    assert_eq!(read(handle, &mut [0; 4], null_mut()), Err(1));
    close(handle);
    assert_eq!(create(&name, WRITE, SHARE_ALL, CREATE_ALWAYS, BACKUP_SEMANTICS), Err(80));
}

#[test]
fn names_are_found_in_any_case_and_with_backslashes() {
    let directory = Directory::new();
    std::fs::create_dir(directory.path("Sub")).unwrap();
    directory.write("Sub/File.TXT", "x");
    let name = directory.name("sub\\fILE.txt").into_string().unwrap();
    for name in
        [name.replace('/', "\\"), format!("C:{name}"), format!("\\\\?\\C:{}", name.replace('/', "\\"))]
    {
        let name = std::ffi::CString::new(name).unwrap();
        let handle = create(&name, READ, SHARE_ALL, OPEN_EXISTING, 0).unwrap();
        assert_eq!(read(handle, &mut [0; 4], null_mut()), Ok(1));
        close(handle);
    }
    directory.write("sub", "");
    let handle = create(&directory.name("sub"), READ, SHARE_ALL, OPEN_EXISTING, 0);
    close(handle.expect("the exact name comes first, and is no directory"));
    close(create(&directory.name("SUB\\new"), WRITE, 0, CREATE_NEW, 0).unwrap_or_else(|error| {
        // Which of the two a name in a third case finds is the file system's order.
        assert_eq!(error, 3);
        open(&directory.name("Sub/new"), WRITE, 0)
    }));
}

#[test]
fn wide_names_and_parameters_in_a_structure() {
    let directory = Directory::new();
    let path = directory.path("Grüße");
    let name: Vec<i32> = path.to_str().unwrap().chars().chain(['\0']).map(|c| c as i32).collect();
    let none = std::ptr::null();
    let handle = unsafe { CreateFileW(name.as_ptr(), WRITE, 0, none, CREATE_NEW, 0, null_mut()) };
    assert_ne!(handle, INVALID_HANDLE_VALUE);
    close(handle);
    assert!(path.exists());
    let handle = unsafe { CreateFile2(name.as_ptr(), READ, 0, OPEN_EXISTING, std::ptr::null()) };
    assert_ne!(handle, INVALID_HANDLE_VALUE);
    close(handle);
}

#[test]
fn a_file_is_opened_again_with_other_rights() {
    let directory = Directory::new();
    let file = directory.write("file", "12345");
    let first = create(&file, READ, SHARE_ALL, OPEN_EXISTING, 0).unwrap();
    assert_eq!(write(first, b"x", null_mut()), Err(5), "F22");
    std::fs::rename(directory.path("file"), directory.path("moved")).unwrap();
    let second = ReOpenFile(first, WRITE, SHARE_ALL, 0);
    assert_eq!(write(second, b"x", null_mut()), Ok(1));
    assert_eq!(read(second, &mut [0], null_mut()), Err(5), "F22");
    assert_eq!(directory.read("moved"), b"x2345");
    assert_eq!(ReOpenFile(first, WRITE, 0, 0), INVALID_HANDLE_VALUE);
    assert_eq!(GetLastError(), 32);
    close(first);
    close(second);
}

#[test]
fn nul_swallows_everything_and_gives_nothing() {
    let nul = create(&c"NUL".to_owned(), BOTH, 0, OPEN_EXISTING, 0).unwrap();
    assert_eq!(GetFileType(nul), 2);
    assert_eq!(write(nul, b"12345", null_mut()), Ok(5));
    assert_eq!(read(nul, &mut [0; 5], null_mut()), Ok(0));
    assert_eq!(read(nul, &mut [0; 5], &mut *overlapped(0)), Err(38));
    close(nul);
    let overlapping = create(&c"\\\\.\\nul".to_owned(), BOTH, 0, OPEN_EXISTING, OVERLAPPED_FLAG).unwrap();
    let port = Port::new();
    port.bind(overlapping);
    let mut ov = overlapped(0);
    assert_eq!(write(overlapping, b"12345", &mut *ov), Ok(5));
    assert_eq!(port.next(&ov), (Ok(()), 5), "D2");
    let mut ov = overlapped(0);
    assert_eq!(read(overlapping, &mut [0; 5], &mut *ov), Err(38));
    assert_eq!((ov.Internal, port.is_empty()), (0x103, true), "A9");
    close(overlapping);
    SetLastError(0);
    assert_eq!((GetFileType(nul), GetLastError()), (0, 6));
}

#[test]
fn a_file_is_reopened_with_flags_and_not_with_attributes() {
    let directory = Directory::new();
    let file = open(&directory.write("file", ""), READ, 0);
    for attributes in [0x80, 1, 0x4000] {
        assert_eq!(ReOpenFile(file, READ, SHARE_ALL, attributes), INVALID_HANDLE_VALUE);
        assert_eq!(GetLastError(), 87, "{attributes:x}");
    }
    let again = ReOpenFile(file, READ, SHARE_ALL, OVERLAPPED_FLAG);
    assert_ne!(again, INVALID_HANDLE_VALUE);
    [file, again].into_iter().for_each(close);
}

#[test]
fn devices_that_are_always_ready_can_be_bound() {
    let port = Port::new();
    let zero = create(&c"/dev/zero".to_owned(), READ, SHARE_ALL, OPEN_EXISTING, OVERLAPPED_FLAG).unwrap();
    let full = create(&c"/dev/full".to_owned(), WRITE, SHARE_ALL, OPEN_EXISTING, OVERLAPPED_FLAG).unwrap();
    port.bind(zero);
    port.bind(full);
    let (mut buffer, mut ov) = ([1; 10], overlapped(0));
    assert_eq!(read(zero, &mut buffer, &mut *ov), Ok(10));
    assert_eq!((port.next(&ov), buffer), ((Ok(()), 10), [0; 10]));
    assert_eq!(write(full, b"data", &mut *ov), Err(112));
    assert!(port.is_empty(), "it failed inside the call");
    [zero, full].into_iter().for_each(close);
}
