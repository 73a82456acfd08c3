//! What a program does every day, under valgrind: it finds nothing, and nothing of the library is in its way.

use super::crt::{compiler, crate_directory, libraries_beside_this_test, run, succeed};
use longshore_fixtures::needs;
use std::process::Command;

#[test]
fn a_program_runs_under_memcheck_without_a_word() {
    needs!("gcc", "valgrind");
    let scratch = tempfile::tempdir().unwrap();
    let program = scratch.path().join("every_day");
    succeed(
        compiler("gcc", "c11")
            .arg("-o")
            .arg(&program)
            .arg(crate_directory().join("tests/programs/every_day.c"))
            .args(libraries_beside_this_test()),
    );
    let output = run(Command::new("valgrind")
        .args(["--quiet", "--error-exitcode=9"])
        .arg(&program)
        .current_dir(scratch.path()));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}
