//! Tests that need a process of their own, because what they change cannot be taken back: the test binary runs
//! itself again, for one test, with a word in the environment that says which part it is to play.

#![allow(dead_code, reason = "every test binary uses a part")]

use std::process::Command;

const PART: &str = "LONGSHORE_TEST_PART";

/// What chooses the source of file operations.
pub const FILES: &str = "LONGSHORE_FILES";

/// A child that takes longer hangs. The alarm's signal ends it, whatever its threads wait for.
const TOO_LONG_SECONDS: u32 = 60;

/// The part this process is to play; none in the process that was started by a person.
pub fn part() -> Option<String> {
    let part = std::env::var(PART).ok()?;
    // SAFETY: no pointers.
    unsafe { libc::alarm(TOO_LONG_SECONDS) };
    Some(part)
}

/// Plays a part of the test, named with its path, in a child, with `LONGSHORE_FILES` set to `files` or not set.
/// Fails as the child fails.
#[track_caller]
pub fn play(test: &str, part: &str, files: Option<&str>) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(PART, part).env_remove(FILES);
    if let Some(files) = files {
        command.env(FILES, files);
    }
    let output = command.output().unwrap();
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let played = output.status.success() && told.contains("1 passed");
    assert!(played, "{part} with {files:?}: {}\n{told}\n{errors}", output.status);
    eprint!("{errors}");
}

/// Names of the threads of this process, cut off by the system after 15 bytes.
pub fn threads() -> Vec<String> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    // A thread may end in between.
    tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok()).collect()
}

/// Whether a thread whose name begins so is alive.
pub fn has_thread(name: &str) -> bool {
    threads().iter().any(|thread| thread.starts_with(name))
}
