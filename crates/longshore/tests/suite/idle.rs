//! Ten thousand idle connections: what they cost, and that they still work. Design section 7.

use crate::fixtures::*;
use longshore::{BufferPool, Port, Stream};
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::process::Stdio;

/// Allows as many open files as it takes, if it can; says how many there may be.
fn raise_the_limit(wanted: usize) -> usize {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: plain system calls on a valid structure.
    unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        limit.rlim_cur = limit.rlim_max.min(limit.rlim_cur.max(wanted as libc::rlim_t));
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
    }
    limit.rlim_cur as usize
}

const CONNECTIONS: usize = 10_000;

/// Where the copy of this program that plays the clients finds the server.
const SERVER: &str = "LONGSHORE_TEST_SERVER";

/// The other ends, in a process of their own so that each process needs only ten thousand descriptors:
/// connects, then says on each connection whose number comes in on standard input what its number is.
fn play_the_clients(server: &Path) {
    raise_the_limit(CONNECTIONS + 100);
    let mut clients: Vec<UnixStream> =
        (0..CONNECTIONS).map(|_| UnixStream::connect(server).unwrap()).collect();
    let mut number = [0; 8];
    while io::stdin().read_exact(&mut number).is_ok() {
        clients[usize::from_ne_bytes(number)].write_all(&number).unwrap();
    }
}

#[test]
fn ten_thousand_idle_connections_cost_less_than_a_kibibyte_each_and_all_answer() {
    const BYTES_MAX: usize = 1024;
    if let Some(server) = std::env::var_os(SERVER) {
        return play_the_clients(Path::new(&server));
    }
    // Alone, for all that is allocated counts, and for the limit.
    if !alone(this_test!()) {
        return;
    }
    let limit = raise_the_limit(CONNECTIONS + 100);
    if limit < CONNECTIONS + 100 {
        return skipped(&format!("only {limit} open files are allowed here (RLIMIT_NOFILE), too few"));
    }
    let path = std::env::temp_dir().join(format!("longshore-idle-{}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let server = UnixListener::bind(&path).unwrap();
    let mut clients = command(this_test!(), "clients")
        .env(SERVER, &path)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut tell = clients.stdin.take().unwrap();
    let port = Port::new(1).unwrap();
    let pool = BufferPool::new(16 << 10, 8);
    let mut streams = Vec::with_capacity(CONNECTIONS);
    let before = allocated();
    for key in 0..CONNECTIONS {
        let (ours, _) = server.accept().unwrap();
        let stream = Stream::attach(&port, key, ours).unwrap();
        stream.recv_pooled(&pool, key);
        streams.push(stream);
    }
    let _ = std::fs::remove_file(&path);
    // Their first events are news to nobody.
    nothing(&port);
    let each = (allocated() - before) / CONNECTIONS;
    eprintln!("{each} bytes for each idle connection");
    assert!(each <= BYTES_MAX, "{each} bytes for each idle connection");
    assert!(pool.free() <= 1, "idle connections went through {} buffers", pool.free());

    let mut dice = Dice(2026);
    let mut sample: Vec<usize> = (0..500).map(|_| dice.below(CONNECTIONS as u64) as usize).collect();
    sample.extend([0, CONNECTIONS - 1]);
    sample.sort();
    sample.dedup();
    for &number in &sample {
        tell.write_all(&number.to_ne_bytes()).unwrap();
    }
    let mut answered: Vec<usize> = sample
        .iter()
        .map(|_| {
            let done = take(&port);
            assert_eq!(done.key, done.context);
            let number = done.key;
            let (stream, buf, result) = received(done);
            assert_eq!((result.unwrap(), &buf[..]), (8, &number.to_ne_bytes()[..]));
            stream.recv_pooled(&pool, number);
            number
        })
        .collect();
    answered.sort();
    assert_eq!(answered, sample);
    nothing(&port);
    assert!(pool.free() <= 8);

    // The list of streams was there before; anything beyond a pool's worth of buffers would be the engine's.
    port.close();
    drop((streams, port, pool));
    let left = allocated().saturating_sub(before) / CONNECTIONS;
    assert!(left <= 1, "{left} bytes for each connection that is gone");
    drop(tell);
    assert!(clients.wait().unwrap().success());
}
