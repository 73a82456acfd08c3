//! Programs that a test needs and the Rust toolchain does not bring.
//!
//! Where one is missing, the test says so on standard error with the Debian package to install, and is
//! skipped. With `LONGSHORE_REQUIRE_TOOLS=1` in the environment, as in CI, it fails instead.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Set to `1` where nothing may be skipped.
const REQUIRED: &str = "LONGSHORE_REQUIRE_TOOLS";

/// The programs, with the Debian packages that have them.
const PACKAGES: [(&str, &str); 10] = [
    ("ar", "binutils"),
    ("clang", "clang"),
    ("clang++", "clang"),
    ("cmake", "cmake"),
    ("g++", "g++"),
    ("gcc", "gcc"),
    ("make", "make"),
    ("nm", "binutils"),
    ("pkg-config", "pkg-config"),
    ("readelf", "binutils"),
];

fn package(program: &str) -> &'static str {
    let known = PACKAGES.iter().find(|(name, _)| *name == program);
    known.unwrap_or_else(|| panic!("{program} is not in the table of tools")).1
}

fn runs(program: &str) -> bool {
    static KNOWN: LazyLock<Mutex<HashMap<String, bool>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    *known.entry(program.to_owned()).or_insert_with(|| {
        let mut command = Command::new(program);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    })
}

/// Whether all these programs are here. If not, the calling test is, in part or as a whole, reported as
/// skipped, or fails where tools are required.
#[track_caller]
pub fn here(programs: &[&str]) -> bool {
    let missing: Vec<&str> = programs.iter().copied().filter(|program| !runs(program)).collect();
    if missing.is_empty() {
        return true;
    }
    let mut packages: Vec<&str> = missing.iter().map(|program| package(program)).collect();
    packages.dedup();
    lacks(&format!("{} not found (apt install {})", missing.join(", "), packages.join(" ")))
}

/// The same for a library, by one of its headers and the Debian packages that have it.
#[track_caller]
pub fn library_here(header: &str, packages: &str) -> bool {
    // Debian keeps headers that depend on the processor apart.
    let native = format!("/usr/include/{}-linux-gnu", std::env::consts::ARCH);
    let places = ["/usr/include", &native];
    if places.iter().any(|place| Path::new(place).join(header).exists()) {
        return true;
    }
    lacks(&format!("<{header}> not found (apt install {packages})"))
}

/// False, and the test is reported as skipped; or it fails.
#[track_caller]
fn lacks(message: &str) -> bool {
    assert!(std::env::var_os(REQUIRED).is_none_or(|value| value != "1"), "{message}, and {REQUIRED} is 1");
    crate::skipped(message);
    false
}

/// Ends the test here, as skipped, unless all these programs can be run.
#[macro_export]
macro_rules! needs {
    ($($program:literal),+) => {
        if !$crate::tools::here(&[$($program),+]) {
            return;
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{process, this_test};

    /// Where no program is.
    const NOWHERE: &str = "/nonexistent";

    #[test]
    fn a_missing_tool_skips_by_name_or_fails_where_tools_are_required() {
        if process::part().is_some() {
            return assert!(!here(&["g++", "clang++"]));
        }
        let run = |required: &str| {
            let mut command = process::command(this_test!(), "without tools");
            command.env("PATH", NOWHERE).env(REQUIRED, required).output().unwrap()
        };
        let skipped = run("0");
        assert!(skipped.status.success());
        let told = String::from_utf8_lossy(&skipped.stderr).into_owned();
        assert!(
            told.contains("skipped: ") && told.contains("g++, clang++ not found (apt install g++ clang)"),
            "{told}"
        );
        assert!(!run("1").status.success());
    }
}
