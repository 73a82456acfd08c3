//! The engine's own lock, which every packet passes twice, against the mutexes it could be instead.
//!
//! `uncontended` takes and releases the lock on one thread. `two-threads` does it on two at once, with nothing between
//! two turns. `post-get` puts a packet into a deque and takes one out, each under the lock, on one thread: what a lock
//! has for its part in the cost of a packet.

use std::{collections::VecDeque, hint::black_box, time::Instant};

use crate::{
    Result,
    measure::process,
    measure::rounds::{Contender, interleave},
    measure::table::{Table, plain, ratio, spread},
    settings::Settings,
};

pub const CASES: &[&str] = &["uncontended", "two-threads", "post-get"];

type Packets = VecDeque<(usize, usize)>;

/// A lock around the packets.
trait Guarded: Sync {
    fn new(packets: Packets) -> Self;
    fn with<R>(&self, work: impl FnOnce(&mut Packets) -> R) -> R;
}

impl Guarded for longshore_engine::Lock<Packets> {
    fn new(packets: Packets) -> Self {
        Self::new(packets)
    }

    #[inline]
    fn with<R>(&self, work: impl FnOnce(&mut Packets) -> R) -> R {
        work(&mut self.lock())
    }
}

impl Guarded for std::sync::Mutex<Packets> {
    fn new(packets: Packets) -> Self {
        Self::new(packets)
    }

    #[inline]
    fn with<R>(&self, work: impl FnOnce(&mut Packets) -> R) -> R {
        work(&mut self.lock().expect("no holder panics"))
    }
}

impl Guarded for parking_lot::Mutex<Packets> {
    fn new(packets: Packets) -> Self {
        Self::new(packets)
    }

    #[inline]
    fn with<R>(&self, work: impl FnOnce(&mut Packets) -> R) -> R {
        work(&mut self.lock())
    }
}

pub fn run(case: &str, settings: &Settings) -> Result<Table> {
    let turns = settings.window.as_millis() as usize * 2_000;
    let contenders = vec![
        contender::<std::sync::Mutex<Packets>>("std::sync::Mutex", case, turns),
        contender::<parking_lot::Mutex<Packets>>("parking_lot::Mutex", case, turns),
        contender::<longshore_engine::Lock<Packets>>("the engine's lock", case, turns),
    ];
    let outcomes = interleave(&format!("locks/{case}"), settings, contenders)?;

    let mut table = Table::new(format!("locks/{case}: {turns} turns"), &["lock", "time/turn", "spread", "ns/turn"]);
    for outcome in outcomes.finished() {
        let time = outcomes.ratio(outcome, 0);
        table.line(vec![outcome.name.clone(), ratio(time), spread(time), plain(outcome.median(0))]);
    }
    table.notes(outcomes.notes());
    Ok(table)
}

fn contender<'a, L: Guarded>(name: &str, case: &'a str, turns: usize) -> Contender<'a, 1> {
    Contender::new(name, move || {
        let lock = L::new(VecDeque::from([(0, 0)]));
        Ok([match case {
            "uncontended" => one_thread(turns, || lock.with(|packets| black_box(packets).len()))?,
            "two-threads" => two_threads(turns, || lock.with(|packets| black_box(packets).len())),
            _ => one_thread(turns, || {
                lock.with(|packets| packets.push_back((0, 1)));
                lock.with(|packets| black_box(packets.pop_front()).map_or(0, |packet| packet.1))
            })?,
        }])
    })
}

/// Nanoseconds of CPU time per turn.
fn one_thread(turns: usize, turn: impl Fn() -> usize) -> Result<f64> {
    let start = process::own_cpu()?;
    black_box((0..turns).map(|_| turn()).sum::<usize>());
    Ok((process::own_cpu()? - start).as_nanos() as f64 / turns as f64)
}

/// Nanoseconds per turn, from the first to the last of both threads.
fn two_threads(turns: usize, turn: impl Fn() -> usize + Sync) -> f64 {
    let start = Instant::now();
    std::thread::scope(|scope| {
        let half = || black_box((0..turns / 2).map(|_| turn()).sum::<usize>());
        scope.spawn(half);
        half();
    });
    start.elapsed().as_nanos() as f64 / turns as f64
}
