//! The databases of old: `gethostbyname`, `getservbyname`, `getprotobyname` and the like. What they return lives in memory
//! of the thread's, until its next call.

use crate::abi::last_error::SetLastError;
use crate::abi::text::optional;
use crate::resolve::host_name::{gethostname, names_of};
use crate::resolve::resolver::resolve;
use crate::socket::address::{RawAddress, family_to_linux, family_to_windows};
use crate::socket::wsa::WsaError;
use libc::c_char;
use std::cell::RefCell;
use std::ffi::CStr;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{ADDRINFOA, HOSTENT, PROTOENT, SERVENT, WSAEFAULT, WSANO_DATA};

/// What the functions of old return: memory of the thread's.
#[derive(Default)]
struct Old {
    host: Option<Box<HOSTENT>>,
    service: Option<Box<SERVENT>>,
    protocol: Option<Box<PROTOENT>>,
    texts: Vec<Vec<u8>>,
    pointers: Vec<Vec<*mut i8>>,
}

thread_local! {
    static OLD: RefCell<Old> = RefCell::default();
}

impl Old {
    fn text(&mut self, bytes: &[u8]) -> *mut u8 {
        let mut text = bytes.to_vec();
        text.push(0);
        self.texts.push(text);
        self.texts.last_mut().expect("just pushed").as_mut_ptr()
    }

    fn list(&mut self, items: &[Vec<u8>]) -> *mut *mut i8 {
        let mut pointers: Vec<*mut i8> = items.iter().map(|item| self.text(item).cast()).collect();
        pointers.push(ptr::null_mut());
        self.pointers.push(pointers);
        self.pointers.last_mut().expect("just pushed").as_mut_ptr()
    }

    fn clear(&mut self) {
        self.texts.clear();
        self.pointers.clear();
    }

    fn host(&mut self, name: &[u8], family: i32, addresses: &[Vec<u8>]) -> *mut HOSTENT {
        self.clear();
        let host = HOSTENT {
            h_name: self.text(name),
            h_aliases: self.list(&[]),
            h_addrtype: family_to_windows(family) as i16,
            h_length: addresses.first().map_or(4, Vec::len) as i16,
            h_addr_list: self.list(addresses),
        };
        ptr::from_mut(self.host.insert(Box::new(host)).as_mut())
    }
}

pub(crate) fn or_null<T>(result: Result<*mut T, WsaError>) -> *mut T {
    result.unwrap_or_else(|WsaError(error)| {
        SetLastError(error as u32);
        ptr::null_mut()
    })
}

/// Resolves a host to IPv4 addresses; the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSAHOST_NOT_FOUND`, `WSANO_DATA`, `WSATRY_AGAIN`, `WSANOTINITIALISED`.
///
/// # Safety
/// `name` is NULL or a string.
///
/// Source: Windows documentation, `gethostbyname`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_gethostbyname(name: *const c_char) -> *mut HOSTENT {
    let find = || -> Result<*mut HOSTENT, WsaError> {
        let hints =
            ADDRINFOA { ai_family: ws::AF_INET.into(), ai_socktype: ws::SOCK_STREAM, ..ADDRINFOA::default() };
        // SAFETY: the caller's promise. NULL is this host.
        let given = unsafe { optional(name) }.unwrap_or(c"");
        // SAFETY: valid hints.
        let found = unsafe { resolve(Some(given), None, &hints) }?;
        let addresses: Vec<Vec<u8>> = found.iter().map(|one| one.address[4..8].to_vec()).collect();
        if addresses.is_empty() {
            return Err(WsaError(WSANO_DATA));
        }
        let own = gethostname();
        let name = if given.is_empty() { own.as_deref().unwrap_or(given) } else { given };
        Ok(OLD.with_borrow_mut(|old| old.host(name.to_bytes(), libc::AF_INET, &addresses)))
    };
    or_null(find())
}

/// The host of an address; the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSAHOST_NOT_FOUND`, `WSAEFAULT`, `WSAEAFNOSUPPORT`.
///
/// # Safety
/// `length` readable bytes at `address`.
///
/// Source: Windows documentation, `gethostbyaddr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_gethostbyaddr(
    address: *const c_char,
    length: i32,
    family: i32,
) -> *mut HOSTENT {
    let find = || -> Result<*mut HOSTENT, WsaError> {
        let linux = family_to_linux(family)?;
        let wanted = if linux == libc::AF_INET { 4 } else { 16 };
        if address.is_null() || length < wanted as i32 {
            return Err(WsaError(WSAEFAULT));
        }
        // SAFETY: the caller's promise.
        let bytes = unsafe { std::slice::from_raw_parts(address.cast::<u8>(), wanted) };
        let socket_address = match <[u8; 4]>::try_from(bytes) {
            Ok(v4) => SocketAddr::from((Ipv4Addr::from(v4), 0)),
            Err(_) => SocketAddr::from((Ipv6Addr::from(<[u8; 16]>::try_from(bytes).expect("16 bytes")), 0)),
        };
        let raw = RawAddress::of_engine(&longshore_engine::SocketAddress::Inet(socket_address)).to_windows();
        // SAFETY: as many readable bytes as said.
        let (host, _) = unsafe { names_of(raw.as_ptr().cast(), raw.len() as i32, ws::NI_NAMEREQD as i32) }?;
        Ok(OLD.with_borrow_mut(|old| old.host(&host, linux, &[bytes.to_vec()])))
    };
    or_null(find())
}

/// # Safety
/// `service` is NULL or what getservbyname(3) returned.
unsafe fn service_of(service: *const libc::servent) -> *mut SERVENT {
    // SAFETY: the caller's promise.
    let Some(service) = (unsafe { service.as_ref() }) else {
        return or_null(Err(WsaError(WSANO_DATA)));
    };
    // SAFETY: strings of the C library's.
    let (name, protocol) = unsafe { (CStr::from_ptr(service.s_name), CStr::from_ptr(service.s_proto)) };
    OLD.with_borrow_mut(|old| {
        old.clear();
        let entry = SERVENT {
            s_name: old.text(name.to_bytes()),
            s_aliases: old.list(&[]),
            s_proto: old.text(protocol.to_bytes()),
            s_port: service.s_port as i16,
        };
        ptr::from_mut(old.service.insert(Box::new(entry)).as_mut())
    })
}

/// The port of a service; the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSANO_DATA`.
///
/// # Safety
/// The strings are NULL or valid.
///
/// Source: Windows documentation, `getservbyname`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_getservbyname(
    name: *const c_char,
    protocol: *const c_char,
) -> *mut SERVENT {
    if name.is_null() {
        return or_null(Err(WsaError(WSAEFAULT)));
    }
    // SAFETY: the caller's promise.
    unsafe { service_of(libc::getservbyname(name, protocol)) }
}

/// The service of a port (in network order); the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSANO_DATA`.
///
/// # Safety
/// The string is NULL or valid.
///
/// Source: Windows documentation, `getservbyport`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_getservbyport(port: i32, protocol: *const c_char) -> *mut SERVENT {
    // SAFETY: the caller's promise.
    unsafe { service_of(libc::getservbyport(port, protocol)) }
}

/// # Safety
/// `protocol` is NULL or what getprotobyname(3) returned.
unsafe fn protocol_of(protocol: *const libc::protoent) -> *mut PROTOENT {
    // SAFETY: the caller's promise.
    let Some(protocol) = (unsafe { protocol.as_ref() }) else {
        return or_null(Err(WsaError(WSANO_DATA)));
    };
    // SAFETY: a string of the C library's.
    let name = unsafe { CStr::from_ptr(protocol.p_name) };
    OLD.with_borrow_mut(|old| {
        old.clear();
        let entry = PROTOENT {
            p_name: old.text(name.to_bytes()),
            p_aliases: old.list(&[]),
            p_proto: protocol.p_proto as i16,
        };
        ptr::from_mut(old.protocol.insert(Box::new(entry)).as_mut())
    })
}

/// The number of a protocol; the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSANO_DATA`.
///
/// # Safety
/// `name` is NULL or a string.
///
/// Source: Windows documentation, `getprotobyname`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_getprotobyname(name: *const c_char) -> *mut PROTOENT {
    if name.is_null() {
        return or_null(Err(WsaError(WSAEFAULT)));
    }
    // SAFETY: the caller's promise.
    unsafe { protocol_of(libc::getprotobyname(name)) }
}

/// The name of a protocol; the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSANO_DATA`.
///
/// Source: Windows documentation, `getprotobynumber`.
#[unsafe(no_mangle)]
pub extern "C" fn longshore_getprotobynumber(number: i32) -> *mut PROTOENT {
    // SAFETY: no pointers; the result is the C library's.
    unsafe { protocol_of(libc::getprotobynumber(number)) }
}
