//! What `VirtualAlloc` and the checks of memory promise.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block uses memory that the test just got from the API.

use longshore_fixtures::process::alone;
use longshore_fixtures::this_test;
use longshore_win32::testing::{
    GetLargePageMinimum, GetLastError, INVALID_HANDLE_VALUE, IsBadCodePtr, IsBadReadPtr, IsBadStringPtrA,
    IsBadStringPtrW, IsBadWritePtr, ReadProcessMemory, VirtualAlloc, VirtualFree, VirtualLock,
    VirtualProtect, VirtualQuery, VirtualUnlock,
};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use windows_sys::Win32::System::Memory::{
    MEM_COMMIT, MEM_DECOMMIT, MEM_FREE, MEM_LARGE_PAGES, MEM_RELEASE, MEM_RESERVE, MEMORY_BASIC_INFORMATION,
    PAGE_NOACCESS, PAGE_READONLY, PAGE_READWRITE,
};

fn query(address: *const c_void) -> MEMORY_BASIC_INFORMATION {
    let mut information = MEMORY_BASIC_INFORMATION::default();
    let size = size_of::<MEMORY_BASIC_INFORMATION>();
    assert_eq!(unsafe { VirtualQuery(address, &mut information, size) }, size);
    information
}

fn failed(address: *mut c_void) -> u32 {
    assert!(address.is_null());
    GetLastError()
}

#[test]
fn committed_memory_is_zero_writable_and_aligned_for_unbuffered_files() {
    if !alone(this_test!()) {
        return;
    }
    let memory = VirtualAlloc(null(), 100_000, MEM_COMMIT, PAGE_READWRITE);
    assert!((memory as usize).is_multiple_of(65536));
    let bytes = unsafe { std::slice::from_raw_parts_mut(memory.cast::<u8>(), 102_400) };
    assert!(bytes.iter().all(|&byte| byte == 0), "to the end of the last page");
    bytes.fill(1);
    let information = query(memory);
    assert_eq!((information.RegionSize, information.State, information.Protect), (102_400, MEM_COMMIT, 4));
    assert_eq!(unsafe { VirtualFree(memory, 0, MEM_RELEASE) }, 1);
    assert_eq!(query(memory).State, MEM_FREE);
    assert_eq!(unsafe { VirtualFree(memory, 0, MEM_RELEASE) }, 0);
    assert_eq!(GetLastError(), 487, "ERROR_INVALID_ADDRESS");
}

#[test]
fn pages_are_reserved_first_and_committed_one_by_one() {
    let base = VirtualAlloc(null(), 1 << 20, MEM_RESERVE, PAGE_READWRITE);
    assert_eq!((IsBadReadPtr(base, 1), IsBadWritePtr(base, 1)), (1, 1));
    let third = base.wrapping_byte_add(2 * 4096);
    assert_eq!(VirtualAlloc(third.wrapping_byte_add(5), 10, MEM_COMMIT, PAGE_READWRITE), third);
    unsafe { third.cast::<u64>().write(42) };
    assert_eq!(IsBadWritePtr(third, 4096), 0);
    assert_eq!(IsBadWritePtr(third, 4097), 1);
    assert_eq!((query(base).State, query(base).RegionSize), (MEM_RESERVE, 8192));
    assert_eq!((query(third).State, query(third).AllocationBase), (MEM_COMMIT, base));
    unsafe {
        assert_eq!(VirtualFree(third, 4096, MEM_DECOMMIT), 1);
        assert_eq!(query(third).State, MEM_RESERVE);
        assert_eq!(VirtualAlloc(third, 1, MEM_COMMIT, PAGE_READWRITE), third);
        assert_eq!(third.cast::<u64>().read(), 0, "the content went with the decommitment");
        assert_eq!((VirtualFree(base, 4096, MEM_RELEASE), GetLastError()), (0, 87), "all or nothing");
        assert_eq!((VirtualFree(third, 0, MEM_RELEASE), GetLastError()), (0, 487), "by its base only");
        assert_eq!(VirtualFree(base, 0, MEM_RELEASE), 1);
    }
}

#[test]
fn protections_change_and_tell_what_they_were() {
    let base = VirtualAlloc(null(), 8192, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
    let mut old = 0;
    unsafe {
        assert_eq!(VirtualProtect(base, 4096, PAGE_READONLY, &mut old), 1);
        assert_eq!(old, PAGE_READWRITE);
        assert_eq!((IsBadReadPtr(base, 4096), IsBadWritePtr(base, 4096)), (0, 1));
        assert_eq!(VirtualProtect(base, 8192, PAGE_NOACCESS, &mut old), 1);
        assert_eq!((old, IsBadReadPtr(base, 1)), (PAGE_READONLY, 1));
        assert_eq!((VirtualProtect(base, 1, PAGE_READONLY, null_mut()), GetLastError()), (0, 998));
        assert_eq!((VirtualProtect(base, 1, 0x777, &mut old), GetLastError()), (0, 87));
        let mut copied = 7;
        let mut byte = 0u8;
        let process = INVALID_HANDLE_VALUE;
        assert_eq!(ReadProcessMemory(process, base, (&raw mut byte).cast(), 1, &mut copied), 0);
        assert_eq!((copied, GetLastError()), (0, 299), "no fault");
        assert_eq!(VirtualFree(base, 0, MEM_RELEASE), 1);
    }
}

#[test]
fn bad_requests_get_the_error_windows_gives() {
    if !alone(this_test!()) {
        return;
    }
    assert_eq!(failed(VirtualAlloc(null(), 0, MEM_COMMIT, PAGE_READWRITE)), 87);
    assert_eq!(failed(VirtualAlloc(null(), 4096, 0, PAGE_READWRITE)), 87);
    assert_eq!(failed(VirtualAlloc(null(), 4096, MEM_COMMIT, 0)), 87);
    assert_eq!(failed(VirtualAlloc(null(), usize::MAX, MEM_COMMIT, PAGE_READWRITE)), 87);
    let large = MEM_COMMIT | MEM_RESERVE | MEM_LARGE_PAGES;
    assert_eq!(failed(VirtualAlloc(null(), GetLargePageMinimum(), large, PAGE_READWRITE)), 1314);
    let base = VirtualAlloc(null(), 65536, MEM_RESERVE, PAGE_READWRITE);
    assert_eq!(failed(VirtualAlloc(base, 65536, MEM_RESERVE, PAGE_READWRITE)), 487, "taken");
    assert_eq!(unsafe { VirtualFree(base, 0, MEM_RELEASE) }, 1);
    assert_eq!(failed(VirtualAlloc(base, 4096, MEM_COMMIT, PAGE_READWRITE)), 487, "not reserved");
}

#[test]
fn strings_are_checked_to_their_nul_and_not_beyond() {
    let base = VirtualAlloc(null(), 8192, MEM_COMMIT, PAGE_READWRITE);
    let mut old = 0;
    unsafe {
        assert_eq!(VirtualProtect(base.byte_add(4096), 4096, PAGE_NOACCESS, &mut old), 1);
        let string = base.byte_add(4096 - 4).cast::<libc::c_char>();
        assert_eq!(IsBadStringPtrA(string, 100), 0, "ends with the page");
        string.write_bytes(b'x', 4);
        assert_eq!(IsBadStringPtrA(string, 4), 0);
        assert_eq!(IsBadStringPtrA(string, 5), 1);
        assert_eq!(IsBadStringPtrW(null(), 1), 1);
        assert_eq!(VirtualFree(base, 0, MEM_RELEASE), 1);
    }
    assert_eq!(IsBadCodePtr(strings_are_checked_to_their_nul_and_not_beyond as *const c_void), 0);
    assert_eq!(IsBadCodePtr((&raw const old).cast()), 1);
}

#[test]
fn locking_memory_needs_memory() {
    let base = VirtualAlloc(null(), 4096, MEM_COMMIT, PAGE_READWRITE);
    assert_eq!(VirtualLock(base, 4096), 1);
    assert_eq!(VirtualUnlock(base, 4096), 1);
    assert_eq!(unsafe { VirtualFree(base, 0, MEM_RELEASE) }, 1);
    assert_eq!((VirtualLock(null(), 4096), GetLastError()), (0, 998));
}
