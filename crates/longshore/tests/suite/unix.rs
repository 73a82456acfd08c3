//! Unix sockets, pipes and other descriptors that can be polled, and those that cannot.
//! Rules: S4-S8, AC4, CX3.

use crate::fixtures::*;
use longshore::{BufferPool, Event, Listener, PeerAddr, Port, Stream};
use std::io::{self, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;

/// A directory of its own, gone at the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let path = std::env::temp_dir().join(format!("longshore-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Place(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn pair<C: Send + 'static>(port: &Port<C>) -> (Stream<C>, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    theirs.set_read_timeout(Some(PATIENCE)).unwrap();
    theirs.set_write_timeout(Some(PATIENCE)).unwrap();
    (Stream::attach(port, 0, ours).unwrap(), theirs)
}

#[test]
fn listener_and_streams_meet_at_a_path() {
    // AC4, CX2
    let place = Place::new("meet");
    let path = place.join("socket");
    let port = Port::new(1).unwrap();
    let listener = Listener::bind_unix(&port, 4, &path).unwrap();
    assert_eq!(listener.local_addr().unwrap(), PeerAddr::Unix(Some(path.clone())));
    for number in 0..10 {
        listener.accept(number);
    }
    let mut streams = Vec::new();
    for number in 0..10 {
        Stream::connect_unix(&port, 3, &path, 100 + number).unwrap();
        let (mut accepted, mut made) = (None, None);
        for _ in 0..2 {
            let done = take(&port);
            match done.event {
                Event::Accept { result, .. } => {
                    assert_eq!((done.key, done.context), (4, number));
                    let (stream, peer) = result.unwrap();
                    assert_eq!(peer, PeerAddr::Unix(None));
                    accepted = Some(stream);
                }
                Event::Connect { stream, result } => {
                    assert_eq!((done.key, done.context), (3, 100 + number));
                    result.unwrap();
                    assert_eq!(stream.peer_addr().unwrap(), PeerAddr::Unix(Some(path.clone())));
                    made = Some(stream);
                }
                other => panic!("{other:?}"),
            }
        }
        streams.push((accepted.unwrap(), made.unwrap()));
    }
    for (number, (accepted, made)) in streams.iter().enumerate() {
        made.send(vec![number as u8; 3], 0);
        assert_eq!(sent(take(&port)).2.unwrap(), 3);
        accepted.recv(vec![0; 10], 0);
        assert_eq!(received(take(&port)).1[..], [number as u8; 3]);
    }
}

#[test]
fn a_path_that_exists_is_too_long_or_is_missing_is_an_error() {
    let place = Place::new("errors");
    let path = place.join("socket");
    let port = Port::new(1).unwrap();
    let _listener = Listener::bind_unix(&port, 0, &path).unwrap();
    assert_eq!(Listener::bind_unix(&port, 0, &path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    let long = place.join(&"x".repeat(120));
    assert!(Listener::bind_unix(&port, 0, &long).is_err());
    assert_eq!(
        Listener::bind_unix(&port, 0, place.join("no/such/directory")).unwrap_err().kind(),
        io::ErrorKind::NotFound
    );
    for (path, expected) in [(long, libc::ENAMETOOLONG), (place.join("missing"), libc::ENOENT)] {
        Stream::connect_unix(&port, 0, &path, ()).unwrap();
        let Event::Connect { result, .. } = take(&port).event else { panic!("not a connect") };
        assert_eq!(errno(result), expected);
    }
    // Nobody listens there any more.
    let gone = place.join("gone");
    drop(UnixListener::bind(&gone).unwrap());
    Stream::connect_unix(&port, 0, &gone, ()).unwrap();
    let Event::Connect { result, .. } = take(&port).event else { panic!("not a connect") };
    assert_eq!(errno(result), libc::ECONNREFUSED);
}

#[test]
fn a_full_backlog_refuses_rather_than_hangs() {
    let place = Place::new("backlog");
    let path = place.join("socket");
    let socket = socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
    socket.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
    socket.listen(1).unwrap();
    let port = Port::new(1).unwrap();
    for number in 0..5 {
        Stream::connect_unix(&port, 0, &path, number).unwrap();
    }
    let mut refused = 0;
    let mut streams = Vec::new();
    for _ in 0..5 {
        let Event::Connect { stream, result } = take(&port).event else { panic!("not a connect") };
        match result {
            Ok(()) => streams.push(stream),
            result => {
                assert_eq!(errno(result), libc::ECONNREFUSED);
                refused += 1;
            }
        }
    }
    assert!(refused > 0 && !streams.is_empty(), "{refused} of 5 refused");
}

#[test]
fn a_unix_stream_keeps_order_amount_and_end() {
    // S4, S6, S8: one send is not one receive.
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = pair(&port);
    for number in 0..5 {
        stream.recv(Vec::with_capacity(4), number);
    }
    nothing(&port);
    for piece in [&b"abcdefg"[..], b"h", b"ij"] {
        peer.write_all(piece).unwrap();
    }
    drop(peer);
    let mut got = Vec::new();
    for number in 0..5 {
        let done = take(&port);
        assert_eq!(done.context, number);
        let (_, buf, result) = received(done);
        result.unwrap();
        got.extend_from_slice(&buf);
    }
    loop {
        stream.recv(vec![0; 100], 9);
        let (_, buf, result) = received(take(&port));
        if result.unwrap() == 0 {
            break;
        }
        got.extend_from_slice(&buf);
    }
    assert_eq!(got, b"abcdefghij");
}

#[test]
fn a_unix_send_completes_when_all_of_it_is_taken() {
    // S5
    const TOTAL: usize = 8 << 20;
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = pair(&port);
    let message: Arc<[u8]> = Arc::from(pattern(TOTAL));
    stream.send(message.clone(), ());
    nothing(&port);
    let reader = thread::spawn(move || {
        let mut got = vec![0; TOTAL];
        peer.read_exact(&mut got).unwrap();
        got
    });
    assert_eq!(sent(take(&port)).2.unwrap(), TOTAL);
    assert!(reader.join().unwrap() == message[..]);
}

#[test]
fn pipes_carry_bytes_from_one_end_to_the_other() {
    let port = Port::new(1).unwrap();
    let (from, to) = io::pipe().unwrap();
    let from = Stream::attach(&port, 1, from).unwrap();
    let to = Stream::attach(&port, 2, to).unwrap();
    from.recv(vec![0; 100], "recv");
    from.readable("readable");
    nothing(&port);
    to.send("through the pipe", "send");
    let mut contexts = Vec::new();
    for _ in 0..2 {
        let done = take(&port);
        contexts.push((done.key, done.context));
        if let Event::Recv { buf, result, .. } = done.event {
            assert_eq!((&buf[..], result.unwrap()), (&b"through the pipe"[..], 16));
        }
    }
    contexts.sort();
    assert_eq!(contexts, [(1, "recv"), (2, "send")]);
    nothing(&port);
    // Much more than a pipe holds, vectored, with receives of every kind.
    let message = pattern(3 << 20);
    let halves = message.split_at(message.len() / 3);
    to.send_vectored(vec![halves.0.to_vec().into(), halves.1.to_vec().into()], "much");
    let pool = BufferPool::new(3000, 4);
    let mut got = Vec::new();
    let (mut turn, mut all_sent) = (0, false);
    while got.len() < message.len() || !all_sent {
        let done = take(&port);
        match done.event {
            Event::Readable { stream, result } => {
                result.unwrap();
                stream.recv_pooled(&pool, "recv");
            }
            Event::Recv { stream, buf, result } => {
                assert!(result.unwrap() > 0);
                got.extend_from_slice(&buf);
                turn += 1;
                match turn % 3 {
                    0 => stream.recv(buf, "recv"),
                    1 => stream.recv_vectored(vec![vec![0; 100].into(), vec![0; 70_000].into()], "recv"),
                    _ => stream.recv_pooled(&pool, "recv"),
                };
            }
            Event::RecvVectored { stream, bufs, result } => {
                assert!(result.unwrap() > 0);
                bufs.iter().for_each(|buf| got.extend_from_slice(buf));
                stream.recv_pooled(&pool, "recv");
            }
            Event::SendVectored { result, .. } => {
                assert_eq!(result.unwrap(), message.len());
                all_sent = true;
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(got == message);
    // The end of the writer is the end of the stream.
    to.close();
    drop(to);
    let (_, _, result) = received(take(&port));
    assert_eq!(result.unwrap(), 0);
}

#[test]
fn a_pipe_without_a_reader_refuses_what_is_sent() {
    let port = Port::new(1).unwrap();
    let (from, to) = io::pipe().unwrap();
    let to = Stream::attach(&port, 0, to).unwrap();
    to.send(vec![0; 1 << 20], ());
    nothing(&port);
    drop(from);
    assert_eq!(errno(sent(take(&port)).2), libc::EPIPE);
    to.send("more", ());
    assert_eq!(errno(sent(take(&port)).2), libc::EPIPE);
    assert!(to.peer_addr().is_err());
    assert!(to.shutdown(std::net::Shutdown::Both).is_err());
    to.recv(vec![0; 8], ());
    assert_eq!(errno(received(take(&port)).2), libc::EBADF, "the end that writes cannot be read");
}

#[test]
fn an_eventfd_is_a_stream_of_counts() {
    let port = Port::new(1).unwrap();
    // SAFETY: a fresh descriptor that nobody else owns.
    let eventfd = unsafe { OwnedFd::from_raw_fd(libc::eventfd(0, libc::EFD_CLOEXEC)) };
    let stream = Stream::attach(&port, 0, eventfd).unwrap();
    stream.recv(vec![0; 8], "count");
    nothing(&port);
    for expected in [3u64, 5] {
        stream.send(expected.to_ne_bytes().to_vec(), "add");
        let (mut count, mut added) = (None, false);
        while count.is_none() || !added {
            let done = take(&port);
            match done.event {
                Event::Send { result, .. } => added = result.unwrap() == 8,
                Event::Recv { buf, .. } => count = Some(u64::from_ne_bytes(buf[..].try_into().unwrap())),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(count, Some(expected));
        stream.recv(vec![0; 8], "count");
    }
}

#[test]
fn what_cannot_be_polled_is_not_a_stream() {
    let place = Place::new("files");
    let port = Port::<()>::new(1).unwrap();
    let file = std::fs::File::create(place.join("file")).unwrap();
    let error = Stream::attach(&port, 0, file).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    let null = std::fs::File::open("/dev/null").unwrap();
    let error = Stream::attach(&port, 0, null).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::Unsupported);
    let directory = std::fs::File::open(&place.0).unwrap();
    assert_eq!(Stream::attach(&port, 0, directory).unwrap_err().kind(), io::ErrorKind::Unsupported);
}
