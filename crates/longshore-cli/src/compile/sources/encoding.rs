//! The encoding of a source file, and its text as UTF-8.
//!
//! gcc reads UTF-8, with or without a byte order mark. Visual Studio also writes UTF-16 and the code page of
//! the author's machine; gcc fails on the first, and on the second wherever a wide literal has to be
//! understood or a comment ends in a double-byte character whose second byte is a backslash.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// How much of a file is looked at to tell which code page it uses: it costs time
/// per byte, and a comment is enough.
const SAMPLE_BYTES_MAX: usize = 64 * 1024;

/// A file's text as UTF-8, and whether that differs from its bytes.
///
/// What is not valid UTF-8 is read as `charset` if one is given, else as the code page that fits the text
/// best. A byte without a meaning in that code page becomes U+FFFD.
pub fn utf8<'a>(bytes: &'a [u8], charset: Option<&'static Encoding>) -> (Cow<'a, [u8]>, bool) {
    let encoding = match Encoding::for_bom(bytes) {
        Some((encoding, _)) if encoding == UTF_8 => return (Cow::Borrowed(bytes), false),
        Some((encoding, _)) => encoding,
        None if std::str::from_utf8(bytes).is_ok() && !looks_like_utf16(bytes) => {
            return (Cow::Borrowed(bytes), false);
        }
        None => charset.unwrap_or_else(|| guess(bytes)),
    };
    let (text, _, _) = encoding.decode(bytes);
    (Cow::Owned(text.into_owned().into_bytes()), true)
}

/// UTF-16 of mostly ASCII text has a zero in every other byte; no other source has one at all.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    utf16_without_mark(bytes).is_some()
}

fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = &bytes[..bytes.len().min(512)];
    if sample.len() < 4 || !bytes.len().is_multiple_of(2) {
        return None;
    }
    let zeros = |parity: usize| sample.iter().skip(parity).step_by(2).filter(|&&byte| byte == 0).count();
    let half = sample.len() / 2;
    match (zeros(0), zeros(1)) {
        (0, odd) if odd * 4 > half * 3 => Some(UTF_16LE),
        (even, 0) if even * 4 > half * 3 => Some(UTF_16BE),
        _ => None,
    }
}

fn guess(bytes: &[u8]) -> &'static Encoding {
    if let Some(encoding) = utf16_without_mark(bytes) {
        return encoding;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    // Only lines with something to tell: a licence in ASCII must not use up the sample.
    let mut left = SAMPLE_BYTES_MAX;
    for line in bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| !line.is_ascii()) {
        detector.feed(&line[..line.len().min(left)], false);
        left = left.saturating_sub(line.len());
        if left == 0 {
            break;
        }
    }
    detector.feed(b"", true);
    detector.guess(None, chardetng::Utf8Detection::Deny)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::command_line::code_page::named;

    fn recoded(bytes: &[u8]) -> (String, bool) {
        let (text, changed) = utf8(bytes, None);
        (String::from_utf8(text.into_owned()).unwrap(), changed)
    }

    #[test]
    fn utf8_is_left_alone_with_and_without_a_mark() {
        for source in ["int a;\n", "// \u{d55c}\u{ae00}\n", "\u{feff}int a;\n"] {
            assert_eq!(recoded(source.as_bytes()), (source.to_owned(), false));
        }
    }

    #[test]
    fn utf16_is_recognised_with_and_without_a_mark() {
        let source = "#include <stdio.h>\r\nint main() { return 0; } // \u{4f60}\r\n";
        let little: Vec<u8> = source.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = source.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(recoded(&[b"\xFF\xFE", &little[..]].concat()), (source.to_owned(), true));
        assert_eq!(recoded(&[b"\xFE\xFF", &big[..]].concat()), (source.to_owned(), true));
        assert_eq!(recoded(&little), (source.to_owned(), true));
        assert_eq!(recoded(&big), (source.to_owned(), true));
    }

    #[test]
    fn the_code_page_is_told_from_the_text() {
        let korean = "// \u{c11c}\u{bc84}\u{b97c} \u{c2dc}\u{c791}\u{d569}\u{b2c8}\u{b2e4}. \u{c811}\u{c18d} \u{b300}\u{ae30} \u{c911}\n";
        let chinese = "// \u{670d}\u{52a1}\u{5668}\u{542f}\u{52a8}\u{ff0c}\u{7b49}\u{5f85}\u{5ba2}\u{6237}\u{7aef}\u{8fde}\u{63a5}\u{ff0c}\u{5b8c}\u{6210}\u{7aef}\u{53e3}\n";
        for (label, source) in [("cp949", korean), ("gbk", chinese)] {
            let (bytes, _, lost) = named(label).unwrap().encode(source);
            assert!(!lost);
            assert_eq!(recoded(&bytes), (source.to_owned(), true), "{label}");
        }
    }

    #[test]
    fn a_charset_that_is_named_is_used() {
        let (text, changed) = utf8(b"\x83\x5c\n", named("932"));
        assert_eq!((&*text, changed), ("\u{30bd}\n".as_bytes(), true));
    }
}
