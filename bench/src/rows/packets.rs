//! Post and get: the port used as a queue between threads, against a channel and a locked deque.
//!
//! `one-thread` posts a packet and takes it at once: the bare cost of both operations, uncontended.
//! `two-threads` posts from one thread as fast as it can while another takes. `batches` is the same with
//! the taker taking as many as 64 at a time, the way each contender offers it. Every contender carries a
//! key and a context, as a packet does.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard},
    time::Instant,
};

use longshore::Completion;

use crate::{
    Result,
    measure::process,
    measure::rounds::{Contender, interleave},
    measure::table::{Table, plain, ratio, spread},
    settings::Settings,
    work::Work,
};

pub const CASES: &[&str] = &["one-thread", "two-threads", "batches"];

/// The most packets a batched get takes.
const BATCH: usize = 64;

/// What travels: a key and a context of one word each.
type Packet = (usize, usize);

/// A queue under test. The consumer's calls block while it is empty.
trait Queue: Sync {
    /// What a batched get fills, kept from one to the next.
    type Room: Default;

    fn new() -> Self;
    fn post(&self, packet: Packet);
    fn get(&self) -> Packet;
    /// Takes at least one and at most `BATCH` packets; their number and the sum of their contexts.
    fn get_batch(&self, room: &mut Self::Room) -> (usize, usize);
}

pub fn run(case: &str, settings: &Settings) -> Result<Table> {
    let packets = settings.window.as_millis() as usize * 2_000;
    let contenders = vec![
        contender::<Channel>("crossbeam-channel, unbounded", case, packets),
        contender::<Port>("longshore port", case, packets),
        contender::<LockedDeque>("Mutex<VecDeque> and Condvar", case, packets),
    ];
    let outcomes = interleave(&format!("packets/{case}"), settings, contenders)?;

    let mut table = Table::new(
        format!("packets/{case}: post and get, {packets} packets"),
        &["queue", "time/packet", "spread", "ns/packet"],
    );
    for outcome in outcomes.finished() {
        let time = outcomes.ratio(outcome, 0);
        table.line(vec![outcome.name.clone(), ratio(time), spread(time), plain(outcome.median(0))]);
    }
    table.notes(outcomes.notes());
    Ok(table)
}

fn contender<'a, Q: Queue>(name: &str, case: &'a str, packets: usize) -> Contender<'a, 1> {
    Contender::new(name, move || {
        let queue = Q::new();
        Ok([match case {
            "one-thread" => one_thread(&queue, packets)?,
            "two-threads" => two_threads(&queue, packets, |_| (1, queue.get().1)),
            _ => two_threads(&queue, packets, |room| queue.get_batch(room)),
        }])
    })
}

/// Posts and gets so many packets, for the row that counts instructions.
pub fn repeat(work: Work, packets: usize) -> Result<()> {
    match work {
        Work::Channel => one_thread(&Channel::new(), packets),
        Work::Deque => one_thread(&LockedDeque::new(), packets),
        _ => one_thread(&<Port as Queue>::new(), packets),
    }
    .map(drop)
}

/// Nanoseconds per post and get by the same thread: CPU time, which is what passes
/// when nobody waits for anybody.
fn one_thread<Q: Queue>(queue: &Q, packets: usize) -> Result<f64> {
    let start = process::own_cpu()?;
    for number in 0..packets {
        queue.post((0, number));
        let (_, context) = queue.get();
        assert_eq!(context, number);
    }
    Ok((process::own_cpu()? - start).as_nanos() as f64 / packets as f64)
}

/// Nanoseconds per packet from the first post to the last get.
fn two_threads<Q: Queue>(queue: &Q, packets: usize, take: impl Fn(&mut Q::Room) -> (usize, usize)) -> f64 {
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| (0..packets).for_each(|number| queue.post((0, number))));
        let mut room = Q::Room::default();
        let (mut taken, mut sum) = (0, 0);
        while taken < packets {
            let (count, contexts) = take(&mut room);
            taken += count;
            sum += contexts;
        }
        assert_eq!(sum, packets * (packets - 1) / 2, "every packet arrived once");
    });
    start.elapsed().as_nanos() as f64 / packets as f64
}

/// The port with one context type for the whole packet: the key is the packet's own.
type Port = longshore::Port<usize>;

impl Queue for Port {
    type Room = Vec<Completion<usize>>;

    fn new() -> Self {
        longshore::Port::new(1).expect("a port needs a few descriptors")
    }

    fn post(&self, (key, context): Packet) {
        longshore::Port::post(self, key, context).expect("the port is open");
    }

    fn get(&self) -> Packet {
        let packet = longshore::Port::get(self).expect("the port is open");
        (packet.key, packet.context)
    }

    fn get_batch(&self, room: &mut Self::Room) -> (usize, usize) {
        let count = self.get_many(room, BATCH, None).expect("the port is open");
        (count, room.drain(..).map(|packet| packet.context).sum())
    }
}

struct Channel {
    sender: crossbeam_channel::Sender<Packet>,
    receiver: crossbeam_channel::Receiver<Packet>,
}

impl Queue for Channel {
    type Room = ();

    fn new() -> Self {
        let (sender, receiver) = crossbeam_channel::unbounded();
        Self { sender, receiver }
    }

    fn post(&self, packet: Packet) {
        self.sender.send(packet).expect("the receiver is in the same struct");
    }

    fn get(&self) -> Packet {
        self.receiver.recv().expect("the sender is in the same struct")
    }

    fn get_batch(&self, (): &mut ()) -> (usize, usize) {
        let (_, first) = self.get();
        let more = self.receiver.try_iter().take(BATCH - 1);
        more.fold((1, first), |(count, sum), (_, context)| (count + 1, sum + context))
    }
}

/// A deque under a lock, and a condition variable that is notified only when somebody waits: std's
/// notification is a system call even when nobody does.
#[derive(Default)]
struct LockedDeque {
    packets: Mutex<Packets>,
    posted: Condvar,
}

#[derive(Default)]
struct Packets {
    queue: VecDeque<Packet>,
    waiters: usize,
}

impl LockedDeque {
    /// The lock, once there is a packet.
    fn filled(&self) -> MutexGuard<'_, Packets> {
        let mut packets = self.packets.lock().expect("no holder panics");
        while packets.queue.is_empty() {
            packets.waiters += 1;
            packets = self.posted.wait(packets).expect("no holder panics");
            packets.waiters -= 1;
        }
        packets
    }
}

impl Queue for LockedDeque {
    type Room = Vec<Packet>;

    fn new() -> Self {
        Self::default()
    }

    fn post(&self, packet: Packet) {
        let mut packets = self.packets.lock().expect("no holder panics");
        packets.queue.push_back(packet);
        let somebody_waits = packets.waiters > 0;
        drop(packets);
        if somebody_waits {
            self.posted.notify_one();
        }
    }

    fn get(&self) -> Packet {
        self.filled().queue.pop_front().expect("filled() waits until there is one")
    }

    fn get_batch(&self, room: &mut Vec<Packet>) -> (usize, usize) {
        let mut packets = self.filled();
        let count = packets.queue.len().min(BATCH);
        room.extend(packets.queue.drain(..count));
        drop(packets);
        (count, room.drain(..).map(|(_, context)| context).sum())
    }
}
