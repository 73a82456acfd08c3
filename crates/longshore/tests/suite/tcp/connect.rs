//! Connecting.

use super::inet;
use crate::fixtures::*;
use longshore::{Event, Port, Stream};
use socket2::{Domain, Socket, Type};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

#[test]
fn a_connect_ends_with_a_stream_that_works_both_ways() {
    // CX2
    let port = Port::new(1).unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    Stream::connect(&port, 9, address, "connect").unwrap();
    let (mut peer, from) = server.accept().unwrap();
    let done = take(&port);
    assert_eq!((done.key, done.context), (9, "connect"));
    let stream = connected(done);
    assert_eq!(inet(stream.peer_addr().unwrap()), address);
    assert_eq!(inet(stream.local_addr().unwrap()), from);
    stream.send("ping", "send");
    assert_eq!(sent(take(&port)).2.unwrap(), 4);
    let mut bytes = [0; 4];
    peer.read_exact(&mut bytes).unwrap();
    stream.recv(vec![0; 100], "recv");
    peer.write_all(&bytes).unwrap();
    assert_eq!(&received(take(&port)).1[..], b"ping");
}

#[test]
fn a_refused_connection_is_an_error_of_the_completion() {
    // CX3
    let port = Port::new(1).unwrap();
    // Bound, so that neither another test nor the connecting socket itself gets this
    // port; but nobody listens.
    let deaf = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    deaf.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    let address = deaf.local_addr().unwrap().as_socket().unwrap();
    for number in 0..20 {
        Stream::connect(&port, 3, address, number).unwrap();
        let done = take(&port);
        assert_eq!((done.key, done.context), (3, number));
        let Event::Connect { result, .. } = done.event else { panic!("{:?}", done.event) };
        assert_eq!(errno(result), code::REFUSED);
    }
    nothing(&port);
}

#[test]
fn a_connect_to_a_full_backlog_succeeds_once_there_is_room() {
    // The system asks again after a second; one connect only, or they would compete for more seconds.
    let port = Port::new(1).unwrap();
    let server = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    server.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    server.listen(0).unwrap();
    let address = server.local_addr().unwrap().as_socket().unwrap();
    let first = TcpStream::connect(address).unwrap();
    Stream::connect(&port, 0, address, "connect").unwrap();
    nothing(&port);
    let server = TcpListener::from(server);
    let accepting = thread::spawn(move || [server.accept().unwrap(), server.accept().unwrap()]);
    let stream = connected(take(&port));
    let [_, (_, from)] = accepting.join().unwrap();
    assert_eq!(inet(stream.local_addr().unwrap()), from);
    drop(first);
}

#[test]
fn a_server_that_spoke_and_hung_up_before_the_connect_was_noticed_is_heard_to_the_end() {
    // S8: connection, data and end arrive as one event.
    let port = Port::new(1).unwrap();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    Stream::connect(&port, 0, server.local_addr().unwrap(), 0).unwrap();
    let (mut peer, _) = server.accept().unwrap();
    peer.write_all(b"bye").unwrap();
    drop(peer);
    let stream = connected(take(&port));
    stream.recv(vec![0; 100], 1);
    assert_eq!(&received(take(&port)).1[..], b"bye");
    stream.recv(vec![0; 100], 2);
    assert_eq!(received(take(&port)).2.unwrap(), 0);
}
