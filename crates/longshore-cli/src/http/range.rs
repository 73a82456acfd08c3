//! Byte ranges (RFC 9110 section 14).
//!
//! One range is answered with 206. A request for several ranges is answered with the whole file:
//! 14.2 lets a server ignore `Range`, a 206 with fewer ranges than asked for would need the client
//! to ask again, and `multipart/byteranges` invites requests that cost far more than they carry.

use std::ops::Range;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// No usable range: answer 200 with everything.
    Whole,
    /// Answer 206 with these bytes; never empty, always within the length.
    Part(Range<u64>),
    /// Answer 416.
    Unsatisfiable,
}

/// What a `Range` field selects of a representation of `length` bytes.
///
/// A field that does not follow the grammar, and a unit other than bytes, is ignored (14.2).
pub fn select(field: &[u8], length: u64) -> Selection {
    match parse_single(field) {
        None => Selection::Whole,
        Some(Spec::From { first, last }) if first < length => {
            Selection::Part(first..last.saturating_add(1).min(length))
        }
        Some(Spec::Suffix(count)) if count > 0 => match length {
            // A suffix of an empty file is satisfiable, but Content-Range cannot express it.
            0 => Selection::Whole,
            length => Selection::Part(length - count.min(length)..length),
        },
        Some(_) => Selection::Unsatisfiable,
    }
}

enum Spec {
    From { first: u64, last: u64 },
    Suffix(u64),
}

fn parse_single(field: &[u8]) -> Option<Spec> {
    let equals = field.iter().position(|&byte| byte == b'=')?;
    if !field[..equals].eq_ignore_ascii_case(b"bytes") {
        return None;
    }
    // The list grammar allows empty members around the one that counts (5.6.1.2).
    let mut members = field[equals + 1..]
        .split(|&byte| byte == b',')
        .map(<[u8]>::trim_ascii)
        .filter(|member| !member.is_empty());
    let member = members.next()?;
    if members.next().is_some() {
        return None;
    }
    let dash = member.iter().position(|&byte| byte == b'-')?;
    let (first, last) = (&member[..dash], &member[dash + 1..]);
    match (first, last) {
        (b"", suffix) => Some(Spec::Suffix(number(suffix)?)),
        (first, b"") => Some(Spec::From { first: number(first)?, last: u64::MAX }),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Spec::From { first, last })
        }
    }
}

/// Digits only; a number too large for any file is as good as the largest one.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, &digit| {
        let digit = char::from(digit).to_digit(10)?;
        Some(value.saturating_mul(10).saturating_add(u64::from(digit)))
    })
}

#[cfg(test)]
mod tests {
    use super::Selection::*;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_range_selects_a_part() {
        assert_eq!(select(b"bytes=0-0", 10), Part(0..1));
        assert_eq!(select(b"bytes=2-5", 10), Part(2..6));
        assert_eq!(select(b"bytes=9-", 10), Part(9..10));
        assert_eq!(select(b"bytes=5-99999999999999999999999", 10), Part(5..10));
        assert_eq!(select(b"bytes=-3", 10), Part(7..10));
        assert_eq!(select(b"bytes=-99", 10), Part(0..10));
        assert_eq!(select(b"Bytes= , 1-2 ,", 10), Part(1..3));
    }

    #[test]
    fn a_range_beyond_the_end_is_unsatisfiable() {
        for field in ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(select(field.as_bytes(), 10), Unsatisfiable, "{field}");
        }
        assert_eq!(select(b"bytes=0-", 0), Unsatisfiable);
        assert_eq!(select(b"bytes=-5", 0), Whole);
    }

    #[test]
    fn what_is_not_one_byte_range_is_ignored() {
        for field in [
            "",
            "bytes",
            "bytes=",
            "bytes=,",
            "bytes=-",
            "bytes=a-b",
            "bytes=5-2",
            "bytes=1-2,4-5",
            "lines=1-2",
            "bytes 1-2",
            "bytes=1",
            "bytes=+1-2",
            "bytes=1--2",
            "bytes=0x1-2",
            "bytes=1 - 2",
        ] {
            assert_eq!(select(field.as_bytes(), 10), Whole, "{field}");
        }
    }

    proptest! {
        #[test]
        fn a_part_is_never_empty_and_never_past_the_end(field in "(bytes=)?[0-9,\\- ]{0,24}", length: u64) {
            if let Part(range) = select(field.as_bytes(), length) {
                prop_assert!(range.start < range.end && range.end <= length);
            }
        }

        #[test]
        fn first_and_last_select_what_they_say(length in 1u64.., first: u64, last: u64) {
            let selection = select(format!("bytes={first}-{last}").as_bytes(), length);
            if first > last {
                prop_assert_eq!(selection, Whole);
            } else if first >= length {
                prop_assert_eq!(selection, Unsatisfiable);
            } else {
                let end = (u128::from(last) + 1).min(u128::from(length)) as u64;
                prop_assert_eq!(selection, Part(first..end));
            }
        }

        #[test]
        fn a_suffix_selects_the_end(length in 1u64.., count in 1u64..) {
            let start = length.saturating_sub(count);
            prop_assert_eq!(select(format!("bytes=-{count}").as_bytes(), length), Part(start..length));
        }

        #[test]
        fn any_bytes_are_taken_without_panic(field: Vec<u8>, length: u64) {
            select(&field, length);
        }
    }
}
