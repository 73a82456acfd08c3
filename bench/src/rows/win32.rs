//! The same C++ server, written for Windows, recompiled with `longshore c++` and run on Wine: what a
//! 64-byte TCP echo costs on either.
//!
//! The server is `examples/win32/echo_server.cpp` with two workers on a port of cap 2, once as most programs
//! are (a packet also for what succeeds at once) and once with FILE_SKIP_COMPLETION_PORT_ON_SUCCESS. Load and
//! CPU are those of the `echo` row; on Wine the CPU of wineserver, which keeps the port, belongs to the
//! server. The raw epoll loop shows how far from the floor both are. It is the one line that looks at the
//! message, as the servers of `echo` do.

use std::{cell::OnceCell, time::Instant};

use crate::{
    Result,
    load::client::Client,
    load::message,
    measure::child::Server,
    measure::process::{self, Usage},
    measure::rounds::{Contender, interleave},
    measure::table::{Table, plain, ratio, spread},
    peers::windows::{WindowsServer, Wine},
    servers::{Kind, Spec},
    settings::Settings,
};

pub const CASES: &[&str] = &["1", "64"];

const CPU: usize = 0;
const SWITCHES: usize = 1;
const RATE: usize = 2;

const WORKERS: &[&str] = &["--threads", "2", "--concurrency", "2"];
const WORKERS_SKIPPING: &[&str] = &["--threads", "2", "--concurrency", "2", "--skip", "1"];

pub fn run(case: &str, settings: &Settings) -> Result<Table> {
    let connections: usize = case.parse()?;
    // Started when first needed: where there is no Wine, its lines say so and the others are measured.
    let wine: OnceCell<std::result::Result<Wine, String>> = OnceCell::new();
    let longshore = |arguments| measure_windows(WindowsServer::echo(arguments)?, connections, settings);
    let on_wine = |arguments| {
        let wine = wine.get_or_init(|| Wine::start().map_err(|error| error.to_string())).as_ref();
        measure_windows(wine.map_err(String::as_str)?.echo(arguments)?, connections, settings)
    };
    let contenders = vec![
        Contender::new("longshore c++", || longshore(WORKERS)),
        Contender::new("longshore c++, skipping", || longshore(WORKERS_SKIPPING)),
        Contender::new("wine", || on_wine(WORKERS)),
        Contender::new("wine, skipping", || on_wine(WORKERS_SKIPPING)),
        Contender::new("epoll, 1 thread", move || {
            let server = Server::start(Spec::new("", Kind::Epoll, 1).command()?)?;
            measure(&server, || Ok(process::usage(server.pid())?), connections, settings)
        }),
    ];
    let outcomes = interleave(&format!("win32/{case}"), settings, contenders)?;

    let mut table = Table::new(
        format!("win32/{case}: 64-byte TCP echo by a program for Windows, {connections} connections"),
        &["server", "CPU/message", "spread", "rate", "CPU ns/message", "switches/message", "messages/s"],
    );
    for outcome in outcomes.finished() {
        let cpu = outcomes.ratio(outcome, CPU);
        table.line(vec![
            outcome.name.clone(),
            ratio(cpu),
            spread(cpu),
            ratio(outcomes.ratio(outcome, RATE)),
            plain(outcome.median(CPU)),
            format!("{:.3}", outcome.median(SWITCHES)),
            plain(outcome.median(RATE)),
        ]);
    }
    table.notes(outcomes.notes());
    Ok(table)
}

fn measure_windows(server: WindowsServer, connections: usize, settings: &Settings) -> Result<[f64; 3]> {
    measure(server.server(), || server.usage(), connections, settings)
}

fn measure(
    server: &Server,
    usage: impl Fn() -> Result<Usage>,
    connections: usize,
    settings: &Settings,
) -> Result<[f64; 3]> {
    let mut client = Client::connect(server.address, connections, message::BYTES)?;
    client.start()?;
    client.run(settings.warm_up)?;

    let before = usage()?;
    let start = Instant::now();
    let messages = client.run(settings.window)? as f64;
    let seconds = start.elapsed().as_secs_f64();
    let used = usage()?.since(before);
    Ok([used.cpu.as_nanos() as f64 / messages, used.switches as f64 / messages, messages / seconds])
}
