//! Signals that come while system calls are being made.

use std::sync::atomic::AtomicBool;

/// Interrupts every thread of the process in turn, 10,000 times a second, until it is told that this is over. The
/// calls fail with EINTR: the handler does nothing and restarts nothing.
pub fn interrupt_threads(over: &AtomicBool) {
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant};

    const SIGUSR1: i32 = 10;
    const ROUND: u32 = 200;
    const INTERVAL: Duration = Duration::from_micros(100);

    unsafe extern "C" {
        safe fn signal(signal: i32, handler: extern "C" fn(i32)) -> usize;
        safe fn siginterrupt(signal: i32, interrupts: i32) -> i32;
        safe fn getpid() -> i32;
        safe fn tgkill(process: i32, thread: i32, signal: i32) -> i32;
    }
    extern "C" fn nothing(_: i32) {}

    signal(SIGUSR1, nothing);
    siginterrupt(SIGUSR1, 1);
    while !over.load(Ordering::SeqCst) {
        let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
        let threads: Vec<i32> =
            threads.filter_map(|thread| thread.file_name().to_str()?.parse().ok()).collect();
        let begun = Instant::now();
        for turn in 0..ROUND {
            // A thread that has ended meanwhile is not found.
            tgkill(getpid(), threads[turn as usize % threads.len()], SIGUSR1);
            while begun.elapsed() < INTERVAL * turn {
                std::thread::yield_now();
            }
        }
    }
}
