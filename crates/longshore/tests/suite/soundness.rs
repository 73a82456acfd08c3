//! Nothing a safe program does makes the kernel touch freed memory, loses a destructor, or runs one twice.
//! Rules: C3, C4, C6, D13, P11, TX1, TX2, TX8, TX9.

use crate::fixtures::*;
use longshore::{BufferPool, Event, File, Listener, PeerAddr, Port, Stream, UdpSocket, WorkerPool};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// A context that counts how many of its kind are alive.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Counted {
        alive.fetch_add(1, Ordering::SeqCst);
        Counted(alive.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let before = self.0.fetch_sub(1, Ordering::SeqCst);
        assert!(before > 0, "dropped twice");
    }
}

fn alive() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(0))
}

#[test]
fn closing_the_port_drops_every_context_and_buffer_once() {
    // C3: thousands pending, some finished, some queued, some timers.
    let (contexts, port) = (alive(), Port::new(1).unwrap());
    let shared: Arc<[u8]> = Arc::from(vec![0; 8 << 20]);
    let mut connections = Vec::new();
    for number in 0..50 {
        let (stream, mut peer) = tcp_stream(&port, number);
        for _ in 0..60 {
            stream.recv(vec![0; 64], Counted::new(&contexts));
        }
        for _ in 0..3 {
            stream.send(shared.clone(), Counted::new(&contexts));
        }
        peer.write_all(&[1; 100]).unwrap();
        port.post(0, Counted::new(&contexts)).unwrap();
        port.post_after(Duration::from_secs(number as u64 % 2), 0, Counted::new(&contexts)).unwrap();
        connections.push((stream, peer));
    }
    for _ in 0..30 {
        drop(take(&port));
    }
    assert!(contexts.load(Ordering::SeqCst) > 3000);
    port.close();
    assert_eq!(contexts.load(Ordering::SeqCst), 0);
    assert_eq!(Arc::strong_count(&shared), 1);
    // P11: the handles are harmless now, and what is issued on them is dropped as well.
    let (stream, _) = &connections[0];
    stream.recv(vec![0; 10], Counted::new(&contexts));
    stream.send(shared.clone(), Counted::new(&contexts));
    assert!(port.post(0, Counted::new(&contexts)).is_err());
    assert!(port.post_after(Duration::ZERO, 0, Counted::new(&contexts)).is_err());
    assert_eq!((contexts.load(Ordering::SeqCst), Arc::strong_count(&shared)), (0, 1));
    assert!(port.get().is_err());
}

#[test]
fn objects_may_be_dropped_in_any_order_with_operations_in_flight() {
    // A port, a listener, a stream, a datagram socket, a file being sent and a
    // buffer pool, in every rotation.
    for rotation in 0..6 {
        let contexts = alive();
        let port = Port::new(1).unwrap();
        let pool = BufferPool::new(100, 4);
        let listener = Listener::bind(&port, 0, "127.0.0.1:0").unwrap();
        let (stream, peer) = tcp_stream(&port, 0);
        let udp = UdpSocket::bind(&port, 0, "127.0.0.1:0").unwrap();
        let file =
            File::attach(&port, 0, std::fs::File::open(std::env::current_exe().unwrap()).unwrap()).unwrap();
        for _ in 0..5 {
            listener.accept(Counted::new(&contexts));
            stream.recv_pooled(&pool, Counted::new(&contexts));
            stream.recv_vectored(vec![vec![0; 10].into(), vec![0; 20].into()], Counted::new(&contexts));
            stream.send_file(vec![1; 9 << 20], &file, 0..10_000, "tail", Counted::new(&contexts));
            udp.recv_from(vec![0; 100], Counted::new(&contexts));
            port.post_after(Duration::from_millis(1), 0, Counted::new(&contexts)).unwrap();
        }
        Stream::connect(&port, 0, "127.0.0.1:1".parse().unwrap(), Counted::new(&contexts)).unwrap();
        let mut objects: Vec<Box<dyn std::any::Any>> = vec![
            Box::new(port),
            Box::new(listener),
            Box::new(stream),
            Box::new(udp),
            Box::new(file),
            Box::new(pool),
        ];
        objects.rotate_left(rotation);
        objects.into_iter().for_each(drop);
        // Windows hands the buffers back in its own time.
        eventually("every context is dropped", || contexts.load(Ordering::SeqCst) == 0);
        // Nothing keeps the descriptor either.
        let end = (&peer).read(&mut [0; 1 << 16]);
        assert!(end.is_ok() || end.is_err_and(|error| error.raw_os_error() == Some(code::RESET)));
    }
}

#[test]
fn forgotten_objects_leak_and_nothing_worse() {
    let contexts = alive();
    {
        let port = Port::new(1).unwrap();
        let (stream, mut peer) = tcp_stream(&port, 0);
        stream.recv(vec![0; 100], Counted::new(&contexts));
        stream.recv(vec![0; 100], Counted::new(&contexts));
        peer.write_all(b"data").unwrap();
        std::mem::forget(take(&port));
        std::mem::forget(stream.clone());
        std::mem::forget(port.clone());
        drop(stream);
        drop(port);
        peer.write_all(b"more").unwrap();
    }
    // The forgotten port was never closed, so its operation lives on.
    assert_eq!(contexts.load(Ordering::SeqCst), 2);
    let port = Port::<Counted>::new(1).unwrap();
    nothing(&port);
}

#[test]
fn operations_outlive_the_thread_that_issued_them() {
    // TX1, TX2
    let port = Port::new(1).unwrap();
    let mut connections: Vec<_> = (0..100).map(|key| tcp_stream(&port, key)).collect();
    thread::scope(|scope| {
        for part in connections.chunks(10) {
            scope.spawn(move || {
                for (stream, _) in part {
                    stream.recv(vec![0; 100], "recv");
                    stream.send(vec![7; 20 << 20], "send");
                }
            });
        }
    });
    nothing(&port);
    for (stream, _) in &connections[50..] {
        assert_eq!(stream.cancel_all(), 2);
    }
    for _ in 0..100 {
        let done = take(&port);
        assert!(done.key >= 50);
    }
    for (_, peer) in &mut connections[..50] {
        peer.write_all(b"hello").unwrap();
    }
    for _ in 0..50 {
        let done = take(&port);
        assert!(done.key < 50);
        assert_eq!(&received(done).1[..], b"hello");
    }
    // A send goes on as well.
    let peer = connections.swap_remove(0).1;
    let reader = thread::spawn(move || (&peer).read_exact(&mut vec![0; 20 << 20]).unwrap());
    let done = take(&port);
    assert_eq!((done.key, done.context), (0, "send"));
    reader.join().unwrap();
}

#[test]
fn a_panicking_handler_loses_its_own_completion_and_nothing_else() {
    let contexts = alive();
    let port = Port::new(1).unwrap();
    let (tell, told) = mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let pool = WorkerPool::new(&port, 2, move |done: longshore::Completion<Counted>| {
        let (stream, buf, result) = received(done);
        result.unwrap();
        assert!(&buf[..] != b"bad", "this one is expected");
        tell.lock().unwrap().send(stream).unwrap();
    })
    .unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    for round in 0..5 {
        stream.recv(vec![0; 100], Counted::new(&contexts));
        peer.write_all(b"bad").unwrap();
        eventually("the panic is counted", || pool.panics() == round + 1);
        stream.recv(vec![0; 100], Counted::new(&contexts));
        peer.write_all(b"good").unwrap();
        told.recv_timeout(PATIENCE).unwrap();
    }
    pool.shutdown();
    drop(port);
    assert_eq!(contexts.load(Ordering::SeqCst), 0);
}

#[test]
fn a_thread_that_panics_between_packets_gives_its_slot_back() {
    // Q11
    let port = Port::new(1).unwrap();
    let other = port.clone();
    port.post(0, 1).unwrap();
    thread::spawn(move || assert_eq!(take(&other).context, 0, "this one is expected")).join().unwrap_err();
    port.post(0, 2).unwrap();
    assert_eq!(take(&port).context, 2);
}

#[test]
fn a_reused_descriptor_number_never_gets_what_was_its_predecessors() {
    // C6, D13, TX9: the number is free at once, and taken at once by another connection.
    let port: Port<u64> = Port::new(2).unwrap();
    let wrong = Arc::new(AtomicUsize::new(0));
    let errors = wrong.clone();
    let (tell, told) = mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let pool = WorkerPool::new(&port, 3, move |done| {
        // The key and what comes in must be those of the connection the receive was issued on.
        let (key, context) = (done.key as u64, done.context);
        if let Event::Recv { buf, result, .. } = done.event {
            let right = match result {
                Ok(0) => true,
                Ok(count) => {
                    count % 8 == 0
                        && buf.chunks_exact(8).all(|id| u64::from_ne_bytes(id.try_into().unwrap()) == context)
                }
                Err(error) => longshore::is_cancelled(&error) || error.raw_os_error() == Some(code::RESET),
            };
            if !right || key != context {
                errors.fetch_add(1, Ordering::SeqCst);
            }
            tell.lock().unwrap().send(()).unwrap();
        }
    })
    .unwrap();
    let mut dice = Dice(99);
    const CONNECTIONS: u64 = 6000;
    for id in 1..=CONNECTIONS {
        let (ours, mut peer) = pair();
        let stream = Stream::attach(&port, id as usize, ours).unwrap();
        stream.recv(Vec::with_capacity(800), id);
        match dice.below(4) {
            0 => peer.write_all(&id.to_ne_bytes()).unwrap(),
            1 => _ = stream.cancel_all(),
            2 => stream.close(),
            _ => {
                peer.write_all(&[id.to_ne_bytes(); 3].concat()).unwrap();
                stream.close();
            }
        }
        // Both ends go; the next pair takes their numbers.
        drop(stream);
        drop(peer);
    }
    for _ in 0..CONNECTIONS {
        told.recv_timeout(PATIENCE).unwrap();
    }
    pool.shutdown();
    assert_eq!(wrong.load(Ordering::SeqCst), 0);
    assert!(told.try_recv().is_err(), "a packet too many");
}

#[test]
fn ten_thousand_connections_leave_no_descriptor_behind() {
    // TX8
    if !alone(this_test!()) {
        return;
    }
    let before = descriptors();
    {
        let port = Port::new(1).unwrap();
        let listener = Listener::bind(&port, 0, "127.0.0.1:0").unwrap();
        let PeerAddr::Inet(address) = listener.local_addr().unwrap() else {
            panic!("not an internet address")
        };
        for round in 0..5000 {
            listener.accept(());
            Stream::connect(&port, 0, address, ()).unwrap();
            let ends = [connected(take(&port)), connected(take(&port))];
            // No TIME_WAIT: ten thousand of them would use the ports up.
            ends.iter().for_each(|end| end.set_linger(Some(Duration::ZERO)).unwrap());
            match round % 4 {
                0 => ends[0].close(),
                1 => _ = ends[0].recv(vec![0; 10], ()),
                2 => ends.iter().for_each(|end| _ = end.recv(vec![0; 10], ())),
                _ => {}
            }
            if round % 4 == 2 {
                ends.iter().for_each(|end| end.close());
            }
            drop(ends);
            // Whatever was pending ends, and with it its reference.
            while let Some(done) = port.try_get().unwrap() {
                if let Event::Recv { stream, .. } = done.event {
                    stream.close();
                }
            }
        }
        drop(listener);
        assert!(descriptors() < before + 10, "{} are open", descriptors() - before);
    }
    assert_eq!(descriptors(), before);
}

#[test]
fn failed_attempts_leave_no_descriptor_behind() {
    if !alone(this_test!()) {
        return;
    }
    let before = descriptors();
    let port = Port::<()>::new(1).unwrap();
    let with_port = descriptors();
    for _ in 0..200 {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        Stream::connect(&port, 0, nobody, ()).unwrap();
        drop(take(&port));
        #[cfg(target_os = "linux")]
        assert!(Stream::attach(&port, 0, std::fs::File::open("/dev/null").unwrap()).is_err());
        assert!(Listener::bind(&port, 0, "192.0.2.1:0").is_err());
    }
    assert_eq!(descriptors(), with_port);
    // Accepted, but never dequeued.
    let listener = Listener::bind(&port, 0, "127.0.0.1:0").unwrap();
    let PeerAddr::Inet(address) = listener.local_addr().unwrap() else { panic!("not an internet address") };
    let client = TcpStream::connect(address).unwrap();
    listener.accept(());
    port.close();
    drop((listener, client));
    drop(port);
    assert_eq!(descriptors(), before);
}

/// A port that is closed while events pour in lets go of everything, whatever its threads are about to do.
#[test]
fn a_port_closed_under_load_leaves_nothing_behind() {
    // C1, C3, P11
    if !alone(this_test!()) {
        return;
    }
    let contexts = alive();
    let before = descriptors();
    for round in 0..1500u64 {
        let port = Port::new(2).unwrap();
        let mut peers = Vec::new();
        for _ in 0..4 {
            let (ours, theirs) = pair();
            let stream = Stream::attach(&port, 0, ours).unwrap();
            stream.recv(vec![0; 10], Counted::new(&contexts));
            peers.push(theirs);
        }
        let waiting = [port.clone(), port.clone()].map(|port| {
            thread::spawn(move || {
                while let Ok(done) = port.get() {
                    drop(done)
                }
            })
        });
        eventually("somebody waits", || port.stats().parked > 0);
        let write = thread::spawn(move || {
            for peer in &mut peers {
                // Its stream may be closed already.
                let _ = peer.write_all(b"x");
            }
        });
        let mut dice = Dice(round + 1);
        (0..dice.below(20_000)).for_each(|_| std::hint::spin_loop());
        port.close();
        write.join().unwrap();
        waiting.into_iter().for_each(|thread| thread.join().unwrap());
        drop(port);
        assert_eq!(contexts.load(Ordering::SeqCst), 0, "round {round}");
        // The monitor may be looking at the port, and is then the last to let go of it.
        eventually("all descriptors are closed", || descriptors() == before);
    }
}

#[test]
fn what_is_issued_while_the_port_closes_is_dropped_as_well() {
    // C3: before the close or after it, there is no between.
    let contexts = alive();
    let mut dice = Dice(7);
    for _ in 0..200 {
        let port = Port::new(1).unwrap();
        let pool = BufferPool::new(100, 4);
        let (stream, mut peer) = tcp_stream(&port, 0);
        let barrier = std::sync::Barrier::new(2);
        let pause = dice.below(100_000);
        thread::scope(|scope| {
            scope.spawn(|| {
                barrier.wait();
                (0..pause).for_each(|_| std::hint::spin_loop());
                port.close();
            });
            barrier.wait();
            for _ in 0..20 {
                stream.recv_pooled(&pool, Counted::new(&contexts));
                stream.recv(vec![0; 10], Counted::new(&contexts));
            }
        });
        let _ = peer.write_all(b"x");
        drop((stream, port));
        eventually("every context is dropped", || contexts.load(Ordering::SeqCst) == 0);
        assert_eq!(read_all_or_reset(&mut peer), 0, "nothing keeps the socket either");
    }
}

/// How much comes before the end, which must come.
fn read_all_or_reset(peer: &mut TcpStream) -> usize {
    let mut bytes = Vec::new();
    match peer.read_to_end(&mut bytes) {
        Ok(count) => count,
        Err(error) => {
            assert_eq!(error.raw_os_error(), Some(code::RESET));
            bytes.len()
        }
    }
}

/// A context whose destructor uses the port and the stream it came from.
struct Meddler {
    meddle: Option<Box<dyn FnOnce() + Send>>,
    dropped: Arc<AtomicUsize>,
}

impl Meddler {
    fn new(port: &Port<Meddler>, stream: &Stream<Meddler>, dropped: &Arc<AtomicUsize>) -> Meddler {
        let (port, stream, count) = (port.clone(), stream.clone(), dropped.clone());
        let meddle = move || {
            let quiet = || Meddler { meddle: None, dropped: count.clone() };
            stream.recv(vec![0; 10], quiet());
            stream.send("x", quiet());
            stream.cancel_all();
            stream.close();
            let _ = port.post(0, quiet());
            let _ = port.post_after(Duration::from_secs(1), 0, quiet());
            let _ = port.stats();
            let _ = port.try_get();
            port.close();
        };
        Meddler { meddle: Some(Box::new(meddle)), dropped: dropped.clone() }
    }
}

impl Drop for Meddler {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
        if let Some(meddle) = self.meddle.take() {
            meddle();
        }
    }
}

#[test]
fn destructors_of_contexts_may_use_the_port() {
    let (tell, told) = mpsc::channel();
    let tested = thread::spawn(move || {
        for closed_by_hand in [true, false] {
            let dropped = Arc::new(AtomicUsize::new(0));
            let port: Port<Meddler> = Port::new(1).unwrap();
            let (stream, mut peer) = tcp_stream(&port, 0);
            let meddler = || Meddler::new(&port, &stream, &dropped);
            stream.recv(vec![0; 10], meddler());
            peer.write_all(b"data").unwrap();
            if !closed_by_hand {
                // Dropped by the thread that dequeued it; its destructor closes the port.
                drop(take(&port));
                assert!(port.get().is_err());
            }
            for _ in 0..10 {
                stream.recv(vec![0; 10], meddler());
                let _ = port.post(0, meddler());
                let _ = port.post_after(Duration::from_secs(100), 0, meddler());
            }
            stream.cancel_all();
            stream.recv(vec![0; 10], meddler());
            port.close();
            assert!(dropped.load(Ordering::SeqCst) >= 31);
        }
        tell.send(()).unwrap();
    });
    told.recv_timeout(PATIENCE).expect("a deadlock");
    tested.join().unwrap();
}

/// A buffer that was handed over is not reachable until it comes back; the kernel never writes to it after.
#[test]
fn the_kernel_writes_to_no_buffer_that_was_given_back() {
    // A6, K4: cancelled receives give their memory back at once; data that comes later must not land there.
    let port = Port::new(1).unwrap();
    let (stream, mut peer) = tcp_stream(&port, 0);
    for round in 0..200 {
        let operation = stream.recv(Vec::with_capacity(64), ());
        if round % 2 == 0 {
            assert!(stream.cancel(operation));
            let (_, buf, _) = received(take(&port));
            let mut memory = buf.into_vec();
            memory.resize(64, 0xAA);
            peer.write_all(b"late").unwrap();
            let _ = port.try_get();
            assert!(memory.iter().all(|byte| *byte == 0xAA));
            stream.recv(vec![0; 64], ());
        } else {
            peer.write_all(b"late").unwrap();
        }
        assert_eq!(&received(take(&port)).1[..], b"late");
    }
}
