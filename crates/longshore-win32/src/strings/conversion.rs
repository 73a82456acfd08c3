//! Conversion specifications as `wsprintf` and the inserts of `FormatMessage` know them: `%-08I64x`, `%.3hs`.

use crate::abi::argument::{Argument, In, Plain};
use crate::abi::character::Character;
use crate::abi::fault::Fault;
use crate::abi::fault::copy::Unit;
use crate::abi::text::WCHAR;
use crate::abi::va_list::Arguments;
use libc::c_char;

/// One specification, without its `%`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    left: bool,
    zero: bool,
    alternate: bool,
    plus: bool,
    width: Option<Extent>,
    precision: Option<Extent>,
    size: Size,
    kind: u8,
}

/// A width or a precision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Extent {
    Given(usize),
    /// `*`: an argument of its own.
    Argument,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Size {
    #[default]
    Usual,
    /// `h`: a short, or narrow text.
    Short,
    /// `l`: 32 bits as on Windows, or wide text.
    Long,
    /// `I64`, `ll`, or `I`: 64 bits.
    Wide,
}

/// No extent is larger: a bound on what a format can make this library allocate.
const EXTENT_MAX: usize = 1 << 16;

fn extent(format: &[u8], at: &mut usize) -> Option<Extent> {
    if format.get(*at) == Some(&b'*') {
        *at += 1;
        return Some(Extent::Argument);
    }
    let digits = format[*at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let text = &format[*at..*at + digits];
    *at += digits;
    let number = text
        .iter()
        .fold(0usize, |number, digit| number.saturating_mul(10).saturating_add(usize::from(digit - b'0')));
    (digits > 0).then_some(Extent::Given(number.min(EXTENT_MAX)))
}

impl Conversion {
    /// Text of the function's own kind, as `%s`.
    pub fn text() -> Conversion {
        Conversion { kind: b's', ..Conversion::default() }
    }

    /// The specification at the start of `format`, which follows a `%`, and its length; `None` if it is none.
    pub fn parse(format: &[u8]) -> Option<(Conversion, usize)> {
        let mut conversion = Conversion::default();
        let mut at = 0;
        while let Some(byte) = format.get(at) {
            match byte {
                b'-' => conversion.left = true,
                b'0' => conversion.zero = true,
                b'#' => conversion.alternate = true,
                b'+' => conversion.plus = true,
                _ => break,
            }
            at += 1;
        }
        conversion.width = extent(format, &mut at);
        if format.get(at) == Some(&b'.') {
            at += 1;
            conversion.precision = Some(extent(format, &mut at).unwrap_or(Extent::Given(0)));
        }
        let sizes: [(&[u8], Size); 8] = [
            (b"I64", Size::Wide),
            (b"I32", Size::Usual),
            (b"I", Size::Wide),
            (b"ll", Size::Wide),
            (b"l", Size::Long),
            (b"w", Size::Long),
            (b"h", Size::Short),
            (b"z", Size::Wide),
        ];
        if let Some((prefix, size)) = sizes.iter().find(|(prefix, _)| format[at..].starts_with(prefix)) {
            at += prefix.len();
            conversion.size = *size;
        }
        conversion.kind = *format.get(at)?;
        b"cCdiuxXpsS".contains(&conversion.kind).then_some((conversion, at + 1))
    }

    /// How many arguments the specification takes.
    pub fn arguments(&self) -> usize {
        let extents = [self.width, self.precision];
        1 + extents.iter().filter(|&&extent| extent == Some(Extent::Argument)).count()
    }

    /// Takes the arguments of the specification and appends the result, for a function of `C`'s kind.
    ///
    /// # Errors
    /// [`Fault`] if an argument is not there, or the text that it points to.
    pub fn render<C: Character>(&self, arguments: &mut Arguments, out: &mut Vec<u8>) -> Result<(), Fault> {
        let mut left = self.left;
        let mut resolve = |extent: Option<Extent>| match extent {
            None => Ok(None),
            Some(Extent::Given(value)) => Ok(Some(value as i64)),
            Some(Extent::Argument) => Ok(Some(i64::from(arguments.next()? as i32))),
        };
        let width = resolve(self.width)?.unwrap_or(0);
        left |= width < 0;
        let precision = resolve(self.precision)?.and_then(|precision| usize::try_from(precision).ok());
        let (sign, body) = self.body::<C>(arguments.next()?, precision)?;
        let length = sign.len() + String::from_utf8_lossy(&body).chars().count();
        let pad = (width.unsigned_abs() as usize).min(EXTENT_MAX).saturating_sub(length);
        let pad_zero = self.zero && !left;
        if !left && !pad_zero {
            out.resize(out.len() + pad, b' ');
        }
        out.extend_from_slice(sign.as_bytes());
        if pad_zero {
            out.resize(out.len() + pad, b'0');
        }
        out.extend_from_slice(&body);
        if left {
            out.resize(out.len() + pad, b' ');
        }
        Ok(())
    }

    /// The sign or prefix, and the rest.
    fn body<C: Character>(
        &self,
        word: usize,
        precision: Option<usize>,
    ) -> Result<(&'static str, Vec<u8>), Fault> {
        let digits = |text: String| {
            let zeros = precision.unwrap_or(1).min(EXTENT_MAX).saturating_sub(text.len());
            ["0".repeat(zeros), text].concat().into_bytes()
        };
        let unsigned = match self.size {
            Size::Wide => word as u64,
            Size::Short => u64::from(word as u16),
            Size::Usual | Size::Long => u64::from(word as u32),
        };
        Ok(match self.kind {
            b'd' | b'i' => {
                let value = match self.size {
                    Size::Wide => word as i64,
                    Size::Short => i64::from(word as i16),
                    Size::Usual | Size::Long => i64::from(word as i32),
                };
                let sign = if value < 0 {
                    "-"
                } else if self.plus {
                    "+"
                } else {
                    ""
                };
                (sign, digits(value.unsigned_abs().to_string()))
            }
            b'u' => ("", digits(unsigned.to_string())),
            b'x' => (if self.alternate { "0x" } else { "" }, digits(format!("{unsigned:x}"))),
            b'X' => (if self.alternate { "0X" } else { "" }, digits(format!("{unsigned:X}"))),
            b'p' => ("", format!("{word:016X}").into_bytes()),
            b'c' | b'C' if self.wide::<C>() => ("", WCHAR::decode(&[word as WCHAR])),
            b'c' | b'C' => ("", vec![word as u8]),
            _ if word == 0 => ("", b"(null)".to_vec()),
            _ => {
                let length_max = precision.unwrap_or(usize::MAX);
                let text = if self.wide::<C>() {
                    WCHAR::decode(&bounded(word, length_max)?)
                } else {
                    c_char::decode(&bounded(word, length_max)?)
                };
                ("", text)
            }
        })
    }

    /// Whether text is wide: as the function is, unless the specification says otherwise.
    fn wide<C: Character>(&self) -> bool {
        let function_wide = size_of::<C>() == size_of::<WCHAR>();
        match self.size {
            Size::Short => false,
            Size::Long => true,
            Size::Usual | Size::Wide => function_wide != self.kind.is_ascii_uppercase(),
        }
    }
}

/// The units of a string among the arguments, which ends at its NUL or after `length_max`.
fn bounded<C: Unit + Plain + Default>(string: usize, length_max: usize) -> Result<Vec<C>, Fault> {
    // SAFETY: the promise of an `In` is no more than that C means the address, as it does by its format.
    unsafe { In::<C>::from_c(string as *const C) }.string(length_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(specification: &str, words: &[usize]) -> String {
        let (conversion, length) = Conversion::parse(specification.as_bytes()).unwrap();
        assert_eq!(length, specification.len());
        let mut out = Vec::new();
        conversion.render::<c_char>(&mut Arguments::Words(words), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_as_wide_as_they_say() {
        assert_eq!(rendered("d", &[0xFFFF_FFFF]), "-1");
        assert_eq!(rendered("I64d", &[0xFFFF_FFFF]), "4294967295");
        assert_eq!(rendered("lu", &[usize::MAX]), "4294967295", "long is 32 bits on Windows");
        assert_eq!(rendered("hu", &[0x1_0002]), "2");
        assert_eq!(rendered("08X", &[0xC0DE]), "0000C0DE");
        assert_eq!(rendered("#x", &[255]), "0xff");
        assert_eq!(rendered("-5d", &[42]), "42   ");
        assert_eq!(rendered("05d", &[-42i64 as usize]), "-0042");
        assert_eq!(rendered(".3u", &[7]), "007");
    }

    #[test]
    fn text_is_cut_at_its_precision_and_padded_to_its_width() {
        let word = c"hello".as_ptr() as usize;
        assert_eq!(rendered("7.3s", &[word]), "    hel");
        assert_eq!(rendered("*.*s", &[7, 2, word]), "     he");
        assert_eq!(rendered("s", &[0]), "(null)");
        let wide = WCHAR::encode("wörld\0".as_bytes());
        assert_eq!(rendered("ls", &[wide.as_ptr() as usize]), "wörld");
        assert_eq!(rendered("S", &[wide.as_ptr() as usize]), "wörld");
    }

    #[test]
    fn a_text_that_is_not_there_is_an_error() {
        let render = |specification: &str, words: &[usize]| {
            let (conversion, _) = Conversion::parse(specification.as_bytes()).unwrap();
            conversion.render::<c_char>(&mut Arguments::Words(words), &mut Vec::new())
        };
        for specification in ["s", "ls", ".3s"] {
            assert_eq!(render(specification, &[8]), Err(Fault::Access));
        }
        assert_eq!(render(".0s", &[8]), Ok(()), "nothing is read");
        assert_eq!(render("*d", &[1]), Err(Fault::Access), "an argument is missing");
    }

    #[test]
    fn what_is_no_specification_is_not_taken_for_one() {
        assert_eq!(Conversion::parse(b"y"), None);
        assert_eq!(Conversion::parse(b"-08"), None);
        assert_eq!(Conversion::parse(b""), None);
    }
}
