//! Longshore's benchmark: every figure is a ratio between contenders measured in one interleaved run.
//!
//! `cargo run --release --manifest-path bench/Cargo.toml` runs every row and prints markdown tables.
//! The README next to this package says how to run parts of it and what each row means; [`measure`]
//! says how a ratio is taken and how CPU and memory are measured, [`load`] what the load is, [`servers`] and
//! [`readers`] what is compared.

mod interrupt;
mod limits;
mod load;
mod measure;
mod peers;
mod readers;
mod rows;
mod servers;
mod settings;
mod work;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};

use settings::{Recorded, Settings};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Measures Longshore against its peers and prints tables of ratios.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
struct CommandLine {
    /// Run only the cases whose name contains one of these, such as `echo`, `echo/64` or `files/direct`.
    cases: Vec<String>,
    /// Fewer and shorter rounds: shows the shape, not the last percent.
    #[arg(long)]
    quick: bool,
    /// Run only the contenders whose name contains this (and the reference); may be repeated.
    #[arg(long = "with", value_name = "NAME")]
    contenders: Vec<String>,
    /// Rounds per case; each measures every contender once.
    #[arg(long)]
    rounds: Option<usize>,
    /// Where files are put while they are read and served [default: the system's temporary directory].
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
    /// In the row `instructions`: only Longshore, and fail if it needs more than what is recorded.
    #[arg(long, conflicts_with = "record")]
    check: bool,
    /// In the row `instructions`: only Longshore, and record what it needs.
    #[arg(long)]
    record: bool,
    /// Print the names of the cases and stop.
    #[arg(long)]
    list: bool,
    #[command(subcommand)]
    command: Option<Internal>,
}

#[derive(Subcommand)]
enum Internal {
    /// Run one server; the harness starts these.
    #[command(hide = true)]
    Server(servers::ServerArgs),
    /// Do one piece of work many times; the harness counts what it costs.
    #[command(hide = true)]
    Work(work::WorkArgs),
}

fn main() -> ExitCode {
    let line = CommandLine::parse();
    let outcome = match &line.command {
        Some(Internal::Server(args)) => servers::run(args),
        Some(Internal::Work(args)) => work::run(args),
        None => run(line),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(line: CommandLine) -> Result<()> {
    if line.list {
        rows::cases().for_each(|case| println!("{case}"));
        return Ok(());
    }
    let settings = Settings {
        rounds: line.rounds.unwrap_or(if line.quick { 3 } else { 7 }).max(1),
        warm_up: Duration::from_millis(if line.quick { 100 } else { 200 }),
        window: Duration::from_millis(if line.quick { 400 } else { 1000 }),
        directory: line.directory.unwrap_or_else(std::env::temp_dir),
        recorded: match (line.check, line.record) {
            (true, _) => Recorded::Checked,
            (_, true) => Recorded::Written,
            _ => Recorded::Shown,
        },
        cases: line.cases,
        contenders: line.contenders,
    };
    interrupt::install()?;
    rows::run(&settings)
}
