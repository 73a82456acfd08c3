//! `longshore cc` and `longshore c++`: the system's compiler for sources written for Windows.
//!
//! Five rooms. Each uses only those above it in this list (`scripts/check-arrows`):
//!
//! - `command_line`: what the user asked for, sorted by the step it concerns.
//! - `toolchain`: the compiler behind the wrapper, and where the SDK's headers and libraries are.
//! - `sources`: what is in the user's files: their encoding, tokens, includes, project, and the
//!   standard names they count on.
//! - `rewrite`: what Microsoft's compiler takes and others do not, as edits of a file's text.
//! - `build`: the copies that are needed, the compiler's command for each source, the link, and the messages,
//!   all in terms of the originals.

pub mod build;
pub mod command_line;
mod rewrite;
mod sources;
pub mod toolchain;

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::ExitCode;

use self::build::compilation::Compilation;
use self::build::{flags, linking, steps};
use self::command_line::{CommandLine, Language, Print, help};
use self::sources::project::Project;
use self::toolchain::compiler::{Toolchain, refuse_to_recurse};
use self::toolchain::sdk::Sdk;
use crate::failure::Failure;
use crate::terminal;

/// Runs the wrapper; the exit code is the compiler's.
pub fn run(driver: Language, arguments: Vec<OsString>) -> Result<ExitCode, Failure> {
    refuse_to_recurse()?;
    let line = command_line::parse::parse(arguments, driver)?;
    if line.choices.help {
        terminal::output(format_args!("{}", help::TEXT))?;
        return Ok(ExitCode::SUCCESS);
    }
    let toolchain = Toolchain::choose(line.choices.compiler.as_deref(), driver);
    if let Some(print) = line.choices.print {
        return print_flags(&line, driver, &toolchain, print);
    }
    if line.inputs.is_empty() {
        // --version, -dumpmachine, -print-search-dirs, or nothing at all.
        let status =
            toolchain.command().args(&line.rest).status().map_err(|error| toolchain.missing(&error))?;
        return Ok(ExitCode::from(steps::exit_code(status)));
    }
    let sdk = Sdk::find(line.choices.sdk.as_deref())?;
    steps::outlive_signals();
    let scratch = tempfile::Builder::new().prefix("longshore-").tempdir().map_err(|error| {
        Failure::new(format!("cannot make a temporary directory: {error}. Set TMPDIR to a place with room"))
    })?;
    let root = scratch.path().canonicalize().unwrap_or_else(|_| scratch.path().to_path_buf());
    let code = Compilation::new(&line, &sdk, &toolchain, &root).run()?;
    if let Some(directory) = &line.choices.keep {
        keep(&root, directory)?;
    }
    Ok(ExitCode::from(code))
}

/// Moves the copies where the user wants them.
fn keep(scratch: &Path, directory: &Path) -> Result<(), Failure> {
    let copied = fs::create_dir_all(directory).and_then(|()| copy_tree(scratch, directory));
    copied
        .map_err(|error| Failure::new(format!("cannot keep the copies in {}: {error}", directory.display())))
}

/// Copies regular files and directories.
pub fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// The flags for a build that does without the wrapper, and so without rewriting.
fn print_flags(
    line: &CommandLine,
    driver: Language,
    toolchain: &Toolchain,
    print: Print,
) -> Result<ExitCode, Failure> {
    let sdk = Sdk::find(line.choices.sdk.as_deref())?;
    let mut words: Vec<OsString> = Vec::new();
    if print != Print::Link {
        words.extend(flags::common(line, driver, toolchain, &sdk, &Project::default()));
        words.extend(flags::silence(line, driver, toolchain));
        words.extend(flags::forced_header(&sdk.compiler_header()));
    }
    if print != Print::Compile {
        let scratch = tempfile::tempdir()
            .map_err(|error| Failure::new(format!("cannot make a temporary directory: {error}")))?;
        words.extend(linking::runtime(line, &sdk, toolchain, scratch.path())?);
    }
    let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
    terminal::output(format_args!("{}\n", words.join(" ")))?;
    Ok(ExitCode::SUCCESS)
}
