//! Identifiers that are unique: `UuidCreate`, `CoCreateGuid`, and their text.

use crate::abi::argument::{CStrArg, In, InOut, Out, OutBuffer, StrArg, TextBuffer, WStrArg, plain};
use crate::abi::character::Character;
use crate::abi::text::WCHAR;
use crate::memory::local_memory::LocalFree;
use crate::system::block_of;
use libc::c_char;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::{E_INVALIDARG, S_OK};
use windows_sys::Win32::System::Rpc::{
    RPC_S_INVALID_ARG, RPC_S_INVALID_STRING_UUID, RPC_S_OK, RPC_S_OUT_OF_MEMORY,
};
use windows_sys::core::GUID;

/// A random identifier (RFC 9562, version 4).
fn random() -> GUID {
    let mut bytes = [0; 16];
    crate::system::random::fill(&mut bytes);
    let mut guid = GUID::from_u128(u128::from_ne_bytes(bytes));
    guid.data3 = guid.data3 & 0x0FFF | 0x4000;
    guid.data4[0] = guid.data4[0] & 0x3F | 0x80;
    guid
}

fn text(guid: &GUID, capitals: bool) -> String {
    let node = guid.data4[2..].iter().fold(0u64, |node, &byte| node << 8 | u64::from(byte));
    let clock = u16::from_be_bytes([guid.data4[0], guid.data4[1]]);
    let text = format!("{:08x}-{:04x}-{:04x}-{clock:04x}-{node:012x}", guid.data1, guid.data2, guid.data3);
    if capitals { text.to_uppercase() } else { text }
}

fn parse(text: &str) -> Option<GUID> {
    let dashes = [8, 13, 18, 23];
    let fits = text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| {
            if dashes.contains(&index) { byte == b'-' } else { byte.is_ascii_hexdigit() }
        });
    let digits: String = text.chars().filter(|&character| character != '-').collect();
    fits.then(|| u128::from_str_radix(&digits, 16).ok().map(GUID::from_u128))?
}

plain!(GUID);

fn create(guid: Out<GUID>) -> i32 {
    guid.write(random()).map_or(RPC_S_INVALID_ARG, |()| RPC_S_OK)
}

/// Makes an identifier.
#[export]
pub unsafe fn UuidCreate(guid: Out<GUID>) -> i32 {
    create(guid)
}

/// Makes a random identifier, so that it does not reveal the network address.
#[export]
pub unsafe fn UuidCreateSequential(guid: Out<GUID>) -> i32 {
    create(guid)
}

/// Makes an identifier.
#[export]
pub unsafe fn CoCreateGuid(guid: Out<GUID>) -> i32 {
    guid.write(random()).map_or(E_INVALIDARG, |()| S_OK)
}

/// Writes an identifier in braces; returns the length with the NUL, 0 if there is too little room.
#[export]
pub unsafe fn StringFromGUID2(guid: In<GUID>, buffer: Option<OutBuffer<WCHAR>>, room: i32) -> i32 {
    let Ok(guid) = guid.read() else { return 0 };
    let string = WCHAR::encode(format!("{{{}}}", text(&guid, true)).as_bytes());
    match buffer.put(&string, usize::try_from(room).unwrap_or(0)) {
        Ok(true) => string.len() as i32 + 1,
        _ => 0,
    }
}

fn to_string<C: Character>(guid: In<GUID>, string: Out<*mut C>) -> i32 {
    let Ok(guid) = guid.read() else { return RPC_S_INVALID_ARG };
    if string.probe().is_err() {
        return RPC_S_INVALID_ARG;
    }
    let mut units = C::encode(text(&guid, false).as_bytes());
    units.push(C::default());
    let Ok(block) = block_of(&units) else { return RPC_S_OUT_OF_MEMORY };
    string.write(block).map_or(RPC_S_INVALID_ARG, |()| RPC_S_OK)
}

/// Makes an identifier's text, which `RpcStringFree` frees.
#[export]
pub unsafe fn UuidToStringA(guid: In<GUID>, string: Out<*mut c_char>) -> i32 {
    to_string(guid, string)
}

/// Makes an identifier's text, in wide characters.
#[export]
pub unsafe fn UuidToStringW(guid: In<GUID>, string: Out<*mut WCHAR>) -> i32 {
    to_string(guid, string)
}

fn free<C: 'static>(place: Option<InOut<*mut C>>) -> i32 {
    let Some(place) = place else { return RPC_S_OK };
    let Ok(string) = place.read().and_then(|string| place.write(std::ptr::null_mut()).map(|()| string))
    else {
        return RPC_S_INVALID_ARG;
    };
    // SAFETY: C's promise: a text of this module's, which nobody uses any more.
    unsafe { LocalFree(string.cast()) };
    RPC_S_OK
}

/// Frees a text of [`UuidToStringA`].
#[export]
pub unsafe fn RpcStringFreeA(string: Option<InOut<*mut c_char>>) -> i32 {
    free(string)
}

/// Frees a text of [`UuidToStringW`].
#[export]
pub unsafe fn RpcStringFreeW(string: Option<InOut<*mut WCHAR>>) -> i32 {
    free(string)
}

fn from_string<C: Character>(string: Option<StrArg<C>>, guid: Out<GUID>) -> i32 {
    // NULL is the identifier of nothing.
    let found = match string {
        None => Some(GUID::from_u128(0)),
        Some(string) => string.text().ok().and_then(|text| parse(text.to_str().ok()?)),
    };
    let Some(found) = found else { return RPC_S_INVALID_STRING_UUID };
    guid.write(found).map_or(RPC_S_INVALID_ARG, |()| RPC_S_OK)
}

/// Reads an identifier's text.
#[export]
pub unsafe fn UuidFromStringA(string: Option<CStrArg>, guid: Out<GUID>) -> i32 {
    from_string(string, guid)
}

/// Reads an identifier's text, in wide characters.
#[export]
pub unsafe fn UuidFromStringW(string: Option<WStrArg>, guid: Out<GUID>) -> i32 {
    from_string(string, guid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_differ_and_say_that_they_are_random() {
        let [first, second] = [random(), random()];
        assert_ne!(text(&first, true), text(&second, true));
        assert_eq!((first.data3 >> 12, first.data4[0] >> 6), (4, 2), "RFC 9562");
    }

    #[test]
    fn text_and_identifier_convert_both_ways() {
        let example = "6b29fc40-ca47-1067-b31d-00dd010662da";
        let guid = parse(example).unwrap();
        assert_eq!((guid.data1, guid.data4[7]), (0x6B29_FC40, 0xDA));
        let mut wide = [0; 39];
        // SAFETY: locals with room as stated.
        unsafe {
            assert_eq!(StringFromGUID2(&guid, wide.as_mut_ptr(), 38), 0);
            assert_eq!(StringFromGUID2(&guid, wide.as_mut_ptr(), 39), 39);
            let braces = format!("{{{}}}\0", example.to_uppercase());
            assert_eq!(wide[..], WCHAR::encode(braces.as_bytes()));
            let mut string = std::ptr::null_mut();
            assert_eq!(UuidToStringA(&guid, &mut string), 0);
            assert_eq!(std::ffi::CStr::from_ptr(string).to_str(), Ok(example));
            let mut back = GUID::from_u128(0);
            assert_eq!(UuidFromStringA(string, &mut back), 0);
            assert_eq!(text(&back, false), example);
            assert_eq!((RpcStringFreeA(&mut string), string.is_null()), (0, true));
            assert_eq!(UuidFromStringA(c"6b29fc40".as_ptr(), &mut back), RPC_S_INVALID_STRING_UUID);
        }
    }
}
