//! Descriptors 0 to 2 are the standard handles.

use crate::console::standard_handles::{
    GetStdHandle, STD_ERROR_HANDLE, STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, SetStdHandle, Stream,
};
use crate::object::handles::HANDLE;
use std::ffi::c_int;

fn name_of(number: c_int) -> Option<u32> {
    match number {
        0 => Some(STD_INPUT_HANDLE),
        1 => Some(STD_OUTPUT_HANDLE),
        2 => Some(STD_ERROR_HANDLE),
        _ => None,
    }
}

/// The standard handle of one of these descriptors, unless the program has set another in its place.
pub(crate) fn handle_of(number: c_int) -> Option<HANDLE> {
    let handle = GetStdHandle(name_of(number)?);
    Stream::of(handle).ok().filter(|stream| stream.fd() == number).map(|_| handle)
}

/// The descriptor is closed: there is no such standard handle until it is opened again.
pub(crate) fn forget(number: c_int) {
    if let (Some(name), Some(_)) = (name_of(number), handle_of(number)) {
        SetStdHandle(name, std::ptr::null_mut());
    }
}
