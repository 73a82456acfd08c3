//! Writing response heads, and the short pages that explain an error.

use super::conditional::http_date;
use super::{Refusal, Status};

/// What a response says about the connection it travels on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Persistence {
    /// HTTP/1.1 stays open without a word.
    Implied,
    /// HTTP/1.0 stays open only when told.
    KeepAlive,
    Close,
}

/// A response head. Fields that are `None` are left out.
#[derive(Clone, Debug)]
pub struct Head<'a> {
    pub status: Status,
    pub date_second: u64,
    pub persistence: Persistence,
    pub content_length: Option<u64>,
    pub content_type: Option<&'a str>,
    pub etag: Option<&'a str>,
    pub modified_second: Option<u64>,
    pub content_range: Option<String>,
    pub location: Option<&'a str>,
    pub allow: Option<&'a str>,
    pub accept_ranges: bool,
}

impl<'a> Head<'a> {
    pub fn new(status: Status, date_second: u64, persistence: Persistence) -> Self {
        Head {
            status,
            date_second,
            persistence,
            content_length: None,
            content_type: None,
            etag: None,
            modified_second: None,
            content_range: None,
            location: None,
            allow: None,
            accept_ranges: false,
        }
    }

    /// Appends the head with its closing empty line.
    pub fn write(&self, out: &mut Vec<u8>) {
        let Status(code, phrase) = self.status;
        text(out, &["HTTP/1.1 ", &code.to_string(), " ", phrase, "\r\nServer: longshore\r\n"]);
        field(out, "Date", &http_date(self.date_second).to_string());
        if let Some(length) = self.content_length {
            field(out, "Content-Length", &length.to_string());
        }
        if let Some(kind) = self.content_type {
            field(out, "Content-Type", kind);
        }
        if let Some(etag) = self.etag {
            field(out, "ETag", etag);
        }
        // A modification in the future must not be claimed (RFC 9110 8.8.2.1).
        if let Some(second) = self.modified_second.filter(|&second| second <= self.date_second) {
            field(out, "Last-Modified", &http_date(second).to_string());
        }
        if let Some(range) = &self.content_range {
            field(out, "Content-Range", range);
        }
        if let Some(location) = self.location {
            field(out, "Location", location);
        }
        if let Some(allow) = self.allow {
            field(out, "Allow", allow);
        }
        if self.accept_ranges {
            field(out, "Accept-Ranges", "bytes");
        }
        match self.persistence {
            Persistence::Implied => {}
            Persistence::KeepAlive => field(out, "Connection", "keep-alive"),
            Persistence::Close => field(out, "Connection", "close"),
        }
        out.extend_from_slice(b"\r\n");
    }
}

fn field(out: &mut Vec<u8>, name: &str, value: &str) {
    text(out, &[name, ": ", value, "\r\n"]);
}

fn text(out: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        out.extend_from_slice(part.as_bytes());
    }
}

/// What the pages made here are.
pub const PAGE_TYPE: &str = "text/html; charset=utf-8";

/// A whole response with a small page as its body; `with_body` is false in answer to HEAD.
pub fn write_page(out: &mut Vec<u8>, mut head: Head, page: &str, with_body: bool) {
    head.content_type = Some(PAGE_TYPE);
    head.content_length = Some(page.len() as u64);
    head.write(out);
    if with_body {
        out.extend_from_slice(page.as_bytes());
    }
}

/// The page for an error: what it is called and what was wrong.
pub fn error_page(refusal: &Refusal) -> String {
    let Status(code, phrase) = refusal.status;
    format!(
        "<!doctype html>\n<title>{code} {phrase}</title>\n<h1>{code} {phrase}</h1>\n<p>{}</p>\n",
        refusal.reason
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(head: &Head) -> String {
        let mut out = Vec::new();
        head.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_head_has_the_fields_it_was_given_and_no_others() {
        let mut head = Head::new(Status::OK, 784_111_777, Persistence::Implied);
        assert_eq!(
            written(&head),
            "HTTP/1.1 200 OK\r\nServer: longshore\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n"
        );
        head.content_length = Some(5);
        head.etag = Some("\"x\"");
        head.modified_second = Some(784_111_776);
        head.accept_ranges = true;
        head.persistence = Persistence::Close;
        let text = written(&head);
        for line in [
            "Content-Length: 5\r\n",
            "ETag: \"x\"\r\n",
            "Last-Modified: Sun, 06 Nov 1994 08:49:36 GMT\r\n",
            "Accept-Ranges: bytes\r\n",
            "Connection: close\r\n",
        ] {
            assert!(text.contains(line), "{line:?} in {text:?}");
        }
        assert!(text.ends_with("\r\n\r\n"));
    }

    #[test]
    fn a_modification_in_the_future_is_not_claimed() {
        let mut head = Head::new(Status::OK, 784_111_777, Persistence::Implied);
        head.modified_second = Some(784_111_778);
        assert!(!written(&head).contains("Last-Modified"));
    }

    #[test]
    fn a_page_tells_its_length_even_without_its_body() {
        let refusal = Refusal::new(Status::NOT_FOUND, "There is nothing of that name.");
        let page = error_page(&refusal);
        let head = Head::new(refusal.status, 0, Persistence::KeepAlive);
        let (mut with, mut without) = (Vec::new(), Vec::new());
        write_page(&mut with, head.clone(), &page, true);
        write_page(&mut without, head, &page, false);
        assert_eq!(with, [&without[..], page.as_bytes()].concat());
        let text = String::from_utf8(without).unwrap();
        assert!(text.contains(&format!("Content-Length: {}\r\n", page.len())));
        assert!(text.contains("Connection: keep-alive\r\n"));
    }
}
