//! From a request target to a path below the served directory, and back to a link.
//!
//! This is the first of two fences. Here every spelling that could name something outside (`..`,
//! an encoded slash, a NUL, a backslash) is refused before the file system sees it; the second
//! fence is the kernel's (`serve::files`), which also holds against symbolic links.

use std::borrow::Cow;

use super::{Refusal, Status};

/// A place below the served directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Segments joined by single slashes; no leading slash, no `.` or `..`. Empty for the root.
    pub path: Vec<u8>,
    /// The target ended in a slash, so that it can only mean a directory.
    pub directory: bool,
}

/// Cuts the query off and reduces the absolute form (`http://host/path`, which RFC 9112 3.2.2
/// obliges a server to accept) to its path.
pub fn target_path(target: &str) -> Result<&str, Refusal> {
    let path = match target.as_bytes().first() {
        Some(b'/') => target,
        _ => absolute_form_path(target).ok_or(Refusal::new(
            Status::BAD_REQUEST,
            "The request target must be a path that begins with a slash.",
        ))?,
    };
    let end = path.find(['?', '#']).unwrap_or(path.len());
    let path = &path[..end];
    Ok(if path.is_empty() { "/" } else { path })
}

fn absolute_form_path(target: &str) -> Option<&str> {
    let colon = target.find("://")?;
    let scheme = &target[..colon];
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let rest = &target[colon + 3..];
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    (authority_end > 0).then(|| &rest[authority_end..])
}

/// Decodes the path of a request target (see [`target_path`]).
pub fn decode(path: &str) -> Result<Place, Refusal> {
    let refuse = |reason| Err(Refusal::new(Status::BAD_REQUEST, reason));
    let mut decoded = Vec::with_capacity(path.len());
    let mut directory = true;
    for segment in path.as_bytes().split(|&byte| byte == b'/') {
        let segment_start = decoded.len();
        if segment_start > 0 && !segment.is_empty() {
            decoded.push(b'/');
        }
        let name_start = decoded.len();
        let mut bytes = segment.iter();
        while let Some(&byte) = bytes.next() {
            let byte = match byte {
                b'%' => match (hex(bytes.next()), hex(bytes.next())) {
                    (Some(high), Some(low)) => match high << 4 | low {
                        b'/' => return refuse("An encoded slash (%2F) cannot be part of a name."),
                        byte => byte,
                    },
                    _ => {
                        return refuse("A percent sign must be followed by two hexadecimal digits.");
                    }
                },
                byte => byte,
            };
            match byte {
                0 => return refuse("A name cannot contain a NUL byte."),
                b'\\' => return refuse("A backslash cannot be part of a name here."),
                byte => decoded.push(byte),
            }
        }
        match &decoded[name_start..] {
            b".." => return refuse("A path cannot contain a \"..\" segment."),
            // `a//b` and `a/./b` mean `a/b`, as the file system has it.
            b"" | b"." => {
                decoded.truncate(segment_start);
                directory = true;
            }
            _ => directory = false,
        }
    }
    Ok(Place { path: decoded, directory })
}

/// The path of a target in the one spelling all others of it come down to: what [`decode`] makes of it, with
/// a slash at the end where only a directory is meant. Costs nothing where there is nothing to decode.
///
/// # Errors
/// As [`decode`].
pub fn canonical(path: &str) -> Result<Cow<'_, [u8]>, Refusal> {
    let bytes = path.as_bytes();
    let plain = bytes.windows(2).all(|pair| pair[0] != b'/' || (pair[1] != b'/' && pair[1] != b'.'))
        && !bytes.iter().any(|byte| matches!(byte, b'%' | b'\\' | 0));
    if plain && let Some(rest) = bytes.strip_prefix(b"/") {
        return Ok(Cow::Borrowed(rest));
    }
    let Place { mut path, directory } = decode(path)?;
    if directory && !path.is_empty() {
        path.push(b'/');
    }
    Ok(Cow::Owned(path))
}

/// Whether a path names something that is kept out of sight: a file or a directory whose name begins with a
/// dot. The place for what the web itself asks for (RFC 8615) is no such thing.
pub fn is_hidden(path: &[u8]) -> bool {
    let mut segments = path.split(|&byte| byte == b'/');
    let first = segments.next().unwrap_or_default();
    (first.starts_with(b".") && first != b".well-known") || segments.any(|segment| segment.starts_with(b"."))
}

fn hex(digit: Option<&u8>) -> Option<u8> {
    char::from(*digit?).to_digit(16).map(|value| value as u8)
}

/// Percent-encodes a path for a link or a `Location`; slashes stay.
pub fn encode(path: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut encoded = String::with_capacity(path.len());
    for &byte in path {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.push(char::from(DIGITS[usize::from(byte >> 4)]));
            encoded.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decoded(path: &str) -> (Vec<u8>, bool) {
        let place = decode(path).unwrap();
        (place.path, place.directory)
    }

    #[test]
    fn plain_paths_become_relative() {
        assert_eq!(decoded("/"), (b"".to_vec(), true));
        assert_eq!(decoded("/a"), (b"a".to_vec(), false));
        assert_eq!(decoded("/a/b.txt"), (b"a/b.txt".to_vec(), false));
        assert_eq!(decoded("/a/b/"), (b"a/b".to_vec(), true));
    }

    #[test]
    fn percent_encoding_is_decoded_once() {
        assert_eq!(decoded("/a%20b"), (b"a b".to_vec(), false));
        assert_eq!(decoded("/%41"), (b"A".to_vec(), false));
        assert_eq!(decoded("/%252e%252e"), (b"%2e%2e".to_vec(), false));
        assert_eq!(decoded("/%FF%c3%a9"), (b"\xff\xc3\xa9".to_vec(), false));
    }

    #[test]
    fn empty_and_dot_segments_vanish() {
        assert_eq!(decoded("//etc//passwd"), (b"etc/passwd".to_vec(), false));
        assert_eq!(decoded("/./a/./b/."), (b"a/b".to_vec(), true));
        assert_eq!(decoded("/a/%2e"), (b"a".to_vec(), true));
        assert_eq!(decoded("/..."), (b"...".to_vec(), false));
        assert_eq!(decoded("/.hidden"), (b".hidden".to_vec(), false));
    }

    #[test]
    fn every_way_out_is_refused() {
        for path in [
            "/..",
            "/../x",
            "/a/../b",
            "/a/..",
            "/%2e%2e/x",
            "/.%2E",
            "/a%2fb",
            "/a%2Fb",
            "/%2f",
            "/a%00",
            "/a\\b",
            "/a%5cb",
            "/..%5c..",
            "/%",
            "/%4",
            "/%zz",
            "/%%41",
            "/%2",
        ] {
            assert_eq!(decode(path).unwrap_err().status, Status::BAD_REQUEST, "{path}");
        }
    }

    #[test]
    fn query_and_absolute_form_are_reduced_to_the_path() {
        assert_eq!(target_path("/a?b=/../c").unwrap(), "/a");
        assert_eq!(target_path("/?").unwrap(), "/");
        assert_eq!(target_path("http://example.org/a?x").unwrap(), "/a");
        assert_eq!(target_path("HTTP://example.org").unwrap(), "/");
        assert_eq!(target_path("https://example.org?x").unwrap(), "/");
        for target in ["*", "", "a/b", "example.org:443", "ftp://a/b", "http:///etc"] {
            assert!(target_path(target).is_err(), "{target}");
        }
    }

    #[test]
    fn all_spellings_of_a_path_come_down_to_one() {
        for (path, expected) in [
            ("/", ""),
            ("/a", "a"),
            ("/a/", "a/"),
            ("//a/./b", "a/b"),
            ("/./././a", "a"),
            ("/%61/b", "a/b"),
            ("/a/.", "a/"),
            ("/a//", "a/"),
            ("/.", ""),
            ("/a.b/c..d", "a.b/c..d"),
            ("/.git/x", ".git/x"),
        ] {
            assert_eq!(canonical(path).unwrap(), expected.as_bytes(), "{path}");
        }
        for path in ["/a/../b", "/%2e%2e", "/a%2fb", "/a%00", "/a\\b", "/%"] {
            assert!(canonical(path).is_err(), "{path}");
        }
    }

    #[test]
    fn names_with_a_dot_in_front_are_hidden_at_any_depth() {
        for path in [".git", ".git/config", "a/.env", "a/.b/c", ".well-known/.x", "a/.well-known"] {
            assert!(is_hidden(path.as_bytes()), "{path}");
        }
        for path in ["", "a", "a.b/c.", ".well-known", ".well-known/acme-challenge/x"] {
            assert!(!is_hidden(path.as_bytes()), "{path}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_spelling_is_its_own(path in "/[a-b./%12]{0,16}") {
            if let Ok(first) = canonical(&path) {
                let again = format!("/{}", encode(&first));
                prop_assert_eq!(canonical(&again).unwrap().into_owned(), first.into_owned());
            }
        }

        #[test]
        fn nothing_decoded_can_leave_the_directory(
            segments in prop::collection::vec("(a|\\.|%2e|%2E){0,3}|[ -~]{0,3}|%2F|%5c|%00|\\\\", 0..5),
        ) {
            let path = format!("/{}", segments.join("/"));
            if let Ok(place) = decode(&path) {
                prop_assert!(!place.path.starts_with(b"/"));
                prop_assert!(!place.path.contains(&0) && !place.path.contains(&b'\\'));
                if !place.path.is_empty() {
                    for segment in place.path.split(|&byte| byte == b'/') {
                        prop_assert!(!segment.is_empty() && segment != b"." && segment != b"..");
                    }
                }
            }
        }

        #[test]
        fn what_is_encoded_decodes_to_itself(names in prop::collection::vec("[^/\\\\\0]{1,12}", 1..5)) {
            prop_assume!(names.iter().all(|name| name != "." && name != ".."));
            let path = names.join("/").into_bytes();
            let place = decode(&format!("/{}", encode(&path))).unwrap();
            prop_assert_eq!(place, Place { path, directory: false });
        }
    }
}
