//! Completions inside the call: the `start_` calls. Rules: D6, S4, S5, C3.

use crate::fixtures::*;
use longshore::{Buf, BufferPool, Event, Port, Started, Stream};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

fn pair<C: Send + 'static>(port: &Port<C>) -> (Stream<C>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (near, _) = listener.accept().unwrap();
    (Stream::attach(port, 3, near).unwrap(), far)
}

#[test]
fn a_send_that_ends_at_once_has_its_only_completion_in_the_call() {
    // D6
    let port = Port::new(1).unwrap();
    let (stream, mut far) = pair(&port);
    for number in 0..100 {
        let done = stream.start_send(vec![7; 64], number).done().expect("there is room for 64 bytes");
        assert_eq!((done.key, done.context), (3, number));
        let (_, buf, result) = sent(done);
        assert_eq!((result.unwrap(), buf.into_vec()), (64, vec![7; 64]));
        far.read_exact(&mut [0; 64]).unwrap();
    }
    no_more(&port);
}

#[test]
fn a_receive_is_done_if_there_is_data_and_pending_if_there_is_none() {
    let port = Port::new(1).unwrap();
    let (stream, mut far) = pair(&port);
    let Started::Pending(_) = stream.start_recv(vec![0; 16], "first") else { panic!("received nothing") };
    far.write_all(b"one").unwrap();
    let done = take(&port);
    assert_eq!(done.context, "first");
    assert_eq!(&received(done).1[..], b"one");
    // Data that fills the buffer says nothing about whether more is there, so the next receive tries.
    far.write_all(&[1; 32]).unwrap();
    stream.recv(vec![0; 16], "second");
    assert_eq!(received(take(&port)).2.unwrap(), 16);
    match stream.start_recv(Vec::with_capacity(16), "third") {
        Started::Done(done) => assert_eq!(received(done).2.unwrap(), 16),
        Started::Pending(_) => assert_eq!(received(take(&port)).2.unwrap(), 16),
    }
    no_more(&port);
}

#[test]
fn a_pooled_receive_that_waits_holds_no_buffer() {
    let port = Port::new(1).unwrap();
    let (stream, mut far) = pair(&port);
    let pool = BufferPool::new(64, 4);
    drop(pool.take());
    let Started::Pending(_) = stream.start_recv_pooled(&pool, ()) else { panic!("received nothing") };
    assert_eq!(pool.free(), 1);
    far.write_all(b"text").unwrap();
    assert_eq!(&received(take(&port)).1[..], b"text");
}

#[test]
fn a_send_goes_out_behind_those_that_wait() {
    // S4: it must not overtake what was issued before, though the socket may have room for it by then.
    const LARGE: usize = 16 << 20;
    let port = Port::new(1).unwrap();
    let (stream, far) = pair(&port);
    stream.send(vec![1; LARGE], "large");
    let small = stream.start_send(vec![2; 10], "small");
    let Started::Pending(_) = small else { panic!("it overtook the large one") };
    let reader = std::thread::spawn(move || {
        let mut all = vec![0; LARGE + 10];
        (&far).read_exact(&mut all).unwrap();
        all
    });
    assert_eq!(take(&port).context, "large");
    assert_eq!(take(&port).context, "small");
    let all = reader.join().unwrap();
    assert!(all[..LARGE].iter().all(|&byte| byte == 1));
    assert!(all[LARGE..].iter().all(|&byte| byte == 2));
}

#[test]
fn a_send_larger_than_the_socket_takes_is_sent_whole() {
    // S5: whatever part left inside the call.
    const LARGE: usize = 16 << 20;
    let port = Port::new(1).unwrap();
    let (stream, far) = pair(&port);
    let content = pattern(LARGE);
    let Started::Pending(_) = stream.start_send(content.clone(), ()) else { panic!("nobody reads yet") };
    let reader = std::thread::spawn(move || {
        let mut all = vec![0; LARGE];
        (&far).read_exact(&mut all).unwrap();
        all
    });
    assert_eq!(sent(take(&port)).2.unwrap(), LARGE);
    assert!(reader.join().unwrap() == content);
    no_more(&port);
}

#[test]
fn a_failure_inside_the_call_gives_the_buffer_back() {
    let port = Port::new(1).unwrap();
    let (stream, _far) = pair(&port);
    stream.close();
    let (buf, result) = match stream.start_send("text", ()) {
        Started::Done(done) => {
            let (_, buf, result) = sent(done);
            (buf, result)
        }
        Started::Pending(_) => {
            let (_, buf, result) = sent(take(&port));
            (buf, result)
        }
    };
    assert_eq!(&buf[..], b"text");
    assert!(longshore::is_cancelled(&result.unwrap_err()));
    no_more(&port);
}

#[test]
fn on_a_closed_port_everything_is_let_go() {
    // C3
    let dropped = Dropped::new();
    let port = Port::new(1).unwrap();
    let (stream, _far) = pair(&port);
    port.close();
    assert!(stream.start_send("text", dropped.context()).done().is_none());
    assert_eq!(dropped.count(), 1);
}

#[test]
fn a_cached_read_may_end_inside_the_call() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(&content(0, 8192));
    let file = scratch.open(&port, 0);
    let done = match file.start_read_at(Buf::from(Vec::with_capacity(100)), 50, ()) {
        Started::Done(done) => done,
        Started::Pending(_) => take(&port),
    };
    let Event::Read { buf, result: Ok(100), .. } = done.event else { panic!("{:?}", done.event) };
    assert_eq!(&buf[..], content(50, 100));
    no_more(&port);
}
