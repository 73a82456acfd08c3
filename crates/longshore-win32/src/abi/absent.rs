//! Marks functions that Windows has and this library does not implement: some always fail,
//! others always give the same answer.
//!
//! One mark serves four readers. `docs/absent.md` lists all of them. The headers carry a warning for
//! each, which the compiler shows where a program calls the function or takes its address. The first call
//! writes a line to the log: a warning if the function fails, otherwise a message of level info. And a
//! reader sees the mark in the function.
//!
//! The list and the warnings are generated from the marks (`tests/suite/compiled/absent.rs`).

use std::sync::atomic::{AtomicBool, Ordering};

/// What a marked function does.
#[derive(Clone, Copy)]
pub(crate) enum Absence {
    /// Fails in every call, with an error that says so.
    Fails,
    /// Returns what it would return on a system where the thing asked for is never there.
    Answers,
}

/// Remembers whether the first call of a function was logged.
pub(crate) struct Mark(AtomicBool);

impl Mark {
    pub(crate) const fn new() -> Mark {
        Mark(AtomicBool::new(false))
    }

    /// Writes the line of the first call. The last error stays as it is.
    pub(crate) fn called(&self, absence: Absence, function: &str, reason: &str) {
        if self.0.load(Ordering::Relaxed) || self.0.swap(true, Ordering::Relaxed) {
            return;
        }
        match absence {
            Absence::Fails => tracing::warn!("{function} is absent: {reason}"),
            Absence::Answers => tracing::info!("{function} only answers: {reason}"),
        }
    }
}

/// `absent!(fails CreateProcessW, "reason")` or
/// `absent!(answers RegOpenKeyExW, "reason")`, first in the function.
macro_rules! absent {
    (fails $function:ident, $reason:literal) => {
        $crate::abi::absent::absent!(@Fails $function, $reason)
    };
    (answers $function:ident, $reason:literal) => {
        $crate::abi::absent::absent!(@Answers $function, $reason)
    };
    (@$absence:ident $function:ident, $reason:literal) => {{
        static MARK: $crate::abi::absent::Mark = $crate::abi::absent::Mark::new();
        MARK.called($crate::abi::absent::Absence::$absence, stringify!($function), $reason);
    }};
}
pub(crate) use absent;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_told_of_once() {
        let mark = Mark::new();
        mark.called(Absence::Answers, "f", "reason");
        assert!(mark.0.load(Ordering::Relaxed));
    }
}
