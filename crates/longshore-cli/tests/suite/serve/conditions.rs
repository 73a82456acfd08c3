//! Conditional requests and ranges.

use std::fs;

use super::{Site, pattern};
use crate::fixtures::program::{Response, get_with};

fn ask(site: &Site, fields: &str) -> Response {
    site.server.exchange(&get_with("/file", fields))
}

#[test]
fn what_the_client_has_is_not_sent_again() {
    let site = Site::with_file(&[]);
    let plain = ask(&site, "");
    let (etag, modified) = (plain.field("ETag").unwrap(), plain.field("Last-Modified").unwrap());
    for fields in [
        format!("If-None-Match: {etag}\r\n"),
        format!("If-None-Match: \"x\", W/{etag}\r\n"),
        "If-None-Match: *\r\n".to_owned(),
        format!("If-None-Match: \"x\"\r\nIf-None-Match: {etag}\r\n"),
        format!("If-Modified-Since: {modified}\r\n"),
    ] {
        let response = ask(&site, &fields);
        assert_eq!(response.status, 304, "{fields}");
        assert_eq!(response.field("ETag"), Some(etag));
        assert_eq!(response.field("Content-Length"), None);
    }
    for fields in [
        "If-None-Match: \"x\"\r\n".to_owned(),
        "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n".to_owned(),
        format!("If-None-Match: \"x\"\r\nIf-Modified-Since: {modified}\r\n"),
        "If-Modified-Since: yesterday\r\n".to_owned(),
    ] {
        assert_eq!(ask(&site, &fields).status, 200, "{fields}");
    }
}

#[test]
fn a_304_leaves_the_connection_usable() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    client.send(get_with("/file", "If-None-Match: *\r\n"));
    assert_eq!(client.receive().status, 304);
    client.send(get_with("/file", ""));
    assert_eq!(client.receive().text(), "0123456789");
}

#[test]
fn a_failed_precondition_is_412() {
    let site = Site::with_file(&[]);
    let plain = ask(&site, "");
    let (etag, modified) = (plain.field("ETag").unwrap(), plain.field("Last-Modified").unwrap());
    for fields in [
        "If-Match: \"x\"\r\n".to_owned(),
        format!("If-Match: W/{etag}\r\n"),
        "If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n".to_owned(),
        format!("If-Match: \"x\"\r\nIf-None-Match: {etag}\r\n"),
    ] {
        assert_eq!(ask(&site, &fields).status, 412, "{fields}");
    }
    for fields in [
        format!("If-Match: \"x\", {etag}\r\n"),
        "If-Match: *\r\n".to_owned(),
        format!("If-Unmodified-Since: {modified}\r\n"),
        format!("If-Match: {etag}\r\nIf-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
    ] {
        assert_eq!(ask(&site, &fields).status, 200, "{fields}");
    }
}

#[test]
fn one_range_is_answered_with_its_part() {
    let site = Site::with_file(&[]);
    for (range, content_range, body) in [
        ("0-0", "bytes 0-0/10", "0"),
        ("2-4", "bytes 2-4/10", "234"),
        ("7-", "bytes 7-9/10", "789"),
        ("8-99", "bytes 8-9/10", "89"),
        ("-3", "bytes 7-9/10", "789"),
        ("-99", "bytes 0-9/10", "0123456789"),
    ] {
        let response = ask(&site, &format!("Range: bytes={range}\r\n"));
        assert_eq!((response.status, response.text().as_str()), (206, body), "{range}");
        assert_eq!(response.field("Content-Range"), Some(content_range));
        assert!(response.field("ETag").is_some());
    }
}

#[test]
fn a_range_beyond_the_end_is_416_and_tells_the_length() {
    let site = Site::with_file(&[]);
    for range in ["10-", "10-20", "-0", "99999999999999999999-"] {
        let response = ask(&site, &format!("Range: bytes={range}\r\n"));
        assert_eq!(response.status, 416, "{range}");
        assert_eq!(response.field("Content-Range"), Some("bytes */10"));
    }
}

#[test]
fn several_ranges_malformed_ones_and_other_units_get_the_whole() {
    let site = Site::with_file(&[]);
    for range in ["bytes=0-1,4-5", "bytes=5-2", "bytes=x", "lines=0-1", "bytes"] {
        let response = ask(&site, &format!("Range: {range}\r\n"));
        assert_eq!((response.status, response.body.len()), (200, 10), "{range}");
    }
    let twice = ask(&site, "Range: bytes=0-1\r\nRange: bytes=2-3\r\n");
    assert_eq!(twice.status, 200);
}

#[test]
fn if_range_sends_the_part_only_of_the_same_file() {
    let site = Site::with_file(&[]);
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    fs::File::options().write(true).open(site.path("file")).unwrap().set_modified(old).unwrap();
    let plain = ask(&site, "");
    let (etag, modified) = (plain.field("ETag").unwrap(), plain.field("Last-Modified").unwrap());
    for (validator, status) in [
        (etag, 206),
        (modified, 206),
        ("\"x\"", 200),
        (&format!("W/{etag}"), 200),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 200),
    ] {
        let response = ask(&site, &format!("Range: bytes=1-2\r\nIf-Range: {validator}\r\n"));
        assert_eq!(response.status, status, "{validator}");
    }
}

#[test]
fn head_ignores_the_range() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    client.send(get_with("/file", "Range: bytes=1-2\r\n").replace("GET", "HEAD"));
    let response = client.receive_head();
    assert_eq!((response.status, response.field("Content-Length")), (200, Some("10")));
}

#[test]
fn ranges_of_a_large_file_are_cut_where_they_say() {
    let site = Site::start(&[]);
    let content = pattern(3_000_000);
    site.write("file", &content);
    for (first, last) in
        [(0, 0), (65_535, 65_537), (1, 2_999_998), (2_999_999, 2_999_999), (100_000, 900_000)]
    {
        let response = ask(&site, &format!("Range: bytes={first}-{last}\r\n"));
        assert_eq!(response.status, 206);
        assert!(response.body == content[first..=last], "{first}-{last}");
    }
}

#[test]
fn a_range_near_the_end_of_a_5_gib_file_is_found() {
    let site = Site::start(&[]);
    let file = fs::File::create(site.path("file")).unwrap();
    let length = 5u64 << 30;
    file.set_len(length).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, b"the end", length - 7).unwrap();
    let response = ask(&site, &format!("Range: bytes={}-\r\n", length - 107));
    assert_eq!(response.status, 206);
    assert_eq!(
        response.field("Content-Range"),
        Some(&*format!("bytes {}-{}/{length}", length - 107, length - 1))
    );
    assert!(response.body[..100].iter().all(|&byte| byte == 0));
    assert_eq!(&response.body[100..], b"the end");
    assert_eq!(ask(&site, "Range: bytes=-7\r\n").text(), "the end");
}
