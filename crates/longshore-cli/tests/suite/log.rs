//! What the program says on standard error, and that it survives one that nobody can write to.

use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::fixtures::program::{Client, Program, command, get, shell};
use longshore_fixtures::patience::eventually;
use rustix::process::Signal;

/// Runs a server out of descriptors and tells what it said of that, for this value of LONGSHORE_LOG.
fn said(value: Option<&str>) -> String {
    let mut limited = shell("ulimit -n 64", &["echo"]);
    limited
        .env_remove("LONGSHORE_LOG")
        .envs(value.map(|value| ("LONGSHORE_LOG", value)))
        .stderr(Stdio::piped());
    let mut running = Program::start_command(limited);
    let mut errors = running.take_stderr();
    let clients: Vec<Client> = (0..100).map(|_| running.connect()).collect();
    eventually("no descriptor is left", || running.open_files() >= 64);
    drop(clients);
    // The first accept that comes after the last failed one: all have been spoken of.
    running.connect().stream.write_all(b"echo").unwrap();
    running.signal(Signal::TERM);
    let mut text = String::new();
    errors.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_warning_reaches_people_and_debugging_does_not() {
    let text = said(None);
    assert!(text.starts_with("longshore: warning: cannot accept a connection while "), "{text:?}");
    assert!(text.contains("longshore: warning: raise the limit before starting: ulimit -n"), "{text:?}");
    assert!(!text.contains("debug:"), "{text:?}");
}

#[test]
fn the_variable_decides_what_is_said() {
    assert_eq!(said(Some("off")), "");
    assert_eq!(said(Some("error")), "");
    let text = said(Some("error,longshore_engine::port=debug"));
    assert!(text.contains("longshore: debug: [longshore_engine::port"), "{text:?}");
    assert!(text.contains("port opened concurrency="), "{text:?}");
    assert!(!text.contains("cannot accept"), "{text:?}");
    let text = said(Some("a=b=c"));
    assert!(text.contains("LONGSHORE_LOG=a=b=c means nothing"), "{text:?}");
    assert!(text.contains("cannot accept"), "warnings are shown nevertheless: {text:?}");
}

/// Runs a server out of descriptors with nobody to complain to, and sees it serve again.
fn survives(server: &str, prepare: impl FnOnce(&mut Command)) {
    let top = tempfile::tempdir().unwrap();
    std::fs::write(top.path().join("file"), "0123456789").unwrap();
    let arguments: &[&str] =
        if server == "serve" { &["serve", top.path().to_str().unwrap()] } else { &["echo"] };
    // The only thread there is says it; were it held up or gone, nobody would be served.
    let arguments = [arguments, &["--threads", "1"]].concat();
    let mut limited = shell("ulimit -n 64", &arguments);
    prepare(&mut limited);
    let mut running = Program::start_command(limited);
    let clients: Vec<Client> = (0..200).map(|_| running.connect()).collect();
    // Whatever an accept can fail of, it has: the descriptors are all taken.
    eventually("no descriptor is left", || running.open_files() >= 64);
    drop(clients);
    for _ in 0..100 {
        let mut client = running.connect();
        if server == "serve" {
            client.send(get("/file"));
            assert_eq!(client.receive().status, 200);
        } else {
            client.send("echo");
            client.stream.read_exact(&mut [0; 4]).unwrap();
        }
    }
    assert!(running.is_running());
}

#[test]
fn a_full_standard_error_does_no_harm() {
    let full = || OpenOptions::new().write(true).open("/dev/full").unwrap();
    survives("serve", |server| _ = server.stderr(full()));
    survives("echo", |server| _ = server.stderr(full()));
}

#[test]
fn a_closed_standard_error_does_no_harm() {
    let arguments = ["serve", "."];
    let mut server = Program::start_command(shell("ulimit -n 64; exec 2>&-", &arguments));
    let clients: Vec<Client> = (0..200).map(|_| server.connect()).collect();
    drop(clients);
    assert_eq!(server.get("/Cargo.toml").status, 200);
    assert!(server.is_running());
}

#[test]
fn a_standard_error_whose_reader_left_does_no_harm() {
    survives("serve", |server| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        server.stderr(writer);
    });
}

#[test]
fn a_standard_error_that_nobody_reads_holds_up_nobody() {
    let (reader, writer) = std::io::pipe().unwrap();
    let mut filler = writer.try_clone().unwrap();
    rustix::io::ioctl_fionbio(&filler, true).unwrap();
    while filler.write(&[b'x'; 4096]).is_ok() {}
    // The program shares the description; it must be one that blocks.
    rustix::io::ioctl_fionbio(&filler, false).unwrap();
    survives("serve", |server| _ = server.stderr(writer));
    drop(reader);
}

#[test]
fn an_output_that_cannot_be_written_is_an_error_and_no_panic() {
    for arguments in [&["doctor"][..], &["cc", "--help"], &["cc", "--print-flags", "--cflags"]] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(arguments).stdout(full).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
        assert!(text.contains("cannot write the output: No space left"), "{text}");
        let both = || OpenOptions::new().write(true).open("/dev/full").unwrap();
        let status = command(arguments).stdout(both()).stderr(both()).status().unwrap();
        assert_eq!(status.code(), Some(1), "{arguments:?}");
    }
}
