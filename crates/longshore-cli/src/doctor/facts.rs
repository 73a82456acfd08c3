//! Facts about the machine.

use std::fs;

use io_uring::{IoUring, cqueue, squeue};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

type Builder = io_uring::Builder<squeue::Entry, cqueue::Entry>;

/// A kernel feature that may be absent or forbidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feature {
    Ready,
    /// It exists, but without a part that Longshore needs.
    TooOld,
    /// The kernel does not know it (ENOSYS).
    Absent,
    /// The kernel knows it and refuses (EPERM, EACCES).
    Forbidden,
    /// Too little memory may be locked (ENOMEM).
    NoMemory,
    Failed(String),
}

/// A resource limit; `None` is unlimited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    pub soft: Option<u64>,
    pub hard: Option<u64>,
}

#[derive(Clone, Debug)]
pub struct Facts {
    pub kernel: String,
    pub ring: Feature,
    /// Whether completions can wait for the thread that reaps them (Linux 6.1).
    pub ring_deferred: bool,
    /// The sysctl `kernel.io_uring_disabled`, where the kernel has it (6.6).
    pub ring_disabled: Option<u8>,
    /// Whether a seccomp filter stands between this process and the kernel.
    pub seccomp: bool,
    pub openat2: Feature,
    pub locked_memory: Limit,
    pub open_files: Limit,
    pub cpus_online: usize,
    pub cpus_affinity: usize,
    /// CPUs' worth of time the cgroup may use.
    pub cpu_quota: Option<f64>,
    /// The sysctl `net.core.somaxconn`.
    pub accept_queue: Option<u64>,
    /// The environment variable `LONGSHORE_FILES`.
    pub files_choice: Option<String>,
    /// What a port takes when it is not told.
    pub concurrency: usize,
}

pub fn gather() -> Facts {
    let kernel = rustix::system::uname();
    let text = |text: &std::ffi::CStr| text.to_string_lossy().into_owned();
    let affinity = rustix::thread::sched_getaffinity(None).map_or(1, |set| set.count() as usize);
    let cgroup = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    Facts {
        kernel: format!("{} {}", text(kernel.release()), text(kernel.machine())),
        ring: ring(),
        ring_deferred: build_ring(|builder| builder.setup_single_issuer().setup_defer_taskrun()).is_ok(),
        ring_disabled: number("/proc/sys/kernel/io_uring_disabled"),
        seccomp: fs::read_to_string("/proc/self/status").is_ok_and(|status| filtered(&status)),
        openat2: match openat2(CWD, ".", OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::BENEATH)
        {
            Ok(_) => Feature::Ready,
            Err(error) => refused(error),
        },
        locked_memory: limit(Resource::Memlock),
        open_files: limit(Resource::Nofile),
        cpus_online: fs::read_to_string("/sys/devices/system/cpu/online")
            .ok()
            .and_then(|list| cpu_count(list.trim()))
            .unwrap_or(affinity),
        cpus_affinity: affinity,
        cpu_quota: tightest_quota(&cgroup, |path| fs::read_to_string(path).ok()),
        accept_queue: number("/proc/sys/net/core/somaxconn"),
        files_choice: std::env::var("LONGSHORE_FILES").ok(),
        concurrency: longshore::Port::<()>::new(0).map_or(affinity, |port| port.concurrency()),
    }
}

/// Tries to make a ring, and looks for what files need of it: that no completion is ever dropped.
fn ring() -> Feature {
    match build_ring(|builder| builder) {
        Ok(ring) if ring.params().is_feature_nodrop() && ring.params().is_feature_submit_stable() => {
            Feature::Ready
        }
        Ok(_) | Err(Errno::INVAL) => Feature::TooOld,
        Err(error) => refused(error),
    }
}

fn build_ring(configure: impl FnOnce(&mut Builder) -> &mut Builder) -> Result<IoUring, Errno> {
    let ring = configure(&mut IoUring::builder()).build(2);
    ring.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

fn refused(error: Errno) -> Feature {
    match error {
        Errno::NOSYS => Feature::Absent,
        Errno::PERM | Errno::ACCESS => Feature::Forbidden,
        Errno::NOMEM => Feature::NoMemory,
        error => Feature::Failed(error.to_string()),
    }
}

fn limit(resource: Resource) -> Limit {
    let limit = getrlimit(resource);
    Limit { soft: limit.current, hard: limit.maximum }
}

fn number<N: std::str::FromStr>(path: &str) -> Option<N> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// Whether /proc/self/status tells of a seccomp filter (mode 2).
fn filtered(status: &str) -> bool {
    status.lines().any(|line| line.strip_prefix("Seccomp:").is_some_and(|mode| mode.trim() == "2"))
}

/// How many CPUs a kernel list such as `0-3,8` names.
fn cpu_count(list: &str) -> Option<usize> {
    list.split(',').try_fold(0, |count, range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        Some(count + (last + 1).checked_sub(first)?)
    })
}

/// The smallest `cpu.max` from this process's cgroup (version 2) up to the root: every ancestor's
/// quota holds. `cgroup` is /proc/self/cgroup.
fn tightest_quota(cgroup: &str, read: impl Fn(&str) -> Option<String>) -> Option<f64> {
    let mut group = cgroup.lines().find_map(|line| line.strip_prefix("0::"))?.trim_end_matches('/');
    let mut tightest: Option<f64> = None;
    loop {
        if let Some(quota) = read(&format!("/sys/fs/cgroup{group}/cpu.max")).as_deref().and_then(quota) {
            tightest = Some(tightest.map_or(quota, |earlier| earlier.min(quota)));
        }
        match group.rfind('/') {
            Some(slash) => group = &group[..slash],
            None => return tightest,
        }
    }
}

/// `QUOTA PERIOD` in microseconds, or `max PERIOD` without a quota.
fn quota(line: &str) -> Option<f64> {
    let (quota, period) = line.trim().split_once(' ')?;
    let (quota, period): (f64, f64) = (quota.parse().ok()?, period.parse().ok()?);
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tightest_quota_on_the_way_up_holds() {
        let files = |path: &str| match path {
            "/sys/fs/cgroup/a/b/cpu.max" => Some("max 100000\n".to_owned()),
            "/sys/fs/cgroup/a/cpu.max" => Some("150000 100000\n".to_owned()),
            "/sys/fs/cgroup/cpu.max" => Some("400000 100000\n".to_owned()),
            _ => None,
        };
        assert_eq!(tightest_quota("1:cpu:/x\n0::/a/b\n", files), Some(1.5));
        assert_eq!(tightest_quota("0::/\n", files), Some(4.0));
        assert_eq!(tightest_quota("0::/other\n", |_| None), None);
        assert_eq!(tightest_quota("", files), None);
        assert_eq!(tightest_quota("0::/a\n", |_| Some("nonsense".to_owned())), None);
    }

    #[test]
    fn cpu_lists_are_counted() {
        assert_eq!(cpu_count("0"), Some(1));
        assert_eq!(cpu_count("0-3,8,10-11"), Some(7));
        assert_eq!(cpu_count(""), None);
        assert_eq!(cpu_count("3-1"), None);
    }

    #[test]
    fn only_mode_two_is_a_filter() {
        assert!(filtered("Name:\tx\nSeccomp:\t2\nSeccomp_filters:\t1\n"));
        assert!(!filtered("Name:\tx\nSeccomp:\t0\nSeccomp_filters:\t2\n"));
    }

    #[test]
    fn this_machine_can_be_asked() {
        let facts = gather();
        assert!(facts.cpus_affinity >= 1 && facts.cpus_affinity <= facts.cpus_online);
        assert!(facts.concurrency >= 1 && facts.concurrency <= facts.cpus_affinity);
        assert!(!facts.kernel.is_empty());
    }
}
