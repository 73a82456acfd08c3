//! The registry, which is empty: every key is missing, and none can be made. Programs that read
//! settings from it find their defaults.

use crate::abi::absent::absent;
use crate::abi::out::put;
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_FILE_NOT_FOUND, ERROR_INVALID_HANDLE, ERROR_SUCCESS,
};

/// A key; the predefined ones are numbers.
pub type Key = *mut c_void;

/// Whether a key is one of the predefined ones, which are always open.
fn predefined(key: Key) -> bool {
    const FIRST: u32 = 0x8000_0000;
    const COUNT: u32 = 8;
    (key as usize as u32).wrapping_sub(FIRST) < COUNT
}

unsafe fn open(key: Key, result: *mut Key, missing: u32) -> u32 {
    // SAFETY: the caller's promise. Programs close what they did not check.
    let _ = unsafe { put(result, std::ptr::null_mut()) };
    if predefined(key) { missing } else { ERROR_INVALID_HANDLE }
}

/// Opens a key: it is missing.
#[export]
pub unsafe fn RegOpenKeyExA(
    key: Key,
    _name: *const c_void,
    _options: u32,
    _access: u32,
    result: *mut Key,
) -> u32 {
    absent!(answers RegOpenKeyExA, "the registry is empty, every key is missing");
    // SAFETY: the caller's promise.
    unsafe { open(key, result, ERROR_FILE_NOT_FOUND) }
}

/// Opens a key: it is missing.
#[export]
pub unsafe fn RegOpenKeyExW(
    key: Key,
    _name: *const c_void,
    _options: u32,
    _access: u32,
    result: *mut Key,
) -> u32 {
    absent!(answers RegOpenKeyExW, "the registry is empty, every key is missing");
    // SAFETY: the caller's promise.
    unsafe { open(key, result, ERROR_FILE_NOT_FOUND) }
}

/// Makes a key: that is not allowed.
#[export]
pub unsafe fn RegCreateKeyExA(
    key: Key,
    _name: *const c_void,
    _reserved: u32,
    _class: *mut c_void,
    _options: u32,
    _access: u32,
    _security: *const c_void,
    result: *mut Key,
    _disposition: *mut u32,
) -> u32 {
    absent!(answers RegCreateKeyExA, "no registry key can be made");
    // SAFETY: the caller's promise.
    unsafe { open(key, result, ERROR_ACCESS_DENIED) }
}

/// Makes a key: that is not allowed.
#[export]
pub unsafe fn RegCreateKeyExW(
    key: Key,
    _name: *const c_void,
    _reserved: u32,
    _class: *mut c_void,
    _options: u32,
    _access: u32,
    _security: *const c_void,
    result: *mut Key,
    _disposition: *mut u32,
) -> u32 {
    absent!(answers RegCreateKeyExW, "no registry key can be made");
    // SAFETY: the caller's promise.
    unsafe { open(key, result, ERROR_ACCESS_DENIED) }
}

/// Reads a value: it is missing.
#[export]
pub fn RegQueryValueExA(
    key: Key,
    _name: *const c_void,
    _reserved: *mut u32,
    _kind: *mut u32,
    _data: *mut u8,
    _size: *mut u32,
) -> u32 {
    absent!(answers RegQueryValueExA, "the registry is empty, every value is missing");
    if predefined(key) { ERROR_FILE_NOT_FOUND } else { ERROR_INVALID_HANDLE }
}

/// Reads a value: it is missing.
#[export]
pub fn RegQueryValueExW(
    key: Key,
    name: *const c_void,
    reserved: *mut u32,
    kind: *mut u32,
    data: *mut u8,
    size: *mut u32,
) -> u32 {
    absent!(answers RegQueryValueExW, "the registry is empty, every value is missing");
    RegQueryValueExA(key, name, reserved, kind, data, size)
}

/// Writes a value: that is not allowed.
#[export]
pub fn RegSetValueExA(
    key: Key,
    _name: *const c_void,
    _reserved: u32,
    _kind: u32,
    _data: *const u8,
    _size: u32,
) -> u32 {
    absent!(answers RegSetValueExA, "no registry value can be written");
    if predefined(key) { ERROR_ACCESS_DENIED } else { ERROR_INVALID_HANDLE }
}

/// Writes a value: that is not allowed.
#[export]
pub fn RegSetValueExW(
    key: Key,
    name: *const c_void,
    reserved: u32,
    kind: u32,
    data: *const u8,
    size: u32,
) -> u32 {
    absent!(answers RegSetValueExW, "no registry value can be written");
    RegSetValueExA(key, name, reserved, kind, data, size)
}

/// Closes a key. Only predefined keys exist, and they need no closing.
#[export]
pub fn RegCloseKey(key: Key) -> u32 {
    if predefined(key) { ERROR_SUCCESS } else { ERROR_INVALID_HANDLE }
}
