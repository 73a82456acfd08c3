//! The registry, which is empty: every key is missing, and none can be made. Programs that read
//! settings from it find their defaults.

use crate::abi::absent::absent;
use crate::abi::argument::{Ignored, Out};
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

/// The error for a key: `error` for one that is open.
fn refused(key: Key, error: u32) -> u32 {
    if predefined(key) { error } else { ERROR_INVALID_HANDLE }
}

fn open(key: Key, result: Out<Key>, error: u32) -> u32 {
    // Programs close what they did not check.
    let _ = result.write(std::ptr::null_mut());
    refused(key, error)
}

/// Opens a key: it is missing.
#[export]
pub unsafe fn RegOpenKeyExA(key: Key, _name: Ignored, _options: u32, _access: u32, result: Out<Key>) -> u32 {
    absent!(answers RegOpenKeyExA, "the registry is empty, every key is missing");
    open(key, result, ERROR_FILE_NOT_FOUND)
}

/// Opens a key: it is missing.
#[export]
pub unsafe fn RegOpenKeyExW(key: Key, _name: Ignored, _options: u32, _access: u32, result: Out<Key>) -> u32 {
    absent!(answers RegOpenKeyExW, "the registry is empty, every key is missing");
    open(key, result, ERROR_FILE_NOT_FOUND)
}

/// Makes a key: that is not allowed.
#[export]
pub unsafe fn RegCreateKeyExA(
    key: Key,
    _name: Ignored,
    _reserved: u32,
    _class: Ignored,
    _options: u32,
    _access: u32,
    _security: Ignored,
    result: Out<Key>,
    _disposition: Ignored,
) -> u32 {
    absent!(answers RegCreateKeyExA, "no registry key can be made");
    open(key, result, ERROR_ACCESS_DENIED)
}

/// Makes a key: that is not allowed.
#[export]
pub unsafe fn RegCreateKeyExW(
    key: Key,
    _name: Ignored,
    _reserved: u32,
    _class: Ignored,
    _options: u32,
    _access: u32,
    _security: Ignored,
    result: Out<Key>,
    _disposition: Ignored,
) -> u32 {
    absent!(answers RegCreateKeyExW, "no registry key can be made");
    open(key, result, ERROR_ACCESS_DENIED)
}

/// Reads a value: it is missing.
#[export]
pub fn RegQueryValueExA(
    key: Key,
    _name: Ignored,
    _reserved: Ignored,
    _kind: Ignored,
    _data: Ignored,
    _size: Ignored,
) -> u32 {
    absent!(answers RegQueryValueExA, "the registry is empty, every value is missing");
    refused(key, ERROR_FILE_NOT_FOUND)
}

/// Reads a value: it is missing.
#[export]
pub fn RegQueryValueExW(
    key: Key,
    _name: Ignored,
    _reserved: Ignored,
    _kind: Ignored,
    _data: Ignored,
    _size: Ignored,
) -> u32 {
    absent!(answers RegQueryValueExW, "the registry is empty, every value is missing");
    refused(key, ERROR_FILE_NOT_FOUND)
}

/// Writes a value: that is not allowed.
#[export]
pub fn RegSetValueExA(
    key: Key,
    _name: Ignored,
    _reserved: u32,
    _kind: u32,
    _data: Ignored,
    _size: u32,
) -> u32 {
    absent!(answers RegSetValueExA, "no registry value can be written");
    refused(key, ERROR_ACCESS_DENIED)
}

/// Writes a value: that is not allowed.
#[export]
pub fn RegSetValueExW(
    key: Key,
    _name: Ignored,
    _reserved: u32,
    _kind: u32,
    _data: Ignored,
    _size: u32,
) -> u32 {
    absent!(answers RegSetValueExW, "no registry value can be written");
    refused(key, ERROR_ACCESS_DENIED)
}

/// Closes a key. Only predefined keys exist, and they need no closing.
#[export]
pub fn RegCloseKey(key: Key) -> u32 {
    if predefined(key) { ERROR_SUCCESS } else { ERROR_INVALID_HANDLE }
}
