//! What another thread of this process is doing, as the scheduler sees it.

use std::fs;

/// CPU time of a thread of this process, in nanoseconds.
pub(crate) fn thread_time(thread: i32) -> Option<u64> {
    // rustix has no name for such a clock. The per-thread scheduler clock of another thread, as
    // clock_getcpuclockid(3) and the kernel's posix-cpu-timers encode it: the inverted id above three bits,
    // "per thread" (4) and "sched" (2) below.
    let clock: libc::clockid_t = (!thread << 3) | 6;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the result.
    let result = unsafe { libc::clock_gettime(clock, &mut time) };
    (result == 0).then(|| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// Whether the scheduler has the thread asleep (S, D) rather than running or waiting for a CPU (R).
pub(crate) fn is_asleep(thread: i32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/self/task/{thread}/stat")) else {
        return false;
    };
    // The name in parentheses may contain anything; the state follows the last parenthesis.
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    matches!(state, Some('S' | 'D'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn this_thread() -> i32 {
        rustix::thread::gettid().as_raw_pid()
    }

    #[test]
    fn a_running_thread_is_not_asleep_and_its_time_moves() {
        let before = thread_time(this_thread()).unwrap();
        let mut x = 0u64;
        while thread_time(this_thread()).unwrap() < before + 1_000_000 {
            x = x.wrapping_mul(31).wrapping_add(7);
        }
        std::hint::black_box(x);
        assert!(!is_asleep(this_thread()));
    }

    #[test]
    fn a_thread_in_a_system_call_is_asleep_and_its_time_stands_still() {
        let (tell, told) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let sleeper = std::thread::spawn(move || {
            tell.send(this_thread()).unwrap();
            let _ = ended.recv();
        });
        let thread = told.recv().unwrap();
        while !is_asleep(thread) {
            std::thread::yield_now();
        }
        let time = thread_time(thread).unwrap();
        assert_eq!(thread_time(thread).unwrap(), time);
        drop(end);
        sleeper.join().unwrap();
        assert!(!is_asleep(thread), "a thread that is gone is not asleep");
    }
}
