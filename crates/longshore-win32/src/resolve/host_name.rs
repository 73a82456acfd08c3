//! Names: `getnameinfo` and `gethostname`.

use crate::abi::text::{WCHAR, put_narrow, put_wide};
use crate::resolve::resolver::{resolver_error, return_code};
use crate::socket::address::RawAddress;
use crate::socket::startup;
use crate::socket::wsa::{WsaError, to_int};
use libc::c_char;
use std::ffi::{CStr, CString};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::WSAEFAULT;

fn name_flags_to_linux(flags: i32) -> i32 {
    let known = [
        (ws::NI_NOFQDN, libc::NI_NOFQDN),
        (ws::NI_NUMERICHOST, libc::NI_NUMERICHOST),
        (ws::NI_NAMEREQD, libc::NI_NAMEREQD),
        (ws::NI_NUMERICSERV, libc::NI_NUMERICSERV),
        (ws::NI_DGRAM, libc::NI_DGRAM),
    ];
    known.iter().filter(|(ours, _)| flags as u32 & ours != 0).fold(0, |linux, (_, theirs)| linux | theirs)
}

/// Host and service of an address.
///
/// # Safety
/// `address` points to `length` readable bytes.
pub(crate) unsafe fn names_of(
    address: *const libc::sockaddr,
    length: i32,
    flags: i32,
) -> Result<(Vec<u8>, Vec<u8>), WsaError> {
    startup::check()?;
    // SAFETY: the caller's promise.
    let raw = unsafe { RawAddress::from_program(address, length) }?;
    let (mut host, mut service) = ([0 as c_char; 1025], [0 as c_char; 32]);
    let result = longshore_engine::blocking(|| {
        // SAFETY: a valid address, and two places of the sizes said.
        unsafe {
            libc::getnameinfo(
                raw.as_ptr(),
                raw.length(),
                host.as_mut_ptr(),
                host.len() as libc::socklen_t,
                service.as_mut_ptr(),
                service.len() as libc::socklen_t,
                name_flags_to_linux(flags),
            )
        }
    });
    if result != 0 {
        return Err(resolver_error(result));
    }
    // SAFETY: the resolver ends both with NUL.
    let bytes = |text: &[c_char]| unsafe { CStr::from_ptr(text.as_ptr()) }.to_bytes().to_vec();
    Ok((bytes(&host), bytes(&service)))
}

/// Finds the names of an address.
///
/// # Errors
/// As for [`crate::resolve::resolver::longshore_getaddrinfo`]; `WSAEFAULT` if a place is too small.
///
/// # Safety
/// `address` points to `length` readable bytes; the places are NULL or as large as said.
///
/// Source: Windows documentation, `getnameinfo`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_getnameinfo(
    address: *const libc::sockaddr,
    length: i32,
    host: *mut c_char,
    host_room: u32,
    service: *mut c_char,
    service_room: u32,
    flags: i32,
) -> i32 {
    // SAFETY: the caller's promise.
    return_code(unsafe {
        names_of(address, length, flags).and_then(|(host_name, service_name)| {
            put_narrow(&host_name, host, host_room as usize).ok_or(WsaError(WSAEFAULT))?;
            put_narrow(&service_name, service, service_room as usize).ok_or(WsaError(WSAEFAULT))
        })
    })
}

/// Finds the names of an address, in wide characters.
///
/// # Errors
/// As for [`longshore_getnameinfo`].
///
/// # Safety
/// As for [`longshore_getnameinfo`].
///
/// Source: Windows documentation, `GetNameInfoW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetNameInfoW(
    address: *const libc::sockaddr,
    length: i32,
    host: *mut WCHAR,
    host_room: u32,
    service: *mut WCHAR,
    service_room: u32,
    flags: i32,
) -> i32 {
    // SAFETY: the caller's promise.
    return_code(unsafe {
        names_of(address, length, flags).and_then(|(host_name, service_name)| {
            put_wide(&host_name, host, host_room as usize).ok_or(WsaError(WSAEFAULT))?;
            put_wide(&service_name, service, service_room as usize).ok_or(WsaError(WSAEFAULT))
        })
    })
}

pub(crate) fn gethostname() -> Option<CString> {
    let mut name = [0u8; 256];
    // SAFETY: room for as many bytes as said, the last of which stays NUL.
    let result = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) };
    if result != 0 {
        return None;
    }
    CStr::from_bytes_until_nul(&name).ok().map(CStr::to_owned)
}

/// This machine's name.
///
/// # Errors
/// `WSAEFAULT` if the place is too small, `WSANOTINITIALISED`.
///
/// # Safety
/// `name` has `room`.
///
/// Source: Windows documentation, `gethostname`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_gethostname(name: *mut c_char, room: usize) -> i32 {
    let own = || -> Result<(), WsaError> {
        startup::check()?;
        let own = gethostname().ok_or(WsaError(WSAEFAULT))?;
        if name.is_null() {
            return Err(WsaError(WSAEFAULT));
        }
        // Windows' parameter is an int: a negative one is no room.
        let room = if room > i32::MAX as usize { 0 } else { room };
        if room <= own.as_bytes().len() {
            return Err(WsaError(WSAEFAULT));
        }
        // SAFETY: the caller's promise.
        unsafe { put_narrow(own.as_bytes(), name, room) }.ok_or(WsaError(WSAEFAULT))
    };
    to_int(own())
}

/// This machine's name in wide characters.
///
/// # Errors
/// As for [`longshore_gethostname`].
///
/// # Safety
/// `name` has `room` characters.
///
/// Source: Windows documentation, `GetHostNameW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetHostNameW(name: *mut WCHAR, room: i32) -> i32 {
    let own = || -> Result<(), WsaError> {
        startup::check()?;
        let own = gethostname().ok_or(WsaError(WSAEFAULT))?;
        let room = usize::try_from(room).unwrap_or(0);
        if name.is_null() || room == 0 {
            return Err(WsaError(WSAEFAULT));
        }
        // SAFETY: the caller's promise.
        unsafe { put_wide(own.as_bytes(), name, room) }.ok_or(WsaError(WSAEFAULT))
    };
    to_int(own())
}
