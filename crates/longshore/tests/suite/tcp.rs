//! TCP: accept, connect, receive, send, and every way a connection can end.
//! Rules: AC3-AC8, CX2-CX3, S4-S9, S19, P9.

use crate::fixtures::*;
use longshore::{Buf, BufferPool, Event, Listener, PeerAddr, Port, Stream};
use socket2::{Domain, SockRef, Socket, Type};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

fn inet(address: PeerAddr) -> SocketAddr {
    match address {
        PeerAddr::Inet(address) => address,
        other => panic!("not an internet address: {other:?}"),
    }
}

fn listener<C: Send + 'static>(port: &Port<C>, key: usize) -> (Listener<C>, SocketAddr) {
    let listener = Listener::bind(port, key, "127.0.0.1:0").unwrap();
    let address = inet(listener.local_addr().unwrap());
    (listener, address)
}

// Accept.

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

// Connect.

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

// Receive.

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

// Send.

#[test]
fn a_send_completes_when_all_of_it_is_taken_and_not_before() {
    // S5
    const TOTAL: usize = 50 << 20;
    /// The most the kernel may hold for the two ends together.
    const BUFFERED_MAX: usize = 20 << 20;
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let message = pattern(TOTAL);
    let shared: Arc<[u8]> = Arc::from(&message[..]);
    stream.send(shared, ());
    nothing(&port);
    let read = Arc::new(AtomicUsize::new(0));
    let count = read.clone();
    let reader = thread::spawn(move || {
        let mut got = vec![0; TOTAL];
        let mut filled = 0;
        while filled < TOTAL {
            // Slow at first, so that the send goes on in many small parts.
            let slice = if filled < 1 << 20 { 4096 } else { 1 << 20 };
            let end = (filled + slice).min(TOTAL);
            let bytes = peer.read(&mut got[filled..end]).unwrap();
            assert!(bytes > 0, "the stream ended early");
            filled += bytes;
            count.store(filled, Ordering::SeqCst);
        }
        got
    });
    let (_, buf, result) = received_or_sent(take(&port));
    assert!(read.load(Ordering::SeqCst) + BUFFERED_MAX > TOTAL, "completed long before it was taken");
    assert_eq!(result.unwrap(), TOTAL);
    assert_eq!(buf.len(), TOTAL);
    assert!(reader.join().unwrap() == message, "the bytes arrived changed");
}

fn received_or_sent(done: longshore::Completion<()>) -> (Stream<()>, Buf, io::Result<usize>) {
    match done.event {
        Event::Send { .. } => sent(done),
        _ => received(done),
    }
}

#[test]
fn queued_sends_of_many_threads_stay_whole_and_each_threads_in_order() {
    // S19
    const THREADS: usize = 4;
    const RECORDS: usize = 150;
    let port = Port::new(2).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    let reader = thread::spawn(move || {
        let mut next_of = [0usize; THREADS];
        for _ in 0..THREADS * RECORDS {
            let mut head = [0u8; 12];
            peer.read_exact(&mut head).unwrap();
            let field = |at: usize| u32::from_ne_bytes(head[at..at + 4].try_into().unwrap()) as usize;
            let (thread, number, length) = (field(0), field(4), field(8));
            assert_eq!(number, next_of[thread], "thread {thread} out of order");
            next_of[thread] += 1;
            let mut body = vec![0; length];
            peer.read_exact(&mut body).unwrap();
            assert!(body.iter().all(|byte| *byte == (thread * 31 + number) as u8), "a record was torn");
        }
    });
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let stream = &stream;
            scope.spawn(move || {
                for number in 0..RECORDS {
                    let length = 1 + number * 7919 % 60_000;
                    let head = [thread as u32, number as u32, length as u32].map(u32::to_ne_bytes).concat();
                    let body = vec![(thread * 31 + number) as u8; length];
                    if number % 2 == 0 {
                        stream.send([head, body].concat(), number);
                    } else {
                        stream.send_vectored(vec![head.into(), Buf::default(), body.into()], number);
                    }
                }
            });
        }
        for _ in 0..THREADS * RECORDS {
            match take(&port).event {
                Event::Send { result, buf, .. } => assert_eq!(result.unwrap(), buf.len()),
                Event::SendVectored { result, bufs, .. } => {
                    assert_eq!(result.unwrap(), bufs.iter().map(|buf| buf.len()).sum::<usize>());
                }
                other => panic!("not a send: {other:?}"),
            }
        }
    });
    reader.join().unwrap();
    nothing(&port);
}

#[test]
fn more_regions_than_one_call_takes_go_both_ways_in_order() {
    // S6, A6
    let port = Port::new(1).unwrap();
    let (one, peer) = tcp_stream(&port, 0);
    let other = Stream::attach(&port, 0, peer).unwrap();
    let message = pattern(40_000);
    let mut bufs = Vec::new();
    let mut rest = &message[..];
    while !rest.is_empty() {
        let (piece, after) = rest.split_at((bufs.len() % 23).min(rest.len()));
        bufs.push(Buf::from(piece.to_vec()));
        rest = after;
    }
    assert!(bufs.len() > 3 * 1024);
    one.send_vectored(bufs, ());
    let Event::SendVectored { result, bufs, .. } = take(&port).event else { panic!("not a send") };
    assert_eq!(result.unwrap(), message.len());
    assert!(bufs.len() > 3 * 1024);
    let mut got = Vec::new();
    while got.len() < message.len() {
        let rooms: Vec<Buf> = (0..3000).map(|n| Buf::from(Vec::with_capacity(n % 5))).collect();
        other.recv_vectored(rooms, ());
        let Event::RecvVectored { result, bufs, .. } = take(&port).event else { panic!("not a receive") };
        let before = got.len();
        bufs.iter().for_each(|buf| got.extend_from_slice(buf));
        assert_eq!(result.unwrap(), got.len() - before);
        assert!(got.len() > before);
    }
    assert!(got == message, "the bytes arrived changed");
}

#[test]
fn sending_nothing_succeeds_in_its_turn() {
    let port = Port::new(1).unwrap();
    let (stream, _peer) = tcp_stream(&port, 0);
    stream.send(vec![1; 50 << 20], "much");
    stream.send("", "nothing");
    nothing(&port);
    stream.cancel_all();
    let mut contexts: Vec<_> = (0..2).map(|_| take(&port).context).collect();
    contexts.sort();
    assert_eq!(contexts, ["much", "nothing"]);
    let (stream, _peer) = tcp_stream(&port, 0);
    stream.send("", "alone");
    assert_eq!(sent(take(&port)).2.unwrap(), 0);
}

// Ends and options.

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

// Races.

/// Messages that arrive at every moment relative to the issue of the receives, several receives outstanding.
#[test]
fn a_stream_never_stalls_whenever_data_comes() {
    const MESSAGES: u64 = 100_000;
    let port = Port::new(2).unwrap();
    let (stream, peer) = tcp_stream(&port, 0);
    let (tell, told) = mpsc::channel();
    let writer = thread::spawn(move || {
        let mut peer = peer;
        let mut dice = Dice(0x9e37_79b9);
        let mut number = 0u64;
        while number < MESSAGES {
            let burst = 1 + dice.below(40);
            let end = (number + burst).min(MESSAGES);
            let bytes: Vec<u8> = (number..end).flat_map(u64::to_ne_bytes).collect();
            // Sometimes in two parts, cut anywhere.
            let cut = dice.below(bytes.len() as u64) as usize;
            peer.write_all(&bytes[..cut]).unwrap();
            delay(&mut dice);
            peer.write_all(&bytes[cut..]).unwrap();
            delay(&mut dice);
            number = end;
        }
        told.recv().unwrap();
    });
    let mut dice = Dice(0x1234_5678);
    let mut pending = Vec::new();
    let mut expected = 0u64;
    let room = [1, 8, 100, 4096];
    for number in 0..3 {
        stream.recv(Vec::with_capacity(room[number % 4]), ());
    }
    while expected < MESSAGES {
        let (_, buf, result) = received(take(&port));
        assert!(result.unwrap() > 0);
        pending.extend_from_slice(&buf);
        let whole = pending.len() / 8 * 8;
        for message in pending[..whole].chunks_exact(8) {
            assert_eq!(u64::from_ne_bytes(message.try_into().unwrap()), expected, "a gap in the stream");
            expected += 1;
        }
        pending.drain(..whole);
        delay(&mut dice);
        stream.recv(Vec::with_capacity(room[dice.below(4) as usize]), ());
    }
    tell.send(()).unwrap();
    writer.join().unwrap();
}

/// From nothing to some microseconds, now and then a time slice.
fn delay(dice: &mut Dice) {
    match dice.below(64) {
        0..40 => {}
        40..63 => (0..dice.below(2000)).for_each(|_| std::hint::spin_loop()),
        _ => thread::yield_now(),
    }
}

/// Several threads of a pool answer over many connections at once; every byte comes back in order.
#[test]
fn many_connections_echo_on_many_threads() {
    let port: Port<()> = Port::new(2).unwrap();
    let pool = longshore::WorkerPool::new(&port, 4, |done| match done.event {
        Event::Accept { listener, result: Ok((stream, _)) } => {
            listener.accept(());
            // Or each small piece of an answer waits for the peer's delayed
            // acknowledgement of the one before.
            stream.set_nodelay(true).unwrap();
            stream.recv(vec![0; 512], ());
        }
        Event::Recv { stream, buf, result: Ok(1..) } => {
            stream.send(buf, ());
        }
        Event::Send { stream, mut buf, result } => {
            result.unwrap();
            buf.clear();
            stream.recv(buf, ());
        }
        _ => {}
    })
    .unwrap();
    let (listener, address) = listener(&port, 0);
    for _ in 0..4 {
        listener.accept(());
    }
    thread::scope(|scope| {
        for client in 0..4u64 {
            scope.spawn(move || {
                let mut dice = Dice(client + 1);
                for _ in 0..5 {
                    let mut stream = TcpStream::connect(address).unwrap();
                    stream.set_read_timeout(Some(PATIENCE)).unwrap();
                    for _ in 0..100 {
                        let message = pattern(1 + dice.below(5000) as usize);
                        stream.write_all(&message).unwrap();
                        let mut back = vec![0; message.len()];
                        stream.read_exact(&mut back).unwrap();
                        assert!(back == message);
                    }
                }
            });
        }
    });
    listener.close();
    pool.shutdown();
}

#[test]
fn the_end_follows_everything_issued_to_be_sent_before_it() {
    const LENGTH: usize = 16 << 20;
    let port = Port::new(1).unwrap();
    let (stream, peer) = tcp_stream(&port, 0);
    // More than the socket takes, so that most of it waits when the stream is finished.
    stream.send(pattern(LENGTH), ());
    stream.send("the last words", ());
    stream.shutdown(Shutdown::Write).unwrap();
    let reader = thread::spawn(move || read_all(peer));
    for _ in 0..2 {
        let (_, buf, result) = sent(take(&port));
        assert_eq!(result.unwrap(), buf.len());
    }
    let all = reader.join().unwrap();
    assert_eq!(all.len(), LENGTH + "the last words".len());
    assert!(all.ends_with(b"the last words"));
    // What is sent afterwards fails.
    stream.send("too late", ());
    assert_eq!(errno(sent(take(&port)).2), code::FINISHED);
}
