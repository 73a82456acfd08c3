//! How much CPU other processes used while a case was measured.
//!
//! Interleaving cancels drift, but a neighbour that competes for the processors changes what is measured:
//! threads that would have run side by side take turns. So a case that was disturbed says so.

use std::{fs, io, time::Instant};

/// Below this share of the processors nothing is said.
const SHARE_MIN: f64 = 0.05;

/// Counts from its creation.
pub struct Neighbours {
    since: Instant,
    others_before_seconds: f64,
}

impl Neighbours {
    pub fn watch() -> io::Result<Self> {
        Ok(Self { since: Instant::now(), others_before_seconds: others_seconds()? })
    }

    /// A note, if others used enough of the machine to matter.
    pub fn note(&self) -> io::Result<Option<String>> {
        let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
        let available_seconds = self.since.elapsed().as_secs_f64() * processors;
        let share = (others_seconds()? - self.others_before_seconds) / available_seconds;
        Ok((share >= SHARE_MIN)
            .then(|| format!("disturbed: other processes used {:.0} % of the machine's CPU meanwhile", share * 100.0)))
    }
}

/// CPU time used so far by all but this process and the children it has waited for.
fn others_seconds() -> io::Result<f64> {
    Ok(machine_seconds()? - rusage_seconds(libc::RUSAGE_SELF)? - rusage_seconds(libc::RUSAGE_CHILDREN)?)
}

/// Time the processors were busy, or taken away from a virtual machine.
fn machine_seconds() -> io::Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let fields = stat.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<u64> = fields.filter_map(|field| field.parse().ok()).collect();
    let [user, nice, system, _idle, _iowait, irq, softirq, steal, ..] = ticks[..] else {
        return Err(io::Error::other("/proc/stat lacks the processors' times"));
    };
    // SAFETY: sysconf has no preconditions.
    let ticks_per_second = unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64;
    Ok((user + nice + system + irq + softirq + steal) as f64 / ticks_per_second)
}

fn rusage_seconds(whose: libc::c_int) -> io::Result<f64> {
    // SAFETY: zeroed is a valid rusage, and the kernel fills it.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        if libc::getrusage(whose, &mut usage) != 0 {
            return Err(io::Error::last_os_error());
        }
        usage
    };
    let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
    Ok(seconds(usage.ru_utime) + seconds(usage.ru_stime))
}
