//! Persistence, pipelining, and clients that go away.

use std::io::Write;
use std::net::Shutdown;

use crate::fixtures::program::{Client, get, get_with};
use longshore_fixtures::patience::eventually;

use super::{Site, pattern};

#[test]
fn a_connection_carries_many_requests() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    for _ in 0..1000 {
        client.send(get("/file"));
        assert_eq!(client.receive().text(), "0123456789");
    }
}

#[test]
fn a_request_may_arrive_byte_by_byte() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    for request in [get("/file"), get("/file")] {
        for byte in request.as_bytes() {
            client.send([*byte]);
        }
        assert_eq!(client.receive().text(), "0123456789");
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let site = Site::start(&[]);
    let large = pattern(300_000);
    site.write("large", &large);
    for number in 0..10 {
        site.write(&number.to_string(), format!("content {number}"));
    }
    let mut client = site.server.connect();
    let mut requests = String::new();
    for round in 0..200 {
        requests += &get(&format!("/{}", round % 10));
        requests += &match round % 4 {
            0 => get("/missing"),
            1 => get_with("/0", "If-None-Match: *\r\n"),
            2 => get_with("/large", "Range: bytes=100000-250000\r\n"),
            _ => get_with("/1", "Content-Length: 3\r\n") + "abc",
        };
    }
    // Sent from a thread of its own: the server stops reading while its answers are not read.
    let mut writer = client.stream.try_clone().unwrap();
    let sender = std::thread::spawn(move || writer.write_all(requests.as_bytes()).unwrap());
    for round in 0..200 {
        assert_eq!(client.receive().text(), format!("content {}", round % 10));
        let response = client.receive();
        match round % 4 {
            0 => assert_eq!(response.status, 404),
            1 => assert_eq!(response.status, 304),
            2 => assert!(response.status == 206 && response.body == large[100_000..=250_000]),
            _ => assert_eq!(response.text(), "content 1"),
        }
    }
    sender.join().unwrap();
}

#[test]
fn close_is_honoured_and_ends_a_pipeline() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    client.send(get("/file") + &get_with("/file", "Connection: close\r\n") + &get("/file"));
    assert_eq!(client.receive().field("Connection"), None);
    assert_eq!(client.receive().field("Connection"), Some("close"));
    client.assert_closed();
}

#[test]
fn http_1_0_closes_unless_asked_to_keep_alive() {
    let site = Site::start(&[]);
    site.write("large", pattern(200_000));
    let mut client = site.server.connect();
    client.send("GET /large HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let response = client.receive();
    assert_eq!((response.status, response.field("Connection")), (200, Some("keep-alive")));
    client.send("GET /large HTTP/1.0\r\n\r\n");
    let response = client.receive();
    assert_eq!((response.body.len(), response.field("Connection")), (200_000, Some("close")));
    client.assert_closed();
}

#[test]
fn a_client_that_finished_sending_still_gets_its_answers() {
    let site = Site::start(&[]);
    site.write("large", pattern(2_000_000));
    let mut client = site.server.connect();
    client.send(get("/large") + &get("/large"));
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.receive().body.len(), 2_000_000);
    assert_eq!(client.receive().body.len(), 2_000_000);
    client.assert_closed();
}

#[test]
fn a_request_cut_short_by_the_client_is_400() {
    let site = Site::with_file(&[]);
    let mut client = site.server.connect();
    client.send("GET /file HTTP/1.1\r\nHost");
    client.stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(client.receive().status, 400);
    client.assert_closed();
}

#[test]
fn clients_that_vanish_leave_nothing_open() {
    let site = Site::start(&[]);
    site.write("small", "small");
    site.write("large", pattern(8_000_000));
    let without = site.server.open_sockets();
    vanish(&site, without);
    let after_the_first = site.server.open_files();
    vanish(&site, without);
    assert_eq!(site.server.open_files(), after_the_first);
    assert_eq!(site.server.get("/large").body.len(), 8_000_000, "and the server serves on");
}

/// Lets 50 clients go away at different moments, and waits until the server noticed.
fn vanish(site: &Site, without: usize) {
    let clients: Vec<Client> = (0..50)
        .map(|number| {
            let mut client = site.server.connect();
            match number % 4 {
                0 => {}
                1 => client.send("GET /la"),
                2 => {
                    client.send(get("/small"));
                    client.receive();
                }
                _ => {
                    client.send(get("/large"));
                    client.fill();
                }
            }
            client
        })
        .collect();
    eventually("all are connected", || site.server.open_sockets() == without + 50);
    drop(clients);
    eventually("all are closed", || site.server.open_sockets() == without);
}

#[test]
fn many_connections_are_served_at_once_by_few_threads_or_many() {
    for workers in [["1", "1"], ["1", "4"], ["2", "8"], ["8", "2"]] {
        let site = Site::with_file(&["--concurrency", workers[0], "--threads", workers[1]]);
        let mut clients: Vec<Client> = (0..300).map(|_| site.server.connect()).collect();
        for _ in 0..3 {
            for client in &mut clients {
                client.send(get("/file"));
            }
            for client in &mut clients {
                assert_eq!(client.receive().text(), "0123456789");
            }
        }
    }
}
