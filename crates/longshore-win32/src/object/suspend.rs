//! Stopping another thread where it is: `SuspendThread` and `TerminateThread`.
//!
//! A real-time signal makes the thread park in its handler, until it is resumed or for ever. The thread may hold any
//! lock of the program or of the C library then, as on Windows; but no lock of this library that others need to
//! resume it: those are held between [`hold_off`] and [`let_go`], and the signal takes effect at the latter.
//!
//! A thread in a port holds off as well, however long it sleeps there ([`in_port`]): parked in its place it would keep
//! others from listening to the kernel, and packets would be handed to it. It sleeps on, which is as good as parked,
//! and parks when it comes out. One that is terminated is roused to come out at once.

use crate::object::thread::{self, Thread};
use crate::sync;
use crate::sync::futex::{self, Deadline};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering, compiler_fence};
use std::sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError};

/// How long the caller waits for the other thread to stop. It takes microseconds, unless the thread has blocked the
/// signal or is stuck in the kernel.
const STOP_MAX_NS: u64 = 1_000_000_000;
/// How often it looks. (It is woken as well.)
const LOOK_NS: u64 = 1_000_000;

/// `MAXIMUM_SUSPEND_COUNT`.
const SUSPENDS_MAX: u32 = windows_sys::Win32::System::SystemServices::MAXIMUM_SUSPEND_COUNT;

thread_local! {
    /// How many reasons the calling thread has not to be stopped now. Read by the signal handler.
    static HELD_OFF: AtomicU32 = const { AtomicU32::new(0) };
    /// The signal came while it was held off.
    static DUE: AtomicBool = const { AtomicBool::new(false) };
    /// What ends the calling thread's wait in a port. Read by the signal handler.
    static IN_PORT: AtomicPtr<sync::AtomicBool> = const { AtomicPtr::new(ptr::null_mut()) };
}

const RUNNING: u32 = 0;
/// The thread runs no code of the program until it is resumed.
const PARKED: u32 = 1;
/// The thread is parked for ever.
const GONE: u32 = 2;

/// The part of a thread that others stop it by.
pub(crate) struct Suspension {
    /// The suspend count. The thread sleeps on it.
    suspends: AtomicU32,
    /// `RUNNING`, `PARKED` or `GONE`. Whoever stopped the thread sleeps on it.
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

    /// Parks the calling thread, whose this is, while it is suspended, and for ever if it is terminated.
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

    /// Sends the signal, and waits until it has had its effect, doing `meanwhile` every now and then.
    fn stop(&self, thread: u32, enough: u32, meanwhile: impl Fn()) {
        static HANDLER: Once = Once::new();
        HANDLER.call_once(install_handler);
        // SAFETY: no pointers. A thread that ended meanwhile is not found; one that got its number finds nothing to do.
        unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, signal()) };
        let deadline_ns = futex::now_ns() + STOP_MAX_NS;
        loop {
            let parked = self.parked.load(Ordering::Acquire);
            if parked >= enough || futex::now_ns() > deadline_ns {
                return;
            }
            meanwhile();
            futex::wait(&self.parked, parked, Deadline::after_ns(LOOK_NS));
        }
    }
}

/// Suspends a thread once more, and says how often it was before. `None` if that is too often.
pub(crate) fn suspend(thread: &Thread) -> Option<u32> {
    let suspends = &thread.suspension.suspends;
    let more = |count: u32| (count < SUSPENDS_MAX).then_some(count + 1);
    let before = suspends.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).ok()?;
    if thread.is_current() {
        thread.suspension.park();
    } else if before == 0 && thread.has_begun() {
        thread.suspension.stop(thread.id(), PARKED, || {});
    }
    Some(before)
}

/// Takes one suspension back, and says how many there were.
pub(crate) fn resume(thread: &Thread) -> u32 {
    let suspends = &thread.suspension.suspends;
    let before = suspends.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| count.checked_sub(1));
    if before == Ok(1) {
        futex::wake(suspends, i32::MAX);
    }
    before.unwrap_or(0)
}

/// What brings every thread out of its wait in a port.
static ROUSE: OnceLock<fn()> = OnceLock::new();

/// Says what brings every thread out of its wait in a port. Called by whoever makes ports, before the first wait;
/// what is said first stays.
pub(crate) fn rouse_with(rouse: fn()) {
    let _ = ROUSE.set(rouse);
}

/// Makes another thread never run again.
pub(crate) fn terminate(thread: &Thread) {
    thread.suspension.terminated.store(true, Ordering::Release);
    futex::wake(&thread.suspension.suspends, i32::MAX);
    let rouse = ROUSE.get().copied().unwrap_or(|| {}); // Nobody is in a port if there never was one.
    thread.suspension.stop(thread.id(), GONE, rouse);
}

/// The calling thread must not be stopped from here on.
#[inline]
pub(crate) fn hold_off() {
    HELD_OFF.with(|depth| depth.store(depth.load(Ordering::Relaxed) + 1, Ordering::Relaxed));
    compiler_fence(Ordering::SeqCst);
}

/// It may be stopped again, once for each [`hold_off`].
#[inline]
pub(crate) fn let_go() {
    compiler_fence(Ordering::SeqCst);
    let depth = HELD_OFF.with(|depth| {
        let left = depth.load(Ordering::Relaxed) - 1;
        depth.store(left, Ordering::Relaxed);
        left
    });
    compiler_fence(Ordering::SeqCst);
    if depth == 0 && DUE.with(|due| due.load(Ordering::Relaxed)) {
        stop_late();
    }
}

/// Runs `f`, which takes no time to speak of, without being stopped.
#[inline]
pub(crate) fn not_now<R>(f: impl FnOnce() -> R) -> R {
    struct LetGo;
    impl Drop for LetGo {
        fn drop(&mut self) {
            let_go();
        }
    }
    hold_off();
    let _let_go = LetGo;
    f()
}

/// Runs `wait`, which waits in a port and ends when the flag is set and the port roused.
#[inline]
pub(crate) fn in_port<R>(wait: impl FnOnce(&sync::AtomicBool) -> R) -> R {
    struct Leave;
    impl Drop for Leave {
        fn drop(&mut self) {
            IN_PORT.with(|stop| stop.store(ptr::null_mut(), Ordering::Relaxed));
        }
    }
    let stop = sync::AtomicBool::new(false);
    not_now(|| {
        IN_PORT.with(|place| place.store((&raw const stop).cast_mut(), Ordering::Relaxed));
        let _leave = Leave;
        compiler_fence(Ordering::SeqCst);
        wait(&stop)
    })
}

#[cold]
fn stop_late() {
    DUE.with(|due| due.store(false, Ordering::Relaxed));
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

fn signal() -> libc::c_int {
    libc::SIGRTMAX() - 3
}

fn install_handler() {
    // SAFETY: the action is zeroed, then filled in; the handler only does what a signal handler may.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = on_signal as *const () as usize;
        action.sa_flags = libc::SA_RESTART;
        libc::sigfillset(&raw mut action.sa_mask);
        libc::sigaction(signal(), &raw const action, std::ptr::null_mut());
    }
}

extern "C" fn on_signal(_: libc::c_int) {
    if HELD_OFF.with(|depth| depth.load(Ordering::Relaxed)) > 0 {
        DUE.with(|due| due.store(true, Ordering::Relaxed));
        let stop = IN_PORT.with(|stop| stop.load(Ordering::Relaxed));
        // SAFETY: set and taken back by `in_port`, further down this thread's stack.
        if let (Some(stop), Some(thread)) = (unsafe { stop.as_ref() }, thread::current_if_known()) {
            if thread.suspension.terminated.load(Ordering::Acquire) {
                stop.store(true, Ordering::Release);
            } else {
                thread.suspension.tell(PARKED); // It is in the port, or about to come out and park.
            }
        }
        return;
    }
    // SAFETY: errno is the thread's own; the code that was interrupted finds it as it was.
    let errno = unsafe { *libc::__errno_location() };
    park_current();
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

/// A mutex whose holder is not stopped while it holds it.
#[derive(Default)]
pub struct Lock<T>(Mutex<T>);

/// A [`Lock`], held.
pub struct LockGuard<'a, T>(Option<MutexGuard<'a, T>>);

impl<T> Lock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Lock(Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> LockGuard<'_, T> {
        hold_off();
        LockGuard(Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl<T> std::ops::Deref for LockGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("held until dropped")
    }
}

impl<T> std::ops::DerefMut for LockGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.0.as_mut().expect("held until dropped")
    }
}

impl<T> Drop for LockGuard<'_, T> {
    fn drop(&mut self) {
        self.0 = None;
        let_go();
    }
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
            hold_off();
            send.send(thread::current()).unwrap();
            while !END.load(Ordering::SeqCst) {
                TURNS.fetch_add(1, Ordering::SeqCst);
                if LET_GO.swap(false, Ordering::SeqCst) {
                    let_go();
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
