//! Static files over HTTP/1.1 with keep-alive: `longshore serve` against nginx, both under wrk.
//!
//! `1KiB` is about requests, `1MiB` about bytes. nginx runs two workers and Longshore's tool a port of
//! cap 2. nginx has sendfile and tcp_nopush on and its access log off, which is how it is deployed for
//! speed. The reference also has its cache of open files on, valid for a second, because Longshore's tool
//! promises the same freshness: it looks once a second whether a file changed, and in between sends small
//! files from memory. CPU is that of the whole server, nginx's master and workers together, over wrk's
//! run; requests per second are wrk's own count.

use std::{fs, path::Path, time::Duration};

use tempfile::TempDir;

use crate::{
    Result,
    measure::process,
    measure::rounds::{Contender, interleave},
    measure::table::{Table, plain, ratio, spread},
    peers::web::{self, WebServer},
    settings::Settings,
};

pub const CASES: &[&str] = &["1KiB", "1MiB"];

const CPU: usize = 0;
const RATE: usize = 1;

pub fn run(case: &str, settings: &Settings) -> Result<Table> {
    let (bytes, connections) = if case == "1KiB" { (1 << 10, 64) } else { (1 << 20, 16) };
    let site = site(&settings.directory, case, bytes)?;
    let site = site.path();
    let contenders = vec![
        Contender::new("nginx, 2 workers, open_file_cache", || {
            measure(web::nginx(site, true)?, case, bytes, connections, settings)
        }),
        Contender::new("nginx, 2 workers", || measure(web::nginx(site, false)?, case, bytes, connections, settings)),
        Contender::new("longshore serve, cap 2", || measure(web::longshore(site)?, case, bytes, connections, settings)),
    ];
    let outcomes = interleave(&format!("web/{case}"), settings, contenders)?;

    let mut table = Table::new(
        format!("web/{case}: static files over HTTP, {connections} keep-alive connections"),
        &["server", "CPU/request", "spread", "rate", "CPU us/request", "requests/s"],
    );
    for outcome in outcomes.finished() {
        let cpu = outcomes.ratio(outcome, CPU);
        table.line(vec![
            outcome.name.clone(),
            ratio(cpu),
            spread(cpu),
            ratio(outcomes.ratio(outcome, RATE)),
            plain(outcome.median(CPU) / 1e3),
            plain(outcome.median(RATE)),
        ]);
    }
    table.notes(outcomes.notes());
    Ok(table)
}

/// A directory with one file in it, readable by the user nginx's workers become.
fn site(directory: &Path, name: &str, bytes: usize) -> Result<TempDir> {
    use std::os::unix::fs::PermissionsExt;
    let readable = fs::Permissions::from_mode(0o755);
    let site = tempfile::Builder::new().prefix("longshore-bench-").permissions(readable).tempdir_in(directory)?;
    let contents: Vec<u8> = std::iter::repeat_with(|| fastrand::u8(..)).take(bytes).collect();
    fs::write(site.path().join(name), contents)?;
    Ok(site)
}

fn measure(server: WebServer, file: &str, bytes: usize, connections: usize, settings: &Settings) -> Result<[f64; 2]> {
    server.fetch_once(file, bytes)?;
    let before = process::family_cpu(server.pid())?;
    // wrk counts in whole seconds.
    let seconds = Duration::from_secs(settings.window.as_secs().max(1));
    let load = web::wrk(&server, file, connections, seconds)?;
    let cpu = process::family_cpu(server.pid())? - before;
    // wrk rounds its figure to two digits.
    if load.bytes < load.requests * bytes as f64 * 0.99 {
        return Err(format!("{} responses brought only {} bytes", load.requests, load.bytes).into());
    }
    Ok([cpu.as_nanos() as f64 / load.requests, load.requests / load.seconds])
}
