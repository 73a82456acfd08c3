//! TCP echo, 64 bytes, in a closed loop over 1, 64, 512 and 4000 connections: what a message costs the
//! server. And messages of 16 KiB, four times what a server reads at once, over 64.
//!
//! Server CPU per message is the figure that decides how many users a machine carries, and unlike messages
//! per second it does not depend on how fast the load generator is. Messages per second are given too: on few
//! cores a server that takes a second core takes it from the generator.
//!
//! Longshore receives into pooled buffers, as its documentation advises: like the epoll loop
//! with its one buffer, it then works in memory that is in the cache. One line shows what a
//! buffer for each connection costs instead.

use std::time::Instant;

use crate::{
    Result, limits,
    load::client::Client,
    load::message,
    measure::child::Server,
    measure::process,
    measure::rounds::{Contender, interleave},
    measure::table::{Table, plain, ratio, spread},
    servers::{Kind, Spec},
    settings::Settings,
};

pub const CASES: &[&str] = &["1", "64", "512", "4000", "64x16KiB"];

/// Descriptors besides the connections.
const SPARE_DESCRIPTORS: u64 = 200;

const CPU: usize = 0;
const SWITCHES: usize = 1;
const RATE: usize = 2;

fn servers() -> Vec<Spec> {
    vec![
        Spec::new("epoll, 1 thread", Kind::Epoll, 1),
        Spec::new("io_uring, 1 thread", Kind::Ring, 1),
        Spec::new("longshore, cap 1, 1 thread", Kind::Longshore, 1).without_idle_buffer(),
        Spec::new("longshore, cap 2, 2 threads", Kind::Longshore, 2).without_idle_buffer(),
        Spec::new("longshore, cap 2, 64 threads", Kind::Longshore, 64).concurrency(2).without_idle_buffer(),
        Spec::new("longshore, cap 1, a buffer each", Kind::Longshore, 1),
        Spec::new("tokio, 1 thread", Kind::Tokio, 1),
        Spec::new("tokio, 2 threads", Kind::Tokio, 2),
        Spec::new("compio, 1 thread", Kind::Compio, 1),
        Spec::new("compio, 2 threads", Kind::Compio, 2),
        Spec::new("monoio, 1 thread", Kind::Monoio, 1),
        Spec::new("asio, 1 thread", Kind::Asio, 1),
        Spec::new("asio, 2 threads", Kind::Asio, 2),
        Spec::new("libuv, 1 thread", Kind::Libuv, 1),
    ]
}

pub fn run(case: &str, settings: &Settings) -> Result<Table> {
    let (connections, bytes) = match case.strip_suffix("x16KiB") {
        Some(connections) => (connections, 16 << 10),
        None => (case, message::BYTES),
    };
    let connections: usize = connections.parse()?;
    limits::allow_descriptors(connections as u64 + SPARE_DESCRIPTORS)?;
    let contenders = servers()
        .into_iter()
        .map(|server| Contender::new(server.name.clone(), move || measure(&server, connections, bytes, settings)))
        .collect();
    let outcomes = interleave(&format!("echo/{case}"), settings, contenders)?;

    let mut table = Table::new(
        format!("echo/{case}: {bytes}-byte TCP echo, {connections} connections"),
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

fn measure(server: &Spec, connections: usize, bytes: usize, settings: &Settings) -> Result<[f64; 3]> {
    let server = Server::start(server.command()?)?;
    let mut client = Client::connect(server.address, connections, bytes)?;
    client.start()?;
    client.run(settings.warm_up)?;

    let before = process::usage(server.pid())?;
    let start = Instant::now();
    let messages = client.run(settings.window)? as f64;
    let seconds = start.elapsed().as_secs_f64();
    let used = process::usage(server.pid())?.since(before);

    // The server goes first: its side of the connections must not outlive it in TIME_WAIT.
    drop(server);
    Ok([used.cpu.as_nanos() as f64 / messages, used.switches as f64 / messages, messages / seconds])
}
