//! Being told to stop.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::fixtures::program::get;
use longshore_fixtures::patience::eventually;

use super::{Site, pattern};

#[test]
fn either_signal_ends_it_with_code_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut site = Site::with_file(&[]);
        let mut idle = site.server.connect();
        assert_eq!(site.server.get("/file").status, 200);
        let told = Instant::now();
        site.server.signal(signal);
        idle.assert_closed();
        assert_eq!(site.server.wait().code(), Some(0));
        assert!(told.elapsed() < Duration::from_secs(4), "idle connections are not waited for");
    }
}

#[test]
fn a_download_in_flight_is_finished_first() {
    let mut site = Site::start(&[]);
    let content = pattern(30_000_000);
    site.write("large", &content);
    let mut client = site.server.connect();
    client.send(get("/large"));
    client.fill();
    site.server.signal(Signal::TERM);
    eventually("nothing is accepted any more", || TcpStream::connect(site.server.address).is_err());
    assert!(site.server.is_running(), "the download is not finished");
    assert!(client.receive().body == content);
    client.assert_closed();
    assert_eq!(site.server.wait().code(), Some(0));
}

#[test]
fn a_request_in_flight_is_answered_and_told_that_it_was_the_last() {
    let mut site = Site::with_file(&[]);
    let mut client = site.server.connect();
    // Sent together: with the first request answered, the beginning of the second has been seen.
    client.send(get("/file") + "GET /file HTTP/1.1\r\n");
    assert_eq!(client.receive().field("Connection"), None);
    site.server.signal(Signal::TERM);
    eventually("nothing is accepted any more", || TcpStream::connect(site.server.address).is_err());
    client.send("Host: x\r\n\r\n");
    let response = client.receive();
    assert_eq!((response.status, response.field("Connection")), (200, Some("close")));
    client.assert_closed();
    assert_eq!(site.server.wait().code(), Some(0));
}

#[test]
fn a_client_that_does_not_read_holds_it_up_only_so_long() {
    let mut site = Site::start(&["--drain-timeout-ms", "300"]);
    site.write_zeros("large", 50_000_000);
    let mut client = site.server.connect();
    client.send(get("/large"));
    client.fill();
    let told = Instant::now();
    site.server.signal(Signal::TERM);
    assert_eq!(site.server.wait().code(), Some(0));
    assert!(told.elapsed() >= Duration::from_millis(290), "{:?}", told.elapsed());
    assert!(told.elapsed() < Duration::from_secs(4), "{:?}", told.elapsed());
}

#[test]
fn a_second_signal_does_not_wait() {
    let mut site = Site::start(&["--drain-timeout-ms", "60000"]);
    site.write_zeros("large", 50_000_000);
    let mut client = site.server.connect();
    client.send(get("/large"));
    client.fill();
    site.server.signal(Signal::TERM);
    eventually("the first signal was seen", || TcpStream::connect(site.server.address).is_err());
    assert!(site.server.is_running());
    site.server.signal(Signal::TERM);
    assert_eq!(site.server.wait().code(), Some(0));
}
