//! Everything at once, for a bounded number of packets: each is delivered exactly once, and nothing hangs.

use crate::fixtures::*;
use longshore::{Completion, Event, Port, blocking};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Ends the process, with what is known of the port, if it takes too long: a hung port hangs its threads too.
fn watchdog(port: &Port<u32>, ledger: &Arc<Ledger>) -> Gate {
    const TOO_LONG: Duration = Duration::from_secs(60);
    let done = Gate::default();
    let (port, ledger, alive) = (port.clone(), ledger.clone(), done.clone());
    std::thread::spawn(move || {
        let deadline = Instant::now() + TOO_LONG;
        while !alive.is_open() {
            if Instant::now() > deadline {
                let delivered = ledger.delivered.load(Ordering::SeqCst);
                eprintln!("hung: {delivered} of {} packets, {:?}", ledger.seen.len(), port.stats());
                std::process::abort();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    done
}

/// Who came how often.
struct Ledger {
    seen: Vec<AtomicU8>,
    delivered: AtomicUsize,
}

impl Ledger {
    fn new(packets: usize) -> Arc<Ledger> {
        let seen = (0..packets).map(|_| AtomicU8::new(0)).collect();
        Arc::new(Ledger { seen, delivered: AtomicUsize::new(0) })
    }

    fn note(&self, number: u32) {
        self.seen[number as usize].fetch_add(1, Ordering::Relaxed);
        self.delivered.fetch_add(1, Ordering::SeqCst);
    }

    /// Or more than that.
    fn is_complete(&self) -> bool {
        self.delivered.load(Ordering::SeqCst) >= self.seen.len()
    }

    #[track_caller]
    fn check(&self) {
        for (number, times) in self.seen.iter().enumerate() {
            let times = times.load(Ordering::Relaxed);
            assert_eq!(times, 1, "packet {number} came {times} times");
        }
    }
}

/// Under Wine every call goes to another process.
const SLOWNESS: usize = if cfg!(windows) { 40 } else { 1 };
const POSTERS: usize = 3;
const POSTS_EACH: usize = 90_000 / SLOWNESS;
const TIMERS: usize = 10_000 / SLOWNESS;
const EVENTS: usize = 20_000 / SLOWNESS;
const CONNECTIONS: usize = 8;
const TAKERS: usize = 7;
/// After about so many calls a taker ends and another takes its place.
const CALLS_OF_A_LIFE: u64 = 700;

/// One thread's life on the port. True if it should be replaced.
fn take_for_a_life(port: &Port<u32>, ledger: &Ledger, seed: u64) -> bool {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut batch = Vec::new();
    for _ in 0..CALLS_OF_A_LIFE / 2 + dice.below(CALLS_OF_A_LIFE) {
        let closed = match dice.below(8) {
            0 => port.try_get().map(|done| batch.extend(done)).is_err(),
            1 => port.get_timeout(Duration::from_micros(300)).map(|done| batch.extend(done)).is_err(),
            2 => port.get_many(&mut batch, 16, Some(Duration::from_micros(500))).is_err(),
            3 => port.get_many(&mut batch, 5, None).is_err(),
            _ => port.get().map(|done| batch.push(done)).is_err(),
        };
        if closed {
            return false;
        }
        batch.drain(..).for_each(|done| handle(ledger, done));
        match dice.below(1000) {
            0 => std::thread::sleep(Duration::from_millis(4)),
            1..=5 => blocking(|| std::thread::sleep(Duration::from_micros(100))),
            6..=40 => spin(Duration::from_micros(20)),
            _ => {}
        }
    }
    true
}

fn handle(ledger: &Ledger, done: Completion<u32>) {
    match done.event {
        Event::Posted | Event::Timer { .. } => ledger.note(done.context),
        Event::Recv { stream, buf, result } => {
            // Each event is one number, so receives never see half of one.
            let count = result.unwrap();
            for number in buf[..count].chunks_exact(4) {
                ledger.note(u32::from_le_bytes(number.try_into().unwrap()));
            }
            if count > 0 {
                stream.recv(buf, 0);
            }
        }
        event => panic!("{event:?}"),
    }
}

#[test]
fn every_packet_is_delivered_once_whatever_the_threads_do() {
    for concurrency in [1, 2, 4] {
        every_packet_is_delivered_once(concurrency, POSTS_EACH / 3, TIMERS / 3, EVENTS / 3);
    }
}

fn every_packet_is_delivered_once(concurrency: usize, posts_each: usize, timers: usize, events: usize) {
    let posts = POSTERS * posts_each;
    let port = Port::new(concurrency).unwrap();
    let ledger = Ledger::new(posts + timers + events);
    let done = watchdog(&port, &ledger);

    let takers: Vec<_> = (0..TAKERS)
        .map(|taker| {
            let (port, ledger) = (port.clone(), ledger.clone());
            // Each life is a thread of its own, so that its end is a thread's end (Q11).
            go(move || {
                let mut life = 0;
                loop {
                    let (port, ledger) = (port.clone(), ledger.clone());
                    let seed = 1000 * taker as u64 + life;
                    let living = std::thread::spawn(move || take_for_a_life(&port, &ledger, seed));
                    if !living.join().expect("a taker failed") {
                        return life;
                    }
                    life += 1;
                }
            })
        })
        .collect();

    let mut sources = Vec::new();
    for poster in 0..POSTERS {
        let port = port.clone();
        sources.push(go(move || {
            let mut dice = Dice(poster as u64 + 77);
            for number in poster * posts_each..(poster + 1) * posts_each {
                port.post(poster, number as u32).unwrap();
                if dice.below(60) == 0 {
                    std::thread::sleep(Duration::from_micros(dice.below(200)));
                }
            }
        }));
    }
    sources.push(go({
        let port = port.clone();
        move || {
            let mut dice = Dice(99);
            for number in posts..posts + timers {
                let after = Duration::from_micros(dice.below(3000));
                let id = port.post_after(after, 0, number as u32).unwrap();
                if dice.below(4) == 0 {
                    spin(Duration::from_micros(dice.below(50)));
                    port.cancel_timer(id);
                }
            }
        }
    }));
    let (streams, peers): (Vec<_>, Vec<Peer>) = (0..CONNECTIONS).map(|key| connection(&port, key)).unzip();
    let peers = Arc::new(peers);
    streams.into_iter().for_each(|stream| _ = stream.recv(vec![0; 4 * 16], 0));
    sources.push(go({
        let peers = peers.clone();
        move || {
            let mut dice = Dice(55);
            for number in posts + timers..posts + timers + events {
                (&peers[number % CONNECTIONS]).write_all(&(number as u32).to_le_bytes()).unwrap();
                if dice.below(50) == 0 {
                    std::thread::sleep(Duration::from_micros(dice.below(300)));
                }
            }
        }
    }));

    // The watchdog, not this, ends a run that hangs.
    while !ledger.is_complete() {
        std::thread::sleep(Duration::from_millis(1));
    }
    sources.into_iter().for_each(|source| source.join());
    port.close();
    takers.into_iter().for_each(|taker| _ = taker.join());
    done.open();
    ledger.check();
    println!("{:?}", port.stats());
}
