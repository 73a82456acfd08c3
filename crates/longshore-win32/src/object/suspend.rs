//! Stopping another thread where it is: `SuspendThread` and `TerminateThread`.
//!
//! A real-time signal makes the thread park in its handler, until it is resumed or for ever. As on Windows,
//! the thread may hold any lock of the program or of the C library then. It must hold no lock of this library
//! or of the engine, because others may need it to resume the thread. So a thread that holds such a lock
//! *holds off* (`longshore_engine::HoldOff`), and the signal takes effect when the last one is released.
//!
//! A thread that sleeps in a port holds off as well. The thread that stops it calls
//! [`Membership::rouse`]: the sleeper leaves the port's waiters, parks, and waits again when it is
//! resumed. So it gets no packet while it is suspended, and other threads poll the kernel. A thread that
//! was terminated leaves its port at once (Q11).

use crate::object::thread::{self, Thread};
use crate::sync::futex::{self, Deadline};
use crate::sync::signal_handler::Running;
use longshore_engine::HoldOff;
#[cfg(doc)]
use longshore_engine::Membership;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How long the caller waits for the other thread to stop. It takes microseconds, unless the thread has
/// blocked the signal or is stuck in the kernel.
const STOP_MAX_NS: u64 = 1_000_000_000;
/// How often the caller checks whether the thread has stopped. (It is woken as well.)
const LOOK_NS: u64 = 1_000_000;

/// `MAXIMUM_SUSPEND_COUNT`.
const SUSPENDS_MAX: u32 = windows_sys::Win32::System::SystemServices::MAXIMUM_SUSPEND_COUNT;

const RUNNING: u32 = 0;
/// The thread runs no code of the program until it is resumed.
const PARKED: u32 = 1;
/// The thread is parked for ever.
const GONE: u32 = 2;

/// Is told when a thread is stopped, resumed or ended: the thread's pool. Called outside every lock.
pub(crate) trait Dependent: Send + Sync {
    /// The thread was suspended and will stop, or was resumed. Two calls may come in the wrong order, so
    /// ask [`Suspension::is_suspended`].
    fn suspension_changed(&self, suspension: &Suspension);

    /// The thread ended, in any way. This is the last call.
    fn thread_ended(&self);
}

/// The part of a thread through which others stop it.
pub(crate) struct Suspension {
    /// The suspend count. The thread sleeps on it.
    suspends: AtomicU32,
    /// `RUNNING`, `PARKED` or `GONE`. The thread that stops this one sleeps on it.
    parked: AtomicU32,
    terminated: AtomicBool,
}

impl Suspension {
    pub(crate) fn new(suspended: bool) -> Suspension {
        Suspension {
            suspends: AtomicU32::new(suspended.into()),
            parked: AtomicU32::new(RUNNING),
            terminated: AtomicBool::new(false),
        }
    }

    pub(crate) fn is_suspended(&self) -> bool {
        self.suspends.load(Ordering::SeqCst) > 0
    }

    /// Parks the calling thread, to which this belongs, while it is suspended, and
    /// for ever if it is terminated.
    pub(crate) fn park(&self) {
        loop {
            let suspends = self.suspends.load(Ordering::Acquire);
            let terminated = self.terminated.load(Ordering::Acquire);
            if suspends == 0 && !terminated {
                break;
            }
            self.tell(if terminated { GONE } else { PARKED });
            futex::wait(&self.suspends, suspends, Deadline::NEVER);
        }
        self.parked.store(RUNNING, Ordering::Release);
    }

    fn tell(&self, parked: u32) {
        self.parked.store(parked, Ordering::Release);
        futex::wake(&self.parked, i32::MAX);
    }

    /// Sends the signal and waits until the thread has stopped, calling `meanwhile` from time to
    /// time. False if it does not stop.
    fn stop(&self, thread: u32, enough: u32, meanwhile: impl Fn()) -> bool {
        static HANDLER: Once = Once::new();
        HANDLER.call_once(install_handler);
        // SAFETY: no pointers. A thread that ended meanwhile is not found; one that
        // got its number finds nothing to do.
        unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, crate::sync::stop_signal()) };
        let deadline_ns = futex::now_ns() + STOP_MAX_NS;
        loop {
            let parked = self.parked.load(Ordering::Acquire);
            if parked >= enough || futex::now_ns() > deadline_ns {
                return parked >= enough;
            }
            meanwhile();
            futex::wait(&self.parked, parked, Deadline::after_ns(LOOK_NS));
        }
    }
}

/// Adds one to the suspend count and returns the former count. `None` if the count is at its maximum.
pub(crate) fn suspend(thread: &Thread) -> Option<u32> {
    let suspends = &thread.suspension.suspends;
    let more = |count: u32| (count < SUSPENDS_MAX).then_some(count + 1);
    let before = suspends.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
    if before == 0 {
        thread.tell_of_suspension();
    }
    if thread.is_current() {
        thread.suspension.park();
    } else if before == 0 && thread.has_begun() {
        thread.suspension.stop(thread.id(), PARKED, || thread.rouse_from_port());
    }
    Some(before)
}

/// Subtracts one from the suspend count and returns the former count.
pub(crate) fn resume(thread: &Thread) -> u32 {
    let suspends = &thread.suspension.suspends;
    let before = suspends.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| count.checked_sub(1));
    if before == Ok(1) {
        futex::wake(suspends, i32::MAX);
        thread.tell_of_suspension();
    }
    before.unwrap_or(0)
}

/// Stops another thread for ever.
pub(crate) fn terminate(thread: &Thread) {
    thread.suspension.terminated.store(true, Ordering::Release);
    futex::wake(&thread.suspension.suspends, i32::MAX);
    if thread.suspension.stop(thread.id(), GONE, || thread.rouse_from_port()) {
        thread.leave_port();
    }
}

/// Runs `f`, which must be short, without being stopped.
#[inline]
pub(crate) fn not_now<R>(f: impl FnOnce() -> R) -> R {
    let _held_off = HoldOff::new();
    f()
}

/// Parks the calling thread, which held off a stop and does so no more.
fn stop_late() {
    // SAFETY: `everything` is initialised by sigfillset; both sets are valid for the calls.
    unsafe {
        let mut everything: libc::sigset_t = std::mem::zeroed();
        let mut before: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&raw mut everything);
        libc::pthread_sigmask(libc::SIG_BLOCK, &raw const everything, &raw mut before);
        park_current();
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
    }
}

fn park_current() {
    if let Some(thread) = thread::current_if_known() {
        thread.suspension.park();
    }
}

fn install_handler() {
    longshore_engine::on_stop(stop_late);
    // SAFETY: the action is zeroed, then filled in; the handler only does what a signal handler may.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigfillset(&raw mut action.sa_mask);
        libc::sigaction(crate::sync::stop_signal(), &raw const action, std::ptr::null_mut());
    }
}

extern "C" fn on_signal(_: libc::c_int) {
    let _running = Running::begins();
    if longshore_engine::defer_stop() {
        return;
    }
    // SAFETY: errno is the thread's own; the code that was interrupted finds it as it was.
    let errno = unsafe { *libc::__errno_location() };
    park_current();
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn a_thread_that_holds_off_is_stopped_when_it_lets_go_and_not_before() {
        static TURNS: AtomicUsize = AtomicUsize::new(0);
        static LET_GO: AtomicBool = AtomicBool::new(false);
        static END: AtomicBool = AtomicBool::new(false);
        let (send, receive) = channel();
        let running = std::thread::spawn(move || {
            let mut held_off = Some(HoldOff::new());
            send.send(thread::current()).unwrap();
            while !END.load(Ordering::SeqCst) {
                TURNS.fetch_add(1, Ordering::SeqCst);
                if LET_GO.swap(false, Ordering::SeqCst) {
                    drop(held_off.take());
                }
            }
        });
        let stopped = receive.recv().unwrap();
        let suspending = {
            let stopped = stopped.clone();
            std::thread::spawn(move || suspend(&stopped))
        };
        while stopped.suspension.suspends.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        // The signal is on its way, or has come.
        let before = TURNS.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(50));
        assert!(TURNS.load(Ordering::SeqCst) > before && !suspending.is_finished(), "it goes on");
        LET_GO.store(true, Ordering::SeqCst);
        assert_eq!(suspending.join().unwrap(), Some(0));
        let before = TURNS.load(Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(10));
        assert_eq!(TURNS.load(Ordering::SeqCst), before, "it stands still");
        END.store(true, Ordering::SeqCst);
        assert_eq!(resume(&stopped), 1);
        running.join().unwrap();
    }
}
