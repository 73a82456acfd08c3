//! Sending: completeness and order.

use super::received_or_sent;
use crate::fixtures::*;
use longshore::{Buf, Event, Port, Stream};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

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
