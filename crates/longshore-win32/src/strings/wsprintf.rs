//! `wvsprintf`, and with it `wsprintf`, which the header writes on top of it.

use crate::abi::argument::{CStrArg, OptionalText, Out, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::text::WCHAR;
use crate::abi::va_list::{Arguments, VaList};
use crate::strings::conversion::Conversion;
use libc::c_char;
use longshore_win32_macros::export;

/// `wsprintf` never writes more units than this, the NUL included; buffers are that large by contract.
const OUTPUT_MAX: usize = 1024;

/// # Safety
/// The list's arguments are what the format says.
unsafe fn format<C: Character>(out: Option<Out<C>>, format: Option<StrArg<C>>, list: *mut VaList) -> i32 {
    let (Some(out), Ok(format)) = (out, format.text()) else { return 0 };
    let mut arguments = Arguments::List(list);
    let mut text = Vec::new();
    let mut rest = format.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match Conversion::parse(rest) {
            Some((conversion, length)) if byte == b'%' => {
                // SAFETY: the caller's promise: the arguments are what the format says.
                unsafe { conversion.render::<C>(&mut arguments, &mut text) };
                rest = &rest[length..];
            }
            _ => {
                text.push(byte);
                // What follows a percent sign and is no specification stands for itself, another one included.
                if byte == b'%' && rest.first() == Some(&b'%') {
                    rest = &rest[1..];
                }
            }
        }
    }
    let mut string = C::encode(&text);
    string.truncate(OUTPUT_MAX - 1);
    let count = string.len();
    string.push(C::default());
    if out.write_all(&string).is_err() { 0 } else { count as i32 }
}

/// Formats text. `wsprintfA` is a variadic function of the header around this. 0 if there is no format, or no room.
///
/// Source: Windows documentation, `wvsprintf`.
#[export]
pub unsafe fn wvsprintfA(out: Option<Out<c_char>>, text: Option<CStrArg>, list: *mut VaList) -> i32 {
    // SAFETY: the C program's promise: its arguments are what its format says.
    unsafe { format(out, text, list) }
}

/// Formats wide text: [`wvsprintfA`] with wide characters.
#[export]
pub unsafe fn wvsprintfW(out: Option<Out<WCHAR>>, text: Option<WStrArg>, list: *mut VaList) -> i32 {
    // SAFETY: the C program's promise: its arguments are what its format says.
    unsafe { format(out, text, list) }
}
