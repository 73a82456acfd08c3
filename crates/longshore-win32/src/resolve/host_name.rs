//! Names: `getnameinfo` and `gethostname`.

use crate::abi::argument::{InBuffer, OutBuffer};
use crate::abi::text::{self, WCHAR};
use crate::resolve::resolver::{resolver_error, return_code};
use crate::socket::address::RawAddress;
use crate::socket::startup;
use crate::socket::wsa::WsaError;
use libc::c_char;
use longshore_win32_macros::export;
use std::ffi::{CStr, CString};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{WSAEFAULT, WSANO_RECOVERY};

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
pub(crate) fn names_of(raw: &RawAddress, flags: i32) -> Result<(Vec<u8>, Vec<u8>), WsaError> {
    startup::check()?;
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
/// Source: Windows documentation, `getnameinfo`.
#[export(failure = WSANO_RECOVERY)]
pub unsafe fn longshore_getnameinfo(
    address: InBuffer<libc::sockaddr>,
    length: i32,
    host: Option<OutBuffer<c_char>>,
    host_room: u32,
    service: Option<OutBuffer<c_char>>,
    service_room: u32,
    flags: i32,
) -> i32 {
    let find = || -> Result<(), WsaError> {
        let (host_name, service_name) = names_of(&RawAddress::from_program(address, length)?, flags)?;
        give_narrow(&host_name, host, host_room as usize)?;
        give_narrow(&service_name, service, service_room as usize)
    };
    return_code(find())
}

/// Finds the names of an address, in wide characters.
///
/// # Errors
/// As for [`longshore_getnameinfo`].
///
/// Source: Windows documentation, `GetNameInfoW`.
#[export(failure = WSANO_RECOVERY)]
pub unsafe fn GetNameInfoW(
    address: InBuffer<libc::sockaddr>,
    length: i32,
    host: Option<OutBuffer<WCHAR>>,
    host_room: u32,
    service: Option<OutBuffer<WCHAR>>,
    service_room: u32,
    flags: i32,
) -> i32 {
    let find = || -> Result<(), WsaError> {
        let (host_name, service_name) = names_of(&RawAddress::from_program(address, length)?, flags)?;
        give_wide(&host_name, host, host_room as usize)?;
        give_wide(&service_name, service, service_room as usize)
    };
    return_code(find())
}

/// Writes a text to the program's buffer of `room` characters: all of it with its NUL, or nothing.
///
/// # Errors
/// `WSAEFAULT`.
pub(crate) fn give_narrow(text: &[u8], to: Option<OutBuffer<c_char>>, room: usize) -> Result<(), WsaError> {
    match to {
        None => Ok(()),
        Some(_) if room == 0 => Ok(()),
        Some(_) if text.len() >= room => Err(WsaError(WSAEFAULT)),
        Some(to) => Ok(to.write(&[text, &[0]].concat())?),
    }
}

/// As [`give_narrow`], in wide characters.
///
/// # Errors
/// `WSAEFAULT`.
pub(crate) fn give_wide(text: &[u8], to: Option<OutBuffer<WCHAR>>, room: usize) -> Result<(), WsaError> {
    let mut units = text::to_wide(text);
    units.push(0);
    match to {
        None => Ok(()),
        Some(_) if room == 0 => Ok(()),
        Some(_) if units.len() > room => Err(WsaError(WSAEFAULT)),
        Some(to) => {
            let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_ne_bytes()).collect();
            Ok(to.write(&bytes)?)
        }
    }
}

pub(crate) fn gethostname() -> CString {
    rustix::system::uname().nodename().to_owned()
}

/// This machine's name.
///
/// # Errors
/// `WSAEFAULT` if the place is too small, `WSANOTINITIALISED`.
///
/// Source: Windows documentation, `gethostname`.
#[export]
pub unsafe fn longshore_gethostname(name: OutBuffer<c_char>, room: usize) -> Result<(), WsaError> {
    startup::check()?;
    let own = gethostname();
    // Windows' parameter is an int: a negative value means no room.
    if room == 0 || room > i32::MAX as usize {
        return Err(WsaError(WSAEFAULT));
    }
    give_narrow(own.as_bytes(), Some(name), room)
}

/// This machine's name in wide characters.
///
/// # Errors
/// As for [`longshore_gethostname`].
///
/// Source: Windows documentation, `GetHostNameW`.
#[export]
pub unsafe fn GetHostNameW(name: OutBuffer<WCHAR>, room: i32) -> Result<(), WsaError> {
    startup::check()?;
    let own = gethostname();
    match usize::try_from(room).unwrap_or(0) {
        0 => Err(WsaError(WSAEFAULT)),
        room => give_wide(own.as_bytes(), Some(name), room),
    }
}
