//! Addresses as texts: `inet_pton`, `inet_ntop`, `inet_addr`, `inet_ntoa`, `WSAAddressToString`, `WSAStringToAddress`.

use crate::abi::text::{self, WCHAR, optional, put_narrow, put_wide};
use crate::resolve::name_database::or_null;
use crate::socket::address::{RawAddress, family_to_linux};
use crate::socket::wsa::{WsaError, to_int};
use libc::c_char;
use std::cell::RefCell;
use std::ffi::{CStr, c_void};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{WSAEAFNOSUPPORT, WSAEFAULT, WSAEINVAL};

thread_local! {
    /// What `inet_ntoa` returns.
    static TEXT: RefCell<[c_char; 16]> = const { RefCell::new([0; 16]) };
}

/// An IPv4 address from its text, in network order; `INADDR_NONE` for anything else. One to four parts, as always.
///
/// # Safety
/// `text` is NULL or a string.
///
/// Source: Windows documentation, `inet_addr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_inet_addr(text: *const c_char) -> u32 {
    unsafe extern "C" {
        fn inet_addr(text: *const c_char) -> libc::in_addr_t;
    }
    if text.is_null() {
        return ws::INADDR_NONE;
    }
    // SAFETY: the caller's promise; Windows takes "" and " " for zero.
    unsafe {
        match CStr::from_ptr(text).to_bytes() {
            b"" | b" " => 0,
            _ => inet_addr(text),
        }
    }
}

/// The text of an IPv4 address; it is the thread's until its next call.
///
/// Source: Windows documentation, `inet_ntoa`.
#[unsafe(no_mangle)]
pub extern "C" fn longshore_inet_ntoa(address: u32) -> *mut c_char {
    let text = Ipv4Addr::from(address.to_ne_bytes()).to_string();
    TEXT.with_borrow_mut(|place| {
        for (to, from) in place.iter_mut().zip(text.bytes().chain([0])) {
            *to = from as c_char;
        }
        place.as_mut_ptr()
    })
}

/// Reads an address from its text.
///
/// # Safety
/// `to` has room for an address of the family.
unsafe fn parse(family: i32, text: &str, to: *mut c_void) -> i32 {
    if to.is_null() {
        return to_int(Err(WsaError(WSAEFAULT)));
    }
    let bytes = match u16::try_from(family) {
        Ok(ws::AF_INET) => text.parse::<Ipv4Addr>().map(|v4| v4.octets().to_vec()),
        Ok(ws::AF_INET6) => text.parse::<Ipv6Addr>().map(|v6| v6.octets().to_vec()),
        _ => return to_int(Err(WsaError(WSAEAFNOSUPPORT))),
    };
    match bytes {
        Ok(bytes) => {
            // SAFETY: the caller's promise.
            unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to.cast(), bytes.len()) };
            1
        }
        Err(_) => 0,
    }
}

/// An address from its text: 1, or 0 if it is none.
///
/// # Errors
/// −1 with `WSAEAFNOSUPPORT` or `WSAEFAULT`.
///
/// # Safety
/// `text` is NULL or a string; `to` has room for an address of the family.
///
/// Source: Windows documentation, `inet_pton`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_inet_pton(family: i32, text: *const c_char, to: *mut c_void) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        match optional(text) {
            None => to_int(Err(WsaError(WSAEFAULT))),
            Some(text) => parse(family, text.to_str().unwrap_or(""), to),
        }
    }
}

/// An address from its text in wide characters.
///
/// # Errors
/// As for [`longshore_inet_pton`].
///
/// # Safety
/// As for [`longshore_inet_pton`].
///
/// Source: Windows documentation, `InetPtonW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InetPtonW(family: i32, text: *const WCHAR, to: *mut c_void) -> i32 {
    // SAFETY: the caller's promise.
    unsafe {
        match text::wide(text) {
            Ok(text) => parse(family, text.to_str().unwrap_or(""), to),
            Err(_) => to_int(Err(WsaError(WSAEFAULT))),
        }
    }
}

/// The text of an address.
///
/// # Safety
/// `address` points to one of the family.
unsafe fn print(family: i32, address: *const c_void) -> Result<String, WsaError> {
    if address.is_null() {
        return Err(WsaError(WSAEFAULT));
    }
    // SAFETY: the caller's promise.
    unsafe {
        match u16::try_from(family) {
            Ok(ws::AF_INET) => Ok(Ipv4Addr::from(address.cast::<[u8; 4]>().read()).to_string()),
            Ok(ws::AF_INET6) => Ok(Ipv6Addr::from(address.cast::<[u8; 16]>().read()).to_string()),
            _ => Err(WsaError(WSAEAFNOSUPPORT)),
        }
    }
}

/// The text of an address, or NULL.
///
/// # Errors
/// NULL with `WSAEAFNOSUPPORT`, or `WSAEINVAL` if there is too little room.
///
/// # Safety
/// `address` points to one of the family; `to` has `room`.
///
/// Source: Windows documentation, `inet_ntop`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_inet_ntop(
    family: i32,
    address: *const c_void,
    to: *mut c_char,
    room: usize,
) -> *const c_char {
    // SAFETY: the caller's promise.
    or_null(unsafe {
        print(family, address).and_then(|text| {
            if to.is_null() || put_narrow(text.as_bytes(), to, room.max(1)).is_none() {
                return Err(WsaError(WSAEINVAL));
            }
            Ok(to)
        })
    })
}

/// The text of an address in wide characters, or NULL.
///
/// # Errors
/// As for [`longshore_inet_ntop`].
///
/// # Safety
/// As for [`longshore_inet_ntop`].
///
/// Source: Windows documentation, `InetNtopW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn InetNtopW(
    family: i32,
    address: *const c_void,
    to: *mut WCHAR,
    room: usize,
) -> *const WCHAR {
    // SAFETY: the caller's promise.
    or_null(unsafe {
        print(family, address).and_then(|text| {
            if to.is_null() || put_wide(text.as_bytes(), to, room.max(1)).is_none() {
                return Err(WsaError(WSAEINVAL));
            }
            Ok(to)
        })
    })
}

/// "1.2.3.4:80" and "[::1]:80"; without a port if it is zero.
///
/// # Safety
/// `address` points to `length` readable bytes.
unsafe fn endpoint(address: *const libc::sockaddr, length: u32) -> Result<String, WsaError> {
    // SAFETY: the caller's promise.
    let raw = unsafe { RawAddress::from_program(address, length as i32) }?;
    match raw.to_engine() {
        longshore_engine::SocketAddress::Inet(inet) if inet.port() == 0 => Ok(inet.ip().to_string()),
        longshore_engine::SocketAddress::Inet(inet) => Ok(inet.to_string()),
        longshore_engine::SocketAddress::Unix(_) => Err(WsaError(WSAEINVAL)),
    }
}

/// The text of a socket address, with its port.
///
/// # Errors
/// `WSAEFAULT` (too little room: `*room` says how much is needed), `WSAEINVAL`.
///
/// # Safety
/// `address` points to `length` readable bytes; `to` has `*room`.
///
/// Source: Windows documentation, `WSAAddressToStringA`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAAddressToStringA(
    address: *const libc::sockaddr,
    length: u32,
    _info: *const c_void,
    to: *mut c_char,
    room: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise.
    to_int(unsafe {
        endpoint(address, length).and_then(|text| {
            if room.is_null() {
                return Err(WsaError(WSAEFAULT));
            }
            let given = room.replace(text.len() as u32 + 1) as usize;
            if to.is_null() || given == 0 {
                return Err(WsaError(WSAEFAULT));
            }
            put_narrow(text.as_bytes(), to, given).ok_or(WsaError(WSAEFAULT))
        })
    })
}

/// The text of a socket address in wide characters.
///
/// # Errors
/// As for [`WSAAddressToStringA`].
///
/// # Safety
/// As for [`WSAAddressToStringA`].
///
/// Source: Windows documentation, `WSAAddressToStringW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAAddressToStringW(
    address: *const libc::sockaddr,
    length: u32,
    _info: *const c_void,
    to: *mut WCHAR,
    room: *mut u32,
) -> i32 {
    // SAFETY: the caller's promise.
    to_int(unsafe {
        endpoint(address, length).and_then(|text| {
            if room.is_null() {
                return Err(WsaError(WSAEFAULT));
            }
            let given = room.replace(text.chars().count() as u32 + 1) as usize;
            if to.is_null() || given == 0 {
                return Err(WsaError(WSAEFAULT));
            }
            put_wide(text.as_bytes(), to, given).ok_or(WsaError(WSAEFAULT))
        })
    })
}

/// A socket address from its text.
///
/// # Safety
/// `address` and `length` are NULL or writable, `length` readable.
unsafe fn read_endpoint(
    text: &str,
    family: i32,
    address: *mut libc::sockaddr,
    length: *mut i32,
) -> Result<(), WsaError> {
    let parsed = text.parse::<SocketAddr>().or_else(|_| {
        text.trim_matches(['[', ']']).parse::<std::net::IpAddr>().map(|ip| SocketAddr::new(ip, 0))
    });
    let parsed = parsed.map_err(|_| WsaError(WSAEINVAL))?;
    let raw = RawAddress::of_engine(&longshore_engine::SocketAddress::Inet(parsed));
    if raw.family() != family_to_linux(family)? {
        return Err(WsaError(WSAEINVAL));
    }
    // SAFETY: the caller's promise.
    unsafe { raw.to_program(address, length) }
}

/// Reads a socket address from its text.
///
/// # Errors
/// `WSAEINVAL`, `WSAEFAULT`.
///
/// # Safety
/// `text` is NULL or a string; `address` and `length` are NULL or writable, `length` readable.
///
/// Source: Windows documentation, `WSAStringToAddressA`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAStringToAddressA(
    text: *const c_char,
    family: i32,
    _info: *const c_void,
    address: *mut libc::sockaddr,
    length: *mut i32,
) -> i32 {
    // SAFETY: the caller's promise.
    to_int(unsafe {
        match optional(text) {
            None => Err(WsaError(WSAEFAULT)),
            Some(text) => read_endpoint(text.to_str().unwrap_or(""), family, address, length),
        }
    })
}

/// Reads a socket address from its text in wide characters.
///
/// # Errors
/// As for [`WSAStringToAddressA`].
///
/// # Safety
/// As for [`WSAStringToAddressA`].
///
/// Source: Windows documentation, `WSAStringToAddressW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn WSAStringToAddressW(
    text: *const WCHAR,
    family: i32,
    _info: *const c_void,
    address: *mut libc::sockaddr,
    length: *mut i32,
) -> i32 {
    // SAFETY: the caller's promise.
    to_int(unsafe {
        match text::wide(text) {
            Err(_) => Err(WsaError(WSAEFAULT)),
            Ok(text) => read_endpoint(text.to_str().unwrap_or(""), family, address, length),
        }
    })
}
