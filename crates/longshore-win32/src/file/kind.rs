//! `GetFileType`.

use crate::abi::last_error::SetLastError;
use crate::console::standard_handles::Stream;
use crate::file::disk_file::{Class, FileState};
use crate::file::transfer::stream::kind_of;
use crate::object::handles::{self, HANDLE};
use crate::port::file_object::FileObject;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::ERROR_INVALID_HANDLE;
use windows_sys::Win32::Storage::FileSystem::{
    FILE_TYPE_CHAR, FILE_TYPE_DISK, FILE_TYPE_PIPE, FILE_TYPE_UNKNOWN,
};

/// The type of file of a handle. For this call a socket is a pipe.
///
/// # Errors
/// `FILE_TYPE_UNKNOWN` with `ERROR_INVALID_HANDLE`.
///
/// Source: Windows documentation, `GetFileType`.
#[export]
pub fn GetFileType(file: HANDLE) -> u32 {
    if let Ok(stream) = Stream::of(file) {
        return match kind_of(stream.fd()) {
            libc::S_IFREG | libc::S_IFBLK => FILE_TYPE_DISK,
            libc::S_IFCHR => FILE_TYPE_CHAR,
            _ => FILE_TYPE_PIPE,
        };
    }
    let Ok(file) = handles::get::<FileObject>(file) else {
        SetLastError(ERROR_INVALID_HANDLE);
        return FILE_TYPE_UNKNOWN;
    };
    match FileState::of(&file).map(|state| state.class) {
        Some(Class::Disk | Class::Directory) => FILE_TYPE_DISK,
        Some(Class::Null | Class::Character | Class::Device) => FILE_TYPE_CHAR,
        Some(Class::Fifo | Class::Pipe) => FILE_TYPE_PIPE,
        None => FILE_TYPE_PIPE, // A socket.
    }
}
