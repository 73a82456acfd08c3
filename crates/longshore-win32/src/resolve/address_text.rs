//! Addresses as texts: `inet_pton`, `inet_ntop`, `inet_addr`, `inet_ntoa`,
//! `WSAAddressToString`, `WSAStringToAddress`.

use crate::abi::argument::{CStrArg, Ignored, InBuffer, InOut, OutBuffer, WStrArg};
use crate::abi::text::WCHAR;
use crate::resolve::host_name::{give_narrow, give_wide};
use crate::socket::address::{RawAddress, family_to_linux};
use crate::socket::wsa::WsaError;
use libc::c_char;
use longshore_engine::SocketAddress;
use longshore_win32_macros::export;
use std::cell::RefCell;
use std::ffi::CStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{WSAEAFNOSUPPORT, WSAEFAULT, WSAEINVAL};

thread_local! {
    /// What `inet_ntoa` returns.
    static TEXT: RefCell<[c_char; 16]> = const { RefCell::new([0; 16]) };
}

/// An IPv4 address from its text, in network order; `INADDR_NONE` for anything else.
/// One to four parts, as always.
///
/// Source: Windows documentation, `inet_addr`.
#[export(failure = ws::INADDR_NONE)]
pub unsafe fn longshore_inet_addr(text: Option<CStrArg>) -> u32 {
    unsafe extern "C" {
        fn inet_addr(text: *const c_char) -> libc::in_addr_t;
    }
    match text.map(CStrArg::get) {
        None | Some(Err(_)) => ws::INADDR_NONE,
        // Windows takes both for zero.
        Some(Ok(text)) if matches!(text.to_bytes(), b"" | b" ") => 0,
        // SAFETY: a valid string.
        Some(Ok(text)) => unsafe { inet_addr(text.as_ptr()) },
    }
}

/// The text of an IPv4 address; it is the thread's until its next call.
///
/// Source: Windows documentation, `inet_ntoa`.
#[export]
pub fn longshore_inet_ntoa(address: u32) -> *mut c_char {
    let text = Ipv4Addr::from(address.to_ne_bytes()).to_string();
    TEXT.with_borrow_mut(|place| {
        for (to, from) in place.iter_mut().zip(text.bytes().chain([0])) {
            *to = from as c_char;
        }
        place.as_mut_ptr()
    })
}

/// Reads an address from its text: 1, or 0 if it is none.
fn parse(family: i32, text: &CStr, to: OutBuffer) -> Result<i32, WsaError> {
    let text = text.to_str().unwrap_or("");
    let bytes = match u16::try_from(family) {
        Ok(ws::AF_INET) => text.parse::<Ipv4Addr>().map(|v4| v4.octets().to_vec()),
        Ok(ws::AF_INET6) => text.parse::<Ipv6Addr>().map(|v6| v6.octets().to_vec()),
        _ => return Err(WsaError(WSAEAFNOSUPPORT)),
    };
    match bytes {
        Ok(bytes) => {
            to.write(&bytes)?;
            Ok(1)
        }
        Err(_) => Ok(0),
    }
}

/// An address from its text: 1, or 0 if it is none.
///
/// # Errors
/// −1 with `WSAEAFNOSUPPORT` or `WSAEFAULT`.
///
/// Source: Windows documentation, `inet_pton`.
#[export]
pub unsafe fn longshore_inet_pton(family: i32, text: CStrArg, to: OutBuffer) -> Result<i32, WsaError> {
    parse(family, text.get()?, to)
}

/// An address from its text in wide characters.
///
/// # Errors
/// As for [`longshore_inet_pton`].
///
/// Source: Windows documentation, `InetPtonW`.
#[export]
pub unsafe fn InetPtonW(family: i32, text: WStrArg, to: OutBuffer) -> Result<i32, WsaError> {
    parse(family, &text.to_text().map_err(|_| WsaError(WSAEFAULT))?, to)
}

/// The text of an address.
fn print(family: i32, address: InBuffer) -> Result<String, WsaError> {
    match u16::try_from(family) {
        Ok(ws::AF_INET) => {
            let mut octets = [0; 4];
            address.read(&mut octets)?;
            Ok(Ipv4Addr::from(octets).to_string())
        }
        Ok(ws::AF_INET6) => {
            let mut octets = [0; 16];
            address.read(&mut octets)?;
            Ok(Ipv6Addr::from(octets).to_string())
        }
        _ => Err(WsaError(WSAEAFNOSUPPORT)),
    }
}

/// Too little room has an error of its own here.
fn small(result: Result<(), WsaError>) -> Result<(), WsaError> {
    result.map_err(|_| WsaError(WSAEINVAL))
}

/// The text of an address, or NULL.
///
/// # Errors
/// NULL with `WSAEAFNOSUPPORT`, `WSAEFAULT`, or `WSAEINVAL` if there is too little room.
///
/// Source: Windows documentation, `inet_ntop`.
#[export]
pub unsafe fn longshore_inet_ntop(
    family: i32,
    address: InBuffer,
    to: OutBuffer<c_char>,
    room: usize,
) -> Result<*mut c_char, WsaError> {
    let text = print(family, address)?;
    small(give_narrow(text.as_bytes(), Some(to), room.max(1)))?;
    Ok(to.as_ptr())
}

/// The text of an address in wide characters, or NULL.
///
/// # Errors
/// As for [`longshore_inet_ntop`].
///
/// Source: Windows documentation, `InetNtopW`.
#[export]
pub unsafe fn InetNtopW(
    family: i32,
    address: InBuffer,
    to: OutBuffer<WCHAR>,
    room: usize,
) -> Result<*mut WCHAR, WsaError> {
    let text = print(family, address)?;
    small(give_wide(text.as_bytes(), Some(to), room.max(1)))?;
    Ok(to.as_ptr())
}

/// "1.2.3.4:80" and "[::1]:80"; without a port if it is zero.
fn endpoint(address: InBuffer<libc::sockaddr>, length: u32) -> Result<String, WsaError> {
    match RawAddress::from_program(address, length as i32)?.to_engine() {
        SocketAddress::Inet(inet) if inet.port() == 0 => Ok(inet.ip().to_string()),
        SocketAddress::Inet(inet) => Ok(inet.to_string()),
        SocketAddress::Unix(_) => Err(WsaError(WSAEINVAL)),
    }
}

/// Takes the room a program has, and says how much is needed.
fn exchange_room(room: InOut<u32>, needed: usize) -> Result<usize, WsaError> {
    let given = room.read()?;
    room.write(needed as u32)?;
    if given == 0 { Err(WsaError(WSAEFAULT)) } else { Ok(given as usize) }
}

/// The text of a socket address, with its port.
///
/// # Errors
/// `WSAEFAULT` (too little room: `*room` says how much is needed), `WSAEINVAL`.
///
/// Source: Windows documentation, `WSAAddressToStringA`.
#[export]
pub unsafe fn WSAAddressToStringA(
    address: InBuffer<libc::sockaddr>,
    length: u32,
    _info: Ignored,
    to: Option<OutBuffer<c_char>>,
    room: InOut<u32>,
) -> Result<(), WsaError> {
    let text = endpoint(address, length)?;
    let given = exchange_room(room, text.len() + 1)?;
    give_narrow(text.as_bytes(), Some(to.ok_or(WsaError(WSAEFAULT))?), given)
}

/// The text of a socket address in wide characters.
///
/// # Errors
/// As for [`WSAAddressToStringA`].
///
/// Source: Windows documentation, `WSAAddressToStringW`.
#[export]
pub unsafe fn WSAAddressToStringW(
    address: InBuffer<libc::sockaddr>,
    length: u32,
    _info: Ignored,
    to: Option<OutBuffer<WCHAR>>,
    room: InOut<u32>,
) -> Result<(), WsaError> {
    let text = endpoint(address, length)?;
    let given = exchange_room(room, text.chars().count() + 1)?;
    give_wide(text.as_bytes(), Some(to.ok_or(WsaError(WSAEFAULT))?), given)
}

/// Reads a socket address from its text.
fn read_endpoint(
    text: &CStr,
    family: i32,
    address: OutBuffer<libc::sockaddr>,
    length: InOut<i32>,
) -> Result<(), WsaError> {
    let text = text.to_str().unwrap_or("");
    let parsed = text
        .parse::<SocketAddr>()
        .or_else(|_| text.trim_matches(['[', ']']).parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 0)));
    let raw = RawAddress::of_inet(parsed.map_err(|_| WsaError(WSAEINVAL))?);
    if raw.family() != family_to_linux(family)? {
        return Err(WsaError(WSAEINVAL));
    }
    raw.to_program(address, length)
}

/// Reads a socket address from its text.
///
/// # Errors
/// `WSAEINVAL`, `WSAEFAULT`.
///
/// Source: Windows documentation, `WSAStringToAddressA`.
#[export]
pub unsafe fn WSAStringToAddressA(
    text: CStrArg,
    family: i32,
    _info: Ignored,
    address: OutBuffer<libc::sockaddr>,
    length: InOut<i32>,
) -> Result<(), WsaError> {
    read_endpoint(text.get()?, family, address, length)
}

/// Reads a socket address from its text in wide characters.
///
/// # Errors
/// As for [`WSAStringToAddressA`].
///
/// Source: Windows documentation, `WSAStringToAddressW`.
#[export]
pub unsafe fn WSAStringToAddressW(
    text: WStrArg,
    family: i32,
    _info: Ignored,
    address: OutBuffer<libc::sockaddr>,
    length: InOut<i32>,
) -> Result<(), WsaError> {
    read_endpoint(&text.to_text().map_err(|_| WsaError(WSAEFAULT))?, family, address, length)
}
