//! What is left of COM: it can be initialised, and no class is registered.

use crate::abi::absent::absent;
use crate::abi::argument::{Ignored, Out};
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{E_POINTER, REGDB_E_CLASSNOTREG, S_OK};

/// Prepares the thread for COM.
#[export]
pub fn CoInitializeEx(_reserved: Ignored, _model: u32) -> i32 {
    S_OK
}

/// Prepares the thread for COM.
#[export]
pub fn CoInitialize(_reserved: Ignored) -> i32 {
    S_OK
}

/// The counterpart of [`CoInitialize`].
#[export]
pub fn CoUninitialize() {}

/// Makes an object of a class: none is registered.
#[export]
pub unsafe fn CoCreateInstance(
    _class: Ignored,
    _outer: Ignored,
    _context: u32,
    _interface: Ignored,
    object: Out<*mut c_void>,
) -> i32 {
    absent!(answers CoCreateInstance, "no COM class is registered");
    object.write(std::ptr::null_mut()).map_or(E_POINTER, |()| REGDB_E_CLASSNOTREG)
}
