//! File mappings and their views.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use crate::fixtures::files::*;
use longshore_win32::testing::{GetLastError, HANDLE, INVALID_HANDLE_VALUE, *};
use std::ffi::{CStr, c_void};
use std::ptr::null;

const READONLY: u32 = 2;
const READWRITE: u32 = 4;
const COPY: u32 = 1;
const MAP_WRITE: u32 = 2;
const MAP_READ: u32 = 4;
const ALL_ACCESS: u32 = 0xF001F;

fn mapping(file: HANDLE, protection: u32, size: u32, name: Option<&CStr>) -> Result<HANDLE, u32> {
    let name = name.map_or(null(), CStr::as_ptr);
    let handle = unsafe { CreateFileMappingA(file, null(), protection, 0, size, name) };
    if handle.is_null() { Err(GetLastError()) } else { Ok(handle) }
}

fn view(mapping: HANDLE, access: u32, offset: u32, length: usize) -> Result<*mut u8, u32> {
    let view = MapViewOfFile(mapping, access, 0, offset, length);
    if view.is_null() { Err(GetLastError()) } else { Ok(view.cast()) }
}

fn unmap(view: *mut u8) {
    assert_eq!(unsafe { UnmapViewOfFile(view.cast()) }, 1);
}

#[test]
fn a_view_is_the_file() {
    let directory = Directory::new();
    let file = open(&directory.write("file", vec![b'x'; 100_000]), BOTH, 0);
    let handle = mapping(file, READWRITE, 0, None).unwrap();
    close(file);
    let whole = view(handle, ALL_ACCESS, 0, 0).unwrap();
    let tail = view(handle, MAP_READ, 65536, 0).unwrap();
    assert_eq!((whole as usize | tail as usize) % 65536, 0);
    close(handle);
    unsafe {
        whole.add(70_000).write(b'y');
        assert_eq!((tail.add(70_000 - 65536).read(), tail.add(100_000 - 65536 - 1).read()), (b'y', b'x'));
    }
    assert_eq!(FlushViewOfFile(whole.cast(), 0), 1);
    assert_eq!(FlushViewOfFile(whole.wrapping_add(70_000).cast(), 10), 1);
    assert_eq!(directory.read("file")[70_000], b'y');
    unmap(whole);
    unmap(tail);
    assert_eq!(result(unsafe { UnmapViewOfFile(whole.cast()) }), Err(487));
    assert_eq!(result(FlushViewOfFile(whole.cast(), 0)), Err(487));
}

#[test]
fn a_mapping_makes_its_file_longer_and_no_view_reaches_beyond() {
    let directory = Directory::new();
    let name = directory.write("file", "");
    let file = open(&name, BOTH, 0);
    assert_eq!(mapping(file, READWRITE, 0, None), Err(1006), "an empty file");
    let handle = mapping(file, READWRITE, 100, None).unwrap();
    assert_eq!(directory.read("file").len(), 100);
    assert_eq!(view(handle, MAP_READ, 0, 101), Err(5));
    assert_eq!(view(handle, MAP_READ, 1000, 1), Err(1132));
    assert_eq!(view(handle, 0, 0, 0), Err(5));
    close(handle);
    assert_eq!(mapping(file, READONLY, 1000, None), Err(8));
    assert_eq!(mapping(file, 0, 10, None), Err(87));
    let reader = open(&name, READ, 0);
    assert_eq!(mapping(reader, READWRITE, 0, None), Err(5));
    let handle = mapping(reader, READONLY, 0, None).unwrap();
    assert_eq!(view(handle, MAP_WRITE, 0, 0), Err(5));
    let own = view(handle, COPY, 0, 0).unwrap();
    unsafe { own.write(7) };
    assert_eq!(directory.read("file")[0], 0, "a copy on write is one's own");
    unmap(own);
    [handle, reader, file].into_iter().for_each(close);
}

#[test]
fn memory_is_shared_by_name() {
    let name = c"Local\\longshore mapping test";
    let opened = || unsafe { OpenFileMappingA(MAP_READ, 0, name.as_ptr()) };
    assert_eq!((opened().is_null(), GetLastError()), (true, 2));
    assert_eq!(mapping(INVALID_HANDLE_VALUE, READWRITE, 0, None), Err(87), "how long?");
    let first = mapping(INVALID_HANDLE_VALUE, READWRITE, 4096, Some(name)).unwrap();
    assert_eq!(GetLastError(), 0);
    let second = mapping(INVALID_HANDLE_VALUE, READWRITE, 4096, Some(name)).unwrap();
    assert_eq!(GetLastError(), 183);
    let third = opened();
    let (a, b) = (view(first, ALL_ACCESS, 0, 0).unwrap(), view(third, MAP_READ, 0, 0).unwrap());
    assert_ne!(a, b);
    unsafe {
        a.write(42);
        assert_eq!(b.read(), 42);
    }
    [first, second, third].into_iter().for_each(close);
    assert!(opened().is_null());
    unsafe { assert_eq!(b.read(), 42, "views outlive their mapping") };
    unmap(a);
    unmap(b);
}

#[test]
fn a_view_lies_where_it_is_wanted_if_that_is_free() {
    let handle = mapping(INVALID_HANDLE_VALUE, READWRITE, 4096, None).unwrap();
    let first = view(handle, ALL_ACCESS, 0, 0).unwrap();
    let at = |address: *mut c_void| MapViewOfFileEx(handle, MAP_READ, 0, 0, 0, address);
    assert_eq!((at(first.cast()).is_null(), GetLastError()), (true, 487));
    assert_eq!((at(first.wrapping_add(4096).cast()).is_null(), GetLastError()), (true, 1132));
    unmap(first);
    assert_eq!(at(first.cast()), first.cast());
    unmap(first);
    close(handle);
}

#[test]
fn f25_a_file_is_not_made_shorter_than_its_mapping() {
    let directory = Directory::new();
    let name = directory.write("file", vec![b'x'; 10_000]);
    let file = open(&name, BOTH, 0);
    let resize = |size: i64| {
        assert_eq!(unsafe { SetFilePointerEx(file, size, std::ptr::null_mut(), 0) }, 1);
        result(SetEndOfFile(file))
    };
    let handle = mapping(file, READWRITE, 0, None).unwrap();
    assert_eq!(resize(100), Err(1224));
    assert_eq!(resize(20_000), Ok(()), "longer is no harm");
    let view = view(handle, MAP_WRITE, 0, 0).unwrap();
    close(handle);
    assert_eq!(resize(100), Err(1224), "the view counts as well");
    assert_eq!(create(&name, BOTH, SHARE_ALL, CREATE_ALWAYS, 0), Err(1224));
    assert_eq!(create(&name, BOTH, SHARE_ALL, TRUNCATE_EXISTING, 0), Err(1224));
    unmap(view);
    assert_eq!(resize(100), Ok(()));
    close(file);
    assert_eq!(directory.read("file").len(), 100);
}
