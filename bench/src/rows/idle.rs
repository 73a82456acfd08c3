//! Memory of an idle connection: 10,000 connections, each of which exchanged one
//! message and now waits for the next.
//!
//! The figure is the growth of the server process from 16 connections to 10,016, per connection, in user
//! memory. What the kernel keeps for a socket is the same for all and is not in it. Servers that hold a
//! receive buffer while they wait pay for it here; `epoll` keeps nothing at all, and is the floor. Ratios are
//! against tokio as its example writes an echo; the epoll floor is too small to divide by.

use std::time::Duration;

use crate::{
    Result, limits,
    load::client::Client,
    load::message,
    measure::child::Server,
    measure::process,
    measure::rounds::{Contender, interleave},
    measure::table::{Table, plain, ratio},
    servers::{Kind, Spec},
    settings::Settings,
};

pub const CASES: &[&str] = &["10000"];

/// Open before the first look, so that what a runtime allocates once is not divided among the connections.
const WARM_CONNECTIONS: usize = 16;
/// Descriptors besides the connections.
const SPARE_DESCRIPTORS: u64 = 1000;
/// What a server may do after its last answer, such as returning to its wait.
const SETTLE: Duration = Duration::from_millis(200);
/// Memory hardly varies, and ten thousand connections take a while to open.
const ROUNDS_MAX: usize = 3;

const ANONYMOUS: usize = 0;
const RESIDENT: usize = 1;

fn servers() -> Vec<Spec> {
    vec![
        Spec::new("tokio, 4 KiB buffer in the task", Kind::Tokio, 2),
        Spec::new("tokio, readable() and no buffer", Kind::Tokio, 2).without_idle_buffer(),
        Spec::new("longshore, recv_pooled", Kind::Longshore, 2).without_idle_buffer(),
        Spec::new("longshore, recv into 4 KiB", Kind::Longshore, 2),
        Spec::new("compio, 4 KiB buffer", Kind::Compio, 1),
        Spec::new("monoio, 4 KiB buffer", Kind::Monoio, 1),
        Spec::new("asio, 4 KiB buffer in the session", Kind::Asio, 2),
        Spec::new("epoll, no state", Kind::Epoll, 1),
    ]
}

pub fn run(case: &str, settings: &Settings) -> Result<Table> {
    let connections: usize = case.parse()?;
    limits::allow_descriptors(connections as u64 + SPARE_DESCRIPTORS)?;
    let settings = &Settings { rounds: settings.rounds.min(ROUNDS_MAX), ..settings.clone() };
    let contenders = servers()
        .into_iter()
        .map(|server| Contender::new(server.name.clone(), move || measure(&server, connections)))
        .collect();
    let outcomes = interleave(&format!("idle/{case}"), settings, contenders)?;

    let mut table = Table::new(
        format!("idle/{case}: user memory per idle connection, {connections} connections"),
        &["server", "memory", "anonymous bytes", "resident bytes"],
    );
    for outcome in outcomes.finished() {
        table.line(vec![
            outcome.name.clone(),
            ratio(outcomes.ratio(outcome, RESIDENT)),
            plain(outcome.median(ANONYMOUS)),
            plain(outcome.median(RESIDENT)),
        ]);
    }
    table.notes(outcomes.notes());
    Ok(table)
}

fn measure(server: &Spec, connections: usize) -> Result<[f64; 2]> {
    let server = Server::start(server.command()?)?;
    let mut client = Client::connect(server.address, WARM_CONNECTIONS, message::BYTES)?;
    client.greet(0)?;
    std::thread::sleep(SETTLE);
    let before = process::memory(server.pid())?;

    client.connect_more(server.address, connections)?;
    client.greet(WARM_CONNECTIONS)?;
    std::thread::sleep(SETTLE);
    let after = process::memory(server.pid())?;

    drop(server);
    let per_connection = |before: u64, after: u64| after.saturating_sub(before) as f64 / connections as f64;
    Ok([per_connection(before.anonymous, after.anonymous), per_connection(before.resident, after.resident)])
}
