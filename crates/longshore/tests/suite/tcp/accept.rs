//! Accepting: the order of connections, closing, errors.

use super::{inet, listener};
use crate::fixtures::*;
use longshore::{Event, Listener, Port, Stream};
use socket2::SockRef;
use std::io::{self, Write};
use std::net::TcpStream;
use std::time::Duration;

#[test]
fn outstanding_accepts_take_connections_first_come_first_served() {
    // AC4
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port, 5);
    for number in 0..100 {
        listener.accept(number);
    }
    let clients: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut streams = Vec::new();
    for (number, client) in clients.iter().enumerate() {
        let done = take(&port);
        assert_eq!((done.key, done.context), (5, number));
        let Event::Accept { result, .. } = done.event else { panic!("{:?}", done.event) };
        let (stream, peer) = result.unwrap();
        assert_eq!(inet(peer), client.local_addr().unwrap());
        assert_eq!(inet(stream.peer_addr().unwrap()), client.local_addr().unwrap());
        streams.push(stream);
    }
    nothing(&port);
}

#[test]
fn an_accept_finds_connections_that_came_before_it() {
    // AC4
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port, 0);
    let clients = [TcpStream::connect(address).unwrap(), TcpStream::connect(address).unwrap()];
    for client in &clients {
        nothing(&port);
        listener.accept(());
        let Event::Accept { result: Ok((_, peer)), .. } = take(&port).event else { panic!("no connection") };
        assert_eq!(inet(peer), client.local_addr().unwrap());
    }
}

#[test]
fn an_accepted_stream_has_the_listeners_key_until_told_otherwise() {
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port, 17);
    listener.accept("accept");
    let mut client = TcpStream::connect(address).unwrap();
    let stream = connected(take(&port));
    assert_eq!(stream.key(), 17);
    stream.recv(vec![0; 8], "first");
    client.write_all(b"1").unwrap();
    assert_eq!(take(&port).key, 17);
    stream.set_key(18);
    stream.recv(vec![0; 8], "second");
    client.write_all(b"2").unwrap();
    assert_eq!(take(&port).key, 18);
    assert_eq!(listener.key(), 17);
}

#[test]
fn closing_a_listener_ends_its_accepts_as_cancelled() {
    // AC8
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port, 0);
    for number in 0..3 {
        listener.accept(number);
    }
    listener.close();
    for number in 0..3 {
        let done = take(&port);
        assert_eq!(done.context, number);
        let Event::Accept { result, .. } = done.event else { panic!("{:?}", done.event) };
        assert!(longshore::is_cancelled(&result.unwrap_err()));
    }
    // Windows listens until the socket is closed.
    #[cfg(windows)]
    drop(listener);
    let refused = TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_client_that_is_gone_before_it_is_accepted_harms_nobody() {
    // AC3: accepted, then reset or at its end.
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port, 0);
    let gone = TcpStream::connect(address).unwrap();
    SockRef::from(&gone).set_linger(Some(Duration::ZERO)).unwrap();
    drop(gone);
    let mut client = TcpStream::connect(address).unwrap();
    client.write_all(b"here").unwrap();
    // Windows may drop the one that is gone without a word.
    for round in 0..2 {
        listener.accept(());
        let stream = connected(take(&port));
        stream.recv(vec![0; 8], ());
        match received(take(&port)) {
            (_, buf, Ok(4)) => return assert_eq!(&buf[..], b"here"),
            (_, _, result) => assert_eq!((round, errno(result)), (0, code::RESET)),
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn with_too_many_open_files_an_accept_waits_and_so_does_the_connection() {
    if !alone(this_test!()) {
        return;
    }
    let port = Port::new(1).unwrap();
    let (listener, address) = listener(&port, 0);
    let client = TcpStream::connect(address).unwrap();
    let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain system calls on a valid structure.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut old), 0);
        // No number beyond the standard three: open descriptors stay, new ones are refused.
        let low = libc::rlimit { rlim_cur: 3, rlim_max: old.rlim_max };
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &low), 0);
    }
    listener.accept(());
    nothing(&port);
    // SAFETY: as above.
    unsafe { assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &old), 0) };
    // No event tells: it is tried again.
    let Event::Accept { result, .. } = take(&port).event else { panic!("not an accept") };
    assert_eq!(inet(result.unwrap().1), client.local_addr().unwrap());
}

#[test]
fn an_address_in_use_and_an_address_that_is_not_ours_are_errors_at_once() {
    let port = Port::<()>::new(1).unwrap();
    let (_listener, address) = listener(&port, 0);
    let error = Listener::bind(&port, 0, address).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    // TEST-NET-1 is nobody's.
    let error = Listener::bind(&port, 0, "192.0.2.1:0").unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
    assert!(Listener::bind(&port, 0, "no port in this").is_err());
    assert!(Listener::bind(&port, 0, &[][..]).is_err());
}

#[test]
fn nothing_can_be_attached_to_a_closed_port() {
    let port = Port::<()>::new(1).unwrap();
    let (ours, _theirs) = tcp_pair();
    port.close();
    let error = Stream::attach(&port, 0, ours).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    assert_eq!(Listener::bind(&port, 0, "127.0.0.1:0").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    let somewhere = "127.0.0.1:9".parse().unwrap();
    assert_eq!(Stream::connect(&port, 0, somewhere, ()).unwrap_err().kind(), io::ErrorKind::BrokenPipe);
}
