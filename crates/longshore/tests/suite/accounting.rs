//! Each operation has one ending, with the right bytes, while connections are cancelled, reset and closed around it,
//! threads come and go, and signals interrupt their calls 10,000 times a second.
//!
//! 1. Each operation that was issued has one packet (D6).
//! 2. What is received is what was sent, in order, byte for byte; a cancelled receive loses nothing (K9).
//! 3. A buffer that was sent comes back as it was given.
//! 4. Only a connection that was disturbed has errors, and one that was not has all its bytes before its end.
//!
//! A round follows from its seed, but for when threads meet. `LONGSHORE_STRESS_SECONDS` says how long rounds are run,
//! `LONGSHORE_FUZZ_SEED` which is the first.

use crate::fixtures::*;
use longshore::{Completion, Event, OpId, Port, Stream, is_cancelled};
use longshore_fixtures::process::without_limit;
use longshore_fixtures::signals::interrupt_threads;
use std::io;
use std::net::Shutdown;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LINES: usize = 8;
const SENDS_PER_LINE: usize = 60;
const SENDS_PENDING_MAX: usize = 3;
const SEND_MAX: u64 = 30_000;
const POSTS: usize = 500;
const TAKERS: u64 = 4;
/// After about so many packets a taker ends and another takes its place.
const PACKETS_OF_A_LIFE: u64 = 60;
const OPERATIONS_MAX: usize = 1 << 15;

/// What is done to the accounts, to see that they show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sabotage {
    None,
    LosePacket,
    DoublePacket,
    CorruptByte,
}

/// The byte at a place of a line's content.
fn byte_at(line: usize, place: u64) -> u8 {
    let mixed = (line as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (place >> 3).wrapping_add(1).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ mixed >> 29).to_le_bytes()[place as usize & 7]
}

fn content(line: usize, from: u64, length: u64) -> Vec<u8> {
    (from..from + length).map(|place| byte_at(line, place)).collect()
}

fn is_content(line: usize, from: u64, bytes: &[u8]) -> bool {
    bytes.iter().zip(from..).all(|(&byte, place)| byte == byte_at(line, place))
}

/// The context of an operation.
#[derive(Debug)]
struct Op {
    number: usize,
    line: usize,
    /// Of a send: where its bytes begin.
    place: u64,
}

/// A connection that is sent on at one end and received from at the other.
struct Line {
    sender: Stream<Op>,
    receiver: Stream<Op>,
    state: Mutex<LineState>,
}

#[derive(Default)]
struct LineState {
    sent: u64,
    received: u64,
    sends_begun: usize,
    sends_pending: usize,
    receive: Option<OpId>,
    /// Something was reset or closed: errors are what is right.
    disturbed: bool,
    receiver_closed: bool,
}

struct Round {
    port: Port<Op>,
    lines: Vec<Line>,
    issued: AtomicUsize,
    endings: Vec<AtomicU8>,
    ended: AtomicUsize,
    sabotage: Sabotage,
    sabotaged: AtomicBool,
    fault: Mutex<Option<String>>,
}

impl Round {
    fn new(sabotage: Sabotage) -> Arc<Round> {
        let port = Port::new(2).unwrap();
        let line = |index: usize| {
            let (one, other) = tcp_pair();
            let sender = Stream::attach(&port, index, one).unwrap();
            let receiver = Stream::attach(&port, index, other).unwrap();
            Line { sender, receiver, state: Mutex::default() }
        };
        let lines = (0..LINES).map(line).collect();
        Arc::new(Round {
            port,
            lines,
            issued: AtomicUsize::new(0),
            endings: (0..OPERATIONS_MAX).map(|_| AtomicU8::new(0)).collect(),
            ended: AtomicUsize::new(0),
            sabotage,
            sabotaged: AtomicBool::new(false),
            fault: Mutex::default(),
        })
    }

    /// Something is not as it should be; the first such thing is told.
    fn fault(&self, what: impl FnOnce() -> String) {
        self.fault.lock().unwrap().get_or_insert_with(what);
    }

    fn is_faulty(&self) -> bool {
        self.fault.lock().unwrap().is_some()
    }

    fn op(&self, line: usize, place: u64) -> Op {
        let number = self.issued.fetch_add(1, Ordering::SeqCst);
        assert!(number < OPERATIONS_MAX, "a round is bounded");
        Op { number, line, place }
    }

    /// Whether this is the moment for the sabotage: once, in the midst of things.
    fn sabotages(&self, what: Sabotage) -> bool {
        self.sabotage == what
            && self.ended.load(Ordering::SeqCst) > 100
            && !self.sabotaged.swap(true, Ordering::SeqCst)
    }

    fn send(&self, index: usize, dice: &mut Dice) {
        let line = &self.lines[index];
        let mut state = line.state.lock().unwrap();
        while state.sends_pending < SENDS_PENDING_MAX
            && state.sends_begun < SENDS_PER_LINE
            && !state.disturbed
        {
            let length_max = if dice.below(4) == 0 { SEND_MAX } else { 100 };
            let length = 1 + dice.below(length_max);
            let op = self.op(index, state.sent);
            // Issued with the state locked, so that the bytes go out in the order they are counted in.
            line.sender.send(content(index, state.sent, length), op);
            state.sent += length;
            state.sends_begun += 1;
            state.sends_pending += 1;
        }
        if state.sends_pending == 0 && !state.disturbed && state.sends_begun == SENDS_PER_LINE {
            line.sender.shutdown(Shutdown::Write).unwrap();
        }
    }

    fn receive(&self, index: usize, dice: &mut Dice) {
        let line = &self.lines[index];
        let mut state = line.state.lock().unwrap();
        let op = self.op(index, 0);
        state.receive = Some(line.receiver.recv(vec![0; 1 + dice.below(5000) as usize], op));
    }

    fn ended(&self, op: &Op) {
        if self.sabotages(Sabotage::LosePacket) {
            return;
        }
        let times = if self.sabotages(Sabotage::DoublePacket) { 2 } else { 1 };
        let before = self.endings[op.number].fetch_add(times, Ordering::SeqCst);
        if before + times != 1 {
            self.fault(|| format!("{op:?} ended {} times", before + times));
        }
        self.ended.fetch_add(1, Ordering::SeqCst);
    }

    fn handle(&self, done: Completion<Op>, dice: &mut Dice) {
        let op = done.context;
        match done.event {
            Event::Posted => {}
            Event::Timer { .. } => {}
            Event::Send { buf, result, .. } => {
                if !is_content(op.line, op.place, &buf) {
                    self.fault(|| format!("{op:?}: the buffer came back changed"));
                }
                let disturbed = {
                    let mut state = self.lines[op.line].state.lock().unwrap();
                    state.sends_pending -= 1;
                    state.disturbed
                };
                match result {
                    Ok(count) if count == buf.len() => {}
                    Err(_) if disturbed => {}
                    wrong => self.fault(|| format!("{op:?} of {} bytes: {wrong:?}", buf.len())),
                }
                self.send(op.line, dice);
            }
            Event::Recv { buf, result, .. } => self.received(&op, &buf, result, dice),
            event => self.fault(|| format!("{op:?}: {event:?}")),
        }
        self.ended(&op);
    }

    fn received(&self, op: &Op, buf: &[u8], result: io::Result<usize>, dice: &mut Dice) {
        let go_on = {
            let mut state = self.lines[op.line].state.lock().unwrap();
            let from = state.received;
            match result {
                Ok(0) => {
                    if !state.disturbed && state.received != state.sent {
                        let (received, sent) = (state.received, state.sent);
                        self.fault(|| format!("{op:?}: the end after {received} of {sent} bytes"));
                    }
                    false
                }
                Ok(count) => {
                    let mut bytes = buf[..count].to_vec();
                    if self.sabotages(Sabotage::CorruptByte) {
                        bytes[count / 2] ^= 0x10;
                    }
                    if !is_content(op.line, from, &bytes) {
                        self.fault(|| format!("{op:?}: {count} wrong bytes from {from} on"));
                    }
                    state.received += count as u64;
                    true
                }
                Err(error) if is_cancelled(&error) => !state.receiver_closed,
                Err(_) if state.disturbed => false,
                Err(error) => {
                    self.fault(|| format!("{op:?}: {error}"));
                    false
                }
            }
        };
        if go_on {
            self.receive(op.line, dice);
        }
    }

    /// One thread's life on the port; true if it should be replaced.
    fn take_for_a_life(&self, seed: u64) -> bool {
        let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut batch = Vec::new();
        for _ in 0..PACKETS_OF_A_LIFE / 2 + dice.below(PACKETS_OF_A_LIFE) {
            let taken = match dice.below(4) {
                0 => self.port.get_many(&mut batch, 8, Some(Duration::from_millis(1))).map(|_| ()),
                1 => self.port.get_timeout(Duration::from_micros(200)).map(|done| batch.extend(done)),
                _ => self.port.get().map(|done| batch.push(done)),
            };
            if taken.is_err() {
                return false;
            }
            batch.drain(..).for_each(|done| self.handle(done, &mut dice));
        }
        true
    }

    /// Cancels, resets and closes, now and then, until the round is over.
    fn disturb(&self, seed: u64, over: &AtomicBool) {
        let mut dice = Dice(seed | 1);
        while !over.load(Ordering::SeqCst) {
            let line = &self.lines[dice.below(LINES as u64) as usize];
            match dice.below(400) {
                0 => {
                    line.state.lock().unwrap().disturbed = true;
                    let _ = line.sender.set_linger(Some(Duration::ZERO));
                    line.sender.close();
                }
                1 => {
                    line.state.lock().unwrap().disturbed = true;
                    line.sender.close();
                }
                2 => {
                    let mut state = line.state.lock().unwrap();
                    (state.disturbed, state.receiver_closed) = (true, true);
                    line.receiver.close();
                }
                3..=60 => _ = line.receiver.cancel_all(),
                _ => {
                    let operation = line.state.lock().unwrap().receive;
                    operation.map(|operation| line.receiver.cancel(operation));
                }
            }
            std::thread::sleep(Duration::from_micros(dice.below(200)));
        }
    }
}

/// One round; the accounts must add up within the time.
fn round(seed: u64, sabotage: Sabotage, time_max: Duration) -> Result<usize, String> {
    let round = Round::new(sabotage);
    let over = Arc::new(AtomicBool::new(false));
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) | 1);
    for index in 0..LINES {
        round.receive(index, &mut dice);
        round.send(index, &mut dice);
    }
    let takers: Vec<_> = (0..TAKERS)
        .map(|taker| {
            let round = round.clone();
            go(move || {
                for life in 0.. {
                    let (round, seed) = (round.clone(), seed << 20 ^ taker << 16 ^ life);
                    let living = std::thread::spawn(move || round.take_for_a_life(seed));
                    if !living.join().expect("a taker failed") {
                        return;
                    }
                }
            })
        })
        .collect();
    let disturber = go({
        let (round, over) = (round.clone(), over.clone());
        move || round.disturb(seed ^ 0x5555_0000, &over)
    });
    let signals = go({
        let over = over.clone();
        move || interrupt_threads(&over)
    });
    for _ in 0..POSTS {
        let op = round.op(0, 0);
        match dice.below(3) {
            0 => _ = round.port.post_after(Duration::from_micros(dice.below(2000)), 0, op).unwrap(),
            _ => round.port.post(0, op).unwrap(),
        }
    }
    // Who handles a packet issues what follows before the packet counts as ended, so equal numbers are the end.
    let deadline = Instant::now() + time_max;
    let is_over = || round.ended.load(Ordering::SeqCst) == round.issued.load(Ordering::SeqCst);
    while !is_over() && !round.is_faulty() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
    let lost: Vec<usize> = (0..round.issued.load(Ordering::SeqCst))
        .filter(|&number| round.endings[number].load(Ordering::SeqCst) == 0)
        .collect();
    over.store(true, Ordering::SeqCst);
    disturber.join();
    signals.join();
    let more = round.port.stats();
    round.port.close();
    takers.into_iter().for_each(|taker| taker.join());
    if let Some(fault) = round.fault.lock().unwrap().take() {
        return Err(format!("seed {seed}: {fault}"));
    }
    match lost.is_empty() {
        true => Ok(round.issued.load(Ordering::SeqCst)),
        false => Err(format!("seed {seed}: operations {lost:?} never ended; {more:?}")),
    }
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[test]
fn each_operation_ends_once_with_the_right_bytes() {
    if !alone(this_test!()) {
        return;
    }
    without_limit();
    let seconds = number_from("LONGSHORE_STRESS_SECONDS").unwrap_or(5);
    let until = Instant::now() + Duration::from_secs(seconds);
    let (mut operations, mut rounds) = (0, 0);
    for seed in number_from("LONGSHORE_FUZZ_SEED").unwrap_or(1).. {
        operations += round(seed, Sabotage::None, PATIENCE).unwrap_or_else(|fault| panic!("{fault}"));
        rounds += 1;
        if Instant::now() > until {
            break;
        }
    }
    println!("{operations} operations in {rounds} rounds");
}

#[test]
fn the_accounts_show_a_packet_that_is_lost_doubled_or_wrong() {
    if !alone(this_test!()) {
        return;
    }
    let wrong = |sabotage, patience| round(7, sabotage, patience).expect_err("the sabotage shows");
    let lost = wrong(Sabotage::LosePacket, Duration::from_secs(3));
    assert!(lost.contains("never ended"), "{lost}");
    let doubled = wrong(Sabotage::DoublePacket, PATIENCE);
    assert!(doubled.contains("ended 2 times"), "{doubled}");
    let corrupt = wrong(Sabotage::CorruptByte, PATIENCE);
    assert!(corrupt.contains("wrong bytes"), "{corrupt}");
}
