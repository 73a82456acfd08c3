//! What the system may refuse: io_uring, membarrier, descriptors, threads. Each refusal is made for real, by
//! a seccomp filter or a limit, in a process of its own; all that works without goes on working, and the rest
//! ends with an error that says why.

use crate::fixtures::*;
use longshore::{Completion, Event, File, Listener, Port, Stream, WorkerPool, blocking};
use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;

/// Makes the system refuse some calls, to every thread of the process and for good. False, with a message,
/// where the system does not even allow that.
fn refuse(calls: &[libc::c_long], errno: i32) -> bool {
    // The number of the call is the first field of what a filter sees.
    let load =
        libc::sock_filter { code: (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16, jt: 0, jf: 0, k: 0 };
    let answer = |k| libc::sock_filter { code: (libc::BPF_RET | libc::BPF_K) as u16, jt: 0, jf: 0, k };
    let mut program = vec![load];
    for call in calls {
        let code = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
        program.push(libc::sock_filter { code, jt: 0, jf: 1, k: *call as u32 });
        program.push(answer(libc::SECCOMP_RET_ERRNO | errno as u32));
    }
    program.push(answer(libc::SECCOMP_RET_ALLOW));
    let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: the program, and the head that names it, live through the calls; the system copies them.
    let refused = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::syscall(
                libc::SYS_seccomp,
                libc::SECCOMP_SET_MODE_FILTER,
                libc::SECCOMP_FILTER_FLAG_TSYNC,
                &raw const filter,
            ) == 0
    };
    if !refused {
        skipped(&format!("no seccomp filter can be installed here: {}", io::Error::last_os_error()));
    }
    refused
}

/// How a file operation ended: what is in its buffer, and the bytes moved.
#[track_caller]
fn ended<C: Send>(done: Completion<C>) -> (Vec<u8>, io::Result<usize>) {
    match done.event {
        Event::Read { buf, result, .. } | Event::Write { buf, result, .. } => (buf.into_vec(), result),
        Event::Sync { result, .. } => (Vec::new(), result.map(|()| 0)),
        _ => panic!("not a file operation"),
    }
}

/// Every kind of file operation, each with success.
fn files_work() {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"");
    let file = scratch.open(&port, 0);
    file.write_at(vec![b'x'; 100_000], 0, ());
    assert_eq!(ended(take(&port)).1.unwrap(), 100_000);
    for _ in 0..100 {
        file.append("record", ());
    }
    for _ in 0..100 {
        assert_eq!(ended(take(&port)).1.unwrap(), 6);
    }
    file.sync(());
    ended(take(&port)).1.unwrap();
    file.sync_data(());
    ended(take(&port)).1.unwrap();
    // More than is read on the spot, so that a source serves it.
    file.read_at(vec![0; 1 << 20], 0, ());
    let (bytes, result) = ended(take(&port));
    assert_eq!(result.unwrap(), 100_600);
    assert!(bytes[..100_000].iter().all(|byte| *byte == b'x'));
    assert_eq!(bytes[100_000..], *b"record".repeat(100));
    // Failures are the operation's own.
    let reader = File::open(&port, 0, &scratch.0, OpenOptions::new().read(true)).unwrap();
    reader.write_at("text", 0, ());
    let (bytes, result) = ended(take(&port));
    assert_eq!((bytes, result.unwrap_err().raw_os_error()), (b"text".to_vec(), Some(libc::EBADF)));
}

/// An echo server, and 20 clients of it.
fn sockets_work() {
    let port = Port::new(2).unwrap();
    let listener = Listener::bind(&port, 0, "127.0.0.1:0").unwrap();
    let address = match listener.local_addr().unwrap() {
        longshore::PeerAddr::Inet(address) => address,
        other => panic!("{other:?}"),
    };
    listener.accept(());
    let pool = WorkerPool::new(&port, 3, |done: Completion<()>| match done.event {
        Event::Accept { listener, result } => {
            listener.accept(());
            result.unwrap().0.recv(vec![0; 64], ());
        }
        Event::Recv { stream, buf, result: Ok(1..) } => {
            stream.send(buf, ());
        }
        Event::Send { stream, buf, result: Ok(_) } => {
            stream.recv(buf, ());
        }
        _ => {}
    })
    .unwrap();
    let clients: Vec<_> = (0..20u8)
        .map(|number| {
            go(move || {
                let mut client = TcpStream::connect(address).unwrap();
                client.set_read_timeout(Some(PATIENCE)).unwrap();
                for _ in 0..50 {
                    client.write_all(&[number; 64]).unwrap();
                    let mut answer = [0; 64];
                    client.read_exact(&mut answer).unwrap();
                    assert_eq!(answer, [number; 64]);
                }
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join());
    pool.shutdown();
}

fn without_io_uring(errno: i32) {
    if !refuse(&[libc::SYS_io_uring_setup], errno) {
        return;
    }
    if std::env::var(FILES).is_ok_and(|files| files == "ring") {
        return ring_is_asked_for_in_vain(errno);
    }
    files_work();
    sockets_work();
}

/// Asked for by name, a ring that is refused is an error: of the operations, each with its buffer.
fn ring_is_asked_for_in_vain(errno: i32) {
    let port = Port::new(1).unwrap();
    let scratch = Scratch::new(b"abcdef");
    let file = scratch.open(&port, 3);
    for _ in 0..3 {
        file.write_at("text", 0, 1);
        file.append("text", 2);
        file.sync(3);
        file.read_at(vec![0; 1 << 20], 0, 4);
        for expected in 1..=4 {
            let done = take(&port);
            assert_eq!((done.key, done.context), (3, expected));
            let (bytes, result) = ended(done);
            assert_eq!(result.unwrap_err().raw_os_error(), Some(errno));
            assert!(expected > 2 || bytes == b"text");
        }
    }
    assert_eq!(std::fs::read(&scratch.0).unwrap(), b"abcdef");
    // Nothing to cancel, nothing left behind, and sockets do not care.
    assert_eq!(file.cancel_all(), 0);
    assert!(port.try_get().unwrap().is_none());
    eventually("no thread is left of the attempts", || {
        !has_thread("longshore-ring") && !has_thread("longshore-file")
    });
    sockets_work();
}

#[test]
fn all_works_where_io_uring_is_forbidden() {
    match part().as_deref() {
        Some("forbidden") => without_io_uring(libc::EPERM),
        Some("unknown") => without_io_uring(libc::ENOSYS),
        _ => {
            for part in ["forbidden", "unknown"] {
                for files in [None, Some("pool"), Some("ring")] {
                    play(this_test!(), part, files);
                }
            }
        }
    }
}

// A ring that can be made but not used: some sandboxes filter the one call and not the other.
#[test]
fn files_work_where_a_ring_can_be_made_and_not_entered() {
    match part().as_deref() {
        Some("enter") if refuse(&[libc::SYS_io_uring_enter], libc::EPERM) => files_work(),
        Some("register") if refuse(&[libc::SYS_io_uring_register], libc::EPERM) => files_work(),
        Some(_) => {}
        None => ["enter", "register"].into_iter().for_each(|part| play(this_test!(), part, None)),
    }
}

/// Two threads that contend for the port's locks as hard as they can.
fn packets_pass_between_two_threads() {
    const PACKETS: usize = 100_000;
    let port = Port::new(2).unwrap();
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let port = port.clone();
            go(move || {
                let mut sum = 0;
                for number in 0..PACKETS / 2 {
                    port.post(0, number).unwrap();
                    sum += take(&port).context;
                }
                sum
            })
        })
        .collect();
    let sum: usize = threads.into_iter().map(|thread| thread.join()).sum();
    assert_eq!(sum, 2 * (0..PACKETS / 2).sum::<usize>());
    assert!(port.try_get().unwrap().is_none());

    // And with every one of them asleep in between.
    let (one, other) = (Port::new(1).unwrap(), Port::new(1).unwrap());
    let echo = go({
        let (one, other) = (one.clone(), other.clone());
        move || {
            while let Ok(done) = one.get() {
                other.post(0, done.context).unwrap();
            }
        }
    });
    for number in 0..2000 {
        one.post(0, number).unwrap();
        assert_eq!(take(&other).context, number);
    }
    one.close();
    echo.join();
}

#[test]
fn a_port_works_where_membarrier_is_refused() {
    match part().as_deref() {
        Some("membarrier") if refuse(&[libc::SYS_membarrier], libc::EPERM) => {
            packets_pass_between_two_threads();
            files_work();
            sockets_work();
        }
        Some(_) => {}
        None => play(this_test!(), "membarrier", None),
    }
}

/// Uses up what descriptors this process may have, until the result is dropped.
fn no_descriptors() -> Vec<std::fs::File> {
    let limit = libc::rlimit { rlim_cur: 256, rlim_max: 256 };
    // SAFETY: the limit lives through the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    let mut taken = Vec::new();
    loop {
        match std::fs::File::open("/dev/null") {
            Ok(file) => taken.push(file),
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
                return taken;
            }
        }
    }
}

#[track_caller]
fn is_emfile<T: std::fmt::Debug>(result: io::Result<T>) {
    assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::EMFILE));
}

fn without_descriptors() {
    let scratch = Scratch::new(b"abcdef");
    let port = Port::new(1).unwrap();
    // Buffered and cached; and one that needs a source, which nobody has started yet.
    let file = scratch.open(&port, 0);
    let listener = Listener::bind(&port, 0, "127.0.0.1:0").unwrap();
    let address = match listener.local_addr().unwrap() {
        longshore::PeerAddr::Inet(address) => address,
        other => panic!("{other:?}"),
    };
    // The client is connected before there are no descriptors left for it.
    let client = TcpStream::connect(address).unwrap();
    let taken = no_descriptors();

    is_emfile(Port::<()>::new(1));
    is_emfile(Listener::bind(&port, 0, "127.0.0.1:0"));
    is_emfile(Stream::connect(&port, 0, address, ()));
    is_emfile(File::open(&port, 0, &scratch.0, OpenOptions::new().read(true)));

    // What is open goes on.
    file.read_at(vec![0; 100], 0, ());
    assert_eq!(ended(take(&port)).0, b"abcdef");
    file.write_at("ABC", 0, ());
    let (bytes, result) = ended(take(&port));
    assert_eq!(bytes, b"ABC");
    let forced = std::env::var(FILES).is_ok_and(|files| files == "ring");
    match result {
        Ok(count) => assert_eq!((count, std::fs::metadata(&scratch.0).unwrap().len()), (3, 6)),
        // A ring is a descriptor.
        Err(error) => assert_eq!((error.raw_os_error(), forced), (Some(libc::EMFILE), true)),
    }
    for number in 0..100 {
        port.post(number, ()).unwrap();
        assert_eq!(take(&port).key, number);
    }

    // An accept cannot make its connection. Both wait, and nobody is kept busy meanwhile.
    listener.accept(());
    let before = port.stats();
    assert!(port.get_timeout(Duration::from_millis(350)).unwrap().is_none());
    let tries = port.stats().polls - before.polls;
    assert!(tries <= 20, "{tries} tries in a third of a second");
    drop(taken);
    let Event::Accept { result, .. } = take(&port).event else { panic!("not an accept") };
    let (stream, _) = result.unwrap();
    stream.recv(vec![0; 8], ());
    (&client).write_all(b"x").unwrap();
    let Event::Recv { buf, .. } = take(&port).event else { panic!("not a receive") };
    assert_eq!(&buf[..], b"x");

    // And so does everything else, on a port of its own.
    files_work();
    sockets_work();
}

#[test]
fn too_many_open_files_are_an_error_of_what_needs_one_and_pass() {
    match part() {
        Some(_) => without_descriptors(),
        None => {
            [None, Some("pool"), Some("ring")].iter().for_each(|files| play(this_test!(), "files", *files))
        }
    }
}

/// A read that is not served on the spot.
fn uncached(scratch: &Scratch) -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_DIRECT);
    if options.open(&scratch.0).is_err() {
        options.custom_flags(0);
    }
    options
}

fn without_threads() {
    let scratch = Scratch::new(&[b'x'; 8192]);
    let port = Port::new(1).unwrap();
    let file = File::open(&port, 0, &scratch.0, &uncached(&scratch)).unwrap();
    // One that is there already, and sleeps in the port.
    let (inside, go_on) = (Gate::default(), Gate::default());
    let early = go({
        let (port, inside, go_on) = (port.clone(), inside.clone(), go_on.clone());
        move || {
            let first = port.get().unwrap().key;
            inside.open();
            blocking(|| go_on.sleep());
            first
        }
    });
    parked(&port, 1);
    if !refuse(&[libc::SYS_clone, libc::SYS_clone3], libc::EAGAIN) {
        port.post(0, 0).unwrap();
        go_on.open();
        early.join();
        return;
    }
    let refused = WorkerPool::new(&port, 4, |_| {}).unwrap_err();
    assert_eq!(refused.raw_os_error(), Some(libc::EAGAIN));

    port.post(9, 0).unwrap();
    eventually("the sleeper got it", || inside.is_open());
    // Nobody is there to serve files, and nobody can come: that is the operations' error, not a hang.
    for round in 0..3 {
        for number in 0..10 {
            match number % 3 {
                0 => file.read_at(longshore::Buf::aligned(4096, 4096), 0, number),
                1 => file.append("text", number),
                _ => file.sync(number),
            };
        }
        let mut seen = [false; 10];
        for _ in 0..10 {
            let done = take(&port);
            let number = done.context;
            assert!(!std::mem::replace(&mut seen[number], true), "{number} of round {round} came twice");
            let (bytes, result) = ended(done);
            assert_eq!(result.unwrap_err().raw_os_error(), Some(libc::EAGAIN));
            assert!(number % 3 != 1 || bytes == b"text");
        }
    }
    assert_eq!(std::fs::metadata(&scratch.0).unwrap().len(), 8192);
    // Packets need no thread but the user's. Nor does a timer.
    port.post_after(Duration::from_millis(1), 5, 0).unwrap();
    assert_eq!(take(&port).key, 5);
    go_on.open();
    assert_eq!(early.join(), 9);
    // A handler that blocks unannounced holds its slot, for the monitor is a thread; but nothing is lost.
    for key in 0..100 {
        port.post(key, 0).unwrap();
    }
    for key in 0..100 {
        assert_eq!(take(&port).key, key);
    }
}

#[test]
fn where_no_thread_can_be_started_operations_end_with_that_error() {
    match part() {
        Some(_) => without_threads(),
        None => {
            [None, Some("pool"), Some("ring")].iter().for_each(|files| play(this_test!(), "threads", *files))
        }
    }
}

/// Threads that were there before serve what comes after.
fn without_further_threads() {
    let scratch = Scratch::new(b"");
    let port = Port::new(1).unwrap();
    let file = scratch.open(&port, 0);
    file.write_at("text", 0, 0);
    ended(take(&port)).1.unwrap();
    if !refuse(&[libc::SYS_clone, libc::SYS_clone3], libc::EAGAIN) {
        return;
    }
    for number in 0..64 {
        file.write_at(vec![number as u8; 1000], number * 1000, number);
    }
    for _ in 0..64 {
        assert_eq!(ended(take(&port)).1.unwrap(), 1000);
    }
    assert_eq!(std::fs::metadata(&scratch.0).unwrap().len(), 64_000);
}

#[test]
fn where_no_further_thread_can_be_started_the_first_does_the_work() {
    match part() {
        Some(_) => without_further_threads(),
        None => {
            [None, Some("pool"), Some("ring")].iter().for_each(|files| play(this_test!(), "threads", *files))
        }
    }
}

/// Says how much address space the process may have beyond what it has.
fn limit_address_space(beyond: Option<u64>) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let size: u64 = size.trim().trim_end_matches(" kB").parse().unwrap();
    let limit = beyond.map_or(libc::RLIM_INFINITY, |beyond| size * 1024 + beyond);
    let limit = libc::rlimit { rlim_cur: limit, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the limit lives through the call.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
}

// A pool that may not grow goes on with the threads it has, and grows when it may again.
#[test]
fn a_pool_that_is_refused_another_thread_goes_on_and_tries_again() {
    if !alone(this_test!()) {
        return;
    }
    let port = Port::new(1).unwrap();
    let (inside, go_on) = (Overlap::default(), Gate::default());
    let pool = WorkerPool::new(&port, 2..=8, {
        let (inside, go_on) = (inside.clone(), go_on.clone());
        move |_: Completion<()>| {
            let _inside = inside.enter();
            if !go_on.is_open() {
                blocking(|| go_on.sleep());
            }
        }
    })
    .unwrap();
    parked(&port, 2);
    // Less than the stack of a thread.
    limit_address_space(Some(1 << 20));
    (0..5).for_each(|_| port.post(0, ()).unwrap());
    eventually("both block", || inside.now() == 2);
    for_a_while("there are no more", || inside.now() == 2 && pool.threads() == 2);
    assert_eq!(port.stats().queued, 3);
    limit_address_space(None);
    go_on.open();
    eventually("nothing was lost", || inside.entered() == 5);
    // Whichever of them comes out of the port makes up for it.
    eventually("there is a third", || {
        port.post(0, ()).unwrap();
        pool.threads() > 2
    });
    pool.shutdown();
}
