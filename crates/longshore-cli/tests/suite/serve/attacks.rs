//! What a client may try so that others are not served.

use std::io::{Read, Write};
use std::process::Stdio;
use std::time::Duration;

use longshore_fixtures::patience::eventually;

use super::{Site, pattern};
use crate::fixtures::program::{Client, Program, get, shell};

const MIB: usize = 1024 * 1024;

/// A server with so many descriptors, and the directory it serves.
fn limited(descriptors: usize) -> (Program, tempfile::TempDir) {
    let top = tempfile::tempdir().unwrap();
    let mut server = shell(&format!("ulimit -n {descriptors}"), &["serve", top.path().to_str().unwrap()]);
    server.stderr(Stdio::null());
    (Program::start_command(server), top)
}

#[test]
fn all_spellings_of_a_path_take_one_descriptor() {
    let (server, top) = limited(256);
    std::fs::write(top.path().join("big"), pattern(100_000)).unwrap();
    let mut client = server.connect();
    client.send(get("/missing"));
    assert_eq!(client.receive().status, 404);
    let before = server.open_files();
    for number in 0..300 {
        let spelling = format!("/{}big", "./".repeat(number));
        client.send(get(&spelling).replace("GET", "HEAD"));
        assert_eq!(client.receive_head().status, 200);
    }
    for spelling in ["/%62ig", "/b%69g", "//big", "/big?x", "/./%62%69%67"] {
        client.send(get(spelling).replace("GET", "HEAD"));
        assert_eq!(client.receive_head().status, 200, "{spelling}");
    }
    assert_eq!(server.open_files(), before + 1);
}

#[test]
fn files_that_are_kept_open_take_a_share_of_the_descriptors_and_no_more() {
    let (server, top) = limited(128);
    for number in 0..200 {
        std::fs::write(top.path().join(number.to_string()), pattern(100_000)).unwrap();
    }
    let before = server.open_files();
    let mut client = server.connect();
    for number in 0..200 {
        client.send(get(&format!("/{number}")).replace("GET", "HEAD"));
        assert_eq!(client.receive_head().status, 200, "{number}");
    }
    assert!(server.open_files() <= before + 1 + 128 / 8, "{}", server.open_files());
    // Nobody is turned away because of them.
    let mut others: Vec<Client> = (0..128 / 2).map(|_| server.connect()).collect();
    for other in &mut others {
        other.send(get("/7").replace("GET", "HEAD"));
        assert_eq!(other.receive_head().status, 200);
    }
}

#[test]
fn files_kept_open_are_closed_when_descriptors_run_out_or_nobody_asks() {
    let (server, top) = limited(64);
    for number in 0..8 {
        std::fs::write(top.path().join(number.to_string()), pattern(100_000)).unwrap();
    }
    let before = server.open_files();
    for number in 0..8 {
        assert_eq!(server.get(&format!("/{number}")).status, 200);
    }
    let clients: Vec<Client> = (0..100).map(|_| server.connect()).collect();
    // All that could be accepted were, in place of the files too.
    eventually("connections have every descriptor", || server.open_sockets() > 64 - before);
    drop(clients);
    eventually("the descriptors are back", || server.open_files() <= before);
    assert_eq!(server.get("/1").status, 200);
    eventually("the file is closed in its time", || server.open_files() == before);
}

/// A directory with so many names that its page takes a megabyte.
fn listed(arguments: &[&str]) -> Site {
    let site = Site::with_file(arguments);
    for number in 0..5000 {
        site.write(&format!("many/{number:0100}"), "");
    }
    site
}

#[test]
fn a_listing_is_made_for_get_only_and_once_for_everybody() {
    let site = listed(&[]);
    let mut client = site.server.connect();
    client.send(get("/many/").replace("GET", "HEAD").repeat(500));
    for _ in 0..500 {
        let head = client.receive_head();
        assert_eq!((head.status, head.field("Content-Length")), (200, None));
        assert_eq!(head.field("Content-Type"), Some("text/html; charset=utf-8"));
    }
    client.send(get("/many/"));
    let page = client.receive();
    assert!(page.body.len() > MIB && page.text().contains(&format!("{:0100}</a>", 4999)));
    client.send(get("/many/").repeat(3) + &get("/file"));
    for _ in 0..3 {
        assert!(client.receive().body == page.body);
    }
    assert_eq!(client.receive().text(), "0123456789", "a page does not end the connection");
}

#[test]
fn slow_readers_of_listings_hold_no_pages_of_their_own() {
    let site = listed(&[]);
    assert!(site.server.get("/many/").body.len() > MIB);
    let before = site.server.memory();
    let mut clients: Vec<Client> = (0..150).map(|_| site.server.connect()).collect();
    for client in &mut clients {
        client.send(get("/many/").repeat(20));
    }
    for client in &mut clients {
        client.receive_head();
    }
    // 150 copies of a megabyte, and more, were held here; a page for every second is what may be now.
    let grown = site.server.memory().saturating_sub(before);
    assert!(grown < 80 * MIB, "{} MiB for 150 readers", grown / MIB);
    assert_eq!(site.server.get("/file").status, 200);
}

#[test]
fn readers_who_never_read_hold_little_memory_and_nobody_up() {
    let site = Site::with_file(&[]);
    site.write("small", pattern(60_000));
    let before = site.server.memory();
    let clients: Vec<Client> = (0..100).map(|_| site.server.connect()).collect();
    let requests = get("/small").repeat(2000);
    for client in &clients {
        client.stream.set_nonblocking(true).unwrap();
        // As much as the server takes: it stops reading while nothing is read.
        let mut sent = 0;
        while let Ok(bytes) = (&client.stream).write(&requests.as_bytes()[sent..]) {
            sent += bytes;
            if sent == requests.len() {
                break;
            }
        }
        assert_eq!(site.server.get("/file").status, 200);
    }
    let grown = site.server.memory().saturating_sub(before);
    assert!(grown < 100 * 256 * 1024, "{} MiB for 100 readers", grown / MIB);
}

#[test]
fn endless_heads_are_refused_in_time_and_take_no_more_memory_than_a_head() {
    let site = Site::with_file(&["--request-timeout-ms", "2000"]);
    let before = site.server.memory();
    let clients: Vec<Client> = (0..100).map(|_| site.server.connect()).collect();
    for (number, mut client) in clients.into_iter().enumerate() {
        let filler = [&b"GET /"[..], b"GET / HTTP/1.1\r\nA: ", b"GET / HTTP/1.1\r\nHost: x\r\n"][number % 3];
        client.send(filler);
        let piece = if number % 3 == 2 { "a: b\r\n".repeat(300) } else { "x".repeat(2000) };
        // The refusal may come, and the connection go, while this is being written.
        for _ in 0..20 {
            if client.stream.write_all(piece.as_bytes()).is_err() {
                break;
            }
        }
        let mut answer = Vec::new();
        let _ = client.stream.read_to_end(&mut answer);
        let answer = String::from_utf8_lossy(&answer);
        let expected = if number % 3 == 0 { "HTTP/1.1 414" } else { "HTTP/1.1 431" };
        assert!(answer.is_empty() || answer.starts_with(expected), "{answer}");
    }
    let grown = site.server.memory().saturating_sub(before);
    assert!(grown < 16 * MIB, "{} MiB", grown / MIB);
    assert_eq!(site.server.get("/file").status, 200);
}

#[test]
fn slow_writers_hold_nobody_up() {
    let site = Site::with_file(&["--threads", "2", "--concurrency", "1"]);
    let mut slow: Vec<Client> = (0..200).map(|_| site.server.connect()).collect();
    for byte in get("/file").as_bytes() {
        for client in &mut slow {
            client.send([*byte]);
        }
        assert_eq!(site.server.get("/file").status, 200);
    }
    for client in &mut slow {
        assert_eq!(client.receive().text(), "0123456789");
    }
}

#[test]
fn connections_that_are_reset_leave_nothing_behind() {
    let site = Site::with_file(&[]);
    site.write_zeros("large", 50_000_000);
    let before = site.server.open_sockets();
    for number in 0..300 {
        let mut client = site.server.connect();
        let requests = ["", "GET /fi", &get("/file"), &get("/large"), &get("/file").repeat(50)];
        client.send(requests[number % requests.len()]);
        reset(&client);
    }
    eventually("all connections are gone", || site.server.open_sockets() == before);
    assert_eq!(site.server.get("/file").status, 200);
}

/// Closes with a reset.
fn reset(client: &Client) {
    socket2::SockRef::from(&client.stream).set_linger(Some(Duration::ZERO)).unwrap();
}

#[test]
fn hidden_files_are_not_there_unless_asked_for() {
    let hidden = [".git/config", ".env", "sub/.htpasswd", ".well-known/.secret"];
    let shown = [".well-known/acme-challenge/token", "a.b", "sub/..c"];
    for arguments in [&[][..], &["--without-openat2"], &["--hidden"]] {
        let site = Site::start(arguments);
        for name in hidden.iter().chain(&shown[..2]) {
            site.write(name, "content");
        }
        let expected = if arguments == ["--hidden"] { 200 } else { 404 };
        for name in hidden {
            for spelling in
                [format!("/{name}"), format!("//./{name}"), format!("/{}", name.replace('.', "%2e"))]
            {
                assert_eq!(site.server.get(&spelling).status, expected, "{spelling} {arguments:?}");
            }
        }
        assert_eq!(site.server.get("/.git/").status, expected);
        assert_eq!(site.server.get("/.git").status, if expected == 200 { 301 } else { 404 });
        for name in &shown[..2] {
            assert_eq!(site.server.get(&format!("/{name}")).text(), "content", "{name}");
        }
        let page = site.server.get("/").text();
        assert!(page.contains("a.b"));
        assert_eq!(page.contains(".git"), expected == 200, "{page}");
        assert_eq!(site.server.get("/sub/").text().contains("htpasswd"), expected == 200);
    }
}

#[test]
fn a_server_nobody_talks_to_sleeps() {
    let site = Site::with_file(&[]);
    assert_eq!(site.server.get("/file").status, 200);
    let idle = site.server.connect();
    // What the request left to be done, the cache's expiry included, is done by then.
    std::thread::sleep(Duration::from_secs(6));
    let before = site.server.sleeps();
    std::thread::sleep(Duration::from_secs(3));
    let slept = site.server.sleeps() - before;
    assert!(slept <= 15, "{slept} wake-ups in three seconds");
    drop(idle);
}
