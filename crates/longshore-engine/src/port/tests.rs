//! What a port promises about threads that are stopped or ended from outside.

use super::*;
use crate::fixtures::{Memory, PATIENCE, Test, stop_by, stop_here, wait_until};
use crate::{HoldOff, Membership, OpCode, defer_stop};
use std::sync::Condvar;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

/// A thread that takes from a port, and can be parked as `SuspendThread` parks one.
struct Taker {
    id: i32,
    membership: Arc<Membership>,
    gate: Arc<Gate>,
    taken: Receiver<usize>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Gate {
    /// Whether the thread is to park, and whether it has.
    state: std::sync::Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Gate {
    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.1 = state.0;
        while state.0 {
            state = self.changed.wait(state).unwrap();
        }
        state.1 = false;
    }

    fn is_parked(&self) -> bool {
        self.state.lock().unwrap().1
    }
}

extern "C" fn on_signal(_: libc::c_int) {
    if defer_stop() {
        DEFERRED.fetch_add(1, Ordering::SeqCst);
    } else {
        stop_here();
    }
}

static DEFERRED: AtomicU32 = AtomicU32::new(0);

impl Taker {
    fn new(port: &Arc<Core<Test>>) -> Taker {
        let (port, gate) = (port.clone(), Arc::new(Gate::default()));
        let (tell, told) = mpsc::channel();
        let (send, taken): (Sender<usize>, _) = mpsc::channel();
        let parked = gate.clone();
        let thread = std::thread::spawn(move || {
            stop_by(move || {
                let _once_at_a_time = HoldOff::new();
                parked.pass();
            });
            // SAFETY: gettid has no preconditions.
            tell.send((unsafe { libc::gettid() }, Membership::of_this_thread().unwrap())).unwrap();
            while let Ok(Packet::Posted { key, .. }) = port.take(None) {
                let _held_off = HoldOff::new(); // The channel has locks too.
                let _ = send.send(key);
            }
        });
        let (id, membership) = told.recv_timeout(PATIENCE).unwrap();
        Taker { id, membership, gate, taken, thread }
    }

    /// Returns once the thread is parked.
    fn suspend(&self) {
        // SAFETY: the handler does what a signal handler may.
        unsafe { libc::signal(libc::SIGUSR2, on_signal as *const () as libc::sighandler_t) };
        self.gate.state.lock().unwrap().0 = true;
        // SAFETY: no pointers.
        assert_eq!(unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), self.id, libc::SIGUSR2) }, 0);
        wait_until("the thread to park", || {
            self.membership.rouse();
            self.gate.is_parked()
        });
    }

    fn resume(&self) {
        self.gate.state.lock().unwrap().0 = false;
        self.gate.changed.notify_all();
    }
}

fn sleeping(port: &Core<Test>, threads: usize) {
    wait_until("the threads to sleep", || port.stats().parked == threads);
}

// Q2 wants the newest waiter; one that is suspended is none. The leader and the others: both are tried.
#[test]
fn a_suspended_waiter_is_passed_over_and_waits_again_when_resumed() {
    for newest_is_leader in [true, false] {
        let port = Core::<Test>::new(1).unwrap();
        let first = Taker::new(&port);
        sleeping(&port, 1);
        let second = Taker::new(&port);
        sleeping(&port, 2);
        let (stopped, other) = if newest_is_leader { (&first, &second) } else { (&second, &first) };
        stopped.suspend();
        for key in 0..100 {
            port.post(key, ()).unwrap();
            assert_eq!(other.taken.recv_timeout(PATIENCE), Ok(key));
            sleeping(&port, 1);
        }
        assert!(stopped.taken.try_recv().is_err());
        stopped.resume();
        sleeping(&port, 2);
        // It went to sleep last, so it is first now.
        port.post(100, ()).unwrap();
        assert_eq!(stopped.taken.recv_timeout(PATIENCE), Ok(100));
        port.close();
        [first, second].into_iter().for_each(|taker| taker.thread.join().unwrap());
    }
}

#[test]
fn threads_are_suspended_anywhere_in_a_busy_port_and_nobody_else_stands_still() {
    let port = Core::<Test>::new(2).unwrap();
    let takers: Vec<Taker> = (0..4).map(|_| Taker::new(&port)).collect();
    let posting = Arc::new(AtomicBool::new(true));
    let poster = std::thread::spawn({
        let (port, posting) = (port.clone(), posting.clone());
        move || {
            let mut posted = 0;
            while posting.load(Ordering::SeqCst) {
                port.post(posted, ()).unwrap();
                posted += 1;
                if port.stats().queued > 100 {
                    std::thread::yield_now();
                }
            }
            posted
        }
    });
    for round in 0..200 {
        let stopped = &takers[round % takers.len()];
        stopped.suspend();
        let before = port.stats().dequeued;
        wait_until("the others to go on", || port.stats().dequeued > before + 10);
        stopped.resume();
    }
    posting.store(false, Ordering::SeqCst);
    let posted = poster.join().unwrap();
    wait_until("all to be taken", || port.stats().dequeued >= posted as u64);
    port.close();
    assert!(DEFERRED.load(Ordering::SeqCst) > 0, "some were stopped in a bad moment");
    let taken = takers.into_iter().map(|taker| {
        taker.thread.join().unwrap();
        taker.taken.try_iter().count()
    });
    assert_eq!(taken.sum::<usize>(), posted, "each packet went to one thread");
}

// Q11.
#[test]
fn a_thread_that_is_ended_from_outside_gives_its_slot_back_at_once() {
    let port = Core::<Test>::new(1).unwrap();
    let (send, receive) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    port.post(1, ()).unwrap();
    let running = std::thread::spawn({
        let port = port.clone();
        move || {
            assert!(port.take(None).is_ok());
            send.send(Membership::of_this_thread().unwrap()).unwrap();
            let _ = ended.recv(); // It holds the only slot, and never comes back.
        }
    });
    let membership = receive.recv_timeout(PATIENCE).unwrap();
    assert_eq!(port.stats().running, 1);
    membership.end();
    assert_eq!(port.stats().running, 0);
    assert!(!port.has_members());
    port.post(2, ()).unwrap();
    assert!(port.take(Some(Duration::ZERO)).is_ok());
    membership.end();
    assert_eq!(port.stats().running, 1, "only once, and only its own slot");
    drop(end);
    running.join().unwrap();
    assert_eq!(port.stats().running, 1);
}

#[test]
fn attaching_a_descriptor_twice_is_an_error_and_leaves_the_first_attached() {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let descriptor = Arc::new(OwnedFd::from(ours));
    let port = Core::<Test>::new(1).unwrap();
    let first = port.attach(descriptor.clone(), 1, None).unwrap();
    for _ in 0..3 {
        let error = port.attach(descriptor.clone(), 2, None).err().expect("it is attached already");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    }
    first.issue(OpCode::Recv, Memory::zeroed(8));
    assert!(port.take(Some(Duration::ZERO)).is_err());
    std::io::Write::write_all(&mut &theirs, b"x").unwrap();
    assert!(matches!(port.take(Some(PATIENCE)), Ok(Packet::Finished(_))));
    drop(first);
    assert!(port.attach(descriptor, 3, None).is_ok(), "the first is gone");
}
