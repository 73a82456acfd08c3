//! Blocking calls that the monitor finds (Q9): another thread is released within 5 ms.

use super::{Task, begins, doers, post, task};
use crate::fixtures::*;
use longshore::Port;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// A call that blocks the handler, and how it is ended. Calls that end by themselves last [`LONG`].
type Case = fn() -> (Task, Task);

/// Much longer than the promise, so that the end of the call is not mistaken for it.
const LONG: Duration = Duration::from_millis(40);

/// "When a handler blocks, another is released within 5 ms."
const PROMISE: Duration = Duration::from_millis(5);

fn in_thread_sleep() -> (Task, Task) {
    (task(|| std::thread::sleep(LONG)), task(|| {}))
}

fn in_a_contended_mutex() -> (Task, Task) {
    let mutex = Arc::new(Mutex::new(()));
    let (locked, unlock) = (mpsc::channel(), mpsc::channel::<()>());
    let holder = std::thread::spawn({
        let mutex = mutex.clone();
        move || {
            let _guard = mutex.lock().unwrap();
            locked.0.send(()).unwrap();
            let _ = unlock.1.recv();
        }
    });
    locked.1.recv().unwrap();
    (task(move || drop(mutex.lock().unwrap())), task(move || (drop(unlock.0), holder.join().unwrap()).1))
}

fn in_a_pipe_read() -> (Task, Task) {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    (task(move || reader.read_exact(&mut [0]).unwrap()), task(move || writer.write_all(&[0]).unwrap()))
}

fn in_a_condition_variable() -> (Task, Task) {
    let gate = Gate::default();
    let wait = gate.clone();
    (task(move || wait.sleep()), task(move || gate.open()))
}

#[cfg(target_os = "linux")]
fn in_nanosleep() -> (Task, Task) {
    let time = libc::timespec { tv_sec: 0, tv_nsec: LONG.as_nanos() as libc::c_long };
    let call = move || {
        // SAFETY: `time` is valid for the call; the remainder is not asked for.
        unsafe { libc::nanosleep(&time, std::ptr::null_mut()) };
    };
    (task(call), task(|| {}))
}

#[cfg(target_os = "linux")]
fn in_usleep() -> (Task, Task) {
    let call = || {
        // SAFETY: no pointers.
        unsafe { libc::usleep(LONG.as_micros() as libc::useconds_t) };
    };
    (task(call), task(|| {}))
}

#[cfg(target_os = "linux")]
fn in_poll() -> (Task, Task) {
    let call = || {
        // SAFETY: no descriptors are named.
        unsafe { libc::poll(std::ptr::null_mut(), 0, LONG.as_millis() as libc::c_int) };
    };
    (task(call), task(|| {}))
}

/// What waits while the handler blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Backlog {
    /// A posted packet.
    Queued,
    /// A socket event that a sleeping thread hears, since the blocked one left the reactor to it.
    Heard,
    /// A socket event that nobody hears but the monitor: the blocked thread was the one that listened.
    Unheard,
}

/// One round: from the moment when there is both a blocked handler and a backlog, to the
/// backlog's handler. `None` if the blocking call ended before it was found out, which on a busy
/// machine may be before the backlog came.
fn round(backlog: Backlog, case: Case) -> Option<Duration> {
    let port = Port::<Task>::new(1).unwrap();
    let (tell, told) = mpsc::channel();
    let handle = move |_, done: longshore::Completion<Task>| {
        tell.send((done.key, Instant::now())).unwrap();
        (done.context)();
    };
    let (stream, mut peer) = connection(&port, 2);
    let (block, end) = case();
    // Who sleeps alone listens. Of two, the one that slept first does, and a post goes to the other.
    let crew = Crew::new(&port, if backlog == Backlog::Unheard { 1 } else { 2 }, handle.clone());
    if backlog != Backlog::Queued {
        stream.recv(vec![0; 1], task(|| {}));
    }
    post(&port, 1, block);
    let (key, mut start) = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(key, 1);
    let second = (backlog == Backlog::Unheard).then(|| {
        let (port, handle) = (port.clone(), handle);
        let thread = go({
            let port = port.clone();
            move || {
                while let Ok(done) = port.get() {
                    handle(1, done);
                }
            }
        });
        eventually("it sleeps, or the first is back", || port.stats().parked > 0);
        start = Instant::now();
        thread
    });
    match backlog {
        Backlog::Queued => post(&port, 2, || {}),
        _ => peer.write_all(b"x").unwrap(),
    }
    let (key, released) = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(key, 2);
    // Windows does not tell that it compensated.
    let found_out = cfg!(windows) || port.stats().compensations == 1;
    end();
    parked(&port, 2);
    crew.dismiss(&port);
    second.into_iter().for_each(|thread| thread.join());
    found_out.then(|| released.saturating_duration_since(start))
}

/// Noise only ever adds to the time, so one round in time out of many shows that the engine keeps the
/// promise, and an engine that is slower by design never shows it.
#[track_caller]
fn another_is_released_in_time(case: Case) {
    let _turn = one_at_a_time();
    for backlog in [Backlog::Queued, Backlog::Heard, Backlog::Unheard] {
        let mut rounds = Vec::new();
        while !rounds.last().is_some_and(|took| matches!(took, Some(took) if *took <= PROMISE)) {
            assert!(rounds.len() < 40, "{backlog:?}: never within {PROMISE:?}: {rounds:?}");
            rounds.push(round(backlog, case));
        }
    }
}

#[test]
fn a_thread_sleep_is_compensated() {
    another_is_released_in_time(in_thread_sleep);
}

#[test]
fn a_contended_mutex_is_compensated() {
    another_is_released_in_time(in_a_contended_mutex);
}

#[test]
fn a_pipe_read_is_compensated() {
    another_is_released_in_time(in_a_pipe_read);
}

#[test]
fn a_condition_variable_is_compensated() {
    another_is_released_in_time(in_a_condition_variable);
}

#[cfg(target_os = "linux")]
#[test]
fn nanosleep_is_compensated() {
    another_is_released_in_time(in_nanosleep);
}

#[cfg(target_os = "linux")]
#[test]
fn usleep_is_compensated() {
    another_is_released_in_time(in_usleep);
}

#[cfg(target_os = "linux")]
#[test]
fn poll_is_compensated() {
    another_is_released_in_time(in_poll);
}

// Q9: one after the other, as many as there are sleepers.
#[cfg(target_os = "linux")]
#[test]
fn every_handler_that_blocks_is_compensated() {
    let _turn = one_at_a_time();
    let port = Port::new(1).unwrap();
    let (crew, told) = doers(&port, 6);
    let resume = Gate::default();
    for key in 0..5 {
        let resume = resume.clone();
        post(&port, key, move || resume.sleep());
    }
    post(&port, 5, || {});
    (0..6).for_each(|key| _ = begins(&told, key));
    eventually("the last is back", || port.stats().parked == 1);
    assert_eq!(port.stats().compensations, 5);
    assert_eq!(port.stats().blocked, 5);
    resume.open();
    parked(&port, 6);
    eventually("nobody is blocked", || port.stats().blocked == 0 && port.stats().running == 0);
    crew.dismiss(&port);
}

// Q8 as the monitor sees it: who wakes up again counts again.
#[cfg(target_os = "linux")]
#[test]
fn a_thread_found_blocked_counts_again_when_it_resumes() {
    let _turn = one_at_a_time();
    let port = Port::new(1).unwrap();
    let (crew, told) = doers(&port, 3);
    let (resume, first, second) = (Gate::default(), Gate::default(), Gate::default());
    post(&port, 1, {
        let (resume, first) = (resume.clone(), first.clone());
        move || {
            resume.sleep();
            first.spin();
        }
    });
    begins(&told, 1);
    post(&port, 2, {
        let second = second.clone();
        move || second.spin()
    });
    begins(&told, 2);
    assert_eq!((port.stats().running, port.stats().blocked, port.stats().compensations), (1, 1, 1));
    resume.open();
    eventually("both run", || port.stats().running == 2);
    assert_eq!(port.stats().blocked, 0);
    post(&port, 3, || {});
    for_a_while("two of one", || told.try_recv().is_err());
    second.open();
    eventually("the second is back", || port.stats().running == 1);
    for_a_while("one of one", || told.try_recv().is_err());
    assert_eq!(port.stats().compensations, 1);
    first.open();
    begins(&told, 3);
    parked(&port, 3);
    crew.dismiss(&port);
}
