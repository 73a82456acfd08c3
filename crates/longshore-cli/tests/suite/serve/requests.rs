//! Requests that are answered with an error, and what happens to the connection then.

use std::io::Read;

use super::Site;
use crate::fixtures::program::{Client, get, get_with};

fn refused(client: &mut Client, status: u16) {
    let response = client.receive();
    assert_eq!(response.status, status, "{}", response.head);
    assert_eq!(response.field("Connection"), Some("close"));
    assert!(response.text().contains(&format!("<h1>{status} ")), "{}", response.text());
    client.assert_closed();
}

#[test]
fn requests_that_cannot_be_read_are_answered_and_the_connection_closed() {
    let site = Site::with_file(&[]);
    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        ("GET /file HTTP/1.1\r\n\r\n".to_owned(), 400),
        (get_with("/file", "Host: again\r\n"), 400),
        (get_with("/file", "Content-Length: 1\r\nContent-Length: 2\r\n"), 400),
        (get_with("/file", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400),
        (get_with("/file", " folded\r\n"), 400),
        ("GET file HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 400),
        (get_with("/file", "Transfer-Encoding: chunked\r\n"), 411),
        (get_with("/file", "Content-Length: 1000000\r\n"), 413),
        (get_with("/file", "Content-Length: 1000000\r\nExpect: 100-continue\r\n"), 413),
        (get_with("/file", "Expect: wonders\r\n"), 417),
        ("GET /file HTTP/2.0\r\n\r\n".to_owned(), 505),
    ] {
        let mut client = site.server.connect();
        client.send(&request);
        refused(&mut client, status);
    }
}

#[test]
fn a_head_that_is_too_large_is_refused_while_it_is_still_arriving() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    client.send(format!("GET /file HTTP/1.1\r\nHost: x\r\nLong: {}", "x".repeat(20_000)));
    refused(&mut client, 431);

    let mut client = site.server.connect();
    client.send(get_with("/file", &"Many: x\r\n".repeat(101)));
    refused(&mut client, 431);

    let mut client = site.server.connect();
    client.send(format!("GET /{}", "x".repeat(20_000)));
    refused(&mut client, 414);

    let mut client = site.server.connect();
    client.send(get_with("/file", &format!("Fits: {}\r\n", "x".repeat(16_000))));
    assert_eq!(client.receive().status, 200);
}

#[test]
fn the_answer_survives_input_that_is_never_read() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    // Closing with this unread would make the kernel reset the connection, which drops the answer where it
    // has not been read yet.
    client.send(get_with("/file", "Content-Length: 100000\r\n"));
    client.send(vec![b'x'; 100_000]);
    assert_eq!(client.receive().status, 413);
    let end = client.stream.read(&mut [0]).expect("an end, not a reset");
    assert_eq!(end, 0);
}

#[test]
fn other_methods_are_told_what_is_allowed() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "BREW"] {
        client.send(get_with("/file", "Content-Length: 5\r\n").replace("GET", method) + "12345");
        let response = client.receive();
        assert_eq!((response.status, response.field("Allow")), (405, Some("GET, HEAD")), "{method}");
    }
    client.send(get("/file"));
    assert_eq!(client.receive().status, 200, "the bodies were skipped");
}

#[test]
fn a_body_is_skipped_in_whatever_pieces_it_arrives() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    client.send(get_with("/file", "Content-Length: 50000\r\n"));
    assert_eq!(client.receive().status, 200);
    client.send(vec![b'x'; 20_000]);
    client.send(vec![b'x'; 30_000]);
    client.send(get("/file"));
    assert_eq!(client.receive().text(), "0123456789");
}

#[test]
fn an_expected_continue_is_answered_at_once_and_closes() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    client.send(get_with("/file", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
    let response = client.receive();
    assert_eq!((response.status, response.field("Connection")), (200, Some("close")));
    client.assert_closed();
}

#[test]
fn missing_files_are_told_and_the_connection_stays() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    client.send(get("/<script>"));
    let response = client.receive();
    assert_eq!(response.status, 404);
    assert!(!response.text().contains("<script>"));
    client.send(get("/file"));
    assert_eq!(client.receive().status, 200);
}

#[test]
fn the_absolute_form_is_understood() {
    let site = Site::with_file(&[]);
    assert_eq!(site.server.get("http://example.org/file?query").text(), "0123456789");
}
