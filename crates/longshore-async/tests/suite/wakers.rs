//! Wakers are foreign code: they may do anything, at any time, and are kept no longer than needed.

use longshore_async::net::{TcpListener, TcpStream, UdpSocket};
use longshore_async::time::sleep;
use longshore_async::{Runtime, spawn, yield_now};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3600);

async fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (far, _) = listener.accept().await.unwrap();
    (near, far)
}

/// A waker that does the same whenever it is cloned, woken or dropped.
struct Reenters(Arc<dyn Fn() + Send + Sync>);

impl Reenters {
    const TABLE: RawWakerVTable = RawWakerVTable::new(Self::clone, Self::wake, Self::wake, Self::drop);

    fn waker(act: Arc<dyn Fn() + Send + Sync>) -> Waker {
        let data = Box::into_raw(Box::new(Reenters(act)));
        // SAFETY: each waker owns a box of its own; the functions below are for such boxes.
        unsafe { Waker::new(data.cast_const().cast(), &Self::TABLE) }
    }

    unsafe fn clone(data: *const ()) -> RawWaker {
        // SAFETY: a waker's box.
        let act = unsafe { &*data.cast::<Reenters>() }.0.clone();
        act();
        RawWaker::new(Box::into_raw(Box::new(Reenters(act))).cast_const().cast(), &Self::TABLE)
    }

    unsafe fn wake(data: *const ()) {
        // SAFETY: a waker's box. Waking by value leaks it, which is allowed.
        (unsafe { &*data.cast::<Reenters>() }.0)();
    }

    unsafe fn drop(data: *const ()) {
        // SAFETY: a waker's box, which is its own.
        let this = unsafe { Box::from_raw(data.cast_mut().cast::<Reenters>()) };
        (this.0)();
    }
}

/// Polls a future with wakers that do `act`: one that comes, one that takes its place, and one that is there
/// at the end; `act` may be what ends it.
fn poll_reentering<F: Future>(future: F, act: Arc<dyn Fn() + Send + Sync>) {
    let mut future = pin!(future);
    for _ in 0..3 {
        let waker = Reenters::waker(act.clone());
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            return;
        }
    }
}

fn poll_once<F: Future>(future: F) {
    let mut future = pin!(future);
    let _ = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

/// Runs it on another thread; fails if it does not come back.
fn within_patience(what: &str, run: impl FnOnce() + Send + 'static) {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        run();
        tell.send(()).unwrap();
    });
    told.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what} did not come back"));
}

#[test]
fn a_waker_may_use_what_it_is_for_while_it_is_cloned_replaced_woken_and_dropped() {
    let runtime = Runtime::builder().concurrency(1).threads(2).build().unwrap();
    let handle = runtime.handle().clone();
    let ((near, far), listener, socket) = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        (pair().await, Arc::new(listener), Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap()))
    });
    let near = Arc::new(near);
    let received = near.clone();
    within_patience("a receive", move || {
        let again = received.clone();
        poll_reentering(received.recv(), Arc::new(move || poll_once(again.recv())));
    });
    within_patience("an accept", move || {
        let again = listener.clone();
        poll_reentering(listener.accept(), Arc::new(move || poll_once(again.accept())));
    });
    within_patience("a datagram's receive", move || {
        let again = socket.clone();
        poll_reentering(socket.recv_from(&mut [0]), Arc::new(move || poll_once(again.recv_from(&mut [0]))));
    });
    let entered = handle.clone();
    within_patience("a sleep", move || {
        let _entered = entered.enter();
        poll_reentering(sleep(HOUR), Arc::new(|| poll_once(sleep(HOUR))));
    });
    let task = handle.spawn(std::future::pending::<()>());
    within_patience("a join", move || {
        let abort = task.abort_handle();
        poll_reentering(task, Arc::new(move || abort.abort()));
    });
    within_patience("a write", move || {
        let fills = near.clone();
        let again = near.clone();
        while {
            let mut write = pin!(fills.write(&[0; 16 * 1024]));
            write.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        } {}
        poll_reentering(near.write(b"x"), Arc::new(move || poll_once(again.write(b"x"))));
    });
    drop(far);
}

struct Counted;

impl Wake for Counted {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn the_waker_of_a_future_that_was_dropped_is_not_kept() {
    let runtime = Runtime::builder().concurrency(1).threads(2).build().unwrap();
    let _entered = runtime.handle().enter();
    let ((near, _far), listener, socket) = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        (pair().await, listener, UdpSocket::bind("127.0.0.1:0").await.unwrap())
    });
    let counted = Arc::new(Counted);
    fn poll_and_drop<F: Future>(counted: &Arc<Counted>, future: F) {
        let waker = Waker::from(counted.clone());
        assert!(pin!(future).as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    while {
        let mut write = pin!(near.write(&[0; 16 * 1024]));
        write.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    } {}
    for _ in 0..100 {
        poll_and_drop(&counted, near.recv());
        poll_and_drop(&counted, near.read(&mut [0]));
        poll_and_drop(&counted, near.write(b"x"));
        poll_and_drop(&counted, near.flush());
        poll_and_drop(&counted, listener.accept());
        poll_and_drop(&counted, socket.recv_from(&mut [0]));
        poll_and_drop(&counted, sleep(HOUR));
    }
    assert_eq!(Arc::strong_count(&counted), 1, "wakers of futures that are gone");
    let (_first, _second) = (near.recv(), near.recv());
}

/// A payload that makes it worse.
struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("in the drop of a panic");
    }
}

#[test]
fn a_waker_that_panics_twice_holds_up_nobody() {
    struct Panics(std::sync::mpsc::Sender<()>);
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            self.0.send(()).unwrap();
            std::panic::panic_any(PanicsInDrop);
        }
    }
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let (near, far) = runtime.block_on(pair());
    let (say, said) = channel();
    let waker = Waker::from(Arc::new(Panics(say)));
    let mut receive = Box::pin(near.recv());
    assert!(Pin::new(&mut receive).poll(&mut Context::from_waker(&waker)).is_pending());
    drop(far);
    said.recv_timeout(PATIENCE).unwrap();
    let (tell, told) = channel();
    runtime
        .spawn(async move {
            for _ in 0..10 {
                yield_now().await;
                spawn(yield_now()).await.unwrap();
            }
            tell.send(()).unwrap();
        })
        .detach();
    told.recv_timeout(PATIENCE).expect("a task was put where nobody takes it");
    assert!(runtime.block_on(receive).unwrap().is_empty());
}
