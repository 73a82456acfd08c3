//! The parts of HTTP/1.1 a static file server needs, as pure functions over bytes.
//!
//! Nothing here touches a socket, a file or a clock, so everything here is tested without them.
//! The numbers in the comments are RFC 9110 (semantics) and RFC 9112 (HTTP/1.1).

pub mod conditional;
pub mod content_type;
pub mod listing;
pub mod path;
pub mod range;
pub mod request;
pub mod response;

/// A status code with its customary phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16, pub &'static str);

impl Status {
    pub const OK: Status = Status(200, "OK");
    pub const PARTIAL_CONTENT: Status = Status(206, "Partial Content");
    pub const MOVED_PERMANENTLY: Status = Status(301, "Moved Permanently");
    pub const NOT_MODIFIED: Status = Status(304, "Not Modified");
    pub const BAD_REQUEST: Status = Status(400, "Bad Request");
    pub const FORBIDDEN: Status = Status(403, "Forbidden");
    pub const NOT_FOUND: Status = Status(404, "Not Found");
    pub const METHOD_NOT_ALLOWED: Status = Status(405, "Method Not Allowed");
    pub const REQUEST_TIMEOUT: Status = Status(408, "Request Timeout");
    pub const LENGTH_REQUIRED: Status = Status(411, "Length Required");
    pub const PRECONDITION_FAILED: Status = Status(412, "Precondition Failed");
    pub const CONTENT_TOO_LARGE: Status = Status(413, "Content Too Large");
    pub const URI_TOO_LONG: Status = Status(414, "URI Too Long");
    pub const RANGE_NOT_SATISFIABLE: Status = Status(416, "Range Not Satisfiable");
    pub const EXPECTATION_FAILED: Status = Status(417, "Expectation Failed");
    pub const HEADER_FIELDS_TOO_LARGE: Status = Status(431, "Request Header Fields Too Large");
    pub const INTERNAL_SERVER_ERROR: Status = Status(500, "Internal Server Error");
    pub const SERVICE_UNAVAILABLE: Status = Status(503, "Service Unavailable");
    pub const VERSION_NOT_SUPPORTED: Status = Status(505, "HTTP Version Not Supported");
}

/// A request that gets an error instead of a file, with a sentence for the person who sent it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: Status,
    pub reason: &'static str,
}

impl Refusal {
    pub const fn new(status: Status, reason: &'static str) -> Self {
        Refusal { status, reason }
    }
}
