//! The compiler behind the wrapper.

use std::cell::OnceCell;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::compile::command_line::Language;
use crate::failure::Failure;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    Gcc,
    Clang,
}

#[derive(Debug)]
pub struct Toolchain {
    /// The program and what it is always given, such as `ccache gcc`.
    words: Vec<OsString>,
    pub family: Family,
    /// For C and for C++, once they were asked for.
    system_directories: [OnceCell<Vec<PathBuf>>; 2],
}

/// Set for the compiler, so that one that turns out to be this program again can say so.
const MARK: &str = "LONGSHORE_COMPILES";

/// A script longer than this is a program of its own.
const SCRIPT_BYTES_MAX: u64 = 64 * 1024;

/// Why the program does not go on when it was started as its own compiler: each
/// would start the next, without end.
pub fn refuse_to_recurse() -> Result<(), Failure> {
    match env::var(MARK) {
        Err(_) => Ok(()),
        Ok(compiler) => Err(Failure::new(format!(
            "the compiler {compiler} calls `longshore` again. Name the compiler it is to run: --compiler=g++, or CC and \
             CXX"
        ))),
    }
}

impl Toolchain {
    /// `--compiler`, else `CC` or `CXX`, else gcc or g++.
    pub fn choose(choice: Option<&OsStr>, driver: Language) -> Toolchain {
        let (variable, default) = match driver {
            Language::C => ("CC", "gcc"),
            Language::Cxx => ("CXX", "g++"),
        };
        let chosen = choice
            .map(OsStr::to_os_string)
            .or_else(|| env::var_os(variable).filter(|value| !is_this_program(value)))
            .unwrap_or_else(|| default.into());
        let words: Vec<OsString> = match chosen.to_str() {
            Some(text) if !Path::new(text).exists() => text.split_whitespace().map(OsString::from).collect(),
            _ => vec![chosen],
        };
        let words = if words.is_empty() { vec![default.into()] } else { words };
        let clang = words.iter().any(|word| {
            Path::new(word).file_name().is_some_and(|name| name.to_string_lossy().contains("clang"))
        });
        let family = if clang { Family::Clang } else { Family::Gcc };
        Toolchain { words, family, system_directories: Default::default() }
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.words[0]);
        command.args(&self.words[1..]).env(MARK, &self.words[0]);
        command
    }

    /// The sentence for a compiler that could not be started.
    pub fn missing(&self, error: &io::Error) -> Failure {
        let name = self.words[0].display();
        if error.kind() == io::ErrorKind::NotFound {
            Failure::new(format!(
                "there is no compiler {name}. Install one (Debian, Ubuntu: `apt install g++`; Fedora: `dnf install \
                 gcc-c++`), or name another: --compiler=clang++"
            ))
        } else {
            Failure::new(format!("cannot run the compiler {name}: {error}"))
        }
    }

    /// The directories the compiler looks for `<...>` in by itself. Costs a process, once.
    pub fn system_directories(&self, language: Language) -> &[PathBuf] {
        let known = &self.system_directories[usize::from(language == Language::Cxx)];
        known.get_or_init(|| self.ask_for_system_directories(language))
    }

    fn ask_for_system_directories(&self, language: Language) -> Vec<PathBuf> {
        let dialect = match language {
            Language::C => "c",
            Language::Cxx => "c++",
        };
        let output = self
            .command()
            .args(["-E", "-v", "-x", dialect, "/dev/null"])
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output();
        let Ok(output) = output else { return Vec::new() };
        String::from_utf8_lossy(&output.stderr)
            .lines()
            .skip_while(|line| !line.starts_with("#include <...>"))
            .skip(1)
            .take_while(|line| line.starts_with(' '))
            .map(|line| PathBuf::from(line.trim()))
            .collect()
    }
}

/// `CXX="longshore c++"` is how a build is told to use the wrapper, and CMake hands on the name of a script
/// that calls it; it must not call itself.
fn is_this_program(value: &OsStr) -> bool {
    let text = value.to_string_lossy();
    let path = Path::new(value);
    if path.is_file() {
        return is_ours(path) || calls_this_program(path);
    }
    text.split_whitespace().any(|word| is_ours(Path::new(word)))
        || text
            .split_whitespace()
            .next()
            .is_some_and(|word| found(word).is_some_and(|path| calls_this_program(&path)))
}

fn is_ours(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "longshore")
}

/// Where the shell would find a program.
fn found(name: &str) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name));
    }
    let directories = env::var_os("PATH")?;
    env::split_paths(&directories).map(|directory| directory.join(name)).find(|path| path.is_file())
}

/// A script that names this program.
fn calls_this_program(path: &Path) -> bool {
    let mut text = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(SCRIPT_BYTES_MAX).read_to_end(&mut text));
    read.is_ok() && text.starts_with(b"#!") && text.windows(9).any(|word| word == b"longshore")
}
