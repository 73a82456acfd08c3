//! `getaddrinfo` and similar functions.
//!
//! The resolver is the C library's; its results are copied into Windows' structures, whose fields differ in
//! order and width, and which live in memory that `freeaddrinfo` gives back.

use crate::abi::argument::{CStrArg, In, Out, WStrArg, plain};
use crate::abi::last_error::SetLastError;
use crate::abi::text::{self, WCHAR};
use crate::resolve::host_name::gethostname;
use crate::socket::address::{RawAddress, family_to_linux, family_to_windows};
use crate::socket::startup;
use crate::socket::wsa::WsaError;
use longshore_win32_macros::export;
use std::ffi::{CStr, CString, c_void};
use std::{mem, ptr};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{
    ADDRINFOA, WSA_NOT_ENOUGH_MEMORY, WSAEAFNOSUPPORT, WSAEFAULT, WSAEINVAL, WSAHOST_NOT_FOUND,
    WSANO_RECOVERY, WSATRY_AGAIN, WSATYPE_NOT_FOUND,
};

/// `ADDRINFOW`, with this face's characters.
#[repr(C)]
#[derive(Clone, Copy)]
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

plain!(ADDRINFOA, AddressInfoW);

/// The error of getaddrinfo(3) and getnameinfo(3).
pub(crate) fn resolver_error(error: i32) -> WsaError {
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
pub(crate) struct Found {
    family: i32,
    kind: i32,
    protocol: i32,
    pub(crate) address: Vec<u8>,
    canonical_name: Option<CString>,
}

/// Asks the resolver.
///
/// # Errors
/// Its own, as Winsock's.
pub(crate) fn resolve(
    node: Option<&CStr>,
    service: Option<&CStr>,
    hints: Option<&ADDRINFOA>,
) -> Result<Vec<Found>, WsaError> {
    startup::check()?;
    if node.is_none() && service.is_none() {
        return Err(WsaError(WSAHOST_NOT_FOUND));
    }
    // SAFETY: all-zero is a valid addrinfo: no wishes.
    let mut wishes: libc::addrinfo = unsafe { mem::zeroed() };
    if let Some(hints) = hints {
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
    let node = if local { Some(&*name) } else { node };
    let pointer = |text: Option<&CStr>| text.map_or(ptr::null(), CStr::as_ptr);
    let mut first = ptr::null_mut();
    // Name servers may take long: the thread's slot is free meanwhile.
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
            // Windows leaves fields at zero that were not asked for. Linux lists every kind
            // of socket; the first one is taken.
            kind: one.ai_socktype,
            protocol: one.ai_protocol,
            address: raw.to_windows(),
            canonical_name,
        });
    }
    // SAFETY: from getaddrinfo.
    unsafe { libc::freeaddrinfo(first) };
    if hints.is_none_or(|hints| hints.ai_socktype == 0 && hints.ai_protocol == 0) {
        // If no kind was asked for, Windows lists each address once, without a kind.
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

pub(crate) fn return_code(result: Result<(), WsaError>) -> i32 {
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
/// The error, which is the last error as well: `WSAHOST_NOT_FOUND`, `WSATRY_AGAIN`,
/// `WSATYPE_NOT_FOUND`, `WSAEINVAL`, `WSAEFAULT`, ...
///
/// Source: Windows documentation, `getaddrinfo`.
#[export(failure = WSANO_RECOVERY)]
pub unsafe fn longshore_getaddrinfo(
    node: Option<CStrArg>,
    service: Option<CStrArg>,
    hints: Option<In<ADDRINFOA>>,
    result: Out<*mut ADDRINFOA>,
) -> i32 {
    let find = || -> Result<(), WsaError> {
        result.write(ptr::null_mut())?;
        let hints = hints.map(In::read).transpose()?;
        let (node, service) = (node.map(CStrArg::get).transpose()?, service.map(CStrArg::get).transpose()?);
        Ok(result.write(list_narrow(resolve(node, service, hints.as_ref())?))?)
    };
    return_code(find())
}

/// Resolves a host and a service, in wide characters.
///
/// # Errors
/// As for [`longshore_getaddrinfo`].
///
/// Source: Windows documentation, `GetAddrInfoW`.
#[export(failure = WSANO_RECOVERY)]
pub unsafe fn GetAddrInfoW(
    node: Option<WStrArg>,
    service: Option<WStrArg>,
    hints: Option<In<AddressInfoW>>,
    result: Out<*mut AddressInfoW>,
) -> i32 {
    let find = || -> Result<(), WsaError> {
        result.write(ptr::null_mut())?;
        let hints = hints.map(In::read).transpose()?.map(|hints| ADDRINFOA {
            ai_flags: hints.flags,
            ai_family: hints.family,
            ai_socktype: hints.kind,
            ai_protocol: hints.protocol,
            ..ADDRINFOA::default()
        });
        let text = |text: WStrArg| text.to_text().map_err(|_| WsaError(WSAEFAULT));
        let (node, service) = (node.map(text).transpose()?, service.map(text).transpose()?);
        let found = resolve(node.as_deref(), service.as_deref(), hints.as_ref())?;
        Ok(result.write(list_wide(found))?)
    };
    return_code(find())
}

/// Gives a list back.
///
/// # Safety
/// `list` comes from one of the two functions above, or is NULL.
unsafe fn free(list: *mut ADDRINFOA) {
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

/// Gives a list back that [`longshore_getaddrinfo`] made; NULL is none.
///
/// Source: Windows documentation, `freeaddrinfo`.
#[export]
pub fn longshore_freeaddrinfo(list: *mut ADDRINFOA) {
    // SAFETY: the program got the list from there.
    unsafe { free(list) };
}

/// Gives a list in wide characters back that [`GetAddrInfoW`] made; NULL is none.
///
/// Source: Windows documentation, `FreeAddrInfoW`.
#[export]
pub fn FreeAddrInfoW(list: *mut AddressInfoW) {
    // SAFETY: as above; both forms have the same layout.
    unsafe { free(list.cast()) };
}
