//! What to run and for how long.

use std::{path::PathBuf, time::Duration};

/// What is done with the recorded numbers of instructions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// They are shown beside those counted.
    Shown,
    /// More than them is a failure.
    Checked,
    /// They are replaced by those counted.
    Written,
}

/// The command line, resolved.
#[derive(Clone)]
pub struct Settings {
    /// Only cases whose name (`row/case`) contains one of these; empty means all.
    pub cases: Vec<String>,
    /// Only contenders whose name contains one of these (the reference always runs); empty means all.
    pub contenders: Vec<String>,
    pub recorded: Recorded,
    pub rounds: usize,
    /// Runs before the window and is not counted: connections settle, caches and branch predictors warm.
    pub warm_up: Duration,
    /// The measured time of one contender in one round.
    pub window: Duration,
    /// Where the files that are read and served live during the run.
    pub directory: PathBuf,
}

impl Settings {
    pub fn wants_case(&self, case: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|filter| case.contains(filter.as_str()))
    }

    pub fn wants_contender(&self, contender: &str) -> bool {
        self.contenders.is_empty() || self.contenders.iter().any(|filter| contender.contains(filter.as_str()))
    }
}
