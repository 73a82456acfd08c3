//! Receiving: the order of receives, ends and resets, appended and pooled buffers.

use crate::fixtures::*;
use longshore::{Buf, BufferPool, Event, Port, Stream};
use socket2::SockRef;
use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

#[test]
fn a_receive_ends_with_whatever_is_there() {
    // S6
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 1);
    stream.recv(vec![9; 100], "waiting");
    nothing(&port);
    peer.write_all(b"abc").unwrap();
    let done = take(&port);
    assert_eq!((done.key, done.context), (1, "waiting"));
    let (_, buf, result) = received(done);
    assert_eq!((&buf[..], result.unwrap()), (&b"abc"[..], 3));
    // Already there, and more than there is room for.
    peer.write_all(b"defgh").unwrap();
    for expected in [&b"de"[..], b"fg", b"h"] {
        stream.recv(Vec::with_capacity(2), "there");
        let (_, buf, result) = received(take(&port));
        assert_eq!((&buf[..], result.unwrap()), (expected, expected.len()));
    }
}

#[test]
fn what_was_noticed_while_nobody_waited_is_there_for_the_next_receive() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    for text in [&b"one"[..], b"two", b"three"] {
        peer.write_all(text).unwrap();
        nothing(&port);
        stream.recv(vec![0; 100], ());
        assert_eq!(&received(take(&port)).1[..], text);
    }
    drop(peer);
    nothing(&port);
    stream.recv(vec![0; 100], ());
    assert_eq!(received(take(&port)).2.unwrap(), 0);
}

#[test]
fn the_peers_end_is_a_receive_of_nothing_however_it_comes() {
    // S8
    let port = Port::new(1).unwrap();
    let end = |stream: &Stream<()>| {
        for _ in 0..3 {
            stream.recv(vec![0; 100], ());
            assert_eq!(received(take(&port)).2.unwrap(), 0);
        }
    };
    // While a receive waits.
    let (one, peer) = tcp_stream(&port, 0);
    one.recv(vec![0; 100], ());
    nothing(&port);
    drop(peer);
    assert_eq!(received(take(&port)).2.unwrap(), 0);
    end(&one);
    // Together with data, noticed as one event.
    let (one, mut peer) = tcp_stream(&port, 0);
    peer.write_all(b"last words").unwrap();
    drop(peer);
    nothing(&port);
    one.recv(vec![0; 100], ());
    assert_eq!(&received(take(&port)).1[..], b"last words");
    end(&one);
    // The same, while a receive waits.
    let (one, mut peer) = tcp_stream(&port, 0);
    one.recv(vec![0; 100], ());
    one.recv(vec![0; 100], ());
    nothing(&port);
    peer.write_all(b"last words").unwrap();
    drop(peer);
    assert_eq!(&received(take(&port)).1[..], b"last words");
    assert_eq!(received(take(&port)).2.unwrap(), 0);
    end(&one);
    // After a short receive.
    let (one, mut peer) = tcp_stream(&port, 0);
    one.recv(vec![0; 100], ());
    peer.write_all(b"words").unwrap();
    assert_eq!(&received(take(&port)).1[..], b"words");
    drop(peer);
    end(&one);
    // After a short receive, noticed before it is asked for.
    let (one, mut peer) = tcp_stream(&port, 0);
    peer.write_all(b"words").unwrap();
    nothing(&port);
    drop(peer);
    nothing(&port);
    one.recv(vec![0; 100], ());
    assert_eq!(&received(take(&port)).1[..], b"words");
    end(&one);
}

#[test]
fn a_reset_is_an_error_of_the_receive() {
    // S9: pending, and before the call.
    let port = Port::new(1).unwrap();
    for pending in [true, false] {
        let (stream, peer) = tcp_stream(&port, 0);
        if pending {
            stream.recv(vec![0; 100], ());
        }
        SockRef::from(&peer).set_linger(Some(Duration::ZERO)).unwrap();
        drop(peer);
        if !pending {
            stream.recv(vec![0; 100], ());
        }
        let (_, buf, result) = received(take(&port));
        assert_eq!(errno(result), code::RESET);
        assert!(buf.is_empty());
        stream.send("into the void", ());
        assert!(matches!(errno(sent(take(&port)).2), code::FINISHED | code::RESET));
    }
}

#[test]
fn outstanding_receives_are_served_in_the_order_they_were_issued() {
    // S4
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let message = pattern(100);
    for number in 0..10 {
        stream.recv(Vec::with_capacity(10), number);
    }
    peer.write_all(&message).unwrap();
    for number in 0..10 {
        let done = take(&port);
        assert_eq!(done.context, number);
        assert_eq!(received(done).1[..], message[number * 10..][..10]);
    }
}

#[test]
fn waiting_for_data_leaves_it() {
    // S7
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    stream.readable("readable");
    nothing(&port);
    peer.write_all(b"data").unwrap();
    assert!(matches!(take(&port).event, Event::Readable { result: Ok(()), .. }));
    stream.readable("still");
    assert!(matches!(take(&port).event, Event::Readable { result: Ok(()), .. }));
    stream.recv(vec![0; 10], "all of it");
    assert_eq!(&received(take(&port)).1[..], b"data");
    stream.readable("end");
    nothing(&port);
    drop(peer);
    assert!(matches!(take(&port).event, Event::Readable { result: Ok(()), .. }));
}

#[test]
fn recv_append_adds_to_what_the_buffer_holds() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let mut buf = Buf::from(Vec::with_capacity(8));
    assert!(buf.try_extend_from_slice(b"ab"));
    stream.recv_append(buf, ());
    nothing(&port);
    peer.write_all(b"cd").unwrap();
    let (_, buf, result) = received(take(&port));
    assert_eq!((&buf[..], result.unwrap()), (&b"abcd"[..], 2));
    peer.write_all(b"efghij").unwrap();
    stream.recv_append(buf, ());
    let (_, buf, result) = received(take(&port));
    assert_eq!((&buf[..], result.unwrap()), (&b"abcdefgh"[..], 4));
    // Full: nothing received would look like the end.
    stream.recv_append(buf, ());
    let (_, buf, result) = received(take(&port));
    assert_eq!((&buf[..], result.unwrap_err().kind()), (&b"abcdefgh"[..], io::ErrorKind::InvalidInput));
    // A cancelled one still holds what it held.
    stream.recv(vec![0; 2], ());
    assert_eq!(&received(take(&port)).1[..], b"ij");
    let mut room = buf.into_vec();
    room.reserve(100);
    let operation = stream.recv_append(room, ());
    assert!(stream.cancel(operation));
    assert_eq!(&received(take(&port)).1[..], b"abcdefgh");
}

#[test]
fn recv_append_to_a_pooled_buffer_keeps_its_contents_while_it_waits() {
    let port = Port::new(1).unwrap();
    let pool = BufferPool::new(64, 8);
    for cancelled in [false, true] {
        let (stream, mut peer) = tcp_stream(&port, 0);
        let mut buf = pool.take();
        assert!(buf.try_extend_from_slice(b"first half, "));
        let operation = stream.recv_append(buf, ());
        // Meanwhile the pool's free buffers serve others.
        let mut other = pool.take();
        assert!(other.try_extend_from_slice(b"somebody else's secrets"));
        drop(other);
        nothing(&port);
        if cancelled {
            assert!(stream.cancel(operation));
            assert_eq!(&received(take(&port)).1[..], b"first half, ");
        } else {
            peer.write_all(b"second half").unwrap();
            let (_, buf, result) = received(take(&port));
            assert_eq!(result.unwrap(), 11);
            assert_eq!(buf.escape_ascii().to_string(), "first half, second half");
        }
    }
}

#[test]
fn a_pooled_receive_holds_a_buffer_only_from_data_to_drop() {
    let port = Port::new(1).unwrap();
    let pool = BufferPool::new(4096, 100);
    let mut connections: Vec<_> = (0..50).map(|_| tcp_stream(&port, 0)).collect();
    for (stream, _) in &connections {
        stream.recv_pooled(&pool, 0);
    }
    nothing(&port);
    // One buffer went round; fifty waiting receives hold none.
    assert_eq!(pool.free(), 1);
    for (number, (_, peer)) in connections.iter_mut().enumerate() {
        peer.write_all(&[number as u8; 10]).unwrap();
    }
    let mut held = Vec::new();
    for _ in 0..50 {
        let (_, buf, result) = received(take(&port));
        assert_eq!(result.unwrap(), 10);
        assert!(buf.iter().all(|byte| *byte == buf[0]));
        assert_eq!(buf.capacity(), 4096);
        held.push(buf);
    }
    held.sort_by_key(|buf| buf[0]);
    assert!(held.iter().map(|buf| buf[0]).eq(0..50));
    assert_eq!(pool.free(), 0);
    drop(held);
    assert_eq!(pool.free(), 50);
    // Ends that bring no data hold none either.
    let (one, peer) = connections.pop().unwrap();
    one.recv_pooled(&pool, 0);
    drop(peer);
    drop(received(take(&port)));
    let (one, _peer) = connections.pop().unwrap();
    one.recv_pooled(&pool, 0);
    assert_eq!(one.cancel_all(), 1);
    let (_, buf, result) = received(take(&port));
    assert!(longshore::is_cancelled(&result.unwrap_err()));
    assert_eq!(buf.len(), 0);
    assert_eq!(pool.free(), 50);
}

#[test]
fn receiving_into_memory_that_cannot_be_written_is_an_error_with_the_buffer_back() {
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    peer.write_all(b"data").unwrap();
    let shared: Arc<[u8]> = Arc::from(&b"shared"[..]);
    for buf in [Buf::from("static"), Buf::from(shared)] {
        let contents = buf.to_vec();
        stream.recv(buf, ());
        let (_, buf, result) = received(take(&port));
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(&buf[..], contents);
        stream.recv_append(buf, ());
        let (_, buf, result) = received(take(&port));
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(&buf[..], contents);
        stream.recv_vectored(vec![Buf::from(vec![0; 2]), buf], ());
        let Event::RecvVectored { bufs, result, .. } = take(&port).event else { panic!("not vectored") };
        assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
        assert_eq!(&bufs[1][..], contents);
    }
    stream.recv(vec![0; 10], ());
    assert_eq!(&received(take(&port)).1[..], b"data", "the failed receives took nothing");
}

#[test]
fn urgent_data_does_not_stall_the_stream() {
    // S16
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let urgent = |peer: &TcpStream| {
        assert_eq!(SockRef::from(peer).send_out_of_band(b"!").unwrap(), 1);
    };
    let expect = |text: &[u8]| {
        let mut got = Vec::new();
        while got.len() < text.len() {
            stream.recv(vec![0; 100], ());
            let (_, buf, result) = received(take(&port));
            assert!(result.unwrap() > 0);
            got.extend_from_slice(&buf);
        }
        assert_eq!(got, text);
    };
    for before_the_receive in [true, false] {
        peer.write_all(b"abc").unwrap();
        if before_the_receive {
            urgent(&peer);
            peer.write_all(b"def").unwrap();
            nothing(&port);
            expect(b"abcdef");
        } else {
            expect(b"abc");
            stream.recv(vec![0; 100], ());
            urgent(&peer);
            nothing(&port);
            peer.write_all(b"def").unwrap();
            assert_eq!(&received(take(&port)).1[..], b"def");
        }
    }
    drop(peer);
    stream.recv(vec![0; 100], ());
    assert_eq!(received(take(&port)).2.unwrap(), 0);
}
