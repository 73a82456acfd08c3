//! Clients that take their time.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use longshore_fixtures::patience::eventually;

use super::Site;
use crate::fixtures::program::{Program, get};

#[test]
fn a_request_that_does_not_finish_is_408() {
    let site = Site::with_file(&["--request-timeout-ms", "300"]);
    let mut client = site.server.connect();
    let began = Instant::now();
    client.send("GET /file HTTP/1.1\r\n");
    let response = client.receive();
    assert_eq!((response.status, response.field("Connection")), (408, Some("close")));
    assert!(began.elapsed() >= Duration::from_millis(290), "{:?}", began.elapsed());
    client.assert_closed();
}

#[test]
fn trickling_bytes_does_not_extend_the_time() {
    let site = Site::with_file(&["--request-timeout-ms", "300"]);
    let mut client = site.server.connect();
    client.stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let began = Instant::now();
    client.send("GET /file HTTP/1.1\r\nSlow: ");
    // A byte with every read that times out.
    while (&client.stream).read(&mut [0; 1]).is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "still waiting");
        let _ = (&client.stream).write(b"x");
    }
    assert!(began.elapsed() >= Duration::from_millis(290), "{:?}", began.elapsed());
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let site = Site::with_file(&["--idle-timeout-ms", "300"]);
    let began = Instant::now();
    let mut fresh = site.server.connect();
    let mut used = site.server.connect();
    used.send(get("/file"));
    assert_eq!(used.receive().status, 200);
    fresh.assert_closed();
    used.assert_closed();
    assert!(began.elapsed() >= Duration::from_millis(290), "{:?}", began.elapsed());
}

#[test]
fn a_busy_connection_is_not_idle() {
    let site = Site::with_file(&["--idle-timeout-ms", "200"]);
    let mut client = site.server.connect();
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(800) {
        client.send(get("/file"));
        assert_eq!(client.receive().status, 200);
    }
}

#[test]
fn a_client_that_does_not_read_is_closed() {
    let site = Site::start(&["--send-timeout-ms", "300"]);
    site.write_zeros("large", 50_000_000);
    let before = site.server.open_files();
    let mut client = site.server.connect();
    client.send(get("/large"));
    client.fill();
    // The connection and the cached file are open; then only the file is.
    eventually("the response has begun", || site.server.open_files() == before + 2);
    eventually("the connection is closed", || site.server.open_files() == before + 1);
}

#[test]
fn a_client_that_reads_slowly_is_served_for_as_long_as_it_takes() {
    let site = Site::start(&["--send-timeout-ms", "1000"]);
    let length = 40_000_000;
    site.write_zeros("large", length);
    let mut client = site.server.connect();
    client.send(get("/large"));
    // At 16 MB/s it takes longer than the limit in all, but each piece (at most 4 MiB) much less.
    let began = Instant::now();
    let mut received = 0;
    let mut piece = vec![0; 64 * 1024];
    while received < length {
        let due = (began.elapsed().as_millis() * 16_000) as u64;
        if received > due {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        }
        let count = client.stream.read(&mut piece).unwrap();
        assert!(count > 0, "closed after {received} bytes in {:?}", began.elapsed());
        received += count as u64;
    }
    assert!(began.elapsed() > Duration::from_millis(2000), "too fast to prove anything");
}

#[test]
fn a_file_that_shrinks_ends_the_connection_and_not_the_server() {
    let site = Site::start(&[]);
    site.write_zeros("large", 50_000_000);
    let mut client = site.server.connect();
    client.send(get("/large"));
    client.fill();
    site.write_zeros("large", 1000);
    // The announced length can no longer be kept. A reset says so: a send that was cut off is not finished.
    let mut rest = Vec::new();
    match client.stream.read_to_end(&mut rest) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
    }
    assert!(rest.len() < 49_000_000, "{} bytes", rest.len());
    assert_eq!(
        site.server.get("/large").body.len(),
        1000,
        "an open file's length is never taken from the cache"
    );
}

#[test]
fn running_out_of_descriptors_is_complained_about_and_survived() {
    let top = tempfile::tempdir().unwrap();
    std::fs::write(top.path().join("file"), "0123456789").unwrap();
    let mut shell = Command::new("sh");
    let program = env!("CARGO_BIN_EXE_longshore");
    shell.args(["-c", &format!("ulimit -n 64; exec {program} \"$@\"",), "sh", "serve"]);
    shell.arg(top.path()).stderr(Stdio::piped());
    let mut server = Program::start_command(shell);
    let mut complaints = BufReader::new(server.take_stderr());
    let clients: Vec<_> = (0..100).map(|_| server.connect()).collect();
    let mut complaint = String::new();
    complaints.read_line(&mut complaint).unwrap();
    assert!(complaint.starts_with("longshore: warning: cannot accept a connection"), "{complaint}");
    complaints.read_line(&mut complaint).unwrap();
    assert!(complaint.contains("ulimit -n"), "{complaint}");
    drop(clients);
    assert_eq!(server.get("/file").status, 200);
}
