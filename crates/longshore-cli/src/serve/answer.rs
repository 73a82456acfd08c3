//! From a request to the bytes of its answer: conditions, ranges, errors.

use super::cache::{Content, Entry, Label};
use super::outgoing::Outgoing;
use super::site::{Found, Site};
use crate::http::conditional::{Verdict, evaluate, range_applies};
use crate::http::range::{Selection, select};
use crate::http::request::{Method, Request};
use crate::http::response::{Head, PAGE_TYPE, Persistence, error_page, write_page};
use crate::http::{Refusal, Status};

/// A request being answered: what every response to it has in common.
struct Exchange<'a> {
    request: &'a Request<'a>,
    persistence: Persistence,
    second: u64,
}

impl Exchange<'_> {
    fn head(&self, status: Status) -> Head<'_> {
        Head::new(status, self.second, self.persistence)
    }

    fn with_body(&self) -> bool {
        self.request.method != Method::Head
    }
}

/// Appends the answer to `request`; `close` says that it is the connection's last.
pub fn answer(site: &Site, request: &Request, close: bool, second: u64, out: &mut Outgoing) {
    let persistence = match (close, request.version_1_0) {
        (true, _) => Persistence::Close,
        (false, true) => Persistence::KeepAlive,
        (false, false) => Persistence::Implied,
    };
    let exchange = Exchange { request, persistence, second };
    if request.method == Method::Other {
        let refusal = Refusal::new(Status::METHOD_NOT_ALLOWED, "Only GET and HEAD are answered here.");
        return refuse(&exchange, &refusal, out);
    }
    match site.find(request.path, second) {
        Ok(Found::Entry(entry)) => send_entry(&exchange, &entry, out),
        Ok(Found::Moved(location)) => {
            let mut head = exchange.head(Status::MOVED_PERMANENTLY);
            head.location = Some(&location);
            let page = error_page(&Refusal::new(Status::MOVED_PERMANENTLY, "This is a directory."));
            write_page(out.buffer(), head, &page, exchange.with_body());
        }
        // To know the length the page would have to be made, and HEAD need not tell it (RFC 9110 9.3.2).
        Ok(Found::Directory(..)) if !exchange.with_body() => {
            let mut head = exchange.head(Status::OK);
            head.content_type = Some(PAGE_TYPE);
            head.write(out.buffer());
        }
        Ok(Found::Directory(directory, path)) => match site.page(&directory, &path, second) {
            Ok(page) => {
                let mut head = exchange.head(Status::OK);
                head.content_type = Some(PAGE_TYPE);
                head.content_length = Some(page.len() as u64);
                head.write(out.buffer());
                out.send_page(page);
            }
            Err(refusal) => refuse(&exchange, &refusal, out),
        },
        Err(refusal) => refuse(&exchange, &refusal, out),
    }
}

/// Adds what every response that carries or describes a file says of it.
pub fn describe_file<'a>(mut head: Head<'a>, label: &'a Label, content_length: u64) -> Head<'a> {
    head.content_length = Some(content_length);
    head.content_type = Some(&label.content_type);
    head.etag = Some(&label.etag);
    head.modified_second = label.modified_second;
    head.accept_ranges = true;
    head
}

/// Appends the answer to a request that never became one, or that cannot be served.
pub fn refuse_unread(refusal: &Refusal, second: u64, out: &mut Outgoing) {
    let head = Head::new(refusal.status, second, Persistence::Close);
    write_page(out.buffer(), head, &error_page(refusal), true);
}

fn refuse(exchange: &Exchange, refusal: &Refusal, out: &mut Outgoing) {
    let mut head = exchange.head(refusal.status);
    if refusal.status == Status::METHOD_NOT_ALLOWED {
        head.allow = Some("GET, HEAD");
    }
    write_page(out.buffer(), head, &error_page(refusal), exchange.with_body());
}

fn send_entry(exchange: &Exchange, entry: &Entry, out: &mut Outgoing) {
    let Exchange { request, persistence, second } = *exchange;
    let label = &*entry.label;
    let plain = request.conditions.is_empty() && request.range.is_none();
    if plain && persistence == Persistence::Implied && request.method == Method::Get {
        return match &entry.content {
            Content::Memory { response, .. } => out.push_shared(response),
            Content::File { head, file } => {
                out.buffer().extend_from_slice(head);
                out.send_file(file.clone(), 0..label.stamp.bytes);
            }
        };
    }
    match evaluate(&request.conditions, label.validators()) {
        Verdict::Proceed => {}
        Verdict::NotModified => {
            let mut head = exchange.head(Status::NOT_MODIFIED);
            head.etag = Some(&label.etag);
            head.modified_second = label.modified_second;
            return head.write(out.buffer());
        }
        Verdict::PreconditionFailed => {
            let reason = "The file is not in the state the request asks for.";
            return refuse(exchange, &Refusal::new(Status::PRECONDITION_FAILED, reason), out);
        }
    }
    let length = label.stamp.bytes;
    // Range is defined for GET alone (RFC 9110 14.2).
    let selection = match request.range {
        Some(field)
            if request.method == Method::Get
                && range_applies(request.conditions.if_range, label.validators(), second) =>
        {
            select(field, length)
        }
        _ => Selection::Whole,
    };
    let (status, range) = match selection {
        Selection::Whole => (Status::OK, 0..length),
        Selection::Part(range) => (Status::PARTIAL_CONTENT, range),
        Selection::Unsatisfiable => {
            let mut head = exchange.head(Status::RANGE_NOT_SATISFIABLE);
            head.content_range = Some(format!("bytes */{length}"));
            let reason = "The file does not reach as far as the range asks for.";
            let page = error_page(&Refusal::new(Status::RANGE_NOT_SATISFIABLE, reason));
            return write_page(out.buffer(), head, &page, true);
        }
    };
    let mut head = describe_file(exchange.head(status), label, range.end - range.start);
    if status == Status::PARTIAL_CONTENT {
        head.content_range = Some(format!("bytes {}-{}/{length}", range.start, range.end - 1));
    }
    head.write(out.buffer());
    if request.method == Method::Head {
        return;
    }
    match &entry.content {
        Content::Memory { response, head_bytes } => {
            let body = &response[*head_bytes..];
            out.buffer().extend_from_slice(&body[range.start as usize..range.end as usize]);
        }
        Content::File { file, .. } => out.send_file(file.clone(), range),
    }
}
