//! Descriptions of sockets (`WSAPROTOCOL_INFO`), and sharing a socket by one: `WSADuplicateSocket`.
//!
//! Only within the process: the description carries the handle, and the socket made from it shares the file object
//! (P3). What it is duplicated for in another process does not exist here.

use crate::object::handles::{self, HANDLE};
use crate::port::file_object::FileObject;
use crate::socket::address::{RawAddress, family_to_windows};
use crate::socket::socket_object::state_of;
use crate::socket::wsa::{SOCKET, WsaError, get, to_int};
use std::ffi::c_void;
use std::mem::offset_of;
use windows_sys::Win32::Foundation::ERROR_INVALID_HANDLE;
use windows_sys::Win32::Networking::WinSock::{
    WSAEFAULT, WSAEINVAL, WSAEMFILE, WSAENOTSOCK, WSAPROTOCOL_INFOA, WSAPROTOCOL_INFOW, XP1_IFS_HANDLES,
};

/// Marks a description made by `WSADuplicateSocket`.
const SHARED: u32 = 0x4C53_4844;

/// The part of a description that does not depend on the width of characters.
const COMMON: usize = offset_of!(WSAPROTOCOL_INFOW, szProtocol);
/// The name of the protocol, in characters.
const NAME: usize = 256;

/// A description of a socket in bytes, with wide characters or narrow.
pub(crate) fn description(file: &FileObject, wide: bool) -> Vec<u8> {
    let state = state_of(file);
    describe(state.family, state.kind, state.protocol, wide)
}

/// A description of a kind of socket; `family` is Linux's number.
pub(crate) fn describe(family: i32, kind: i32, protocol: i32, wide: bool) -> Vec<u8> {
    let size = RawAddress::size_of_family(family) as i32;
    let info = WSAPROTOCOL_INFOA {
        dwServiceFlags1: XP1_IFS_HANDLES,
        iVersion: 2,
        iAddressFamily: family_to_windows(family).into(),
        iMaxSockAddr: size,
        iMinSockAddr: size,
        iSocketType: kind,
        iProtocol: protocol,
        ..WSAPROTOCOL_INFOA::default()
    };
    let start = (&raw const info).cast::<u8>();
    // SAFETY: the part before the name consists of integers without padding, all of them initialised.
    let mut bytes = unsafe { std::slice::from_raw_parts(start, COMMON) }.to_vec();
    bytes.resize(COMMON + NAME * if wide { size_of::<libc::wchar_t>() } else { 1 }, 0);
    bytes
}

/// The socket that a description stands for: one that shares the described one, or a new one of its kind.
///
/// # Safety
/// `info` points to a `WSAPROTOCOL_INFO`.
pub(crate) unsafe fn from_info(info: *const c_void) -> Result<SOCKET, WsaError> {
    let info = info.cast::<WSAPROTOCOL_INFOA>();
    // SAFETY: the caller's promise; these fields are where they are in either form.
    let (reserved, entry, family, kind, protocol) = unsafe {
        (
            (*info).dwProviderReserved,
            (*info).dwCatalogEntryId,
            (*info).iAddressFamily,
            (*info).iSocketType,
            (*info).iProtocol,
        )
    };
    if reserved != SHARED {
        return crate::socket::socket_object::create(family, kind, protocol, true);
    }
    let file = get(entry as SOCKET)?;
    let socket = handles::insert_again(file, false);
    socket.map(|handle| handle as SOCKET).map_err(|error| match error.0 {
        ERROR_INVALID_HANDLE => WsaError(WSAENOTSOCK),
        _ => WsaError(WSAEMFILE),
    })
}

/// Describes a socket so that `WSASocket` in the given process shares it. The process must be this one.
///
/// # Safety
/// As for the two exported forms.
unsafe fn duplicate(socket: SOCKET, process: u32, info: *mut c_void, wide: bool) -> i32 {
    let describe = || -> Result<(), WsaError> {
        let file = get(socket)?;
        if info.is_null() {
            return Err(WsaError(WSAEFAULT));
        }
        if process != std::process::id() {
            return Err(WsaError(WSAEINVAL));
        }
        let bytes = description(&file, wide);
        // SAFETY: the caller's promise: a description of this width.
        unsafe {
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), info.cast::<u8>(), bytes.len());
            let info = info.cast::<WSAPROTOCOL_INFOA>();
            (*info).dwProviderReserved = SHARED;
            (*info).dwCatalogEntryId = (socket & !3) as u32;
        }
        Ok(())
    };
    to_int(describe())
}

/// Describes a socket for sharing.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`, `WSAEINVAL` for another process.
///
/// # Safety
/// `info` is NULL or writable.
///
/// Source: Windows documentation, `WSADuplicateSocketA`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSADuplicateSocketA(socket: SOCKET, process: u32, info: *mut c_void) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { duplicate(socket, process, info, false) }
}

/// Describes a socket for sharing.
///
/// # Errors
/// As for [`WSADuplicateSocketA`].
///
/// # Safety
/// As for [`WSADuplicateSocketA`].
///
/// Source: Windows documentation, `WSADuplicateSocketW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSADuplicateSocketW(socket: SOCKET, process: u32, info: *mut c_void) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { duplicate(socket, process, info, true) }
}

/// Whether the value is a socket's, and not one that `DuplicateHandle` made (S21).
pub(crate) fn is_own(socket: SOCKET) -> bool {
    get(socket).is_ok() && !handles::is_duplicate(socket as HANDLE)
}
