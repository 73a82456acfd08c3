//! What only Windows has to say: which files can be attached, how often, and what there is not.

use crate::fixtures::*;
use longshore::{Event, File, Listener, Port, Stream};
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::windows::fs::OpenOptionsExt;
use std::path::PathBuf;
use windows_sys::Win32::Storage::FileSystem::FILE_FLAG_OVERLAPPED;

/// A file that is gone at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let path = std::env::temp_dir().join(format!("longshore-windows-{name}-{}", std::process::id()));
        std::fs::write(&path, b"contents").unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn contents(port: &Port<()>, file: &File<()>) -> Vec<u8> {
    file.read_at(vec![0; 100], 0, ());
    match take(port).event {
        Event::Read { buf, result, .. } => {
            result.unwrap();
            buf.into_vec()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_are_attached_whether_they_were_opened_for_it_or_not() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new("twin");
    let mut plain = std::fs::File::options().read(true).write(true).open(&scratch.0).unwrap();
    let file = File::attach(&port, 0, plain.try_clone().unwrap()).unwrap();
    assert_eq!(contents(&port, &file), b"contents");
    // It is the same file.
    plain.write_all(b"CON").unwrap();
    assert_eq!(contents(&port, &file), b"CONtents");

    let overlapped =
        OpenOptions::new().read(true).custom_flags(FILE_FLAG_OVERLAPPED).open(&scratch.0).unwrap();
    let file = File::attach(&port, 0, overlapped).unwrap();
    assert_eq!(contents(&port, &file), b"CONtents");
}

#[test]
fn a_file_that_cannot_be_opened_again_is_refused_with_what_to_do() {
    let port = Port::<()>::new(1).unwrap();
    let scratch = Scratch::new("unshared");
    let alone = OpenOptions::new().read(true).share_mode(0).open(&scratch.0).unwrap();
    let error = File::attach(&port, 0, alone).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert!(error.to_string().contains("FILE_FLAG_OVERLAPPED"), "{error}");
    // And done so, it can be.
    let mut options = OpenOptions::new();
    options.read(true).share_mode(0).custom_flags(FILE_FLAG_OVERLAPPED);
    let file = File::open(&port, 0, &scratch.0, &options).unwrap();
    assert_eq!(contents(&port, &file), b"contents");
}

#[test]
fn a_socket_belongs_to_one_port_for_good() {
    // P3, P4
    let (port, other) = (Port::<()>::new(1).unwrap(), Port::<()>::new(1).unwrap());
    let (ours, _theirs) = tcp_pair();
    let duplicate = ours.try_clone().unwrap();
    let stream = Stream::attach(&port, 0, ours).unwrap();
    for again in [&port, &other] {
        let error = Stream::attach(again, 0, duplicate.try_clone().unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("already"), "{error}");
    }
    drop(stream);
}

#[test]
fn there_are_no_unix_sockets() {
    let port = Port::<()>::new(1).unwrap();
    assert_eq!(Listener::bind_unix(&port, 0, "socket").unwrap_err().kind(), io::ErrorKind::Unsupported);
    assert_eq!(Stream::connect_unix(&port, 0, "socket", ()).unwrap_err().kind(), io::ErrorKind::Unsupported);
}

/// The trap of notification modes and of D1: what ends inside the call has one packet, whether it
/// succeeded, was cut short, or failed.
#[test]
fn what_ends_at_once_has_exactly_one_packet() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    peer.write_all(b"data").unwrap();
    for _ in 0..4 {
        stream.recv(vec![0; 1], ());
        assert_eq!(received(take(&port)).2.unwrap(), 1);
    }
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    for _ in 0..4 {
        stream.send("too late", ());
        assert_eq!(sent(take(&port)).2.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
    nothing(&port);
}
