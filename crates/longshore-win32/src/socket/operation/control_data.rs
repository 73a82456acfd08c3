//! Control data of messages: Windows' `WSACMSGHDR` and Linux's `cmsghdr` have the same layout, other
//! numbers, and partly other contents.

use crate::abi::argument::{Argument, InBuffer, OutBuffer};
use crate::abi::fault::Fault;
use crate::socket::wsa::WsaError;
use libc::{IPPROTO_IP, IPPROTO_IPV6};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Networking::WinSock::{WSABUF, WSAEINVAL, WSAENOBUFS};

/// A length, a level and a type.
const HEADER: usize = 16;

/// Items that differ only in their numbers: level, type on Windows, type on Linux.
const SAME: &[(i32, i32, i32)] = &[
    (IPPROTO_IP, ws::IP_TTL, libc::IP_TTL),
    (IPPROTO_IP, ws::IP_TOS, libc::IP_TOS),
    (IPPROTO_IPV6, ws::IPV6_PKTINFO, libc::IPV6_PKTINFO),
    (IPPROTO_IPV6, ws::IPV6_HOPLIMIT, libc::IPV6_HOPLIMIT),
    (IPPROTO_IPV6, ws::IPV6_TCLASS, libc::IPV6_TCLASS),
];

/// How much room to give to the kernel for the room that a program gave: the information about an
/// IPv4 packet is longer on Linux.
///
/// # Errors
/// `WSAENOBUFS` for more than there is memory.
pub(crate) fn room_on_linux(room: usize) -> Result<Vec<u8>, WsaError> {
    let mut bytes = Vec::new();
    if room > 0 {
        // The kernel has no more to say than fits this.
        let room = room.min(1 << 16) + 64;
        bytes.try_reserve_exact(room).map_err(|_| WsaError(WSAENOBUFS))?;
        bytes.resize(room, 0);
    }
    Ok(bytes)
}

struct Item<'a> {
    level: i32,
    kind: i32,
    data: &'a [u8],
}

/// The items of control data, up to the first invalid one.
fn items(mut bytes: &[u8]) -> Vec<Item<'_>> {
    let mut found = Vec::new();
    while let Some((header, _)) = bytes.split_at_checked(HEADER) {
        let length = usize::from_ne_bytes(std::array::from_fn(|place| header[place]));
        let number = |at: usize| i32::from_ne_bytes(std::array::from_fn(|place| header[at + place]));
        let Some(data) = bytes.get(HEADER..length) else {
            break;
        };
        found.push(Item { level: number(8), kind: number(12), data });
        bytes = bytes.get(length.next_multiple_of(8)..).unwrap_or(&[]);
    }
    found
}

fn push(bytes: &mut Vec<u8>, level: i32, kind: i32, data: &[u8]) {
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes.extend((HEADER + data.len()).to_ne_bytes());
    bytes.extend(level.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(data);
}

fn to_windows(received: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for Item { level, kind, data } in items(received) {
        if (level, kind) == (IPPROTO_IP, libc::IP_PKTINFO) {
            // Interface, local address, destination; to Windows destination, interface.
            if let (Some(interface), Some(destination)) = (data.get(..4), data.get(8..12)) {
                push(&mut bytes, level, ws::IP_PKTINFO, &[destination, interface].concat());
            }
        } else if let Some(same) = SAME.iter().find(|same| (same.0, same.2) == (level, kind)) {
            push(&mut bytes, level, same.1, data);
        }
    }
    bytes
}

/// Translates the kernel's control data; false if there is too little room for all of it. Sets the length.
///
/// # Errors
/// [`Fault::Access`] if the program's room is not there.
pub(crate) fn to_program(received: &[u8], control: &mut WSABUF) -> Result<bool, Fault> {
    let bytes = to_windows(received);
    let room = if control.buf.is_null() { 0 } else { control.len as usize };
    let fits = bytes.len() <= room;
    let given = if fits { &bytes[..] } else { &[] };
    // SAFETY: the program's room, valid until the end is delivered (S12).
    unsafe { OutBuffer::<u8>::from_c(control.buf) }.write(given)?;
    control.len = given.len() as u32;
    Ok(fits)
}

/// Translates a program's control data.
///
/// # Errors
/// `WSAEINVAL` for what Linux has nothing for, `WSAEFAULT` for what is not there.
pub(crate) fn from_program(control: &WSABUF) -> Result<Vec<u8>, WsaError> {
    if control.len == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: what a message names is what the program promises of it.
    let given = unsafe { InBuffer::<u8>::from_c(control.buf) }.to_vec(control.len as usize)?;
    to_linux(&given)
}

fn to_linux(given: &[u8]) -> Result<Vec<u8>, WsaError> {
    let mut bytes = Vec::new();
    let found = items(given);
    if found.is_empty() {
        return Err(WsaError(WSAEINVAL));
    }
    for Item { level, kind, data } in found {
        if (level, kind) == (IPPROTO_IP, ws::IP_PKTINFO) {
            let [source, interface] =
                [data.get(..4), data.get(4..8)].map(|part| part.ok_or(WsaError(WSAEINVAL)));
            push(&mut bytes, level, libc::IP_PKTINFO, &[interface?, source?, &[0; 4]].concat());
        } else if let Some(same) = SAME.iter().find(|same| (same.0, same.1) == (level, kind)) {
            push(&mut bytes, level, same.2, data);
        } else {
            return Err(WsaError(WSAEINVAL));
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packet_information_survives_the_way_there_and_back() {
        let mut given = Vec::new();
        push(&mut given, IPPROTO_IP, ws::IP_PKTINFO, &[127, 0, 0, 9, 1, 0, 0, 0]);
        push(&mut given, IPPROTO_IPV6, ws::IPV6_HOPLIMIT, &7i32.to_ne_bytes());
        let mut linux = to_linux(&given).unwrap();
        // The field in which a sender names its source is where the kernel reports the destination.
        linux.copy_within(HEADER + 4..HEADER + 8, HEADER + 8);
        assert_eq!(to_windows(&linux), given);
    }

    #[test]
    fn what_cannot_be_translated_is_an_error_for_senders_and_left_out_for_receivers() {
        let mut unknown = Vec::new();
        push(&mut unknown, 99, 99, &[1, 2, 3]);
        assert_eq!(to_linux(&unknown).err(), Some(WsaError(WSAEINVAL)));
        assert_eq!(to_windows(&unknown), []);
        assert_eq!(to_linux(&[1, 2, 3]).err(), Some(WsaError(WSAEINVAL)), "too short for a header");
    }
}
