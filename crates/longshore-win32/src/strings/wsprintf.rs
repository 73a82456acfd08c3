//! `wvsprintf`, and with it `wsprintf`, which the header writes on top of it.

use crate::abi::character::Character;
use crate::abi::text::WCHAR;
use crate::abi::va_list::{Arguments, VaList};
use crate::strings::conversion::Conversion;
use libc::c_char;
use longshore_win32_macros::export;

/// `wsprintf` never writes more units than this, the NUL included; buffers are that large by contract.
const OUTPUT_MAX: usize = 1024;

unsafe fn format<C: Character>(out: *mut C, format: *const C, list: *mut VaList) -> i32 {
    if out.is_null() {
        return 0;
    }
    // SAFETY: the caller's promise.
    let Ok(format) = (unsafe { C::text(format) }) else { return 0 };
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
    // SAFETY: the caller's promise: the result fits, or there is room for 1024 units.
    unsafe {
        out.copy_from_nonoverlapping(string.as_ptr(), string.len());
        out.add(string.len()).write(C::default());
    }
    string.len() as i32
}

/// Formats text. `wsprintfA` is a variadic function of the header around this.
///
/// Source: Windows documentation, `wvsprintf`.
#[export]
pub unsafe fn wvsprintfA(out: *mut c_char, text: *const c_char, list: *mut VaList) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { format(out, text, list) }
}

/// Formats wide text: [`wvsprintfA`] with wide characters.
#[export]
pub unsafe fn wvsprintfW(out: *mut WCHAR, text: *const WCHAR, list: *mut VaList) -> i32 {
    // SAFETY: the caller's promise.
    unsafe { format(out, text, list) }
}
