//! `LocalAlloc`, `GlobalAlloc` and `CoTaskMemAlloc`: older names for the process heap.
//!
//! Memory never moves here, so a "movable" block's handle is its address, locking returns it, and
//! there is no lock count to keep.

use crate::abi::last_error::{SetLastError, Win32Error};
use crate::memory::heap::{Block, process_heap};
use crate::object::handles::HANDLE;
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY};
use windows_sys::Win32::System::Memory::LMEM_ZEROINIT;
use windows_sys::Win32::System::SystemServices::LMEM_MODIFY;

const NO_BLOCK: Win32Error = Win32Error(ERROR_INVALID_HANDLE);

/// A block that [`LocalFree`] frees.
///
/// # Errors
/// `ERROR_NOT_ENOUGH_MEMORY`.
pub(crate) fn allocate(flags: u32, size: usize) -> Result<*mut c_void, Win32Error> {
    let block = process_heap().allocate(size, flags & LMEM_ZEROINIT != 0);
    if block.is_null() { Err(Win32Error(ERROR_NOT_ENOUGH_MEMORY)) } else { Ok(block) }
}

fn resize(block: Block, size: usize, flags: u32) -> Result<*mut c_void, Win32Error> {
    match flags & LMEM_MODIFY != 0 {
        true => Ok(block.as_ptr()),
        false => process_heap().resize(block, size, flags & LMEM_ZEROINIT != 0, false),
    }
}

/// For NULL, or a pointer that is no block.
fn free(block: Block) -> *mut c_void {
    if block.is_null() || process_heap().free(block) {
        return std::ptr::null_mut();
    }
    SetLastError(ERROR_INVALID_HANDLE);
    block.as_ptr()
}

fn size(block: Block) -> Result<usize, Win32Error> {
    process_heap().size(block).ok_or(NO_BLOCK)
}

/// Allocates memory that [`LocalFree`] frees.
///
/// # Errors
/// `ERROR_NOT_ENOUGH_MEMORY`.
#[export]
pub fn LocalAlloc(flags: u32, bytes: usize) -> Result<*mut c_void, Win32Error> {
    allocate(flags, bytes)
}

/// Changes a block's size; with `LMEM_MODIFY`, its attributes, of which there are none.
///
/// # Errors
/// `ERROR_INVALID_PARAMETER` for what is no block; `ERROR_NOT_ENOUGH_MEMORY`.
#[export]
pub unsafe fn LocalReAlloc(block: Block, bytes: usize, flags: u32) -> Result<*mut c_void, Win32Error> {
    resize(block, bytes, flags)
}

/// Frees a block and returns NULL; what is no block is returned, with
/// `ERROR_INVALID_HANDLE`. NULL is freed with success.
#[export]
pub unsafe fn LocalFree(block: Block) -> *mut c_void {
    free(block)
}

/// The address of a block.
///
/// # Errors
/// `ERROR_INVALID_HANDLE` for what is no block.
#[export]
pub unsafe fn LocalLock(block: Block) -> Result<*mut c_void, Win32Error> {
    size(block).map(|_| block.as_ptr())
}

/// Does nothing, like [`LocalLock`]. Returns TRUE, as for fixed memory.
#[export]
pub fn LocalUnlock(_block: HANDLE) -> i32 {
    1
}

/// The size of a block.
///
/// # Errors
/// 0 with `ERROR_INVALID_HANDLE` for what is no block.
#[export]
pub unsafe fn LocalSize(block: Block) -> Result<usize, Win32Error> {
    size(block)
}

/// A block's attributes: none.
#[export]
pub fn LocalFlags(_block: HANDLE) -> u32 {
    0
}

/// The handle of a block, which is its address.
#[export]
pub fn LocalHandle(block: *const c_void) -> HANDLE {
    block.cast_mut()
}

/// [`LocalAlloc`] under another name; the flags are the same bits.
#[export]
pub fn GlobalAlloc(flags: u32, bytes: usize) -> Result<*mut c_void, Win32Error> {
    allocate(flags, bytes)
}

/// [`LocalReAlloc`] under another name.
#[export]
pub unsafe fn GlobalReAlloc(block: Block, bytes: usize, flags: u32) -> Result<*mut c_void, Win32Error> {
    resize(block, bytes, flags)
}

/// [`LocalFree`] under another name.
#[export]
pub unsafe fn GlobalFree(block: Block) -> *mut c_void {
    free(block)
}

/// [`LocalLock`] under another name.
#[export]
pub unsafe fn GlobalLock(block: Block) -> Result<*mut c_void, Win32Error> {
    size(block).map(|_| block.as_ptr())
}

/// [`LocalUnlock`] under another name.
#[export]
pub fn GlobalUnlock(_block: HANDLE) -> i32 {
    1
}

/// [`LocalSize`] under another name.
#[export]
pub unsafe fn GlobalSize(block: Block) -> Result<usize, Win32Error> {
    size(block)
}

/// [`LocalFlags`] under another name.
#[export]
pub fn GlobalFlags(_block: HANDLE) -> u32 {
    0
}

/// [`LocalHandle`] under another name.
#[export]
pub fn GlobalHandle(block: *const c_void) -> HANDLE {
    block.cast_mut()
}

/// COM's allocator, on the same heap.
///
/// # Errors
/// `ERROR_NOT_ENOUGH_MEMORY`.
#[export]
pub fn CoTaskMemAlloc(bytes: usize) -> Result<*mut c_void, Win32Error> {
    allocate(0, bytes)
}

/// Changes the size of a block of COM's allocator: from NULL it allocates, and to no bytes it frees.
///
/// # Errors
/// As of [`LocalReAlloc`].
#[export]
pub unsafe fn CoTaskMemRealloc(block: Block, bytes: usize) -> Result<*mut c_void, Win32Error> {
    if block.is_null() {
        return allocate(0, bytes);
    }
    if bytes == 0 {
        process_heap().free(block);
        return Ok(std::ptr::null_mut());
    }
    process_heap().resize(block, bytes, false, false)
}

/// Frees a block of COM's allocator.
#[export]
pub unsafe fn CoTaskMemFree(block: Block) {
    process_heap().free(block);
}
