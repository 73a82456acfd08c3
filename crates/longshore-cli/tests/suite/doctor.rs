//! `longshore doctor`, run for real.

use std::fs;
use std::process::Command;

use crate::fixtures::program;

fn report(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success());
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The value of a line of the report.
fn value<'a>(report: &'a str, name: &str) -> &'a str {
    report
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(name)?.strip_prefix(' '))
        .unwrap_or_else(|| panic!("no {name} in {report}"))
        .trim()
}

#[test]
fn it_tells_what_the_kernel_says_of_itself() {
    let report = report(&mut program::command(&["doctor"]));
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    assert!(value(&report, "kernel").starts_with(release.trim()));
    let cpus = std::thread::available_parallelism().unwrap();
    assert!(value(&report, "concurrency").starts_with(&format!("{cpus}, with {}", cpus.get() * 2)));
    for section in ["This machine\n", "What Longshore uses\n", "What to change\n"] {
        assert!(report.contains(section), "{section} in {report}");
    }
}

#[test]
fn it_sees_the_limits_it_runs_under() {
    let program = env!("CARGO_BIN_EXE_longshore");
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("ulimit -Sn 123 && ulimit -Hn 456 && exec '{program}' doctor")]);
    let report = report(&mut shell);
    assert_eq!(value(&report, "open files"), "123 soft, 456 hard");
    assert!(report.contains("prlimit --nofile=65536"), "{report}");
}

#[test]
fn it_follows_the_environment() {
    let report = |choice| report(program::command(&["doctor"]).env("LONGSHORE_FILES", choice));
    assert_eq!(value(&report("pool"), "files"), "a pool of threads (LONGSHORE_FILES=pool)");
    assert!(report("nonsense").contains("LONGSHORE_FILES=nonsense means nothing"));
}
