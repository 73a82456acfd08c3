//! The older functions: `gethostbyname`, `getservbyname`, `getprotobyname` and the like. Their results are in
//! memory of the thread and valid until its next call.

use crate::abi::argument::{CStrArg, InBuffer};
use crate::resolve::host_name::{gethostname, names_of};
use crate::resolve::resolver::resolve;
use crate::socket::address::{RawAddress, family_to_linux, family_to_windows};
use crate::socket::wsa::WsaError;
use crate::sync::lock::Lock;
use libc::c_char;
use longshore_win32_macros::export;
use std::cell::RefCell;
use std::ffi::CStr;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{ADDRINFOA, HOSTENT, PROTOENT, SERVENT, WSAEFAULT, WSANO_DATA};

/// The results of these functions, in memory of the thread.
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
        let start = text.as_mut_ptr();
        self.texts.push(text);
        start
    }

    fn list(&mut self, items: &[Vec<u8>]) -> *mut *mut i8 {
        let mut pointers: Vec<*mut i8> = items.iter().map(|item| self.text(item).cast()).collect();
        pointers.push(ptr::null_mut());
        let start = pointers.as_mut_ptr();
        self.pointers.push(pointers);
        start
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

/// The C library's tables use memory that all threads share. So one thread at a time reads them,
/// until it has copied the result.
static TABLES: Lock<()> = Lock::last("libc's databases of names", ());

/// Resolves a host to IPv4 addresses; the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSAHOST_NOT_FOUND`, `WSANO_DATA`, `WSATRY_AGAIN`, `WSANOTINITIALISED`.
///
/// Source: Windows documentation, `gethostbyname`.
#[export]
pub unsafe fn longshore_gethostbyname(name: Option<CStrArg>) -> Result<*mut HOSTENT, WsaError> {
    let hints =
        ADDRINFOA { ai_family: ws::AF_INET.into(), ai_socktype: ws::SOCK_STREAM, ..ADDRINFOA::default() };
    // NULL is this host.
    let given = name.map(CStrArg::get).transpose()?.unwrap_or(c"");
    let found = resolve(Some(given), None, Some(&hints))?;
    let addresses: Vec<Vec<u8>> = found.iter().map(|one| one.address[4..8].to_vec()).collect();
    if addresses.is_empty() {
        return Err(WsaError(WSANO_DATA));
    }
    let own = gethostname();
    let name = if given.is_empty() { &*own } else { given };
    Ok(OLD.with_borrow_mut(|old| old.host(name.to_bytes(), libc::AF_INET, &addresses)))
}

/// The host of an address; the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSAHOST_NOT_FOUND`, `WSAEFAULT`, `WSAEAFNOSUPPORT`.
///
/// Source: Windows documentation, `gethostbyaddr`.
#[export]
pub unsafe fn longshore_gethostbyaddr(
    address: InBuffer<c_char>,
    length: i32,
    family: i32,
) -> Result<*mut HOSTENT, WsaError> {
    let linux = family_to_linux(family)?;
    let wanted = if linux == libc::AF_INET { 4 } else { 16 };
    if length < wanted as i32 {
        return Err(WsaError(WSAEFAULT));
    }
    let bytes = address.to_vec(wanted)?;
    let ip = match (bytes.first_chunk::<16>(), bytes.first_chunk::<4>()) {
        (Some(&v6), _) => SocketAddr::from((Ipv6Addr::from(v6), 0)),
        (None, Some(&v4)) => SocketAddr::from((Ipv4Addr::from(v4), 0)),
        (None, None) => return Err(WsaError(WSAEFAULT)),
    };
    let raw = RawAddress::of_inet(ip);
    let (host, _) = names_of(&raw, ws::NI_NAMEREQD as i32)?;
    Ok(OLD.with_borrow_mut(|old| old.host(&host, linux, &[bytes])))
}

/// A service that `find` looks up in the C library's table.
fn service(find: impl FnOnce() -> *mut libc::servent) -> Result<*mut SERVENT, WsaError> {
    let _tables = TABLES.lock();
    // SAFETY: NULL, or an entry that stays as it is until the next call, which waits for the lock.
    let service = unsafe { find().as_ref() }.ok_or(WsaError(WSANO_DATA))?;
    // SAFETY: strings of the C library's.
    let (name, protocol) = unsafe { (CStr::from_ptr(service.s_name), CStr::from_ptr(service.s_proto)) };
    Ok(OLD.with_borrow_mut(|old| {
        old.clear();
        let entry = SERVENT {
            s_name: old.text(name.to_bytes()),
            s_aliases: old.list(&[]),
            s_proto: old.text(protocol.to_bytes()),
            s_port: service.s_port as i16,
        };
        ptr::from_mut(old.service.insert(Box::new(entry)).as_mut())
    }))
}

/// The port of a service; the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSANO_DATA`, `WSAEFAULT`.
///
/// Source: Windows documentation, `getservbyname`.
#[export]
pub unsafe fn longshore_getservbyname(
    name: CStrArg,
    protocol: Option<CStrArg>,
) -> Result<*mut SERVENT, WsaError> {
    let (name, protocol) = (name.get()?, protocol.map(CStrArg::get).transpose()?);
    // SAFETY: valid strings, or none.
    service(|| unsafe { libc::getservbyname(name.as_ptr(), protocol.map_or(ptr::null(), CStr::as_ptr)) })
}

/// The service of a port (in network order); the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSANO_DATA`, `WSAEFAULT`.
///
/// Source: Windows documentation, `getservbyport`.
#[export]
pub unsafe fn longshore_getservbyport(
    port: i32,
    protocol: Option<CStrArg>,
) -> Result<*mut SERVENT, WsaError> {
    let protocol = protocol.map(CStrArg::get).transpose()?;
    // SAFETY: a valid string, or none.
    service(|| unsafe { libc::getservbyport(port, protocol.map_or(ptr::null(), CStr::as_ptr)) })
}

/// A protocol that `find` looks up in the C library's table.
fn protocol(find: impl FnOnce() -> *mut libc::protoent) -> Result<*mut PROTOENT, WsaError> {
    let _tables = TABLES.lock();
    // SAFETY: NULL, or an entry that stays as it is until the next call, which waits for the lock.
    let protocol = unsafe { find().as_ref() }.ok_or(WsaError(WSANO_DATA))?;
    // SAFETY: a string of the C library's.
    let name = unsafe { CStr::from_ptr(protocol.p_name) };
    Ok(OLD.with_borrow_mut(|old| {
        old.clear();
        let entry = PROTOENT {
            p_name: old.text(name.to_bytes()),
            p_aliases: old.list(&[]),
            p_proto: protocol.p_proto as i16,
        };
        ptr::from_mut(old.protocol.insert(Box::new(entry)).as_mut())
    }))
}

/// The number of a protocol; the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSANO_DATA`, `WSAEFAULT`.
///
/// Source: Windows documentation, `getprotobyname`.
#[export]
pub unsafe fn longshore_getprotobyname(name: CStrArg) -> Result<*mut PROTOENT, WsaError> {
    let name = name.get()?;
    // SAFETY: a valid string.
    protocol(|| unsafe { libc::getprotobyname(name.as_ptr()) })
}

/// The name of a protocol; the result is the thread's until its next call.
///
/// # Errors
/// NULL with `WSANO_DATA`.
///
/// Source: Windows documentation, `getprotobynumber`.
#[export]
pub fn longshore_getprotobynumber(number: i32) -> Result<*mut PROTOENT, WsaError> {
    // SAFETY: no pointers.
    protocol(|| unsafe { libc::getprotobynumber(number) })
}
