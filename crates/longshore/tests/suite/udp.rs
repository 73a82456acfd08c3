//! Datagrams. Rules: S4, S7, S11, S20.

use crate::fixtures::*;
use longshore::{Buf, Completion, Datagram, Event, PeerAddr, Port, UdpSocket};
use std::io;
use std::net::{SocketAddr, UdpSocket as StdSocket};

fn socket<C: Send + 'static>(port: &Port<C>) -> (UdpSocket<C>, SocketAddr) {
    let socket = UdpSocket::bind(port, 1, "127.0.0.1:0").unwrap();
    let PeerAddr::Inet(address) = socket.local_addr().unwrap() else { panic!("not an internet address") };
    (socket, address)
}

fn datagram<C: Send + std::fmt::Debug>(done: Completion<C>) -> (Buf, io::Result<Datagram>) {
    match done.event {
        Event::RecvFrom { buf, result, .. } => (buf, result),
        other => panic!("not a datagram: {other:?}"),
    }
}

fn peer() -> StdSocket {
    let peer = StdSocket::bind("127.0.0.1:0").unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer
}

#[test]
fn datagrams_go_and_come_with_their_sender() {
    let port = Port::new(1).unwrap();
    let (socket, address) = socket(&port);
    let peer = peer();
    socket.send_to("question", peer.local_addr().unwrap(), "send");
    let done = take(&port);
    assert_eq!((done.key, done.context), (1, "send"));
    let Event::SendTo { buf, result, .. } = done.event else { panic!("not a send") };
    assert_eq!((&buf[..], result.unwrap()), (&b"question"[..], 8));
    let mut bytes = [0; 100];
    let (length, from) = peer.recv_from(&mut bytes).unwrap();
    assert_eq!((&bytes[..length], from), (&b"question"[..], address));
    socket.recv_from(Vec::with_capacity(100), "recv");
    nothing(&port);
    peer.send_to(b"answer", address).unwrap();
    let (buf, result) = datagram(take(&port));
    let expected = Datagram { bytes: 6, from: peer.local_addr().unwrap(), truncated: false };
    assert_eq!((&buf[..], result.unwrap()), (&b"answer"[..], expected));
}

#[test]
fn a_datagram_longer_than_the_room_is_cut_and_says_so() {
    // S11, S7
    let port = Port::new(1).unwrap();
    let (socket, address) = socket(&port);
    let peer = peer();
    for (room, sent, bytes, truncated) in [
        (4, "0123456789", 4, true),
        (10, "0123456789", 10, false),
        (0, "gone", 0, true),
        (4, "next", 4, false),
    ] {
        peer.send_to(sent.as_bytes(), address).unwrap();
        socket.recv_from(Vec::with_capacity(room), ());
        let (buf, result) = datagram(take(&port));
        assert_eq!(&buf[..], &sent.as_bytes()[..bytes]);
        assert_eq!(result.unwrap(), Datagram { bytes, from: peer.local_addr().unwrap(), truncated });
    }
}

#[test]
fn an_empty_datagram_is_a_datagram() {
    let port = Port::new(1).unwrap();
    let (socket, address) = socket(&port);
    let peer = peer();
    socket.recv_from(vec![0; 10], ());
    peer.send_to(b"", address).unwrap();
    let (buf, result) = datagram(take(&port));
    assert_eq!((buf.len(), result.unwrap().bytes), (0, 0));
    socket.send_to("", peer.local_addr().unwrap(), ());
    assert!(matches!(take(&port).event, Event::SendTo { result: Ok(0), .. }));
    assert_eq!(peer.recv_from(&mut [0; 10]).unwrap(), (0, address));
}

#[test]
fn outstanding_receives_take_one_datagram_each_in_order() {
    // S4
    let port = Port::new(1).unwrap();
    let (socket, address) = socket(&port);
    let peer = peer();
    for number in 0..20u8 {
        socket.recv_from(vec![0; 10], number);
    }
    for number in 0..20u8 {
        peer.send_to(&[number], address).unwrap();
    }
    for number in 0..20 {
        let done = take(&port);
        assert_eq!(done.context, number);
        assert_eq!(datagram(done).0[..], [number]);
    }
}

#[test]
fn memory_that_cannot_be_written_takes_no_datagram() {
    let port = Port::new(1).unwrap();
    let (socket, address) = socket(&port);
    peer().send_to(b"kept", address).unwrap();
    socket.recv_from("static", ());
    let (buf, result) = datagram(take(&port));
    assert_eq!(result.unwrap_err().kind(), io::ErrorKind::InvalidInput);
    assert_eq!(&buf[..], b"static");
    socket.recv_from(vec![0; 10], ());
    assert_eq!(&datagram(take(&port)).0[..], b"kept");
}

#[test]
fn a_datagram_too_long_to_send_is_an_error_with_the_buffer_back() {
    let port = Port::new(1).unwrap();
    let (socket, _) = socket(&port);
    let peer = peer();
    socket.send_to(vec![7; 70_000], peer.local_addr().unwrap(), ());
    let Event::SendTo { buf, result, .. } = take(&port).event else { panic!("not a send") };
    assert_eq!((errno(result), buf.len()), (code::TOO_LONG, 70_000));
}

#[test]
fn an_unreachable_peer_does_not_wedge_a_connected_socket() {
    // S20: reported once, to the receive that waits or to the next operation, then the socket goes on.
    let port = Port::new(1).unwrap();
    let nobody = peer().local_addr().unwrap();
    let connected = StdSocket::bind("127.0.0.1:0").unwrap();
    connected.connect(nobody).unwrap();
    let address = connected.local_addr().unwrap();
    let socket = UdpSocket::attach(&port, 0, connected).unwrap();
    for _ in 0..3 {
        socket.recv_from(vec![0; 10], "recv");
        socket.send_to("anybody there?", nobody, "send");
        let mut refused = 0;
        for _ in 0..2 {
            match take(&port).event {
                Event::RecvFrom { result, .. } => {
                    assert_eq!(errno(result), code::REFUSED);
                    refused += 1;
                }
                Event::SendTo { result, .. } => assert_eq!(result.unwrap(), 14),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(refused, 1);
    }
    socket.recv_from(vec![0; 10], "recv");
    nothing(&port);
    // Somebody moves in after all.
    let peer = StdSocket::bind(nobody).unwrap();
    peer.send_to(b"here", address).unwrap();
    assert_eq!(&datagram(take(&port)).0[..], b"here");
}

#[test]
fn closing_ends_receives_as_cancelled() {
    // TX3
    let port = Port::new(1).unwrap();
    let (socket, _) = socket(&port);
    socket.recv_from(vec![0; 10], 1);
    socket.recv_from(vec![0; 10], 2);
    socket.close();
    for number in 1..=2 {
        let done = take(&port);
        assert_eq!(done.context, number);
        assert!(longshore::is_cancelled(&datagram(done).1.unwrap_err()));
    }
}
