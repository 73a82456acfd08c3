//! What the functions for modules promise.
#![allow(clippy::undocumented_unsafe_blocks)] // Every block calls the C API with pointers to live locals.

use libc::c_char;
use longshore_win32::testing::{
    FreeLibrary, GetLastError, GetModuleFileNameA, GetModuleHandleA, GetModuleHandleExA, GetModuleHandleW,
    GetProcAddress, LoadLibraryA, to_wide,
};
use std::ffi::CStr;
use std::ptr::null;

#[test]
fn windows_functions_are_found_by_name_in_windows_libraries() {
    unsafe {
        let kernel = GetModuleHandleW(to_wide(b"KERNEL32.DLL\0").as_ptr());
        assert!(!kernel.is_null() && kernel == GetModuleHandleA(c"kernel32".as_ptr()));
        let function = GetProcAddress(kernel, c"GetTickCount64".as_ptr());
        let function: extern "C" fn() -> u64 = std::mem::transmute(function);
        assert!(function() > 0);
        let winsock = LoadLibraryA(c"C:\\Windows\\System32\\ws2_32.dll".as_ptr());
        assert!(!GetProcAddress(winsock, c"WSAGetLastError".as_ptr()).is_null());
        assert!(!GetProcAddress(winsock, c"bind".as_ptr()).is_null());
        assert!(GetProcAddress(kernel, c"read".as_ptr()).is_null(), "that is the C library's");
        assert_eq!(GetLastError(), 127, "ERROR_PROC_NOT_FOUND");
        assert!(GetProcAddress(winsock, 2 as *const c_char).is_null(), "there are no numbers");
        assert_eq!(GetLastError(), 127);
        assert!(GetProcAddress(0x1000 as *mut _, c"x".as_ptr()).is_null());
        assert_eq!(GetLastError(), 126, "ERROR_MOD_NOT_FOUND");
        assert_eq!(FreeLibrary(winsock), 1);
    }
}

#[test]
fn the_program_is_a_module_with_a_file_of_windows_kind() {
    let mut out = [0x55 as c_char; 1024];
    unsafe {
        let program = GetModuleHandleA(null());
        let length = GetModuleFileNameA(program, out.as_mut_ptr(), 1024);
        let name = CStr::from_ptr(out.as_ptr()).to_str().unwrap();
        assert_eq!(name.len(), length as usize);
        let file = std::env::current_exe().unwrap();
        let file = file.file_name().unwrap().to_str().unwrap();
        assert_eq!(name.rsplit('\\').next(), Some(file), "programs cut at the last backslash: {name}");
        assert_eq!(GetModuleFileNameA(std::ptr::null_mut(), out.as_mut_ptr(), 5), 5);
        assert_eq!((out[4], GetLastError()), (0, 122), "cut and ended");
        let mut module = std::ptr::null_mut();
        let address = the_program_is_a_module_with_a_file_of_windows_kind as *const c_char;
        assert_eq!(GetModuleHandleExA(4 | 2, address, &mut module), 1);
        assert!(!module.is_null());
    }
}

#[test]
fn libraries_of_linux_can_be_loaded_and_others_are_not_found() {
    unsafe {
        let math = LoadLibraryA(c"libm.so.6".as_ptr());
        assert!(!math.is_null());
        let function = GetProcAddress(math, c"cos".as_ptr());
        let function: extern "C" fn(f64) -> f64 = std::mem::transmute(function);
        assert_eq!(function(0.0), 1.0);
        assert_eq!(GetModuleHandleA(c"libm.so.6".as_ptr()), math);
        assert_eq!(FreeLibrary(math), 1);
        assert_eq!((FreeLibrary(math), GetLastError()), (0, 126), "as often as it was loaded");
        assert!(LoadLibraryA(c"no such library.dll".as_ptr()).is_null());
        assert_eq!(GetLastError(), 126);
        assert!(LoadLibraryA(null()).is_null());
        assert_eq!(GetLastError(), 87);
        assert!(GetModuleHandleA(c"plugin.dll".as_ptr()).is_null());
    }
}
