//! Tests that need a process of their own, because they change what belongs to the whole process (limits,
//! system call filters, the environment) or count what does (descriptors, threads, allocated bytes).
//!
//! Such a test runs its test program again, for itself alone:
//!
//! ```ignore
//! #[test]
//! fn a_promise() {
//!     if !process::alone(this_test!()) {
//!         return;
//!     }
//!     // From here on in a process of its own.
//! }
//! ```

use std::process::{Command, Output};

/// Which part of the test the process is to play.
const PART: &str = "LONGSHORE_TEST_PART";

/// The one part of a test that has only one.
const ALONE: &str = "alone";

/// The name of the function in which this stands, as the test harness has it.
#[macro_export]
macro_rules! this_test {
    () => {{
        fn here() {}
        $crate::process::test_name(here)
    }};
}

#[doc(hidden)]
pub fn test_name<F>(_: F) -> &'static str {
    // In a closure, the path goes on with its name.
    let path = std::any::type_name::<F>().trim_end_matches("::here").trim_end_matches("::{{closure}}");
    path.split_once("::").expect("a path that begins with its crate").1
}

/// The part this process is to play; none in the process that a person started.
///
/// A child that takes longer than two minutes hangs, and is ended by an alarm on Unix.
pub fn part() -> Option<String> {
    let part = std::env::var(PART).ok()?;
    const TOO_LONG_SECONDS: u32 = 120;
    alarm(TOO_LONG_SECONDS);
    Some(part)
}

/// Lets this child take as long as it takes: what it does is limited step by step.
pub fn without_limit() {
    alarm(0);
}

fn alarm(seconds: u32) {
    #[cfg(unix)]
    {
        unsafe extern "C" {
            safe fn alarm(seconds: u32) -> u32;
        }
        alarm(seconds);
    }
    #[cfg(not(unix))]
    let _ = seconds;
}

/// What runs the test program where the system cannot do that itself: words of a
/// command, such as an emulator's.
const RUNNER: &str = "LONGSHORE_TEST_RUNNER";

/// The command that plays a part of the named test in a process of its own.
pub fn command(test: &str, part: &str) -> Command {
    let program = std::env::current_exe().expect("the path of the test program");
    let runner = std::env::var(RUNNER).unwrap_or_default();
    let mut words = runner.split_whitespace();
    let mut command = match words.next() {
        None => Command::new(program),
        Some(first) => {
            let mut command = Command::new(first);
            command.args(words).arg(program);
            command
        }
    };
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(PART, part);
    command
}

/// Plays a part of a test in a process of its own. Fails as the child fails.
#[track_caller]
pub fn play(command: &mut Command) -> Output {
    let output = command.output().expect("the test program runs again");
    let (told, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let played = output.status.success() && told.contains("1 passed");
    assert!(played, "{command:?}: {}\n{told}\n{errors}", output.status);
    eprint!("{errors}");
    output
}

/// Runs the rest of the named test, see [`this_test`], in a process of its own. True in that process; false
/// in the parent, once the child has succeeded.
#[track_caller]
pub fn alone(test: &str) -> bool {
    if part().is_some() {
        return true;
    }
    play(&mut command(test, ALONE));
    false
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_test_knows_its_name_in_closures_too() {
        const NAME: &str = "process::tests::a_test_knows_its_name_in_closures_too";
        assert_eq!(this_test!(), NAME);
        let inside = || {
            let further = || this_test!();
            (this_test!(), further())
        };
        assert_eq!(inside(), (NAME, NAME));
    }

    #[test]
    fn what_runs_alone_runs_in_another_process() {
        let parent = std::process::id().to_string();
        if super::part().is_none() {
            super::play(super::command(this_test!(), "one").env("PARENT", parent));
            return;
        }
        assert_eq!(super::part().as_deref(), Some("one"));
        assert_ne!(std::env::var("PARENT").unwrap(), parent);
    }

    #[test]
    #[should_panic(expected = "no test of this name")]
    fn a_name_that_no_test_has_is_noticed() {
        super::play(&mut super::command("no test of this name", "one"));
    }
}
