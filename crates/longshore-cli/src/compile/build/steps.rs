//! The compiler as a child process, with messages that name the originals.

use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::diagnostics::{self, Hints};
use crate::compile::toolchain::compiler::{Family, Toolchain};
use crate::failure::Failure;

/// Runs the steps of one command line.
pub struct Runner<'a> {
    toolchain: &'a Toolchain,
    /// Texts that are removed from messages: the directory of the copies, and what makes paths
    /// longer than the user knows them.
    pub hidden: Vec<String>,
    verbose: bool,
    /// Whether the messages of a step that fails are dropped: it is tried in another way.
    pub holds_messages: bool,
    pub hints: Hints,
}

/// Lets the scratch directory be removed when the user interrupts: the compiler gets
/// the signal as well, and ends.
pub fn outlive_signals() {
    let ignored = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM, signal_hook::consts::SIGHUP] {
        // If the signal cannot be caught, only a directory is left.
        let _ = signal_hook::flag::register(signal, Arc::clone(&ignored));
    }
}

/// 0 to 255, as a shell counts.
pub fn exit_code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    u8::try_from(code).unwrap_or(1)
}

impl<'a> Runner<'a> {
    pub fn new(toolchain: &'a Toolchain, verbose: bool) -> Runner<'a> {
        Runner { toolchain, hidden: Vec::new(), verbose, holds_messages: false, hints: Hints::default() }
    }

    /// Runs one step. `output` gets what it writes on standard output, if that is wanted.
    pub fn run(&mut self, mut command: Command, output: Option<&mut Vec<u8>>) -> Result<u8, Failure> {
        if io::stderr().is_terminal() {
            // Its output is a pipe, so it would not use colours.
            command.arg(match self.toolchain.family {
                Family::Gcc => "-fdiagnostics-color=always",
                Family::Clang => "-fcolor-diagnostics",
            });
        }
        if self.verbose {
            // As `make` shows it: the command, and nothing around it.
            let _ = writeln!(io::stderr(), "{}", shown(&command));
        }
        command.stderr(Stdio::piped());
        if output.is_some() {
            command.stdout(Stdio::piped());
        }
        let mut child = command.spawn().map_err(|error| self.toolchain.missing(&error))?;
        let errors = child.stderr.take();
        let stdout = child.stdout.take();
        let mut held = Vec::new();
        std::thread::scope(|scope| {
            if let (Some(mut stdout), Some(output)) = (stdout, output) {
                scope.spawn(move || stdout.read_to_end(output));
            }
            match errors {
                Some(mut errors) if self.holds_messages => {
                    let _ = errors.read_to_end(&mut held);
                }
                Some(errors) => self.forward(errors),
                None => {}
            }
        });
        let status = child.wait().map_err(|error| Failure::new(format!("lost the compiler: {error}")))?;
        if status.success() {
            self.forward(held.as_slice());
        }
        Ok(exit_code(status))
    }

    fn forward(&mut self, errors: impl Read) {
        let mut errors = BufReader::new(errors);
        let mut bytes = Vec::new();
        let mut standard_error = io::stderr().lock();
        while matches!(errors.read_until(b'\n', &mut bytes), Ok(length) if length > 0) {
            let text = String::from_utf8_lossy(&bytes);
            let line = diagnostics::restored(&text, &self.hidden);
            // Standard error may be closed; that is ignored.
            let _ = standard_error.write_all(line.as_bytes());
            self.hints.notice(&plain(&line));
            bytes.clear();
        }
    }
}

/// Without the escape sequences of colours and links.
fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('\x1B') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (end, length) = if rest.starts_with(']') {
            (rest.find(['\x07', '\\']), 1)
        } else {
            (rest.find(|character: char| character.is_ascii_alphabetic()), 1)
        };
        rest = end.map_or("", |end| &rest[end + length..]);
    }
    text.push_str(rest);
    text
}

/// As it could be typed.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted = words.map(|word| {
        let text = word.to_string_lossy();
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=+./,:@%".contains(&byte);
        if !text.is_empty() && text.bytes().all(safe) {
            text.into_owned()
        } else {
            format!("'{}'", text.replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_and_links_are_no_part_of_a_message() {
        let line = "a.c:1: \x1b[01;31m\x1b[Kerror: \x1b[m\x1b[K\x1b]8;;https://x\x07y\x1b]8;;\x07 z";
        assert_eq!(plain(line), "a.c:1: error: y z");
    }

    #[test]
    fn a_command_is_shown_as_it_could_be_typed() {
        let mut command = Command::new("gcc");
        command.args(["-DA=\"b c\"", "it's", "-O2"]);
        assert_eq!(shown(&command), "gcc '-DA=\"b c\"' 'it'\\''s' -O2");
    }
}
