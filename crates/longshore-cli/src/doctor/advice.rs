//! What can be improved, each with the exact command.

use super::facts::{Facts, Feature};

/// Below this, a server for many connections is better off with a higher limit.
const OPEN_FILES_WANTED: u64 = 65_536;
/// The backlog the servers ask for; the sysctl caps it silently.
const ACCEPT_QUEUE_WANTED: u64 = 4096;

pub struct Advice {
    /// One or two lines.
    pub why: String,
    pub commands: &'static [&'static str],
}

pub fn advise(facts: &Facts) -> Vec<Advice> {
    [ring(facts), open_files(facts), accept_queue(facts), files_choice(facts)].into_iter().flatten().collect()
}

fn advice(why: impl Into<String>, commands: &'static [&'static str]) -> Option<Advice> {
    Some(Advice { why: why.into(), commands })
}

fn ring(facts: &Facts) -> Option<Advice> {
    match &facts.ring {
        Feature::Ready if facts.ring_deferred => None,
        Feature::Ready => advice("io_uring is at its best from Linux 6.1 on (DEFER_TASKRUN).", &["uname -r"]),
        Feature::TooOld => {
            advice("This io_uring is too old to be used; Linux 5.6 has what is needed.", &["uname -r"])
        }
        Feature::Absent => advice(
            "This kernel is older than 5.1 or was built without io_uring.",
            &["uname -r", "grep CONFIG_IO_URING /boot/config-$(uname -r)"],
        ),
        Feature::Forbidden => forbidden_ring(facts),
        Feature::NoMemory => advice(
            "Rings count against the locked memory on kernels before 5.12. To raise the limit\n\
             for this shell, or for a service:",
            &["sudo prlimit --memlock=67108864:67108864 --pid $$", "LimitMEMLOCK=64M"],
        ),
        Feature::Failed(reason) => advice(format!("io_uring failed: {reason}."), &["sudo dmesg | tail"]),
    }
}

fn forbidden_ring(facts: &Facts) -> Option<Advice> {
    match facts.ring_disabled {
        Some(1) => advice(
            "kernel.io_uring_disabled = 1 leaves io_uring to one group. To make it yours, or to allow\n\
             everyone:",
            &["sudo sysctl kernel.io_uring_group=$(id -g)", "sudo sysctl kernel.io_uring_disabled=0"],
        ),
        Some(2..) => advice(
            "kernel.io_uring_disabled = 2 forbids io_uring to everyone. To allow it:",
            &["sudo sysctl kernel.io_uring_disabled=0"],
        ),
        _ => advice(
            "A seccomp filter forbids io_uring; Docker's own profile does. To run without it, or with a\n\
             profile that allows io_uring_setup, io_uring_enter and io_uring_register:",
            &[
                "docker run --security-opt seccomp=unconfined IMAGE",
                "docker run --security-opt seccomp=PROFILE.json IMAGE",
            ],
        ),
    }
}

fn open_files(facts: &Facts) -> Option<Advice> {
    if facts.open_files.hard.is_none_or(|hard| hard >= OPEN_FILES_WANTED) {
        return None;
    }
    advice(
        "Each connection takes an open file. serve and echo raise the soft limit to the hard one by\n\
         themselves. To raise the hard one for this shell, or for a service:",
        &["sudo prlimit --nofile=65536:65536 --pid $$", "LimitNOFILE=65536"],
    )
}

fn accept_queue(facts: &Facts) -> Option<Advice> {
    if facts.accept_queue.is_none_or(|count| count >= ACCEPT_QUEUE_WANTED) {
        return None;
    }
    advice(
        "A short accept queue overflows when many connect at once:",
        &["sudo sysctl net.core.somaxconn=4096"],
    )
}

fn files_choice(facts: &Facts) -> Option<Advice> {
    let command = &["unset LONGSHORE_FILES"];
    match facts.files_choice.as_deref() {
        None | Some("" | "pool") => None,
        Some("ring") if facts.ring == Feature::Ready => None,
        Some("ring") => {
            advice("LONGSHORE_FILES=ring insists on io_uring, which cannot be used: files fail.", command)
        }
        Some(other) => advice(format!("LONGSHORE_FILES={other} means nothing; it is ring or pool."), command),
    }
}
