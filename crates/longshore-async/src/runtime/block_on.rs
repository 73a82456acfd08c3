//! Running a future on the calling thread.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

struct Sleeper {
    thread: Thread,
    woken: AtomicBool,
}

impl Wake for Sleeper {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            self.thread.unpark();
        }
    }
}

/// Runs a future on the calling thread until it ends, without a runtime of its own: for futures that need
/// none, or within one. [`Runtime::block_on`](crate::Runtime::block_on) also tells the future where to spawn.
///
/// In a task it is an ordinary blocking call: the port releases another thread in its place.
///
/// ```
/// assert_eq!(longshore_async::block_on(async { 1 + 1 }), 2);
/// ```
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let sleeper = Arc::new(Sleeper { thread: thread::current(), woken: AtomicBool::new(false) });
    let waker = Waker::from(sleeper.clone());
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        if !sleeper.woken.swap(false, Ordering::AcqRel) {
            longshore::blocking(|| {
                while !sleeper.woken.swap(false, Ordering::AcqRel) {
                    thread::park();
                }
            });
        }
    }
}
