//! Names and addresses: `getaddrinfo` and its kin, address texts, and the databases of old.
//!
//! The resolver is the C library's; its results are copied into Windows' structures, whose fields differ in order and
//! width. What the functions of old return lives in memory of the thread's, until its next call.

use crate::address::{RawAddress, family_to_linux, family_to_windows};
use crate::last_error::SetLastError;
use crate::startup;
use crate::text::{self, WCHAR};
use crate::wsa::{WsaError, to_int};
use libc::c_char;
use std::cell::RefCell;
use std::ffi::{CStr, CString, c_void};
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::ptr;
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{
    ADDRINFOA, HOSTENT, PROTOENT, SERVENT, WSA_NOT_ENOUGH_MEMORY, WSAEAFNOSUPPORT, WSAEFAULT, WSAEINVAL,
    WSAHOST_NOT_FOUND, WSANO_DATA, WSANO_RECOVERY, WSATRY_AGAIN, WSATYPE_NOT_FOUND,
};

/// `ADDRINFOW`, with this face's characters.
#[repr(C)]
pub struct AddressInfoW {
    flags: i32,
    family: i32,
    kind: i32,
    protocol: i32,
    length: usize,
    canonical_name: *mut WCHAR,
    address: *mut ws::SOCKADDR,
    next: *mut AddressInfoW,
}

/// The error of getaddrinfo(3) and getnameinfo(3).
fn resolver_error(error: i32) -> WsaError {
    WsaError(match error {
        libc::EAI_AGAIN => WSATRY_AGAIN,
        libc::EAI_BADFLAGS => WSAEINVAL,
        libc::EAI_FAMILY => WSAEAFNOSUPPORT,
        libc::EAI_MEMORY => WSA_NOT_ENOUGH_MEMORY,
        libc::EAI_SERVICE => WSATYPE_NOT_FOUND,
        libc::EAI_SOCKTYPE => ws::WSAESOCKTNOSUPPORT,
        libc::EAI_FAIL => WSANO_RECOVERY,
        libc::EAI_OVERFLOW => WSAEFAULT,
        _ => WSAHOST_NOT_FOUND,
    })
}

/// What a program may ask of the resolver, by Windows' flags.
fn flags_to_linux(flags: i32) -> i32 {
    let known = [
        (ws::AI_PASSIVE, libc::AI_PASSIVE),
        (ws::AI_CANONNAME, libc::AI_CANONNAME),
        (ws::AI_NUMERICHOST, libc::AI_NUMERICHOST),
        (ws::AI_NUMERICSERV, libc::AI_NUMERICSERV),
        (ws::AI_ALL, libc::AI_ALL),
        (ws::AI_ADDRCONFIG, libc::AI_ADDRCONFIG),
        (ws::AI_V4MAPPED, libc::AI_V4MAPPED),
    ];
    known.iter().filter(|(ours, _)| flags as u32 & ours != 0).fold(0, |linux, (_, theirs)| linux | theirs)
}

/// One result of the resolver.
struct Found {
    family: i32,
    kind: i32,
    protocol: i32,
    address: Vec<u8>,
    canonical_name: Option<CString>,
}

/// # Safety
/// `hints` is NULL or valid.
unsafe fn resolve(
    node: Option<&CStr>,
    service: Option<&CStr>,
    hints: *const ADDRINFOA,
) -> Result<Vec<Found>, WsaError> {
    startup::check()?;
    if node.is_none() && service.is_none() {
        return Err(WsaError(WSAHOST_NOT_FOUND));
    }
    // SAFETY: all-zero is a valid addrinfo: no wishes.
    let mut wishes: libc::addrinfo = unsafe { mem::zeroed() };
    // SAFETY: the caller's promise.
    if let Some(hints) = unsafe { hints.as_ref() } {
        wishes.ai_flags = flags_to_linux(hints.ai_flags);
        wishes.ai_family = match hints.ai_family {
            0 => libc::AF_UNSPEC,
            family => family_to_linux(family)?,
        };
        wishes.ai_socktype = hints.ai_socktype;
        wishes.ai_protocol = hints.ai_protocol;
    }
    // "" is this host to Windows.
    let local = node.is_some_and(|node| node.is_empty());
    let name = gethostname();
    let node = if local { name.as_deref() } else { node };
    let pointer = |text: Option<&CStr>| text.map_or(ptr::null(), CStr::as_ptr);
    let mut first = ptr::null_mut();
    // Name servers answer when they answer.
    let result = longshore_engine::blocking(|| {
        // SAFETY: valid strings or NULL, valid wishes, and a place for the list.
        unsafe { libc::getaddrinfo(pointer(node), pointer(service), &wishes, &mut first) }
    });
    if result != 0 {
        return Err(resolver_error(result));
    }
    let mut found = Vec::new();
    let mut next = first;
    // SAFETY: the resolver's list, ended by NULL, alive until it is freed.
    while let Some(one) = unsafe { next.as_ref() } {
        next = one.ai_next;
        let mut raw = RawAddress::room();
        let (to, length) = raw.as_mut_parts();
        // SAFETY: an address of the length it says, for which there is room.
        unsafe { ptr::copy_nonoverlapping(one.ai_addr.cast::<u8>(), to.cast(), one.ai_addrlen as usize) };
        *length = one.ai_addrlen;
        let canonical_name = match one.ai_canonname.is_null() {
            true => None,
            // SAFETY: the resolver's string.
            false => Some(unsafe { CStr::from_ptr(one.ai_canonname) }.to_owned()),
        };
        found.push(Found {
            family: family_to_windows(one.ai_family).into(),
            // Windows leaves zero what was not asked for; Linux lists every kind, so the first is named.
            kind: one.ai_socktype,
            protocol: one.ai_protocol,
            address: raw.to_windows(),
            canonical_name,
        });
    }
    // SAFETY: from getaddrinfo.
    unsafe { libc::freeaddrinfo(first) };
    // SAFETY: the caller's promise.
    if unsafe { hints.as_ref() }.is_none_or(|hints| hints.ai_socktype == 0 && hints.ai_protocol == 0) {
        // Windows lists each address once, with no kind, when none was asked for.
        let mut once: Vec<Found> = Vec::new();
        for mut one in found {
            if once.iter().all(|other| other.address != one.address) {
                (one.kind, one.protocol) = (0, 0);
                once.push(one);
            }
        }
        return Ok(once);
    }
    Ok(found)
}

/// Memory that a program gives back through `freeaddrinfo`: plain malloc.
fn copy_bytes(bytes: &[u8]) -> *mut c_void {
    // SAFETY: malloc has no preconditions.
    let copy = unsafe { libc::malloc(bytes.len().max(1)) };
    if !copy.is_null() {
        // SAFETY: as many bytes as asked for.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), copy.cast(), bytes.len()) };
    }
    copy
}

fn bytes_of_wide(text: &[WCHAR]) -> Vec<u8> {
    text.iter().chain([&0]).flat_map(|character| character.to_ne_bytes()).collect()
}

/// Builds the list from its end.
fn list_narrow(found: Vec<Found>) -> *mut ADDRINFOA {
    let mut next: *mut ADDRINFOA = ptr::null_mut();
    for one in found.into_iter().rev() {
        let name = one.canonical_name.map_or(ptr::null_mut(), |name| copy_bytes(name.as_bytes_with_nul()));
        let entry = ADDRINFOA {
            ai_flags: 0,
            ai_family: one.family,
            ai_socktype: one.kind,
            ai_protocol: one.protocol,
            ai_addrlen: one.address.len(),
            ai_canonname: name.cast(),
            ai_addr: copy_bytes(&one.address).cast(),
            ai_next: next,
        };
        // SAFETY: the size of one entry.
        let place = unsafe { libc::malloc(size_of::<ADDRINFOA>()) }.cast::<ADDRINFOA>();
        if place.is_null() {
            break;
        }
        // SAFETY: freshly allocated.
        unsafe { place.write(entry) };
        next = place;
    }
    next
}

fn list_wide(found: Vec<Found>) -> *mut AddressInfoW {
    let mut next: *mut AddressInfoW = ptr::null_mut();
    for one in found.into_iter().rev() {
        let name = one
            .canonical_name
            .map_or(ptr::null_mut(), |name| copy_bytes(&bytes_of_wide(&text::to_wide(name.as_bytes()))));
        let entry = AddressInfoW {
            flags: 0,
            family: one.family,
            kind: one.kind,
            protocol: one.protocol,
            length: one.address.len(),
            canonical_name: name.cast(),
            address: copy_bytes(&one.address).cast(),
            next,
        };
        // SAFETY: the size of one entry.
        let place = unsafe { libc::malloc(size_of::<AddressInfoW>()) }.cast::<AddressInfoW>();
        if place.is_null() {
            break;
        }
        // SAFETY: freshly allocated.
        unsafe { place.write(entry) };
        next = place;
    }
    next
}

/// # Safety
/// `text` is NULL or a string.
unsafe fn optional<'a>(text: *const c_char) -> Option<&'a CStr> {
    // SAFETY: the caller's promise.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

fn return_code(result: Result<(), WsaError>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(WsaError(error)) => {
            SetLastError(error as u32);
            error
        }
    }
}

/// Resolves a host and a service.
///
/// # Errors
/// The error, which is the last error as well: `WSAHOST_NOT_FOUND`, `WSATRY_AGAIN`, `WSATYPE_NOT_FOUND`, `WSAEINVAL`, ...
///
/// # Safety
/// The strings and the hints are NULL or valid; `result` is writable.
///
/// Source: Windows documentation, `getaddrinfo`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_getaddrinfo(
    node: *const c_char,
    service: *const c_char,
    hints: *const ADDRINFOA,
    result: *mut *mut ADDRINFOA,
) -> i32 {
    if result.is_null() {
        return return_code(Err(WsaError(WSAEFAULT)));
    }
    // SAFETY: the caller's promise.
    return_code(unsafe {
        result.write(ptr::null_mut());
        resolve(optional(node), optional(service), hints).map(|found| result.write(list_narrow(found)))
    })
}

/// Resolves a host and a service, in wide characters.
///
/// # Errors
/// As for [`longshore_getaddrinfo`].
///
/// # Safety
/// As for [`longshore_getaddrinfo`].
///
/// Source: Windows documentation, `GetAddrInfoW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn GetAddrInfoW(
    node: *const WCHAR,
    service: *const WCHAR,
    hints: *const AddressInfoW,
    result: *mut *mut AddressInfoW,
) -> i32 {
    if result.is_null() {
        return return_code(Err(WsaError(WSAEFAULT)));
    }
    // SAFETY: the caller's promise; the hints of both forms have the same fields, of which only the numbers count.
    return_code(unsafe {
        result.write(ptr::null_mut());
        let (node, service) = (text::wide(node).ok(), text::wide(service).ok());
        resolve(node.as_deref(), service.as_deref(), hints.cast()).map(|found| result.write(list_wide(found)))
    })
}

/// Gives a list back.
///
/// # Safety
/// `list` comes from [`longshore_getaddrinfo`] or is NULL.
///
/// Source: Windows documentation, `freeaddrinfo`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn longshore_freeaddrinfo(list: *mut ADDRINFOA) {
    let mut next = list;
    // SAFETY: the caller's promise; everything in it came from malloc.
    unsafe {
        while !next.is_null() {
            let one = next;
            next = (*one).ai_next;
            libc::free((*one).ai_canonname.cast());
            libc::free((*one).ai_addr.cast());
            libc::free(one.cast());
        }
    }
}

/// Gives a list in wide characters back.
///
/// # Safety
/// `list` comes from [`GetAddrInfoW`] or is NULL.
///
/// Source: Windows documentation, `FreeAddrInfoW`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FreeAddrInfoW(list: *mut AddressInfoW) {
    // SAFETY: the caller's promise; both forms have the same layout.
    unsafe { longshore_freeaddrinfo(list.cast()) }
}

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
unsafe fn names_of(
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
/// As for [`longshore_getaddrinfo`]; `WSAEFAULT` if a place is too small.
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
            put_narrow(&host_name, host, host_room as usize)?;
            put_narrow(&service_name, service, service_room as usize)
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
            put_wide(&host_name, host, host_room as usize)?;
            put_wide(&service_name, service, service_room as usize)
        })
    })
}

/// Copies a text with its NUL; a NULL place is not asked for.
///
/// # Safety
/// `to` is NULL or has `room`.
unsafe fn put_narrow(text: &[u8], to: *mut c_char, room: usize) -> Result<(), WsaError> {
    if to.is_null() || room == 0 {
        return Ok(());
    }
    if room <= text.len() {
        return Err(WsaError(WSAEFAULT));
    }
    // SAFETY: the caller's promise; it fits with its NUL.
    unsafe {
        ptr::copy_nonoverlapping(text.as_ptr().cast(), to, text.len());
        to.add(text.len()).write(0);
    }
    Ok(())
}

/// # Safety
/// As for [`put_narrow`].
unsafe fn put_wide(text: &[u8], to: *mut WCHAR, room: usize) -> Result<(), WsaError> {
    if to.is_null() || room == 0 {
        return Ok(());
    }
    let text = text::to_wide(text);
    if room <= text.len() {
        return Err(WsaError(WSAEFAULT));
    }
    // SAFETY: as above.
    unsafe {
        ptr::copy_nonoverlapping(text.as_ptr(), to, text.len());
        to.add(text.len()).write(0);
    }
    Ok(())
}

fn gethostname() -> Option<CString> {
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
        unsafe { put_narrow(own.as_bytes(), name, room) }
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
        unsafe { put_wide(own.as_bytes(), name, room) }
    };
    to_int(own())
}

/// What the functions of old return: memory of the thread's.
#[derive(Default)]
struct Old {
    host: Option<Box<HOSTENT>>,
    service: Option<Box<SERVENT>>,
    protocol: Option<Box<PROTOENT>>,
    texts: Vec<Vec<u8>>,
    pointers: Vec<Vec<*mut i8>>,
    address_text: [c_char; 16],
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

fn or_null<T>(result: Result<*mut T, WsaError>) -> *mut T {
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
    OLD.with_borrow_mut(|old| {
        for (to, from) in old.address_text.iter_mut().zip(text.bytes().chain([0])) {
            *to = from as c_char;
        }
        old.address_text.as_mut_ptr()
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
            if to.is_null() || put_narrow(text.as_bytes(), to, room.max(1)).is_err() {
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
            if to.is_null() || put_wide(text.as_bytes(), to, room.max(1)).is_err() {
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
            put_narrow(text.as_bytes(), to, given)
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
            put_wide(text.as_bytes(), to, given)
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
