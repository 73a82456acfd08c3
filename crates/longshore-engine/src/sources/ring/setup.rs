//! Makes a ring, on the thread that will drive it, and checks that it can do what the driver needs.
//!
//! What older kernels lack, newest first: `NO_SQARRAY` (before 6.6), `DEFER_TASKRUN` (6.1), `SINGLE_ISSUER`
//! (6.0), `SUBMIT_ALL` (5.18). Each makes a ring cheaper and none changes what it does, so they are left out
//! one after the other. `READ` and `WRITE` came with 5.6, which is the oldest kernel the rings work on;
//! `SUBMIT_STABLE` and `NODROP` (5.5) are then given.

use super::WakeUp;
use crate::operation::Errno;
use io_uring::{IoUring, Probe, cqueue, opcode, squeue, types};
use std::fmt;
use std::io;
use std::os::fd::AsRawFd;

/// Submission entries; a fuller batch is handed over in parts. 16 KiB, so that rings can be made under the
/// 64 KiB of locked memory that kernels before 5.12 charge them to.
const SUBMISSIONS: u32 = 256;

/// Completion entries: room for an answer to every slot, to a cancel of every slot, and to the wake-up.
const COMPLETIONS: u32 = 4 * SUBMISSIONS;

/// Why there is no ring.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) errno: Errno,
    reason: &'static str,
}

impl Refused {
    fn new(errno: Errno, reason: &'static str) -> Refused {
        Refused { errno, reason }
    }

    pub(super) fn no_thread(error: io::Error) -> Refused {
        Refused::new(
            error.into(),
            "no thread could be started for the ring; look at `ulimit -u` and the pids limit of the container",
        )
    }

    pub(super) fn setup(error: io::Error) -> Refused {
        let errno = Errno::from(error);
        let reason = match errno.0 {
            libc::ENOSYS => "this kernel has no io_uring; it needs Linux 5.6 or newer",
            libc::EPERM | libc::EACCES => {
                "io_uring is forbidden here, by the seccomp profile of the container (Docker's default forbids it) \
                 or by the system; look at `sysctl kernel.io_uring_disabled`, which must be 0"
            }
            libc::ENOMEM => {
                "no memory for the ring; kernels before 5.12 count it as locked memory, so raise `ulimit -l`"
            }
            libc::EMFILE => "this process has too many open files; raise `ulimit -n`",
            libc::ENFILE => "the system has too many open files; raise `sysctl fs.file-max`",
            _ => "the kernel refused to make the ring",
        };
        Refused::new(errno, reason)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.reason, self.errno)
    }
}

type Ring = IoUring<squeue::Entry, cqueue::Entry>;
type Builder = io_uring::Builder<squeue::Entry, cqueue::Entry>;

/// A ring of the calling thread's own, tried out.
pub(super) fn ring(wake_up: &WakeUp) -> Result<Ring, Refused> {
    let mut ring = build()?;
    require_features(&ring)?;
    require_opcodes(&ring)?;
    try_wake_up(&mut ring, wake_up)?;
    Ok(ring)
}

/// The best ring this kernel makes.
fn build() -> Result<Ring, Refused> {
    // The driver thread does nothing but wait for its ring, so completion work can always wait for it to come
    // and be done in the same call (DEFER_TASKRUN; COOP_TASKRUN is the best before that).
    let configurations: [fn(&mut Builder); 4] = [
        |builder| {
            builder.setup_submit_all().setup_single_issuer().setup_defer_taskrun().setup_no_sqarray();
        },
        |builder| {
            builder.setup_submit_all().setup_single_issuer().setup_defer_taskrun();
        },
        |builder| {
            builder.setup_submit_all().setup_coop_taskrun();
        },
        |_| {},
    ];
    for configure in configurations {
        let mut builder = Ring::builder();
        // A forked child must not find the parent's ring in its memory.
        builder.dontfork();
        builder.setup_clamp().setup_cqsize(COMPLETIONS);
        configure(&mut builder);
        match builder.build(SUBMISSIONS) {
            Ok(ring) => return Ok(ring),
            // A flag this kernel does not know.
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => {}
            Err(error) => return Err(Refused::setup(error)),
        }
    }
    Err(Refused::new(
        Errno(libc::EINVAL),
        "this kernel's io_uring knows none of the settings we can use; it needs Linux 5.6 or newer",
    ))
}

fn require_features(ring: &Ring) -> Result<(), Refused> {
    let params = ring.params();
    // Without NODROP an answer could be lost, and its operation with it.
    if params.is_feature_nodrop() && params.is_feature_submit_stable() {
        Ok(())
    } else {
        Err(Refused::new(
            Errno(libc::EOPNOTSUPP),
            "this kernel's io_uring can lose completions; it needs Linux 5.6 or newer",
        ))
    }
}

fn require_opcodes(ring: &Ring) -> Result<(), Refused> {
    let mut probe = Probe::new();
    ring.submitter().register_probe(&mut probe).map_err(|error| {
        Refused::new(
            error.into(),
            "this kernel's io_uring cannot say what it can do; it needs Linux 5.6 or newer",
        )
    })?;
    let needed = [
        opcode::Read::CODE,
        opcode::Readv::CODE,
        opcode::Write::CODE,
        opcode::Writev::CODE,
        opcode::Fsync::CODE,
        opcode::AsyncCancel::CODE,
        opcode::Timeout::CODE,
    ];
    if needed.iter().all(|&code| probe.is_supported(code)) {
        Ok(())
    } else {
        Err(Refused::new(
            Errno(libc::EOPNOTSUPP),
            "this kernel's io_uring lacks file operations; it needs Linux 5.6 or newer",
        ))
    }
}

/// Wakes itself once, as other threads will. A ring may exist and still refuse to submit (restrictions,
/// security modules); this finds out before there are operations.
fn try_wake_up(ring: &mut Ring, wake_up: &WakeUp) -> Result<(), Refused> {
    let refused = |errno| Refused::new(errno, "a ring was made, but it does not work");
    let mut count = 0u64;
    wake_up.signal();
    let read = opcode::Read::new(
        types::Fd(wake_up.fd.as_raw_fd()),
        (&raw mut count).cast(),
        size_of_val(&count) as u32,
    );
    // SAFETY: the kernel writes `count` until it has answered, and this function returns with the answer seen
    // or with a submission that failed, in which case there is nothing for the kernel to write.
    let pushed = unsafe { ring.submission().push(&read.build()) };
    if pushed.is_err() {
        return Err(refused(Errno(libc::EBUSY)));
    }
    let answer = loop {
        if let Some(answer) = ring.completion().next() {
            break answer.result();
        }
        match ring.submit_and_wait(1) {
            Err(error) if error.raw_os_error() != Some(libc::EINTR) => {
                return Err(refused(error.into()));
            }
            // Interrupted or not, the answer tells.
            _ => {}
        }
    };
    match answer {
        8 => Ok(()),
        error => Err(refused(Errno(error.saturating_neg()))),
    }
}
