//! The facts in words.

use std::fmt::Write;

use super::advice::{Advice, advise};
use super::facts::{Facts, Feature, Limit};

pub fn render(facts: &Facts) -> String {
    let mut text = String::new();
    section(&mut text, "This machine", &machine(facts));
    section(&mut text, "What Longshore uses", &choices(facts));
    let _ = writeln!(text, "What to change");
    let advice = advise(facts);
    if advice.is_empty() {
        let _ = writeln!(text, "  nothing");
    }
    for Advice { why, commands } in advice {
        let _ = writeln!(text, "  {}", why.replace('\n', "\n  "));
        for command in commands {
            let _ = writeln!(text, "      {command}");
        }
    }
    text
}

fn section(text: &mut String, title: &str, lines: &[(&str, String)]) {
    let _ = writeln!(text, "{title}");
    for (name, value) in lines {
        let _ = writeln!(text, "  {name:<15} {value}");
    }
    let _ = writeln!(text);
}

fn machine(facts: &Facts) -> Vec<(&'static str, String)> {
    let sysctl =
        facts.ring_disabled.map_or(String::new(), |value| format!(" (kernel.io_uring_disabled = {value})"));
    let quota = match facts.cpu_quota {
        Some(cpus) => format!("a cgroup quota of {cpus:.2}"),
        None => "no cgroup quota".to_owned(),
    };
    vec![
        ("kernel", facts.kernel.clone()),
        ("io_uring", format!("{}{sysctl}", describe(&facts.ring, facts.seccomp))),
        ("openat2", describe(&facts.openat2, facts.seccomp)),
        ("CPUs", format!("{} online, {} by affinity, {quota}", facts.cpus_online, facts.cpus_affinity)),
        ("open files", describe_limit(facts.open_files, |count| count.to_string())),
        ("locked memory", describe_limit(facts.locked_memory, |bytes| format!("{} KiB", bytes / 1024))),
        (
            "accept queue",
            facts.accept_queue.map_or("unknown".to_owned(), |count| format!("{count} (net.core.somaxconn)")),
        ),
    ]
}

fn describe(feature: &Feature, seccomp: bool) -> String {
    match feature {
        Feature::Ready => "ready".to_owned(),
        Feature::TooOld => "too old".to_owned(),
        Feature::Absent => "absent: the kernel does not know it (ENOSYS)".to_owned(),
        Feature::Forbidden if seccomp => {
            "forbidden: by a seccomp filter or an administrator (EPERM)".to_owned()
        }
        Feature::Forbidden => "forbidden: by an administrator (EPERM)".to_owned(),
        Feature::NoMemory => "refused: too little memory may be locked (ENOMEM)".to_owned(),
        Feature::Failed(reason) => format!("failed: {reason}"),
    }
}

fn describe_limit(limit: Limit, show: impl Fn(u64) -> String) -> String {
    let show = |value: Option<u64>| value.map_or("unlimited".to_owned(), &show);
    format!("{} soft, {} hard", show(limit.soft), show(limit.hard))
}

fn choices(facts: &Facts) -> Vec<(&'static str, String)> {
    let files = match (facts.files_choice.as_deref(), &facts.ring) {
        (Some("pool"), _) => "a pool of threads (LONGSHORE_FILES=pool)".to_owned(),
        (Some("ring"), Feature::Ready) => "io_uring (LONGSHORE_FILES=ring)".to_owned(),
        (Some("ring"), _) => "nothing: LONGSHORE_FILES=ring, but io_uring cannot be used".to_owned(),
        (_, Feature::Ready) => "io_uring".to_owned(),
        _ => "a pool of threads, because io_uring cannot be used".to_owned(),
    };
    let paths = match facts.openat2 {
        Feature::Ready => "openat2: the kernel keeps paths and links below the directory",
        _ => "one component at a time: symbolic links are not followed",
    };
    vec![
        ("sockets", "epoll".to_owned()),
        ("files", files),
        ("paths in serve", paths.to_owned()),
        ("concurrency", format!("{0}, with {1} threads", facts.concurrency, facts.concurrency * 2)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Facts {
        Facts {
            kernel: "6.12.0 x86_64".to_owned(),
            ring: Feature::Ready,
            ring_deferred: true,
            ring_disabled: Some(0),
            seccomp: false,
            openat2: Feature::Ready,
            locked_memory: Limit { soft: Some(8 << 20), hard: None },
            open_files: Limit { soft: Some(1024), hard: Some(524_288) },
            cpus_online: 8,
            cpus_affinity: 4,
            cpu_quota: Some(1.5),
            accept_queue: Some(4096),
            files_choice: None,
            concurrency: 1,
        }
    }

    #[test]
    fn a_good_machine_needs_no_change() {
        let text = render(&good());
        assert!(text.ends_with("What to change\n  nothing\n"), "{text}");
        for part in [
            "6.12.0",
            "8 online, 4 by affinity, a cgroup quota of 1.50",
            "1024 soft, 524288 hard",
            "8192 KiB soft, unlimited hard",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn each_shortcoming_comes_with_its_command() {
        let cases = [
            (
                Facts { ring: Feature::Forbidden, ring_disabled: Some(2), ..good() },
                "sysctl kernel.io_uring_disabled=0",
            ),
            (Facts { ring: Feature::Forbidden, seccomp: true, ..good() }, "seccomp=unconfined"),
            (Facts { ring: Feature::Absent, ring_disabled: None, ..good() }, "CONFIG_IO_URING"),
            (Facts { ring: Feature::TooOld, ..good() }, "Linux 5.6"),
            (Facts { ring_deferred: false, ..good() }, "Linux 6.1"),
            (Facts { ring: Feature::Forbidden, ring_disabled: Some(1), ..good() }, "kernel.io_uring_group"),
            (Facts { ring: Feature::NoMemory, ..good() }, "prlimit --memlock"),
            (
                Facts { open_files: Limit { soft: Some(1024), hard: Some(4096) }, ..good() },
                "prlimit --nofile",
            ),
            (Facts { accept_queue: Some(128), ..good() }, "net.core.somaxconn=4096"),
            (Facts { files_choice: Some("disk".to_owned()), ..good() }, "LONGSHORE_FILES=disk"),
        ];
        for (facts, command) in cases {
            let text = render(&facts);
            let advice = text.split("What to change").nth(1).unwrap();
            assert!(advice.contains(command), "{command} in {advice}");
        }
    }

    #[test]
    fn the_choice_of_files_follows_the_machine_and_the_environment() {
        let files = |ring, choice: Option<&str>| {
            let facts = Facts { ring, files_choice: choice.map(str::to_owned), ..good() };
            choices(&facts).into_iter().find(|(name, _)| *name == "files").unwrap().1
        };
        assert_eq!(files(Feature::Ready, None), "io_uring");
        assert!(files(Feature::Ready, Some("pool")).starts_with("a pool"));
        assert!(files(Feature::Forbidden, None).starts_with("a pool"));
        assert!(files(Feature::Forbidden, Some("ring")).starts_with("nothing"));
    }
}
