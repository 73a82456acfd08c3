//! Reading one request head from the bytes received so far.

use std::borrow::Cow;
use std::mem::MaybeUninit;

use super::conditional::Conditions;
use super::path::target_path;
use super::{Refusal, Status};

/// The most a request line with its header fields may take, and the number of fields.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
const FIELDS_MAX: usize = 100;
/// A body means nothing to a file server; up to this much is read and thrown away, more is refused.
pub const BODY_BYTES_MAX: u64 = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Head,
    Other,
}

#[derive(Debug)]
pub struct Request<'a> {
    pub method: Method,
    /// The path of the target, still percent-encoded; always begins with a slash.
    pub path: &'a str,
    /// HTTP/1.0 has to be told that a connection stays open, 1.1 that it does not.
    pub version_1_0: bool,
    pub keep_alive: bool,
    /// Bytes of body that follow the head.
    pub body_bytes: u64,
    pub conditions: Conditions<'a>,
    pub range: Option<&'a [u8]>,
}

#[derive(Debug)]
pub enum Parsed<'a> {
    /// A request, and how many bytes its head took.
    Complete(Request<'a>, usize),
    /// More bytes are needed.
    Partial,
    /// The connection is to be closed after this answer: where the next request begins is unknown
    /// or not worth reading up to.
    Refused(Refusal),
}

/// Reads the request that `input` begins with.
pub fn parse(input: &[u8]) -> Parsed<'_> {
    let mut fields = [const { MaybeUninit::uninit() }; FIELDS_MAX];
    let mut head = httparse::Request::new(&mut []);
    match head.parse_with_uninit_headers(input, &mut fields) {
        Ok(httparse::Status::Complete(length)) if length <= HEAD_BYTES_MAX => {
            match interpret(head.method, head.path, head.version, head.headers) {
                Ok(request) => Parsed::Complete(request, length),
                Err(refusal) => Parsed::Refused(refusal),
            }
        }
        Ok(httparse::Status::Partial) if input.len() < HEAD_BYTES_MAX => Parsed::Partial,
        Ok(_) => Parsed::Refused(too_large(input)),
        Err(httparse::Error::Version) => parse_later_version(input),
        Err(error) => Parsed::Refused(malformed(error)),
    }
}

/// Reads a request of a version 1.2 or later, which is to be taken for the latest this server knows (RFC 9110
/// 2.5). There is none yet, so this may be slow.
fn parse_later_version(input: &[u8]) -> Parsed<'_> {
    let refused = || Parsed::Refused(malformed(httparse::Error::Version));
    let line_max = input.len().min(HEAD_BYTES_MAX);
    let Some(end) = input[..line_max].iter().position(|&byte| byte == b'\n') else {
        return if input.len() < HEAD_BYTES_MAX {
            Parsed::Partial
        } else {
            Parsed::Refused(too_large(input))
        };
    };
    let line = input[..end].strip_suffix(b"\r").unwrap_or(&input[..end]);
    let Some((rest, [b'2'..=b'9'])) = line.split_last_chunk::<1>() else { return refused() };
    // The line of the same request as 1.1 has to be a good one.
    let known = [rest, b"1\r\n\r\n"].concat();
    let mut head = httparse::Request::new(&mut []);
    if !rest.ends_with(b" HTTP/1.") || !matches!(head.parse(&known), Ok(status) if status.is_complete()) {
        return refused();
    }
    let mut words = rest.split(|&byte| byte == b' ').filter_map(|word| std::str::from_utf8(word).ok());
    let (method, path) = (words.next(), words.next());
    let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
    match httparse::parse_headers(&input[end + 1..], &mut fields) {
        Ok(httparse::Status::Complete((length, fields))) if end + 1 + length <= HEAD_BYTES_MAX => {
            match interpret(method, path, Some(1), fields) {
                Ok(request) => Parsed::Complete(request, end + 1 + length),
                Err(refusal) => Parsed::Refused(refusal),
            }
        }
        Ok(httparse::Status::Partial) if input.len() < HEAD_BYTES_MAX => Parsed::Partial,
        Ok(_) => Parsed::Refused(too_large(input)),
        Err(error) => Parsed::Refused(malformed(error)),
    }
}

fn too_large(input: &[u8]) -> Refusal {
    if input[..HEAD_BYTES_MAX].contains(&b'\n') {
        Refusal::new(Status::HEADER_FIELDS_TOO_LARGE, "The header fields take more than 16 KiB.")
    } else {
        Refusal::new(Status::URI_TOO_LONG, "The request line takes more than 16 KiB.")
    }
}

fn malformed(error: httparse::Error) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => {
            Refusal::new(Status::HEADER_FIELDS_TOO_LARGE, "There are more than 100 header fields.")
        }
        httparse::Error::Version => {
            Refusal::new(Status::VERSION_NOT_SUPPORTED, "This server speaks HTTP/1.1 and HTTP/1.0.")
        }
        httparse::Error::HeaderName => {
            Refusal::new(Status::BAD_REQUEST, "A header field has a malformed name.")
        }
        httparse::Error::HeaderValue => {
            Refusal::new(Status::BAD_REQUEST, "A header field has a malformed value.")
        }
        _ => Refusal::new(Status::BAD_REQUEST, "This is not an HTTP request."),
    }
}

/// Everything about the fields that is not conditional.
#[derive(Default)]
struct Framing<'a> {
    host: Option<&'a [u8]>,
    content_length: Option<u64>,
    transfer_encoding: bool,
    expects_continue: bool,
    close: bool,
    keep_alive: bool,
}

fn interpret<'a>(
    method: Option<&str>,
    path: Option<&'a str>,
    version: Option<u8>,
    fields: &[httparse::Header<'a>],
) -> Result<Request<'a>, Refusal> {
    let bad = |reason| Refusal::new(Status::BAD_REQUEST, reason);
    let version_1_0 = version == Some(0);
    let mut framing = Framing::default();
    let mut conditions = Conditions::default();
    let mut range = None;
    let (mut hosts, mut ranges) = (0, 0);

    for field in fields {
        let value = field.value.trim_ascii();
        // The length tells nearly all names apart, which spares most comparisons.
        match field.name.len() {
            4 if is(field.name, "host") => {
                framing.host = Some(value);
                hosts += 1;
            }
            5 if is(field.name, "range") => {
                range = Some(value);
                ranges += 1;
            }
            6 if is(field.name, "expect") => {
                if !value.eq_ignore_ascii_case(b"100-continue") {
                    return Err(Refusal::new(
                        Status::EXPECTATION_FAILED,
                        "The only expectation this server knows is 100-continue.",
                    ));
                }
                framing.expects_continue = true;
            }
            8 if is(field.name, "if-match") => append(&mut conditions.if_match, value),
            8 if is(field.name, "if-range") => conditions.if_range = Some(value),
            10 if is(field.name, "connection") => {
                for option in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
                    framing.close |= option.eq_ignore_ascii_case(b"close");
                    framing.keep_alive |= option.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            13 if is(field.name, "if-none-match") => append(&mut conditions.if_none_match, value),
            14 if is(field.name, "content-length") => {
                let length = content_length(value)?;
                if framing.content_length.is_some_and(|earlier| earlier != length) {
                    return Err(bad("There are two Content-Length fields that differ."));
                }
                framing.content_length = Some(length);
            }
            17 if is(field.name, "if-modified-since") => conditions.if_modified_since = Some(value),
            17 if is(field.name, "transfer-encoding") => framing.transfer_encoding = true,
            19 if is(field.name, "if-unmodified-since") => conditions.if_unmodified_since = Some(value),
            _ => {}
        }
    }

    if hosts > 1 {
        return Err(bad("There is more than one Host field."));
    }
    check_host(framing.host, version_1_0)?;
    let body_bytes = body_bytes(&framing, version_1_0)?;
    let keep_alive = !framing.close && (!version_1_0 || framing.keep_alive);
    Ok(Request {
        method: match method {
            Some("GET") => Method::Get,
            Some("HEAD") => Method::Head,
            _ => Method::Other,
        },
        path: target_path(path.unwrap_or_default())?,
        version_1_0,
        // A client that waits for a 100 may send its body or not once it has a final answer
        // (10.1.1), so the next request's beginning is unknown.
        keep_alive: keep_alive && !(framing.expects_continue && body_bytes > 0),
        body_bytes,
        conditions,
        // Range is not a list; several fields say nothing that could be relied on.
        range: range.filter(|_| ranges == 1),
    })
}

fn is(name: &str, expected: &str) -> bool {
    name.eq_ignore_ascii_case(expected)
}

/// Several fields of one list are the same as one field with a comma between (RFC 9110 5.3).
fn append<'a>(list: &mut Option<Cow<'a, [u8]>>, value: &'a [u8]) {
    match list {
        None => *list = Some(Cow::Borrowed(value)),
        Some(earlier) => {
            let joined = earlier.to_mut();
            joined.extend_from_slice(b", ");
            joined.extend_from_slice(value);
        }
    }
}

fn check_host(host: Option<&[u8]>, version_1_0: bool) -> Result<(), Refusal> {
    match host {
        None if version_1_0 => Ok(()),
        None => Err(Refusal::new(Status::BAD_REQUEST, "An HTTP/1.1 request needs a Host field.")),
        Some(host) if host.iter().any(|&byte| byte <= b' ' || b"/\\@,?#<>\"".contains(&byte)) => {
            Err(Refusal::new(Status::BAD_REQUEST, "The Host field does not name a host."))
        }
        Some(_) => Ok(()),
    }
}

/// RFC 9112 section 6. Whatever could be read in two ways is refused: that is how requests are smuggled.
fn body_bytes(framing: &Framing, version_1_0: bool) -> Result<u64, Refusal> {
    if framing.transfer_encoding {
        return Err(if framing.content_length.is_some() || version_1_0 {
            Refusal::new(
                Status::BAD_REQUEST,
                "Transfer-Encoding cannot stand beside Content-Length, nor in HTTP/1.0.",
            )
        } else {
            Refusal::new(
                Status::LENGTH_REQUIRED,
                "A body needs a Content-Length here; chunked is not accepted.",
            )
        });
    }
    match framing.content_length.unwrap_or(0) {
        length if length > BODY_BYTES_MAX => {
            Err(Refusal::new(Status::CONTENT_TOO_LARGE, "This server takes no request body above 64 KiB."))
        }
        length => Ok(length),
    }
}

fn content_length(value: &[u8]) -> Result<u64, Refusal> {
    let malformed = Refusal::new(Status::BAD_REQUEST, "Content-Length is not a number.");
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return Err(malformed);
    }
    let digits = std::str::from_utf8(value).map_err(|_| malformed)?;
    // All digits and yet not a u64: larger than any limit.
    Ok(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn complete(input: &str) -> (Request<'_>, usize) {
        match parse(input.as_bytes()) {
            Parsed::Complete(request, length) => (request, length),
            other => panic!("{other:?} for {input:?}"),
        }
    }

    fn refused(input: &str) -> u16 {
        match parse(input.as_bytes()) {
            Parsed::Refused(refusal) => refusal.status.0,
            other => panic!("{other:?} for {input:?}"),
        }
    }

    #[test]
    fn a_later_version_of_http_1_is_answered_as_1_1() {
        let text = "GET /a HTTP/1.2\r\nHost: x\r\nRange: bytes=0-0\r\n\r\nGET /b";
        let (request, length) = complete(text);
        assert_eq!((request.method, request.path, length), (Method::Get, "/a", text.len() - 6));
        assert!(request.keep_alive && request.range == Some(b"bytes=0-0"));
        for end in 0..length {
            assert!(matches!(parse(&text.as_bytes()[..end]), Parsed::Partial), "{end}");
        }
        for text in ["GET /a HTTP/1.x\r\n\r\n", "GET /a  HTTP/1.2\r\n\r\n", "G\u{e9}T /a HTTP/1.2\r\n\r\n"] {
            assert!(matches!(refused(text), 400 | 505), "{text}");
        }
        assert_eq!(refused("GET /a HTTP/1.2\r\n\r\n"), 400, "the Host is missing");
        assert_eq!(refused("GET / HTTP/3.0\r\n\r\n"), 505);
        assert_eq!(refused("GET / HTTP/1.12\r\n\r\n"), 400);
    }

    #[test]
    fn a_plain_request_is_read_up_to_its_end() {
        let (request, length) = complete("GET /a?q HTTP/1.1\r\nHost: x\r\n\r\nGET /b");
        assert_eq!((request.method, request.path), (Method::Get, "/a"));
        assert_eq!(length, "GET /a?q HTTP/1.1\r\nHost: x\r\n\r\n".len());
        assert!(request.keep_alive && request.conditions.is_empty() && request.range.is_none());
    }

    #[test]
    fn every_proper_prefix_is_partial() {
        let whole = "HEAD / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"a\"\r\n\r\n";
        for end in 0..whole.len() {
            assert!(matches!(parse(&whole.as_bytes()[..end]), Parsed::Partial), "{end}");
        }
        assert_eq!(complete(whole).0.method, Method::Head);
    }

    #[test]
    fn persistence_follows_version_and_connection() {
        for (input, keep_alive) in [
            ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nHost: x\r\nConnection: foo, close\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, close\r\n\r\n", false),
            ("GET / HTTP/1.0\r\n\r\n", false),
            ("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true),
            ("GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n", false),
            ("GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n", true),
        ] {
            assert_eq!(complete(input).0.keep_alive, keep_alive, "{input}");
        }
    }

    #[test]
    fn host_is_needed_once_and_must_be_a_host() {
        assert_eq!(refused("GET / HTTP/1.1\r\n\r\n"), 400);
        assert_eq!(refused("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
        assert_eq!(refused("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), 400);
        assert_eq!(refused("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"), 400);
        complete("GET / HTTP/1.1\r\nHost:\r\n\r\n");
        complete("GET / HTTP/1.1\r\nhOsT: [::1]:8080\r\n\r\n");
    }

    #[test]
    fn bodies_are_bounded_and_unambiguous() {
        let with = |fields: &str| format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
        assert_eq!(complete(&with("Content-Length: 10\r\n")).0.body_bytes, 10);
        assert_eq!(complete(&with("Content-Length: 10\r\nContent-Length: 10\r\n")).0.body_bytes, 10);
        for (fields, status) in [
            ("Content-Length: 10\r\nContent-Length: 11\r\n", 400),
            ("Content-Length: +1\r\n", 400),
            ("Content-Length: \r\n", 400),
            ("Content-Length: 1, 1\r\n", 400),
            ("Content-Length: 99999999999999999999999999\r\n", 413),
            ("Content-Length: 65537\r\n", 413),
            ("Transfer-Encoding: chunked\r\n", 411),
            ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
            ("Expect: 200-ok\r\n", 417),
        ] {
            assert_eq!(refused(&with(fields)), status, "{fields}");
        }
        assert_eq!(refused("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    }

    #[test]
    fn malformed_requests_are_refused() {
        for (input, status) in [
            ("nonsense\r\n\r\n", 400),
            ("GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400),
            ("GET / HTTP/2.0\r\n\r\n", 505),
            ("GET / HTTP/1.1\r\nHost: x\r\nBad Name: y\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 400),
            ("GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        ] {
            assert_eq!(refused(input), status, "{input}");
        }
    }

    #[test]
    fn size_limits_name_what_was_too_large() {
        let long_line = format!("GET /{}", "a".repeat(HEAD_BYTES_MAX));
        assert_eq!(refused(&long_line), 414);
        let long_field = format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}", "a".repeat(HEAD_BYTES_MAX));
        assert_eq!(refused(&long_field), 431);
        let ended = format!("GET / HTTP/1.1\r\nHost: x\r\nA: {}\r\n\r\n", "a".repeat(HEAD_BYTES_MAX));
        assert_eq!(refused(&ended), 431);
        let many = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(FIELDS_MAX));
        assert_eq!(refused(&many), 431);
        let few = format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(FIELDS_MAX - 1));
        complete(&few);
    }

    #[test]
    fn conditions_and_range_are_collected() {
        let (request, _) = complete(
            "GET / HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\nRange: bytes=0-1\r\nIf-Range: \"c\"\r\n\r\n",
        );
        assert_eq!(request.conditions.if_none_match.as_deref(), Some(&b"\"a\", \"b\""[..]));
        assert_eq!(request.conditions.if_range, Some(&b"\"c\""[..]));
        assert_eq!(request.range, Some(&b"bytes=0-1"[..]));
        let (request, _) =
            complete("GET / HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\nRange: bytes=2-3\r\n\r\n");
        assert_eq!(request.range, None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_without_panic(input: Vec<u8>) {
            parse(&input);
        }

        #[test]
        fn a_complete_request_never_claims_more_than_was_received(
            path in "/[a-z/%.]{0,20}", tail in "[ -~\r\n]{0,40}",
        ) {
            let input = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n{tail}");
            if let Parsed::Complete(request, length) = parse(input.as_bytes()) {
                prop_assert_eq!(length, input.len() - tail.len());
                prop_assert_eq!(request.path, path);
            } else {
                prop_assert!(false, "not complete");
            }
        }
    }
}
