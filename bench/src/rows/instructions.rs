//! Instructions in user space: what the port itself costs, apart from the kernel and from the machine's mood.
//!
//! `echo` is the load of `echo/64`: the server's instructions divided by messages, each of them two
//! operations. `async_echo` is the same by tasks, tokio's and longshore-async's. `packets` is a post and a get
//! by one thread. `cached` is a 4 KiB read that the page cache serves. `win32` is the echo by
//! `examples/win32/echo_server.cpp` through the C face, `win32-packets` a post and a get there. Rings are
//! missing: valgrind does not know their calls.
//!
//! `bench/instructions.txt` records how many instructions Longshore needs; `--check`
//! fails when it needs more.

use std::{collections::BTreeMap, fmt::Write, fs, path::PathBuf, process::Command};

use crate::{
    Result,
    load::client::Client,
    load::message,
    measure::callgrind::{Amounts, Wrap, per_piece},
    measure::child::{Ending, Server},
    measure::rounds::{Contender, interleave},
    measure::table::{Table, plain, ratio, spread},
    peers::windows::{self, WindowsServer},
    servers::{Kind, Spec},
    settings::{Recorded, Settings},
    work::Work,
};

pub const CASES: &[&str] = &["echo", "async_echo", "packets", "cached", "win32", "win32-packets"];

const CONNECTIONS: usize = 64;
const MESSAGES: Amounts = Amounts { small: 2_000, large: 12_000 };
const CALLS: Amounts = Amounts { small: 2_000, large: 12_000 };
/// Counts repeat to a percent.
const ROUNDS_MAX: usize = 3;
/// How many more instructions than recorded count as a regression.
const TOLERANCE: f64 = 1.05;

type Count<'a> = Box<dyn Fn() -> Result<f64> + 'a>;

pub fn run(case: &str, settings: &Settings) -> Result<Table> {
    let only_ours = settings.recorded != Recorded::Shown;
    let rounds = if only_ours { 1 } else { settings.rounds.min(ROUNDS_MAX) };
    let settings = &Settings { rounds, ..settings.clone() };
    let contenders: Vec<_> = contenders(case)
        .into_iter()
        .filter(|(name, _)| !only_ours || is_ours(name))
        .map(|(name, count)| Contender::new(name, move || Ok([count()?])))
        .collect();
    let outcomes = interleave(&format!("instructions/{case}"), settings, contenders)?;

    let (title, piece) = match case {
        "echo" => ("64-byte TCP echo, 64 connections", "message"),
        "async_echo" => ("64-byte TCP echo, a task per connection, 64 connections", "message"),
        "packets" => ("post and get, one thread", "packet"),
        "win32-packets" => ("PostQueuedCompletionStatus and GetQueuedCompletionStatus, one thread", "packet"),
        "cached" => ("4 KiB reads from the page cache, depth 1", "read"),
        _ => ("64-byte TCP echo by a program for Windows, 64 connections", "message"),
    };
    let mut table = Table::new(
        format!("instructions/{case}: {title}"),
        &["contender", &format!("instructions/{piece}"), "ratio", "spread", "recorded"],
    );
    let mut recorded = recorded()?;
    for outcome in outcomes.finished() {
        let count = outcome.median(0);
        let name = format!("{case}/{}", outcome.name);
        let before = recorded.get(&name).copied();
        let ratio_here = outcomes.ratio(outcome, 0);
        table.line(vec![
            outcome.name.clone(),
            plain(count),
            ratio(ratio_here),
            spread(ratio_here),
            before.map_or_else(String::new, plain),
        ]);
        if !is_ours(&outcome.name) {
            continue;
        }
        match (settings.recorded, before) {
            (Recorded::Written, _) => drop(recorded.insert(name, count.round())),
            (Recorded::Checked, Some(before)) if count > before * TOLERANCE => {
                let rise = (count / before - 1.0) * 100.0;
                table.fail(format!("{name}: {count:.0} instructions, {before:.0} recorded: {rise:.0} % more"));
            }
            (Recorded::Checked, None) => table.fail(format!("{name}: nothing is recorded to compare it with")),
            _ => {}
        }
    }
    if settings.recorded == Recorded::Checked && !outcomes.all_finished() {
        table.fail("not everything could be counted".into());
    }
    if settings.recorded == Recorded::Written {
        write_recorded(&recorded)?;
    }
    table.notes(outcomes.notes());
    Ok(table)
}

fn is_ours(name: &str) -> bool {
    name.starts_with("longshore")
}

fn contenders(case: &str) -> Vec<(&'static str, Count<'static>)> {
    match case {
        "echo" => vec![
            echo("epoll, 1 thread", |name| Spec::new(name, Kind::Epoll, 1)),
            echo("longshore, cap 1, 1 thread", |name| Spec::new(name, Kind::Longshore, 1).without_idle_buffer()),
            echo("longshore, cap 2, 2 threads", |name| Spec::new(name, Kind::Longshore, 2).without_idle_buffer()),
            echo("tokio, 1 thread", |name| Spec::new(name, Kind::Tokio, 1)),
            echo("tokio, 2 threads", |name| Spec::new(name, Kind::Tokio, 2)),
            echo("asio, 1 thread", |name| Spec::new(name, Kind::Asio, 1)),
            echo("asio, 2 threads", |name| Spec::new(name, Kind::Asio, 2)),
            echo("libuv, 1 thread", |name| Spec::new(name, Kind::Libuv, 1)),
        ],
        "async_echo" => vec![
            echo("tokio, 1 thread", |name| Spec::new(name, Kind::Tokio, 1)),
            echo("longshore-async, cap 1, 1 thread", |name| Spec::new(name, Kind::LongshoreAsync, 1)),
            echo("longshore-async, recv and send", |name| {
                Spec::new(name, Kind::LongshoreAsync, 1).without_idle_buffer()
            }),
        ],
        "packets" => vec![
            calls("crossbeam-channel, unbounded", Work::Channel),
            calls("longshore port", Work::Port),
            calls("Mutex<VecDeque> and Condvar", Work::Deque),
        ],
        "win32-packets" => vec![(
            "longshore c",
            Box::new(|| per_piece(CALLS, |callgrind, count| run_to_end(callgrind, &windows::packets(count)?))),
        )],
        "cached" => vec![calls("pread", Work::Pread), calls("longshore", Work::Read)],
        _ => vec![
            echo("epoll, 1 thread", |name| Spec::new(name, Kind::Epoll, 1)),
            windows("longshore c++, cap 1, 1 thread", &["--threads", "1", "--concurrency", "1"]),
            windows("longshore c++, skipping", &["--threads", "1", "--concurrency", "1", "--skip", "1"]),
            windows("longshore c++, cap 2, 2 threads", &["--threads", "2", "--concurrency", "2"]),
        ],
    }
}

fn echo(name: &'static str, spec: fn(&'static str) -> Spec) -> (&'static str, Count<'static>) {
    (name, Box::new(move || serve(|| spec(name).command())))
}

fn windows(name: &'static str, arguments: &'static [&'static str]) -> (&'static str, Count<'static>) {
    (name, Box::new(|| serve(|| WindowsServer::command(arguments))))
}

/// Instructions per message of a server.
fn serve(command: impl Fn() -> Result<Command>) -> Result<f64> {
    let command = command()?;
    per_piece(MESSAGES, |callgrind, messages| {
        let server = Server::start_to_end_by(callgrind.command(&command), Ending::Terminate)?;
        let mut client = Client::connect(server.address, CONNECTIONS, message::BYTES)?;
        client.exchange(messages)
    })
}

/// Instructions per call of a piece of work that this program does by itself.
fn calls(name: &'static str, work: Work) -> (&'static str, Count<'static>) {
    (name, Box::new(move || per_piece(CALLS, |callgrind, count| run_to_end(callgrind, &work.command(count)?))))
}

fn run_to_end(callgrind: &Wrap, command: &Command) -> Result<()> {
    let status = callgrind.command(command).status()?;
    if status.success() { Ok(()) } else { Err(format!("the work failed: {status}").into()) }
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("instructions.txt")
}

/// The recorded counts by `case/contender`.
fn recorded() -> Result<BTreeMap<String, f64>> {
    let text = match fs::read_to_string(file()) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error.into()),
    };
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let (name, count) = line.rsplit_once(": ").ok_or_else(|| format!("{line:?} is not `name: count`"))?;
            Ok((name.to_owned(), count.parse()?))
        })
        .collect()
}

fn write_recorded(counts: &BTreeMap<String, f64>) -> Result<()> {
    let mut text = "# Instructions in user space, per message, packet or read: the row `instructions` of the \
                    benchmark.\n# Written by `-- instructions --record`, compared by `-- instructions --check`.\n"
        .to_owned();
    for (name, count) in counts {
        writeln!(text, "{name}: {count}")?;
    }
    fs::write(file(), text)?;
    Ok(())
}
