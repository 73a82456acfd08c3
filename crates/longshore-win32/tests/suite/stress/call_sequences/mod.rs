//! Sequences of calls that no sensible program makes: closed, stale, wrong and invented handles, memory that
//! is not there, operations pending while everything around them closes, on several threads at once. Whatever
//! the calls return, what they promised by it has to hold:
//!
//! 1. An operation that the rules say queues a packet has one, with its key, and no
//!    packet is for nobody (D1, D6).
//! 2. Every other one that was pending ends: its status is written (D7, K11).
//! 3. Once the end is delivered nothing writes to the OVERLAPPED, the buffer, or what
//!    else was given to the call (A7).
//! 4. A port that was closed gives nothing more (C5).
//! 5. When everything is closed, no handle and no descriptor is left.
//! 6. Nothing hangs.
//!
//! The sequences follow from a seed, which a failure names. `LONGSHORE_FUZZ_ROUNDS` says how many there are,
//! `LONGSHORE_FUZZ_SEED` which is the first. Threads make the same calls then, but meet differently.

mod calls;
mod world;

use longshore_fixtures::process::{alone, without_limit};
use longshore_fixtures::this_test;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use world::World;

/// How many threads make calls, and how many take packets.
const CALLERS: u64 = 3;
const TAKERS: usize = 2;
const CALLS_PER_THREAD: u32 = 150;
/// A round that takes longer hangs.
const ROUND_MAX: Duration = Duration::from_secs(60);

/// The seed of the round under way; 0 for none.
static SEED: AtomicU64 = AtomicU64::new(0);
/// When it has to be over, in milliseconds since the start.
static DUE_MS: AtomicU64 = AtomicU64::new(u64::MAX);

/// Small, fast, and the same everywhere: xorshift64*.
pub(crate) struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 16) as usize % limit
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

pub(crate) fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

fn watch_out() {
    let start = Instant::now();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(100));
            let due = DUE_MS.load(Ordering::Acquire);
            if start.elapsed().as_millis() as u64 > due {
                eprintln!("the round with seed {} hangs", SEED.load(Ordering::Acquire));
                std::process::abort();
            }
            if due == u64::MAX && SEED.load(Ordering::Acquire) != 0 {
                let due = start.elapsed() + ROUND_MAX;
                DUE_MS.store(due.as_millis() as u64, Ordering::Release);
            }
        }
    });
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        eprintln!("LONGSHORE_FUZZ_SEED={}", SEED.load(Ordering::Acquire));
        hook(panic);
    }));
}

fn round(seed: u64) {
    SEED.store(seed, Ordering::Release);
    DUE_MS.store(u64::MAX, Ordering::Release);
    let world = Arc::new(World::new(&mut Random::new(seed)));
    let takers: Vec<_> = (0..TAKERS)
        .map(|taker| {
            let world = world.clone();
            std::thread::spawn(move || world.take_packets(&mut Random::new(seed ^ (taker as u64 + 77) << 32)))
        })
        .collect();
    let callers: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let world = world.clone();
            std::thread::spawn(move || {
                let mut random = Random::new(seed ^ (caller + 1) << 40);
                for _ in 0..CALLS_PER_THREAD {
                    calls::make_one(&world, &mut random);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.join().expect("a caller");
    }
    world.close_files();
    world.await_ends();
    world.stop();
    for taker in takers {
        taker.join().expect("a taker");
    }
    world.check_ends();
    world.close_rest();
    drop(world);
    SEED.store(0, Ordering::Release);
}

#[test]
fn what_a_call_returned_holds_whatever_is_called_around_it() {
    if !alone(this_test!()) {
        return;
    }
    without_limit();
    watch_out();
    world::start_winsock();
    let first = number_from("LONGSHORE_FUZZ_SEED").unwrap_or(1);
    let rounds = number_from("LONGSHORE_FUZZ_ROUNDS").unwrap_or(25);
    // The library's own threads and descriptors come with their first use.
    round(first);
    let before = world::open_things();
    for seed in first..first + rounds {
        round(seed);
        // The service lets go of what it looks at a moment after the last close.
        let deadline = Instant::now() + Duration::from_secs(10);
        while world::open_things() != before {
            let now = world::open_things();
            assert!(
                Instant::now() < deadline,
                "seed {seed} leaves something open: {now:?}, not {before:?}\n{:?}",
                world::open_descriptors()
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}
