//! Requests that two servers could read in two ways. Behind each comes one that must never be answered as a
//! request of its own when the first was refused.

use super::Site;
use crate::fixtures::program::get;

/// The statuses of everything that is answered until the server closes.
fn answers(site: &Site, bytes: &str) -> Vec<u16> {
    let mut client = site.server.connect();
    client.send(bytes);
    client.stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut text = Vec::new();
    while client.fill_into(&mut text) > 0 {}
    let text = String::from_utf8_lossy(&text);
    // Pages may speak of versions too.
    let statuses = text.split("HTTP/1.1 ").filter_map(|answer| answer.get(..3)?.parse().ok());
    statuses.collect()
}

#[test]
fn what_could_be_read_in_two_ways_is_refused_and_ends_the_connection() {
    let site = Site::with_file(&[]);
    for fields in [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding\t: chunked\r\n",
        " Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "X: y\r\n Transfer-Encoding: chunked\r\n",
        "Transfer\u{0}-Encoding: chunked\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Content-Length: 4, 5\r\n",
        "Content-Length: 4,4\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x4\r\n",
        "Content-Length: 4 4\r\n",
        "Content-Length: 4;\r\n",
        "Content-Length: \r\n",
        "Content-Length : 4\r\n",
        "Content-Length: 18446744073709551620\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Host: other\r\n",
        "X: a\rTransfer-Encoding: chunked\r\n",
        "X: a\u{0}b\r\n",
        ": empty\r\n",
        "no colon\r\n",
    ] {
        let request = format!("GET /file HTTP/1.1\r\nHost: test\r\n{fields}\r\n");
        let statuses = answers(&site, &(request + "0\r\n\r\n" + &get("/file")));
        assert_eq!(statuses.len(), 1, "{fields:?}: {statuses:?}");
        assert!((400..500).contains(&statuses[0]), "{fields:?}: {statuses:?}");
    }
}

#[test]
fn request_lines_that_are_none_are_refused() {
    let site = Site::with_file(&[]);
    for line in [
        "GET  /file HTTP/1.1",
        "GET /file  HTTP/1.1",
        "GET\t/file HTTP/1.1",
        " GET /file HTTP/1.1",
        "GET /file HTTP/1.1 ",
        "GET /fi le HTTP/1.1",
        "GET /file",
        "GET /file HTTP/1.1 HTTP/1.1",
        "GET /file\u{0} HTTP/1.1",
        "GET file HTTP/1.1",
        "GET * HTTP/1.1",
        "GET http:///file HTTP/1.1",
        "GET ftp://x/file HTTP/1.1",
        "GET /file HTTP/11",
        "GET /file http/1.1",
        "G\u{e4}T /file HTTP/1.1",
    ] {
        let statuses = answers(&site, &format!("{line}\r\nHost: test\r\n\r\n{}", get("/file")));
        assert_eq!(statuses.len(), 1, "{line:?}: {statuses:?}");
        assert!((400..600).contains(&statuses[0]), "{line:?}: {statuses:?}");
    }
}

#[test]
fn bodies_are_skipped_to_the_byte() {
    let site = Site::with_file(&[]);
    let inner = get("/missing");
    let request = format!(
        "GET /file HTTP/1.1\r\nHost: test\r\nContent-Length: {}\r\n\r\n{inner}{}",
        inner.len(),
        get("/file")
    );
    assert_eq!(answers(&site, &request), [200, 200], "what is in a body is no request");
    let twice = "GET /file HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab";
    assert_eq!(answers(&site, &(twice.to_owned() + &get("/missing"))), [200, 404]);
    // A server that does not know the method has to know where its request ends all the same.
    let post = format!("POST /file HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc{}", get("/file"));
    assert_eq!(answers(&site, &post), [405, 200]);
}

#[test]
fn a_later_minor_version_is_answered() {
    let site = Site::with_file(&[]);
    let later = get("/file").replace("HTTP/1.1", "HTTP/1.2");
    assert_eq!(answers(&site, &(later.clone() + &later)), [200, 200]);
    assert_eq!(answers(&site, &later.replace("1.2", "2.0")), [505]);
}
