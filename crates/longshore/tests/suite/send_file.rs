//! A range of a file between two buffers, to a socket. Rules: TF1, TF2.

use crate::fixtures::*;
#[cfg(target_os = "linux")]
use longshore::Stream;
use longshore::{Event, File, Port};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::Shutdown;
use std::ops::Range;
use std::sync::mpsc;
use std::thread;

/// A nameless file with these contents.
fn file(contents: &[u8]) -> std::fs::File {
    let path = std::env::temp_dir().join(format!(
        "longshore-send-file-{}-{:?}",
        std::process::id(),
        thread::current().id()
    ));
    let mut file =
        std::fs::File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
    // Windows keeps the name until the last handle is closed, and gives no second handle meanwhile.
    #[cfg(target_os = "linux")]
    std::fs::remove_file(&path).unwrap();
    file.write_all(contents).unwrap();
    file
}

fn result_of(done: longshore::Completion<&'static str>) -> io::Result<u64> {
    match done.event {
        Event::SendFile { result, .. } => result,
        other => panic!("not a send_file: {other:?}"),
    }
}

#[test]
fn head_range_and_tail_arrive_in_order_and_exactly() {
    // TF1: every combination of empty and not.
    let port = Port::new(1).unwrap();
    let contents = pattern(10_000);
    let file = File::attach(&port, 0, file(&contents)).unwrap();
    let ranges: [Range<usize>; 5] = [0..10_000, 5..6, 4096..9999, 0..0, 10_000..10_000];
    for range in ranges {
        for head in [&b""[..], b"HEAD", &contents[..3000]] {
            for tail in [&b""[..], b"T"] {
                let (stream, peer) = tcp_stream(&port, 6);
                let wire = range.start as u64..range.end as u64;
                stream.send_file(head.to_vec(), &file, wire, tail.to_vec(), "all");
                let done = take(&port);
                assert_eq!((done.key, done.context), (6, "all"));
                let Event::SendFile { head: head_back, tail: tail_back, result, .. } = done.event else {
                    panic!("not a send_file")
                };
                let expected = [head, &contents[range.clone()], tail].concat();
                assert_eq!(result.unwrap(), expected.len() as u64);
                assert_eq!((&head_back[..], &tail_back[..]), (head, tail));
                stream.shutdown(Shutdown::Write).unwrap();
                assert!(read_all(peer) == expected, "{range:?} with {} and {}", head.len(), tail.len());
            }
        }
    }
}

#[test]
fn the_files_position_is_neither_used_nor_moved() {
    // TF2
    let port = Port::new(1).unwrap();
    let mut original = file(b"0123456789");
    original.seek(SeekFrom::Start(7)).unwrap();
    let file = File::attach(&port, 0, original.try_clone().unwrap()).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    stream.send_file("", &file, 2..5, "", "middle");
    assert_eq!(result_of(take(&port)).unwrap(), 3);
    let mut bytes = [0; 3];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"234");
    assert_eq!(original.stream_position().unwrap(), 7);
}

#[test]
fn a_file_shorter_than_the_range_is_an_error_after_what_there_is() {
    let port = Port::new(1).unwrap();
    let file = File::attach(&port, 0, file(b"short")).unwrap();
    for (range, expected) in [(0..6, &b"<short"[..]), (5..6, b"<"), (100..101, b"<")] {
        let (stream, peer) = tcp_stream(&port, 0);
        stream.send_file("<", &file, range, ">", "too much");
        assert_eq!(errno(result_of(take(&port))), code::FILE_ENDS);
        drop(stream);
        // What was still on its way when the connection was reset is lost.
        assert!(expected.starts_with(&read_part(peer)), "the tail must not follow a file that is not whole");
    }
    // Ends that make no sense: backwards is empty, beyond what an offset can say is an error.
    let (stream, peer) = tcp_stream(&port, 0);
    #[allow(clippy::reversed_empty_ranges)]
    stream.send_file("<", &file, 4..2, ">", "backwards");
    assert_eq!(result_of(take(&port)).unwrap(), 2);
    stream.send_file("", &file, u64::MAX - 1..u64::MAX, "", "beyond");
    assert!(result_of(take(&port)).is_err());
    drop(stream);
    assert_eq!(read_all(peer), b"<>");
}

#[test]
fn a_file_cut_off_in_the_middle_is_an_error() {
    const LENGTH: u64 = 64 << 20;
    let port = Port::new(1).unwrap();
    let original = file(b"");
    original.set_len(LENGTH).unwrap();
    let file = File::attach(&port, 0, original.try_clone().unwrap()).unwrap();
    let (stream, peer) = tcp_stream(&port, 0);
    stream.send_file("", &file, 0..LENGTH, "tail", "cut");
    nothing(&port);
    original.set_len(1 << 20).unwrap();
    let reader = thread::spawn(move || read_part(peer).len() as u64);
    assert_eq!(errno(result_of(take(&port))), code::FILE_ENDS);
    drop(stream);
    assert!(reader.join().unwrap() < LENGTH);
}

#[test]
fn a_client_that_goes_in_the_middle_is_an_error_and_harms_nobody() {
    const LENGTH: u64 = 64 << 20;
    let port = Port::new(1).unwrap();
    let original = file(b"");
    original.set_len(LENGTH).unwrap();
    let file = File::attach(&port, 0, original).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    stream.send_file("", &file, 0..LENGTH, "", "gone");
    peer.read_exact(&mut [0; 1000]).unwrap();
    drop(peer);
    assert!(matches!(errno(result_of(take(&port))), code::FINISHED | code::RESET));
    let (stream, mut peer) = tcp_stream(&port, 0);
    stream.send_file("", &file, 0..10, "", "next");
    assert_eq!(result_of(take(&port)).unwrap(), 10);
    peer.read_exact(&mut [0; 10]).unwrap();
}

#[test]
fn a_slow_reader_gets_all_of_a_large_file_while_others_are_served() {
    const LENGTH: usize = 100 << 20;
    let port = Port::new(1).unwrap();
    let contents = pattern(LENGTH);
    let file = File::attach(&port, 0, file(&contents)).unwrap();
    let (slow, slow_peer) = tcp_stream(&port, 0);
    slow.send_file("head", &file, 0..LENGTH as u64, "tail", "large");
    nothing(&port);
    let (go_on, going_on) = mpsc::channel::<()>();
    let reader = thread::spawn(move || {
        let mut peer = slow_peer;
        let mut got = vec![0; LENGTH + 8];
        // A part of it each time the other connection has been served, then all the rest.
        let mut filled = 0;
        while going_on.recv().is_ok() {
            let end = filled + (256 << 10);
            peer.read_exact(&mut got[filled..end]).unwrap();
            filled = end;
        }
        peer.read_exact(&mut got[filled..]).unwrap();
        got
    });
    let (quick, mut quick_peer) = tcp_stream(&port, 0);
    for _ in 0..100 {
        quick.recv(vec![0; 10], "quick");
        quick_peer.write_all(b"x").unwrap();
        let done = take(&port);
        assert_eq!(done.context, "quick", "the large one cannot be through yet");
        go_on.send(()).unwrap();
    }
    drop(go_on);
    assert_eq!(result_of(take(&port)).unwrap(), LENGTH as u64 + 8);
    let got = reader.join().unwrap();
    assert_eq!((&got[..4], &got[LENGTH + 4..]), (&b"head"[..], &b"tail"[..]));
    assert!(got[4..LENGTH + 4] == contents, "the file arrived changed");
}

#[test]
fn a_fast_reader_of_a_large_file_does_not_keep_others_out() {
    // One thread, one port: between two parts of the file the others have their turn.
    const LENGTH: u64 = if cfg!(windows) { 40 << 20 } else { 400 << 20 };
    let port = Port::new(1).unwrap();
    let original = file(b"");
    original.set_len(LENGTH).unwrap();
    let file = File::attach(&port, 0, original).unwrap();
    let (large, large_peer) = tcp_stream(&port, 0);
    let reader = thread::spawn(move || io::copy(&mut &large_peer, &mut io::sink()).unwrap());
    let (quick, mut quick_peer) = tcp_stream(&port, 0);
    quick.recv(vec![0; 10], "quick");
    large.send_file("", &file, 0..LENGTH, "", "large");
    quick_peer.write_all(b"x").unwrap();
    let mut order = Vec::new();
    for _ in 0..2 {
        order.push(take(&port).context);
    }
    drop(large);
    assert_eq!(order, ["quick", "large"]);
    assert_eq!(reader.join().unwrap(), LENGTH);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_is_an_error_and_its_owner_goes_on() {
    let port = Port::new(1).unwrap();
    let (from, to) = io::pipe().unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    for (what, name) in [(std::os::fd::OwnedFd::from(from), "no offsets"), (to.into(), "not readable")] {
        let pipe = File::attach(&port, 0, what).unwrap();
        stream.send_file("", &pipe, 0..10, "", name);
        assert!(result_of(take(&port)).is_err(), "{name}");
    }
    stream.send("fine", "send");
    assert_eq!(sent(take(&port)).2.unwrap(), 4);
    let mut bytes = [0; 4];
    peer.read_exact(&mut bytes).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_takes_a_file_like_a_socket_does() {
    let port = Port::new(1).unwrap();
    let file = File::attach(&port, 0, file(b"contents")).unwrap();
    let (mut from, to) = io::pipe().unwrap();
    let to = Stream::attach(&port, 0, to).unwrap();
    to.send_file("head ", &file, 0..8, " tail", "all");
    assert_eq!(result_of(take(&port)).unwrap(), 18);
    let mut bytes = [0; 18];
    from.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"head contents tail");
}

#[test]
fn sends_before_and_after_a_file_keep_their_places() {
    // S19
    let port = Port::new(1).unwrap();
    let contents = pattern(5 << 20);
    let file = File::attach(&port, 0, file(&contents)).unwrap();
    let (stream, peer) = tcp_stream(&port, 0);
    stream.send(contents.clone(), "before");
    stream.send_file("<", &file, 0..contents.len() as u64, ">", "file");
    stream.send(contents.clone(), "after");
    let reader = thread::spawn(move || read_all(peer));
    for context in ["before", "file", "after"] {
        assert_eq!(take(&port).context, context);
    }
    drop(stream);
    assert!(reader.join().unwrap() == [&contents[..], b"<", &contents, b">", &contents].concat());
}
