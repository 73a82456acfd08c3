//! `wvsprintf`, and with it `wsprintf`, which the header writes on top of it.

use crate::abi::argument::{CStrArg, In, OptionalText, Out, StrArg, WStrArg};
use crate::abi::character::Character;
use crate::abi::last_error::Win32Error;
use crate::abi::text::WCHAR;
use crate::abi::va_list::{Arguments, VaList};
use crate::strings::conversion::Conversion;
use libc::c_char;
use longshore_win32_macros::export;
use windows_sys::Win32::Foundation::ERROR_INVALID_PARAMETER;

/// `wsprintf` never writes more units than this, the NUL included; buffers are that large by contract.
const OUTPUT_MAX: usize = 1024;

fn format<C: Character>(
    out: Option<Out<C>>,
    format: Option<StrArg<C>>,
    list: Option<In<VaList>>,
) -> Result<i32, Win32Error> {
    let out = out.ok_or(Win32Error(ERROR_INVALID_PARAMETER))?;
    let format = format.text()?;
    let mut arguments = Arguments::of_list(list)?;
    let mut text = Vec::new();
    let mut rest = format.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match Conversion::parse(rest) {
            Some((conversion, length)) if byte == b'%' => {
                conversion.render::<C>(&mut arguments, &mut text)?;
                rest = &rest[length..];
            }
            _ => {
                text.push(byte);
                // What follows a percent sign and is no specification stands for itself, another one
                // included.
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
    out.write_all(&string)?;
    Ok(count as i32)
}

/// Formats text. `wsprintfA` is a variadic function of the header around this.
///
/// # Errors
/// 0 with `ERROR_INVALID_PARAMETER` (no format, or no room for the text), or with `ERROR_NOACCESS` if one of
/// them is not there, or a text among the arguments.
///
/// Source: Windows documentation, `wvsprintf`.
#[export]
pub unsafe fn wvsprintfA(
    out: Option<Out<c_char>>,
    text: Option<CStrArg>,
    list: Option<In<VaList>>,
) -> Result<i32, Win32Error> {
    format(out, text, list)
}

/// Formats wide text: [`wvsprintfA`] with wide characters.
#[export]
pub unsafe fn wvsprintfW(
    out: Option<Out<WCHAR>>,
    text: Option<WStrArg>,
    list: Option<In<VaList>>,
) -> Result<i32, Win32Error> {
    format(out, text, list)
}
