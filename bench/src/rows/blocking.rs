//! Handlers that block: one request in twenty sleeps 5 ms in its handler; what do the other requests notice?
//!
//! `paced` offers a load (32 clients that think 8 ms on average, about 3,500 requests a second) that keeps
//! less than one thread asleep on average, so any two workers would do if work never queued behind a sleeper.
//! `saturated` has no pauses: the clients wait only for answers. tokio is given as many workers as
//! Longshore's cap, then as many as Longshore has threads, and also its own remedy, `block_in_place`, for
//! programs that know which handlers block.

use std::time::{Duration, Instant};

use crate::{
    Result,
    load::client::Client,
    load::message,
    load::paced,
    measure::child::Server,
    measure::process,
    measure::rounds::{Contender, interleave},
    measure::table::{Table, plain, ratio, spread},
    servers::{Kind, Spec},
    settings::Settings,
};

pub const CASES: &[&str] = &["paced", "saturated"];

const CONNECTIONS: usize = 32;
const THINK: Duration = Duration::from_millis(8);

const P50: usize = 0;
const P99: usize = 1;
const RATE: usize = 2;
const CPU: usize = 3;

fn servers() -> Vec<Spec> {
    vec![
        Spec::new("tokio, 2 workers", Kind::Tokio, 2),
        Spec::new("tokio, 16 workers", Kind::Tokio, 16),
        Spec::new("tokio, 2 workers, block_in_place", Kind::Tokio, 2).announcing_blocking(),
        Spec::new("longshore, cap 2, 16 threads", Kind::Longshore, 16).concurrency(2),
        Spec::new("longshore, cap 2, 16 threads, blocking()", Kind::Longshore, 16).concurrency(2).announcing_blocking(),
        Spec::new("longshore, cap 2, 2 to 512 threads", Kind::Longshore, 2).growing_to(512),
        Spec::new("longshore, cap 2, 2 to 512 threads, blocking()", Kind::Longshore, 2)
            .growing_to(512)
            .announcing_blocking(),
        Spec::new("asio, 16 threads", Kind::Asio, 16),
    ]
}

pub fn run(case: &str, settings: &Settings) -> Result<Table> {
    let think = if case == "paced" { THINK } else { Duration::ZERO };
    let contenders = servers()
        .into_iter()
        .map(|server| Contender::new(server.name.clone(), move || measure(&server, think, settings)))
        .collect();
    let outcomes = interleave(&format!("blocking/{case}"), settings, contenders)?;

    let mut table = Table::new(
        format!(
            "blocking/{case}: latency of quick requests, {CONNECTIONS} connections, 1 request in {} sleeps 5 ms",
            paced::SLEEPY_ONE_IN
        ),
        &["server", "p99", "spread", "p50 us", "p99 us", "requests/s", "CPU us/request"],
    );
    for outcome in outcomes.finished() {
        let p99 = outcomes.ratio(outcome, P99);
        table.line(vec![
            outcome.name.clone(),
            ratio(p99),
            spread(p99),
            plain(outcome.median(P50)),
            plain(outcome.median(P99)),
            plain(outcome.median(RATE)),
            plain(outcome.median(CPU)),
        ]);
    }
    table.notes(outcomes.notes());
    Ok(table)
}

fn measure(server: &Spec, think: Duration, settings: &Settings) -> Result<[f64; 4]> {
    let server = Server::start(server.command()?)?;
    let mut client = Client::connect(server.address, CONNECTIONS, message::BYTES)?;
    client.greet(0)?;

    let before = process::usage(server.pid())?;
    let start = Instant::now();
    // Percentiles need more requests than a mean does.
    let latencies = paced::run(&mut client, think, settings.window * 2)?;
    let seconds = start.elapsed().as_secs_f64();
    let used = process::usage(server.pid())?.since(before);

    drop(server);
    let answers = latencies.answers as f64;
    let quantile_us = |at| latencies.quick.value_at_quantile(at) as f64 / 1e3;
    Ok([quantile_us(0.5), quantile_us(0.99), answers / seconds, used.cpu.as_secs_f64() * 1e6 / answers])
}
