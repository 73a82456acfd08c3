//! `LocalAlloc`, `GlobalAlloc` and `CoTaskMemAlloc`: older names for the process heap.
//!
//! Memory never moves here, so a "movable" block's handle is its address, locking returns it, and there is no lock
//! count to keep.

use crate::abi::last_error::SetLastError;
use crate::memory::heap::{GetProcessHeap, HeapAlloc, HeapFree, HeapReAlloc, HeapSize, HeapValidate};
use crate::object::handles::HANDLE;
use longshore_win32_macros::export;
use std::ffi::c_void;
use windows_sys::Win32::Foundation::{ERROR_INVALID_HANDLE, ERROR_NOT_ENOUGH_MEMORY};
use windows_sys::Win32::System::Memory::{HEAP_ZERO_MEMORY, LMEM_ZEROINIT};
use windows_sys::Win32::System::SystemServices::LMEM_MODIFY;

const NULL: *mut c_void = std::ptr::null_mut();

/// Allocates memory that [`LocalFree`] frees.
#[export]
pub fn LocalAlloc(flags: u32, size: usize) -> *mut c_void {
    let zero = if flags & LMEM_ZEROINIT != 0 { HEAP_ZERO_MEMORY } else { 0 };
    // SAFETY: the process heap is a heap.
    let block = unsafe { HeapAlloc(GetProcessHeap(), zero, size) };
    if block.is_null() {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
    }
    block
}

/// Changes a block's size; with `LMEM_MODIFY`, its attributes, of which there are none.
#[export]
pub unsafe fn LocalReAlloc(block: *mut c_void, size: usize, flags: u32) -> *mut c_void {
    if flags & LMEM_MODIFY != 0 {
        return block;
    }
    let zero = if flags & LMEM_ZEROINIT != 0 { HEAP_ZERO_MEMORY } else { 0 };
    // SAFETY: the caller's promise.
    unsafe { HeapReAlloc(GetProcessHeap(), zero, block, size) }
}

/// Frees a block and returns NULL; what is no block is returned. NULL is freed with success.
#[export]
pub unsafe fn LocalFree(block: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's promise.
    if unsafe { HeapFree(GetProcessHeap(), 0, block) } != 0 {
        return NULL;
    }
    SetLastError(ERROR_INVALID_HANDLE);
    block
}

/// The address of a block.
#[export]
pub unsafe fn LocalLock(block: HANDLE) -> *mut c_void {
    // SAFETY: the caller's promise.
    if !block.is_null() && unsafe { HeapValidate(GetProcessHeap(), 0, block) } != 0 {
        return block;
    }
    SetLastError(ERROR_INVALID_HANDLE);
    NULL
}

/// Undoes [`LocalLock`], which did nothing: as for fixed memory, TRUE.
#[export]
pub fn LocalUnlock(_block: HANDLE) -> i32 {
    1
}

/// The size of a block; 0 for what is none.
#[export]
pub unsafe fn LocalSize(block: HANDLE) -> usize {
    // SAFETY: the caller's promise.
    match unsafe { HeapSize(GetProcessHeap(), 0, block) } {
        usize::MAX => {
            SetLastError(ERROR_INVALID_HANDLE);
            0
        }
        size => size,
    }
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
pub fn GlobalAlloc(flags: u32, size: usize) -> *mut c_void {
    LocalAlloc(flags, size)
}

/// [`LocalReAlloc`] under another name.
#[export]
pub unsafe fn GlobalReAlloc(block: *mut c_void, size: usize, flags: u32) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { LocalReAlloc(block, size, flags) }
}

/// [`LocalFree`] under another name.
#[export]
pub unsafe fn GlobalFree(block: *mut c_void) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { LocalFree(block) }
}

/// [`LocalLock`] under another name.
#[export]
pub unsafe fn GlobalLock(block: HANDLE) -> *mut c_void {
    // SAFETY: the caller's promise.
    unsafe { LocalLock(block) }
}

/// [`LocalUnlock`] under another name.
#[export]
pub fn GlobalUnlock(_block: HANDLE) -> i32 {
    1
}

/// [`LocalSize`] under another name.
#[export]
pub unsafe fn GlobalSize(block: HANDLE) -> usize {
    // SAFETY: the caller's promise.
    unsafe { LocalSize(block) }
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
#[export]
pub fn CoTaskMemAlloc(size: usize) -> *mut c_void {
    LocalAlloc(0, size)
}

/// Changes the size of a block of COM's allocator: from NULL it allocates, and to no bytes it frees.
#[export]
pub unsafe fn CoTaskMemRealloc(block: *mut c_void, size: usize) -> *mut c_void {
    if block.is_null() {
        return CoTaskMemAlloc(size);
    }
    // SAFETY: the caller's promise.
    unsafe {
        if size == 0 {
            CoTaskMemFree(block);
            return NULL;
        }
        HeapReAlloc(GetProcessHeap(), 0, block, size)
    }
}

/// Frees a block of COM's allocator.
#[export]
pub unsafe fn CoTaskMemFree(block: *mut c_void) {
    // SAFETY: the caller's promise.
    unsafe { HeapFree(GetProcessHeap(), 0, block) };
}
