//! The `longshore` program: what a completion port is good for, ready to run.
//!
//! Everything here is built on the public API of the `longshore` crate; nothing reaches around it.

#![forbid(unsafe_code)]

mod address;
mod counter;
mod doctor;
mod echo;
mod failure;
mod http;
mod live;
mod open_files;
mod serve;
mod signals;
mod workers;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    /// within a second. Symbolic links are followed as long as they stay below the directory; absolute ones
    /// are not.
    ///
    /// SIGINT or SIGTERM stops it once the responses in flight are finished, or after five seconds; a second
    /// signal stops it at once.
    Serve(serve::Arguments),
    /// Send back whatever arrives over TCP
    Echo(echo::Arguments),
    /// Report what this machine offers, what Longshore will use, and what to change
    Doctor,
}

fn main() -> ExitCode {
    let result = match CommandLine::parse().command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Echo(arguments) => echo::run(arguments),
        Command::Doctor => {
            doctor::run();
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("longshore: {failure}");
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
