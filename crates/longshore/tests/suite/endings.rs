//! How connections end, and that everybody is told: a failure lasts, and a part is not taken for the whole.

use crate::fixtures::*;
use longshore::{Buf, Event, Listener, PeerAddr, Port, Started, Stream};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::time::Duration;

const RESET: Option<i32> = Some(code::RESET);

/// Ends the connection with a reset.
fn reset(peer: TcpStream) {
    socket2::SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
    drop(peer);
}

fn receive_result(port: &Port<()>, stream: &Stream<()>) -> io::Result<usize> {
    stream.recv(vec![0; 16], ());
    received(take(port)).2
}

fn send_result(port: &Port<()>, stream: &Stream<()>) -> io::Result<usize> {
    stream.send("more", ());
    sent(take(port)).2
}

fn is_reset(result: io::Result<usize>) {
    assert_eq!(result.map_err(|error| error.raw_os_error()), Err(RESET));
}

// The kernel tells one call. An upload that was cut off must not look complete to the next.
#[test]
fn a_reset_lasts() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = tcp_stream(&port, 0);
    let readers = 3;
    for _ in 0..readers {
        stream.recv(vec![0; 16], ());
    }
    reset(peer);
    for _ in 0..readers {
        is_reset(received(take(&port)).2);
    }
    for _ in 0..3 {
        is_reset(receive_result(&port, &stream));
        is_reset(send_result(&port, &stream));
        stream.readable(());
        assert!(matches!(take(&port).event, Event::Readable { .. }));
    }
}

#[test]
fn a_reset_that_a_send_was_told_is_told_to_receives_too() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = tcp_stream(&port, 0);
    stream.send(vec![0; 64 << 20], ());
    reset(peer);
    is_reset(sent(take(&port)).2);
    is_reset(receive_result(&port, &stream));
    is_reset(send_result(&port, &stream));
}

#[test]
fn a_clean_end_stays_clean() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = tcp_stream(&port, 0);
    peer.shutdown(Shutdown::Write).unwrap();
    for _ in 0..3 {
        assert_eq!(receive_result(&port, &stream).unwrap(), 0);
        assert_eq!(send_result(&port, &stream).unwrap(), 4);
    }
    stream.shutdown(Shutdown::Write).unwrap();
    let finished = send_result(&port, &stream).unwrap_err();
    assert_eq!(finished.raw_os_error(), Some(code::FINISHED));
    assert_eq!(receive_result(&port, &stream).unwrap(), 0);
}

/// A stream with a send of which a part has gone out, and its peer.
fn half_sent(port: &Port<()>) -> (Stream<()>, TcpStream) {
    let (stream, mut peer) = tcp_stream(port, 0);
    stream.send(vec![1; 64 << 20], ());
    peer.read_exact(&mut [0; 4096]).unwrap();
    (stream, peer)
}

/// What the peer finds at the end.
fn end_of(mut peer: TcpStream) -> io::Result<()> {
    let mut room = vec![0; 1 << 20];
    while peer.read(&mut room)? > 0 {}
    Ok(())
}

#[test]
fn a_send_that_is_cut_off_by_a_close_ends_in_a_reset() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = half_sent(&port);
    stream.close();
    assert_eq!(end_of(peer).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn a_send_that_is_cut_off_by_a_cancel_ends_in_a_reset_when_the_stream_is_closed() {
    for close in [true, false] {
        let port = Port::new(1).unwrap();
        let (stream, peer) = half_sent(&port);
        assert_eq!(stream.cancel_all(), 1);
        let done = take(&port);
        assert!(sent(done).2.is_err());
        if close {
            stream.close();
        }
        drop(stream);
        assert_eq!(end_of(peer).unwrap_err().kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn a_send_that_is_cut_off_with_its_port_ends_in_a_reset() {
    let port = Port::new(1).unwrap();
    let (stream, peer) = half_sent(&port);
    drop(stream);
    port.close();
    assert_eq!(end_of(peer).unwrap_err().kind(), ErrorKind::ConnectionReset);
}

#[test]
fn what_was_sent_in_full_ends_in_a_clean_end() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    stream.send("all of it", ());
    assert_eq!(sent(take(&port)).2.unwrap(), 9);
    stream.recv(vec![0; 16], ());
    stream.close();
    let mut text = String::new();
    peer.read_to_string(&mut text).unwrap();
    assert_eq!(text, "all of it");
}

// Nothing received means the end, and nothing else.
#[test]
fn receiving_into_no_room_is_an_error_and_consumes_nothing() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    for data in [false, true] {
        if data {
            peer.write_all(b"data").unwrap();
        }
        stream.recv(Vec::new(), ());
        stream.recv_append(b"full".to_vec().into_boxed_slice().into_vec(), ());
        stream.recv("static", ());
        for _ in 0..3 {
            let (_, _, result) = received(take(&port));
            assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        for bufs in [Vec::new(), vec![Buf::default(), Buf::default()]] {
            stream.recv_vectored(bufs, ());
            let Event::RecvVectored { result, .. } = take(&port).event else { panic!("not that") };
            assert_eq!(result.unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        let Started::Pending(_) = stream.start_recv(Vec::new(), ()) else { panic!("it comes as a packet") };
        assert!(received(take(&port)).2.is_err());
    }
    assert_eq!(receive_result(&port, &stream).unwrap(), 4);
}

// shutdown

#[test]
fn nothing_is_sent_behind_an_end_that_had_to_wait() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let length = 32 << 20;
    stream.send(vec![1; length], ());
    stream.shutdown(Shutdown::Write).unwrap();
    stream.send("too late", ());
    let late = sent(take(&port)).2.unwrap_err();
    assert_eq!(late.raw_os_error(), Some(code::FINISHED));
    let reader = go(move || {
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).unwrap();
        (bytes.len(), peer)
    });
    assert_eq!(sent(take(&port)).2.unwrap(), length);
    let (received, mut peer) = reader.join();
    assert_eq!(received, length);
    // The other direction goes on.
    peer.write_all(b"still here").unwrap();
    assert_eq!(receive_result(&port, &stream).unwrap(), 10);
}

#[test]
fn finishing_both_directions_is_not_forgotten_for_finishing_one() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let length = 32 << 20;
    stream.recv(vec![0; 16], ());
    stream.send(vec![1; length], ());
    stream.shutdown(Shutdown::Both).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    // The reading side ends at once.
    assert_eq!(received(take(&port)).2.unwrap(), 0);
    let reader = go(move || {
        let mut bytes = Vec::new();
        peer.read_to_end(&mut bytes).unwrap();
        bytes.len()
    });
    assert_eq!(sent(take(&port)).2.unwrap(), length);
    assert_eq!(reader.join(), length);
}

// What a clone may do.

#[test]
fn an_accept_never_blocks_whatever_a_clone_says() {
    let port = Port::<()>::new(1).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let clone = listener.try_clone().unwrap();
    let listener = Listener::attach(&port, 0, listener).unwrap();
    for _ in 0..3 {
        clone.set_nonblocking(false).unwrap();
        let issuing = go({
            let listener = listener.clone();
            move || {
                listener.accept(());
            }
        });
        issuing.join();
    }
    clone.set_nonblocking(false).unwrap();
    let PeerAddr::Inet(address) = listener.local_addr().unwrap() else { panic!("not TCP") };
    let _client = TcpStream::connect(address).unwrap();
    drop(connected(take(&port)));
    go(move || port.close()).join();
}
