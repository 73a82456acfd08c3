//! The rows: one module each, and the order they run in.
//!
//! A row has cases (`echo/64`), a case has contenders, and each case prints one table.

mod blocking;
mod echo;
mod files;
mod idle;
mod instructions;
mod locks;
pub mod packets;
mod web;
mod win32;

use std::fs;

use crate::{Result, measure::table::Table, settings::Settings};

/// One thing that is measured against peers.
struct Row {
    name: &'static str,
    cases: &'static [&'static str],
    run: fn(case: &str, settings: &Settings) -> Result<Table>,
}

const ROWS: &[Row] = &[
    Row { name: "echo", cases: echo::CASES, run: echo::run },
    Row { name: "instructions", cases: instructions::CASES, run: instructions::run },
    Row { name: "packets", cases: packets::CASES, run: packets::run },
    Row { name: "locks", cases: locks::CASES, run: locks::run },
    Row { name: "files", cases: files::CASES, run: files::run },
    Row { name: "blocking", cases: blocking::CASES, run: blocking::run },
    Row { name: "idle", cases: idle::CASES, run: idle::run },
    Row { name: "web", cases: web::CASES, run: web::run },
    Row { name: "win32", cases: win32::CASES, run: win32::run },
];

/// Every case's full name.
pub fn cases() -> impl Iterator<Item = String> {
    ROWS.iter().flat_map(|row| row.cases.iter().map(|case| format!("{}/{case}", row.name)))
}

/// Runs the wanted cases and prints their tables. A case that cannot run here says why and the next one runs.
pub fn run(settings: &Settings) -> Result<()> {
    if !cases().any(|case| settings.wants_case(&case)) {
        return Err("no case matches; `--list` prints their names".into());
    }
    println!("{}", setting(settings));
    let mut failed = 0;
    for row in ROWS {
        for case in row.cases {
            let name = format!("{}/{case}", row.name);
            if !settings.wants_case(&name) {
                continue;
            }
            match (row.run)(case, settings) {
                Ok(table) => {
                    println!("{table}");
                    failed += usize::from(table.has_failed());
                }
                Err(error) => {
                    crate::interrupt::check()?;
                    println!("\n### {name}\n\n- not measured: {error}\n");
                    failed += 1;
                }
            }
        }
    }
    if failed > 0 {
        return Err(format!("{failed} cases failed or could not be measured").into());
    }
    Ok(())
}

/// What the tables were measured on.
fn setting(settings: &Settings) -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let cpuinfo = read("/proc/cpuinfo");
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map_or("unknown processor", |(_, model)| model);
    format!(
        "Linux {}, {processors} x {model}; medians of {} interleaved rounds of {} ms. The first line of a table is its \
         reference. Spread: half of the rounds lay within it.",
        read("/proc/sys/kernel/osrelease").trim(),
        settings.rounds,
        settings.window.as_millis(),
    )
}
