//! What a process cost, as the kernel accounts it, read from outside the process.
//!
//! CPU comes from the process's CPU clock: nanoseconds, all threads, those that already exited
//! and the kernel's io_uring workers included. Nothing has to be installed in the measured
//! server, and nothing in it can lie.

use std::{fs, io, time::Duration};

/// Totals since the process started.
#[derive(Clone, Copy, Default)]
pub struct Usage {
    pub cpu: Duration,
    /// Voluntary and involuntary context switches of the threads alive now.
    pub switches: u64,
}

impl Usage {
    pub fn since(self, earlier: Usage) -> Usage {
        Usage { cpu: self.cpu.saturating_sub(earlier.cpu), switches: self.switches.saturating_sub(earlier.switches) }
    }
}

impl std::ops::Add for Usage {
    type Output = Usage;
    fn add(self, other: Usage) -> Usage {
        Usage { cpu: self.cpu + other.cpu, switches: self.switches + other.switches }
    }
}

/// The usage of one process.
pub fn usage(pid: u32) -> io::Result<Usage> {
    Ok(Usage { cpu: cpu(pid)?, switches: switches(pid)? })
}

/// CPU of a process and of its children: nginx's work is done by children of the process we started.
pub fn family_cpu(pid: u32) -> io::Result<Duration> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    let mut total = cpu(pid)?;
    for child in children.split_whitespace().filter_map(|child| child.parse().ok()) {
        total += cpu(child)?;
    }
    Ok(total)
}

/// CPU this process used so far.
pub fn own_cpu() -> io::Result<Duration> {
    read_clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn cpu(pid: u32) -> io::Result<Duration> {
    let mut clock = 0;
    // SAFETY: `clock` is a valid place for the clock id.
    let error = unsafe { libc::clock_getcpuclockid(pid as libc::pid_t, &mut clock) };
    if error != 0 {
        return Err(io::Error::from_raw_os_error(error));
    }
    read_clock(clock)
}

fn read_clock(clock: libc::clockid_t) -> io::Result<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the result.
    if unsafe { libc::clock_gettime(clock, &mut time) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Duration::new(time.tv_sec as u64, time.tv_nsec as u32))
}

fn switches(pid: u32) -> io::Result<u64> {
    let mut total = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between the listing and the reading.
        let Ok(status) = fs::read_to_string(task?.path().join("status")) else { continue };
        total += ["voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:"]
            .iter()
            .filter_map(|field| field_of(&status, field))
            .sum::<u64>();
    }
    Ok(total)
}

/// Memory a process holds by itself and in all, in bytes.
#[derive(Clone, Copy)]
pub struct Memory {
    /// Heap, stacks and anonymous maps.
    pub anonymous: u64,
    /// The above, and file pages and shared maps such as io_uring's rings.
    pub resident: u64,
}

pub fn memory(pid: u32) -> io::Result<Memory> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let kib = |field| {
        field_of(&rollup, field)
            .map(|kib| kib * 1024)
            .ok_or_else(|| io::Error::other(format!("/proc/{pid}/smaps_rollup has no {field}")))
    };
    Ok(Memory { anonymous: kib("Anonymous:")?, resident: kib("Rss:")? })
}

fn field_of(text: &str, field: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(field)?.split_whitespace().next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_includes_threads_that_ended() {
        let pid = std::process::id();
        let before = usage(pid).unwrap();
        std::thread::spawn(|| {
            let start = std::time::Instant::now();
            while start.elapsed() < Duration::from_millis(50) {}
        })
        .join()
        .unwrap();
        assert!(usage(pid).unwrap().since(before).cpu > Duration::from_millis(10));
    }

    #[test]
    fn memory_grows_by_what_is_touched() {
        let pid = std::process::id();
        let before = memory(pid).unwrap();
        // Without the black box an optimized build leaves the vector out.
        let block = std::hint::black_box(vec![1u8; 32 << 20]);
        let after = memory(pid).unwrap();
        assert!(after.anonymous - before.anonymous >= block.len() as u64 / 2);
        assert!(after.resident >= after.anonymous);
    }
}
