//! Instructions a process executes in user space, counted by valgrind.
//!
//! A count does not depend on what else the machine does: it repeats to a percent where time differs by ten.
//! Instructions that a process needs only once, such as those of its start, are removed by counting twice: a
//! small piece of work and a larger one differ by the work alone.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use crate::Result;

const NEEDS: &str = "skipped, it needs valgrind (Debian: valgrind)";

/// Pieces of work in the two runs.
#[derive(Clone, Copy)]
pub struct Amounts {
    pub small: u64,
    pub large: u64,
}

/// Instructions per piece of work. `run` is given a way to wrap a command, and the amount of work; when it
/// returns the process must have ended, by itself or by a signal.
pub fn per_piece(amounts: Amounts, run: impl Fn(&Wrap, u64) -> Result<()>) -> Result<f64> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Err(NEEDS.into());
    }
    let directory = tempfile::tempdir()?;
    let count = |name: &str, amount| {
        let file = directory.path().join(name);
        run(&Wrap { file: &file }, amount)?;
        total(&file)
    };
    let small = count("small", amounts.small)?;
    let large = count("large", amounts.large)?;
    Ok(large.saturating_sub(small) as f64 / (amounts.large - amounts.small) as f64)
}

/// Runs a command under callgrind.
pub struct Wrap<'a> {
    file: &'a Path,
}

impl Wrap<'_> {
    pub fn command(&self, command: &Command) -> Command {
        let mut wrapped = Command::new("valgrind");
        wrapped
            .args(["--quiet", "--log-file=/dev/null", "--tool=callgrind"])
            .arg(format!("--callgrind-out-file={}", self.file.display()))
            .arg(command.get_program())
            .args(command.get_args());
        wrapped
    }
}

fn total(file: &Path) -> Result<u64> {
    let profile = fs::read_to_string(file).map_err(|error| format!("valgrind left no profile: {error}"))?;
    let field = profile.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    field.and_then(|field| field.trim().parse().ok()).ok_or_else(|| "valgrind's profile has no total".into())
}
