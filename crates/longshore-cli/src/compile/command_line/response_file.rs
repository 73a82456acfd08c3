//! `@file`: arguments from a file, read the way gcc reads them.
//!
//! They are put in place here rather than passed on, because sources and include
//! directories may be among them.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// A file may name another one, but not without end.
const DEPTH_MAX: usize = 16;

pub fn expand(arguments: Vec<OsString>) -> Vec<OsString> {
    let mut expanded = Vec::with_capacity(arguments.len());
    for argument in arguments {
        expand_into(&mut expanded, argument, 0);
    }
    expanded
}

fn expand_into(expanded: &mut Vec<OsString>, argument: OsString, depth: usize) {
    let content = match argument.as_bytes() {
        [b'@', path @ ..] if depth < DEPTH_MAX => fs::read(OsString::from_vec(path.to_vec())).ok(),
        _ => None,
    };
    match content {
        // As gcc does: what cannot be read is an argument like any other.
        None => expanded.push(argument),
        Some(content) => {
            for argument in split(&content) {
                expand_into(expanded, argument, depth + 1);
            }
        }
    }
}

/// White space separates; quotes of both kinds and backslashes keep it.
fn split(content: &[u8]) -> Vec<OsString> {
    let mut arguments = Vec::new();
    let mut current: Option<Vec<u8>> = None;
    let mut quote: Option<u8> = None;
    let mut bytes = content.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\\', _) => current.get_or_insert_default().extend(bytes.next()),
            (b'"' | b'\'', None) => {
                quote = Some(byte);
                current.get_or_insert_default();
            }
            (_, Some(closing)) if byte == closing => quote = None,
            (_, None) if byte.is_ascii_whitespace() => arguments.extend(current.take()),
            _ => current.get_or_insert_default().push(byte),
        }
    }
    arguments.extend(current);
    arguments.into_iter().map(OsString::from_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_keep_blanks() {
        assert_eq!(
            split(b"-Ia 'b c'\n\"d \\\"e\" f\\ g \"\""),
            ["-Ia", "b c", "d \"e", "f g", ""].map(OsString::from)
        );
    }

    #[test]
    fn a_file_is_put_in_place_and_a_missing_one_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x.rsp");
        fs::write(&path, "b c").unwrap();
        let named = OsString::from(format!("@{}", path.display()));
        assert_eq!(expand(vec!["a".into(), named, "@/no/such".into()]), ["a", "b", "c", "@/no/such"]);
    }
}
