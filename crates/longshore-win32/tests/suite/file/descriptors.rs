//! The CRT's descriptors beside the handle table.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use crate::fixtures::files::*;
use longshore_win32::testing::{CreatePipe, GetStdHandle, HANDLE, STD_OUTPUT_HANDLE, *};
use std::ffi::{CString, c_int};
use std::ptr::null_mut;

const O_RDWR: c_int = 2;
const O_TEMPORARY: c_int = 0x40;
const O_CREAT: c_int = 0x100;
const O_EXCL: c_int = 0x400;
/// Children of other tests must not keep a pipe open.
const O_NOINHERIT: c_int = 0x80;
const O_TEXT: c_int = 0x4000;
const O_BINARY: c_int = 0x8000;
const DENY_ALL: c_int = 0x10;
const DENY_NONE: c_int = 0x40;
/// No process has so many descriptors.
const NOBODYS: c_int = 987_654_321;

fn errno() -> c_int {
    unsafe { *libc::__errno_location() }
}

fn open_crt(name: &CString, flags: c_int, sharing: c_int) -> Result<c_int, c_int> {
    let descriptor = unsafe { longshore_crt_open(name.as_ptr(), flags, sharing, 0o600) };
    if descriptor < 0 { Err(errno()) } else { Ok(descriptor) }
}

fn handle(descriptor: c_int) -> HANDLE {
    _get_osfhandle(descriptor) as HANDLE
}

#[test]
fn a_descriptor_and_its_handle_are_different_numbers_for_one_open_file() {
    let directory = Directory::new();
    let descriptor = open_crt(&directory.name("file"), O_RDWR | O_CREAT, DENY_NONE).unwrap();
    let file = handle(descriptor);
    assert_ne!(file as usize, descriptor as usize);
    assert_eq!(handle(descriptor), file, "asked again");
    assert_eq!(unsafe { libc::write(descriptor, b"one ".as_ptr().cast(), 4) }, 4);
    assert_eq!(write(file, b"two", null_mut()), Ok(3));
    assert_eq!(unsafe { libc::lseek(descriptor, 0, libc::SEEK_CUR) }, 7, "one position");
    assert_eq!(_close(descriptor), 0);
    assert_eq!(directory.read("file"), b"one two");
    assert_eq!(write(file, b"x", null_mut()), Err(6), "closed with it");
    // No number that another test may have opened meanwhile.
    assert_eq!((_close(NOBODYS), errno()), (-1, libc::EBADF));
    assert_eq!((_get_osfhandle(NOBODYS), errno()), (-1, libc::EBADF));
}

#[test]
fn a_handle_becomes_a_descriptor_whose_close_closes_it() {
    let directory = Directory::new();
    let file = open(&directory.write("file", "data"), READ, 0);
    let descriptor = _open_osfhandle(file as isize, 0);
    assert_eq!(handle(descriptor), file);
    let mut buffer = [0u8; 4];
    assert_eq!(unsafe { libc::read(descriptor, buffer.as_mut_ptr().cast(), 4) }, 4);
    assert_eq!(&buffer, b"data");
    assert_eq!(_close(descriptor), 0);
    assert_eq!(read(file, &mut buffer, null_mut()), Err(6));
    assert_eq!((_open_osfhandle(file as isize, 0), errno()), (-1, libc::EBADF));
}

#[test]
fn a_number_that_was_closed_behind_our_back_gets_a_handle_of_its_new_file() {
    let directory = Directory::new();
    let (one, two) = (directory.write("one", "1"), directory.write("two", "22"));
    let descriptor = open_crt(&one, O_RDWR, DENY_NONE).unwrap();
    let first = handle(descriptor);
    let other = unsafe { libc::open(two.as_ptr(), libc::O_RDONLY) };
    assert_eq!(unsafe { libc::dup2(other, descriptor) }, descriptor);
    let second = handle(descriptor);
    let mut size = 0;
    assert_eq!(result(unsafe { GetFileSizeEx(second, &mut size) }), Ok(()));
    assert_eq!(size, 2);
    assert_eq!(result(unsafe { GetFileSizeEx(first, &mut size) }), Err(6), "it went with its file");
    assert_eq!((_close(descriptor), _close(other)), (0, 0));
}

#[test]
fn a_stream_over_a_pipe_ends_it_when_it_is_closed() {
    let (mut read_end, mut write_end) = (null_mut(), null_mut());
    assert_eq!(result(unsafe { CreatePipe(&mut read_end, &mut write_end, null_mut(), 0) }), Ok(()));
    let descriptor = _open_osfhandle(write_end as isize, O_NOINHERIT);
    let stream = unsafe { libc::fdopen(descriptor, c"w".as_ptr()) };
    assert!(unsafe { libc::fputs(c"text".as_ptr(), stream) } >= 0);
    assert_eq!(unsafe { longshore_fclose(stream) }, 0);
    let mut buffer = [0; 8];
    assert_eq!(read(read_end, &mut buffer, null_mut()), Ok(4));
    assert_eq!(read(read_end, &mut buffer, null_mut()), Err(109), "nobody can write any more");
    close(read_end);
}

#[test]
fn sharing_temporary_files_and_modes_are_as_asked() {
    let directory = Directory::new();
    let name = directory.name("file");
    let alone = open_crt(&name, O_RDWR | O_CREAT | O_BINARY, DENY_ALL).unwrap();
    assert_eq!(open_crt(&name, O_RDWR, DENY_NONE), Err(libc::EACCES));
    assert_eq!(open_crt(&name, O_RDWR | O_CREAT | O_EXCL, DENY_NONE), Err(libc::EEXIST));
    assert_eq!((_setmode(alone, O_TEXT), _setmode(alone, O_BINARY)), (O_BINARY, O_TEXT));
    assert_eq!((_setmode(alone, 12345), errno()), (-1, libc::EINVAL));
    assert_eq!((_setmode(NOBODYS, O_TEXT), errno()), (-1, libc::EBADF));
    assert_eq!(_close(alone), 0);
    let temporary = open_crt(&name, O_RDWR | O_TEMPORARY, DENY_NONE).unwrap();
    assert!(directory.path("file").exists());
    assert_eq!(_close(temporary), 0);
    assert!(!directory.path("file").exists());
    assert_eq!(open_crt(&name, O_RDWR, DENY_NONE), Err(libc::ENOENT));
}

#[test]
fn copies_and_pipes_have_handles_of_their_own() {
    let mut ends = [-1; 2];
    assert_eq!(unsafe { _pipe(ends.as_mut_ptr(), 4096, O_BINARY | O_NOINHERIT) }, 0);
    let copy = _dup(ends[1]);
    assert_ne!(handle(copy), handle(ends[1]));
    assert_eq!(write(handle(copy), b"abc", null_mut()), Ok(3));
    assert_eq!((_close(ends[1]), _close(copy)), (0, 0));
    let mut buffer = [0; 8];
    assert_eq!(read(handle(ends[0]), &mut buffer, null_mut()), Ok(3));
    assert_eq!(read(handle(ends[0]), &mut buffer, null_mut()), Err(109));
    assert_eq!(_close(ends[0]), 0);
    assert_eq!((unsafe { _pipe(null_mut(), 0, 0) }, errno()), (-1, libc::EINVAL));
}

#[test]
fn the_first_descriptors_are_the_standard_handles() {
    assert_eq!(handle(1), GetStdHandle(STD_OUTPUT_HANDLE));
}
