//! Data, ends and operations that come at every moment.

use super::listener;
use crate::fixtures::*;
use longshore::{Event, Port};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;

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
