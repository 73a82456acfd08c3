//! Descriptions of sockets (`WSAPROTOCOL_INFO`), and sharing a socket by one: `WSADuplicateSocket`.
//!
//! Only within the process: the description carries the handle, and the socket made from it shares the file
//! object (P3). Sharing with another process is not supported.

use crate::abi::argument::{InBuffer, OutBuffer};
use crate::object::handles::{self, HANDLE};
use crate::port::file_object::FileObject;
use crate::socket::address::{RawAddress, family_to_windows};
use crate::socket::socket_object::{create, state_of};
use crate::socket::wsa::{SOCKET, SocketArg, WsaError, get};
use longshore_win32_macros::export;
use std::mem::offset_of;
use windows_sys::Win32::Foundation::ERROR_INVALID_HANDLE;
use windows_sys::Win32::Networking::WinSock::{
    WSAEFAULT, WSAEINVAL, WSAEMFILE, WSAENOTSOCK, WSAPROTOCOL_INFOA, WSAPROTOCOL_INFOW, WSAPROTOCOLCHAIN,
    XP1_IFS_HANDLES,
};
use windows_sys::core::GUID;

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

/// The numbers of Windows' own providers, which programs know them by.
fn provider_of(family: i32) -> GUID {
    match family {
        // MSAFD Tcpip [TCP/IP] and the like.
        libc::AF_INET => GUID::from_u128(0xe70f1aa0_ab8b_11cf_8ca3_00805f48a192),
        // MSAFD Tcpip [TCP/IPv6] and the like.
        libc::AF_INET6 => GUID::from_u128(0xf9eab0c0_26d4_11d0_bbbf_00aa006c34e4),
        // AF_UNIX.
        _ => GUID::from_u128(0xa00943d9_9c2e_4633_9b59_0057a3160994),
    }
}

/// A description of a kind of socket; `family` is Linux's number.
pub(crate) fn describe(family: i32, kind: i32, protocol: i32, wide: bool) -> Vec<u8> {
    let size = RawAddress::size_of_family(family) as i32;
    let info = WSAPROTOCOL_INFOA {
        dwServiceFlags1: XP1_IFS_HANDLES,
        iVersion: 2,
        // A base provider, not a layer on one.
        ProtocolChain: WSAPROTOCOLCHAIN { ChainLen: 1, ..WSAPROTOCOLCHAIN::default() },
        ProviderId: provider_of(family),
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
/// # Errors
/// Those of making a socket; `WSAEFAULT`.
pub(crate) fn from_info(info: InBuffer) -> Result<SOCKET, WsaError> {
    let mut bytes = [0; COMMON];
    info.read(&mut bytes)?; // The part that both forms have.
    let number = |place: usize| i32::from_ne_bytes(std::array::from_fn(|at| bytes[place + at]));
    if number(offset_of!(WSAPROTOCOL_INFOA, dwProviderReserved)) as u32 != SHARED {
        let family = number(offset_of!(WSAPROTOCOL_INFOA, iAddressFamily));
        let kind = number(offset_of!(WSAPROTOCOL_INFOA, iSocketType));
        let protocol = number(offset_of!(WSAPROTOCOL_INFOA, iProtocol));
        return create(family, kind, protocol, true);
    }
    let entry = number(offset_of!(WSAPROTOCOL_INFOA, dwCatalogEntryId)) as u32;
    let file = get(entry as SOCKET)?;
    let socket = handles::insert_again(file, false);
    socket.map(|handle| handle as SOCKET).map_err(|error| match error.0 {
        ERROR_INVALID_HANDLE => WsaError(WSAENOTSOCK),
        _ => WsaError(WSAEMFILE),
    })
}

/// Describes a socket so that `WSASocket` in the given process shares it. The process must be this one.
fn duplicate(socket: SocketArg, process: u32, info: OutBuffer, wide: bool) -> Result<(), WsaError> {
    let file = socket.get()?;
    if info.is_null() {
        return Err(WsaError(WSAEFAULT));
    }
    if process != std::process::id() {
        return Err(WsaError(WSAEINVAL));
    }
    let mut bytes = description(&file, wide);
    let mut put = |place: usize, value: u32| bytes[place..place + 4].copy_from_slice(&value.to_ne_bytes());
    put(offset_of!(WSAPROTOCOL_INFOA, dwProviderReserved), SHARED);
    put(offset_of!(WSAPROTOCOL_INFOA, dwCatalogEntryId), (socket.value() & !3) as u32);
    Ok(info.write(&bytes)?)
}

/// Describes a socket for sharing.
///
/// # Errors
/// `WSAENOTSOCK`, `WSAEFAULT`, `WSAEINVAL` for another process.
///
/// Source: Windows documentation, `WSADuplicateSocketA`.
#[export]
pub unsafe fn WSADuplicateSocketA(socket: SocketArg, process: u32, info: OutBuffer) -> Result<(), WsaError> {
    duplicate(socket, process, info, false)
}

/// Describes a socket for sharing.
///
/// # Errors
/// As for [`WSADuplicateSocketA`].
///
/// Source: Windows documentation, `WSADuplicateSocketW`.
#[export]
pub unsafe fn WSADuplicateSocketW(socket: SocketArg, process: u32, info: OutBuffer) -> Result<(), WsaError> {
    duplicate(socket, process, info, true)
}

/// Whether the value is a socket's, and not one that `DuplicateHandle` made (S21).
pub(crate) fn is_own(socket: SocketArg) -> bool {
    socket.get().is_ok() && !handles::is_duplicate(socket.value() as HANDLE)
}
