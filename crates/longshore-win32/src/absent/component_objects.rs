//! What is left of COM: it can be initialised, and no class is registered.

use crate::abi::absent::absent;
use crate::abi::out::put;
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{E_POINTER, REGDB_E_CLASSNOTREG, S_OK};
use windows_sys::core::GUID;

/// Prepares the thread for COM.
#[export]
pub fn CoInitializeEx(_reserved: *mut c_void, _model: u32) -> i32 {
    S_OK
}

/// Prepares the thread for COM.
#[export]
pub fn CoInitialize(_reserved: *mut c_void) -> i32 {
    S_OK
}

/// The counterpart of [`CoInitialize`].
#[export]
pub fn CoUninitialize() {}

/// Makes an object of a class: none is registered.
#[export]
pub unsafe fn CoCreateInstance(
    _class: *const GUID,
    _outer: *mut c_void,
    _context: u32,
    _interface: *const GUID,
    object: *mut *mut c_void,
) -> i32 {
    absent!(answers CoCreateInstance, "no COM class is registered");
    // SAFETY: the caller's promise.
    unsafe { put(object, std::ptr::null_mut()) }.map_or(E_POINTER, |()| REGDB_E_CLASSNOTREG)
}
