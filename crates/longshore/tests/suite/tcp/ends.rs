//! How connections end, and options.

use crate::fixtures::*;
use longshore::Port;
use socket2::SockRef;
use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::time::Duration;

#[test]
fn each_direction_ends_on_its_own() {
    // DX2, S10
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    peer.shutdown(Shutdown::Write).unwrap();
    stream.recv(vec![0; 10], ());
    assert_eq!(received(take(&port)).2.unwrap(), 0);
    stream.send("still here", ());
    assert_eq!(sent(take(&port)).2.unwrap(), 10);
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut peer), b"still here");
    stream.send("too late", ());
    assert_eq!(errno(sent(take(&port)).2), code::FINISHED);

    let (stream, mut peer) = tcp_stream(&port, 0);
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&mut peer), b"");
    stream.recv(vec![0; 10], ());
    nothing(&port);
    peer.write_all(b"answer").unwrap();
    assert_eq!(&received(take(&port)).1[..], b"answer");
    // Ending our own receiving side ends a receive that waits.
    stream.recv(vec![0; 10], ());
    stream.shutdown(Shutdown::Read).unwrap();
    assert_eq!(received(take(&port)).2.unwrap(), 0);
}

#[test]
fn a_linger_of_zero_resets_the_connection_when_it_closes() {
    let port = Port::<()>::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    stream.set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
    assert_eq!(errno(peer.read(&mut [0; 10])), code::RESET);
}

#[test]
fn options_reach_the_socket() {
    let port = Port::<()>::new(1).unwrap();
    let (stream, _peer) = tcp_stream(&port, 0);
    for on in [true, false] {
        stream.set_nodelay(on).unwrap();
        assert_eq!(SockRef::from(&stream).tcp_nodelay().unwrap(), on);
    }
    stream.set_linger(Some(Duration::from_secs(3))).unwrap();
    assert_eq!(SockRef::from(&stream).linger().unwrap(), Some(Duration::from_secs(3)));
    stream.set_linger(None).unwrap();
    assert_eq!(SockRef::from(&stream).linger().unwrap(), None);
}

#[test]
fn clones_are_one_stream_and_the_last_one_closes_it() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let clone = stream.clone();
    clone.recv(vec![0; 10], ());
    drop(stream);
    drop(clone);
    peer.set_nonblocking(true).unwrap();
    let error = peer.read(&mut [0; 1]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock, "an operation in flight holds the stream");
    peer.set_nonblocking(false).unwrap();
    peer.write_all(b"x").unwrap();
    drop(take(&port));
    assert_eq!(read_all(&mut peer), b"");
}
