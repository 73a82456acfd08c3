//! Random 4 KiB reads of one file: from the page cache, and past it with O_DIRECT at depth 1 and 32.
//!
//! In the cache a read is a copy, and what is asynchronous about it can only cost: `pread` in a loop is the
//! reference. On the disk the question is whether the library keeps it busy, and with how little CPU: a bare
//! ring is the reference, and fio's io_uring engine says what the disk gives.

use crate::{
    Result,
    measure::rounds::{Contender, interleave},
    measure::table::{Table, plain, ratio, spread},
    readers::{Reader, Submit, Target},
    settings::Settings,
};

pub const CASES: &[&str] = &["cached", "direct-1", "direct-32"];

const RATE: usize = 0;
const CPU: usize = 1;

fn readers(case: &str) -> Vec<(&'static str, Reader, usize)> {
    match case {
        "cached" => vec![
            ("pread", Reader::Pread, 1),
            ("io_uring, depth 1", Reader::Ring(Submit::EachRead), 1),
            ("io_uring, depth 32, in batches", Reader::Ring(Submit::Batches), 32),
            ("longshore, depth 1", Reader::Longshore, 1),
            ("longshore, depth 32", Reader::Longshore, 32),
            ("compio, depth 1", Reader::Compio, 1),
            ("tokio spawn_blocking, depth 1", Reader::Tokio, 1),
        ],
        "direct-1" => vec![
            ("io_uring", Reader::Ring(Submit::EachRead), 1),
            ("fio, io_uring engine", Reader::Fio, 1),
            ("pread", Reader::Pread, 1),
            ("longshore", Reader::Longshore, 1),
            ("compio", Reader::Compio, 1),
            ("tokio spawn_blocking", Reader::Tokio, 1),
        ],
        _ => vec![
            ("io_uring", Reader::Ring(Submit::EachRead), 32),
            ("io_uring, in batches", Reader::Ring(Submit::Batches), 32),
            ("fio, io_uring engine", Reader::Fio, 32),
            ("longshore", Reader::Longshore, 32),
            ("compio", Reader::Compio, 32),
            ("tokio spawn_blocking", Reader::Tokio, 32),
        ],
    }
}

pub fn run(case: &str, settings: &Settings) -> Result<Table> {
    let file = Target::create(&settings.directory, case != "cached")?;
    let file = &file;
    let contenders = readers(case)
        .into_iter()
        .map(|(name, reader, depth)| {
            Contender::new(name, move || {
                let reads = reader.run(file, depth, settings.window)?;
                Ok([reads.per_second, reads.cpu_ns_per_read])
            })
        })
        .collect();
    let outcomes = interleave(&format!("files/{case}"), settings, contenders)?;

    let mut table = Table::new(
        format!("files/{case}: random 4 KiB reads of a {} MiB file", file.bytes() >> 20),
        &["reader", "rate", "spread", "CPU/read", "reads/s", "CPU ns/read"],
    );
    for outcome in outcomes.finished() {
        let rate = outcomes.ratio(outcome, RATE);
        table.line(vec![
            outcome.name.clone(),
            ratio(rate),
            spread(rate),
            ratio(outcomes.ratio(outcome, CPU)),
            plain(outcome.median(RATE)),
            plain(outcome.median(CPU)),
        ]);
    }
    table.notes(outcomes.notes());
    Ok(table)
}
