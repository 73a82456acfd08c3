//! The `longshore` program: what a completion port is good for, ready to run.
//!
//! Everything here is built on the public API of the `longshore` crate; nothing reaches around it.

#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::print_stdout, clippy::print_stderr))]

#[cfg(target_os = "linux")]
mod compile;
mod doctor;
mod echo;
mod failure;
mod hosting;
mod http;
#[cfg(target_os = "linux")]
mod install;
mod serve;
mod terminal;

#[cfg(target_os = "linux")]
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[cfg(target_os = "linux")]
use compile::command_line::Language;

/// Servers on an I/O completion port
#[derive(Parser)]
#[command(name = "longshore", version, propagate_version = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the files below a directory over HTTP
    ///
    /// HTTP/1.1 with keep-alive, pipelining, conditional requests and single byte ranges (several ranges at
    /// once get the whole file). A directory shows its index.html, or a listing. A changed file is noticed
    /// within a second. Names that begin with a dot are neither shown nor served, /.well-known/
    /// apart. Symbolic links are followed as long as they stay below the directory; absolute ones
    /// are not.
    ///
    /// SIGINT or SIGTERM stops it once the responses in flight are finished, or after five seconds; a second
    /// signal stops it at once.
    Serve(serve::Arguments),
    /// Send back whatever arrives over TCP
    Echo(echo::Arguments),
    /// Compile and link C written for Windows: gcc's command line (`longshore cc --help`)
    #[cfg(target_os = "linux")]
    #[command(disable_help_flag = true, disable_version_flag = true)]
    Cc(CompilerArguments),
    /// Compile and link C++ written for Windows: g++'s command line (`longshore c++ --help`)
    #[cfg(target_os = "linux")]
    #[command(name = "c++", disable_help_flag = true, disable_version_flag = true)]
    Cxx(CompilerArguments),
    /// Install this program, the Win32 headers and libraries, and the files for pkg-config and CMake
    #[cfg(target_os = "linux")]
    Install(install::Arguments),
    /// Report what this machine offers, what Longshore will use, and what to change
    Doctor,
}

/// Everything is the compiler's until the wrapper has looked at it.
#[cfg(target_os = "linux")]
#[derive(clap::Args)]
struct CompilerArguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS AND FILES")]
    arguments: Vec<OsString>,
}

fn main() -> ExitCode {
    longshore_log::install();
    let result = match CommandLine::parse().command {
        #[cfg(target_os = "linux")]
        Command::Cc(compiler) => compile::run(Language::C, compiler.arguments),
        #[cfg(target_os = "linux")]
        Command::Cxx(compiler) => compile::run(Language::Cxx, compiler.arguments),
        Command::Serve(arguments) => serve::run(arguments).map(|()| ExitCode::SUCCESS),
        Command::Echo(arguments) => echo::run(arguments).map(|()| ExitCode::SUCCESS),
        #[cfg(target_os = "linux")]
        Command::Install(arguments) => install::run(arguments).map(|()| ExitCode::SUCCESS),
        Command::Doctor => doctor::run().map(|()| ExitCode::SUCCESS),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            terminal::remark(failure);
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CommandLine;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        CommandLine::command().debug_assert();
    }
}
