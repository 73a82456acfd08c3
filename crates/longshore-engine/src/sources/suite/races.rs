//! Many threads, cancels, and operations that have to wait.

use crate::fixtures::{Dice, Fixture, Memory, PATIENCE, Scratch, Test, handle, issue, wait_until};
use crate::handle::Handle;
use crate::operation::Which;
use crate::operation::{Errno, OpCode, Operation};
use std::collections::HashMap;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

pub(crate) fn random_operations_end_once_with_the_right_data(fixture: Fixture) {
    const THREADS: usize = 4;
    const OPERATIONS: usize = 5000;
    std::thread::scope(|scope| {
        let mut ways = HashMap::new();
        for number in 0..THREADS {
            let (sender, packets) = mpsc::channel();
            let scratch = Scratch::new(&[]);
            let file = scratch.open();
            ways.insert(Arc::as_ptr(&file) as usize, sender);
            let source = fixture.source.clone();
            scope.spawn(move || {
                Player::new(number as u64, file).play(OPERATIONS, &packets, |file, op_code, memory| {
                    issue(&*source, file, op_code, memory)
                });
                drop(scratch);
            });
        }
        for _ in 0..THREADS * OPERATIONS {
            let packet = fixture.packet();
            let way = &ways[&(Arc::as_ptr(&packet.handle) as usize)];
            way.send(packet).unwrap();
        }
    });
    fixture.no_more_packets();
    fixture.end();
}

/// Issues random operations on the places of one file, at most one on each at a
/// time, and knows what is in them.
struct Player {
    dice: Dice,
    file: Arc<Handle<Test>>,
    places: Vec<Vec<u8>>,
    busy: HashMap<u64, usize>,
}

impl Player {
    const PLACES: usize = 32;
    const LENGTH: usize = 6000;

    fn new(seed: u64, file: Arc<Handle<Test>>) -> Self {
        Player {
            dice: Dice::new(seed + 1),
            file,
            places: vec![Vec::new(); Self::PLACES],
            busy: HashMap::new(),
        }
    }

    fn play(
        &mut self,
        count: usize,
        packets: &mpsc::Receiver<Box<Operation<Test>>>,
        issue: impl Fn(&Arc<Handle<Test>>, OpCode, Memory) -> u64,
    ) {
        for _ in 0..count {
            while self.busy.len() >= 16 {
                self.check(&packets.recv_timeout(PATIENCE).unwrap());
            }
            let mut place = self.dice.below(Self::PLACES as u64) as usize;
            while self.busy.values().any(|&busy| busy == place) {
                place = (place + 1) % Self::PLACES;
            }
            let offset = (place * Self::LENGTH) as u64;
            let (op_code, memory) = match self.dice.below(20) {
                0 => (OpCode::Sync(true), Memory::new(vec![])),
                1..10 => {
                    let length = Self::LENGTH;
                    let fill = self.dice.below(255) as u8 + 1;
                    self.places[place] = vec![fill; length];
                    let cut = self.dice.below(length as u64) as usize;
                    let parts = vec![vec![fill; cut], vec![fill; length - cut]];
                    (OpCode::WriteAt(offset), Memory::new(parts))
                }
                _ => (OpCode::ReadAt(offset), Memory::zeroed(self.places[place].len())),
            };
            let id = issue(&self.file, op_code, memory);
            assert!(self.busy.insert(id, place).is_none());
        }
        while !self.busy.is_empty() {
            self.check(&packets.recv_timeout(PATIENCE).unwrap());
        }
        assert!(packets.try_recv().is_err());
    }

    fn check(&mut self, packet: &Operation<Test>) {
        let place = self.busy.remove(&packet.id).expect("ended twice");
        assert_eq!(packet.outcome.error, None);
        match packet.op_code {
            OpCode::Sync(_) => {}
            _ => {
                assert_eq!(packet.outcome.bytes, self.places[place].len() as u64);
                assert!(packet.payload.bytes() == self.places[place]);
            }
        }
    }
}

// K4, K10.
pub(crate) fn a_cancel_races_with_completion(fixture: Fixture) {
    const OPERATIONS: usize = 20_000;
    let scratch = Scratch::new(&[9; 1 << 20]);
    let handles: Vec<_> = (0..3).map(|_| scratch.open()).collect();
    let done = AtomicBool::new(false);
    let (cancelled_by_us, cancelled) = std::thread::scope(|scope| {
        let (ids, issued) = mpsc::channel();
        let handles = &handles;
        let source = fixture.source.clone();
        scope.spawn(move || {
            for number in 0..OPERATIONS {
                let handle = &handles[number % handles.len()];
                let offset = (number * 4096) as u64 % (1 << 20);
                let id = issue(&*source, handle, OpCode::ReadAt(offset), Memory::zeroed(4096));
                let _ = ids.send((number % handles.len(), id));
            }
        });
        let source = fixture.source.clone();
        let done = &done;
        let canceller = scope.spawn(move || {
            let mut dice = Dice::new(99);
            let mut found = 0;
            while let Ok((handle, id)) = issued.recv() {
                match dice.below(40) {
                    0 => found += source.cancel(&handles[handle], Which::All),
                    1..14 => found += source.cancel(&handles[handle], Which::One(id)),
                    _ => {}
                }
                if done.load(Ordering::Relaxed) {
                    break;
                }
            }
            found
        });
        let mut seen = std::collections::HashSet::new();
        let mut cancelled = 0;
        for _ in 0..OPERATIONS {
            let packet = fixture.packet();
            assert!(seen.insert(packet.id), "ended twice");
            match packet.outcome.error {
                None => {
                    assert_eq!(packet.outcome.bytes, 4096);
                    assert!(packet.payload.blocks[0].iter().all(|&byte| byte == 9));
                }
                Some(Errno::CANCELLED) => cancelled += 1,
                Some(errno) => panic!("{errno:?}"),
            }
        }
        done.store(true, Ordering::Relaxed);
        (canceller.join().unwrap(), cancelled)
    });
    // Each cancelled operation was found by a cancel; some that were found succeeded all the same.
    assert!(cancelled > 0, "the race was never won");
    assert!(cancelled <= cancelled_by_us);
    std::thread::sleep(Duration::from_millis(20));
    fixture.no_more_packets();
    fixture.end();
}

/// A descriptor whose reads answer "not now", and that no file source can poll.
fn not_now() -> Arc<Handle<Test>> {
    // SAFETY: no pointers.
    let fd = unsafe { libc::inotify_init1(libc::IN_NONBLOCK | libc::IN_CLOEXEC) };
    assert!(fd >= 0);
    // SAFETY: the call succeeded, so the descriptor is open and ours.
    handle(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Cancels until so many were found, for an operation that is being asked about at the moment may not count.
fn cancel_until_found(fixture: &Fixture, file: &Handle<Test>, which: Which<'_>, wanted: usize) {
    let start = Instant::now();
    let mut found = 0;
    while found < wanted {
        found += fixture.source.cancel(file, which);
        assert!(start.elapsed() < PATIENCE, "{found} of {wanted} found");
    }
    assert_eq!(found, wanted);
}

// K1, K3.
pub(crate) fn cancelling_all_counts_each_once(fixture: Fixture) {
    const OPERATIONS: usize = 400;
    let file = not_now();
    let ids: Vec<u64> =
        (0..OPERATIONS).map(|_| fixture.issue(&file, OpCode::ReadAt(0), Memory::zeroed(64))).collect();
    std::thread::sleep(Duration::from_millis(20));
    cancel_until_found(&fixture, &file, Which::One(ids[0]), 1);
    assert_eq!(fixture.source.cancel(&file, Which::One(ids[0])), 0);
    cancel_until_found(&fixture, &file, Which::One(ids[OPERATIONS - 1]), 1);
    cancel_until_found(&fixture, &file, Which::All, OPERATIONS - 2);
    assert_eq!(fixture.source.cancel(&file, Which::All), 0);
    let mut ended: Vec<u64> = (0..OPERATIONS)
        .map(|_| {
            let packet = fixture.packet();
            assert_eq!(packet.outcome.error, Some(Errno::CANCELLED));
            assert_eq!(packet.outcome.bytes, 0);
            packet.id
        })
        .collect();
    ended.sort_unstable();
    assert_eq!(ended, ids);
    fixture.no_more_packets();
    fixture.end();
}

// K5, K7.
pub(crate) fn a_cancel_leaves_other_handles_alone(fixture: Fixture) {
    let (one, other) = (not_now(), not_now());
    let first = fixture.issue(&one, OpCode::ReadAt(0), Memory::zeroed(64));
    let second = fixture.issue(&one, OpCode::ReadAt(0), Memory::zeroed(64));
    let third = fixture.issue(&other, OpCode::ReadAt(0), Memory::zeroed(64));
    assert_eq!(fixture.source.cancel(&other, Which::One(first)), 0);
    assert_eq!(fixture.source.cancel(&one, Which::One(u64::MAX)), 0);
    cancel_until_found(&fixture, &one, Which::One(second), 1);
    assert_eq!(fixture.packet().id, second);
    cancel_until_found(&fixture, &one, Which::All, 1);
    assert_eq!(fixture.packet().id, first);
    cancel_until_found(&fixture, &other, Which::All, 1);
    assert_eq!(fixture.packet().id, third);
    fixture.no_more_packets();
    fixture.end();
}

pub(crate) fn not_now_is_asked_again(fixture: Fixture) {
    let scratch = Scratch::new(b"");
    let events = not_now();
    let path = std::ffi::CString::new(scratch.path.to_str().unwrap()).unwrap();
    // One event without a name.
    fixture.issue(&events, OpCode::ReadAt(0), Memory::zeroed(16));
    std::thread::sleep(Duration::from_millis(50));
    fixture.no_more_packets();
    // SAFETY: the path is a C string that lives through the call.
    let watch =
        unsafe { libc::inotify_add_watch(events.descriptor().as_raw_fd(), path.as_ptr(), libc::IN_MODIFY) };
    assert!(watch >= 0);
    std::fs::write(&scratch.path, b"news").unwrap();
    let packet = fixture.packet();
    assert_eq!(packet.outcome.error, None);
    assert_eq!(packet.outcome.bytes, 16);
    fixture.end();
}

pub(crate) fn not_now_can_be_cancelled(fixture: Fixture) {
    let file = not_now();
    for pause in [0, 1, 10, 100] {
        fixture.issue(&file, OpCode::ReadAt(0), Memory::zeroed(64));
        std::thread::sleep(Duration::from_millis(pause));
        cancel_until_found(&fixture, &file, Which::All, 1);
        assert_eq!(fixture.packet().outcome.error, Some(Errno::CANCELLED));
    }
    fixture.no_more_packets();
    fixture.end();
}

pub(crate) fn no_wake_up_is_lost(fixture: Fixture) {
    let scratch = Scratch::new(&[1; 4096]);
    let file = scratch.open();
    let mut memory = Memory::zeroed(16);
    // One at a time: the driver goes to sleep between any two.
    for _ in 0..50_000 {
        let packet = fixture.run(&file, OpCode::ReadAt(0), memory);
        assert_eq!(packet.outcome.bytes, 16);
        memory = Memory::new(vec![packet.payload.blocks[0].clone()]);
    }
    fixture.end();
}

// TX1.
pub(crate) fn the_issuing_thread_may_exit(fixture: Fixture) {
    const OPERATIONS: usize = 64;
    let scratch = Scratch::new(&vec![3; 1 << 20]);
    let file = scratch.open_with(libc::O_DIRECT);
    let arena = crate::fixtures::Arena::new(OPERATIONS << 20);
    let slow = not_now();
    let source = fixture.source.clone();
    let issuer = {
        let (file, slow, arena) = (file.clone(), slow.clone(), arena.clone());
        std::thread::spawn(move || {
            issue(&*source, &slow, OpCode::ReadAt(0), Memory::zeroed(64));
            for number in 0..OPERATIONS {
                let lease = arena.lease(number << 20, 1 << 20);
                issue(&*source, &file, OpCode::ReadAt(0), Memory::leased(lease));
            }
        })
    };
    issuer.join().unwrap();
    for _ in 0..OPERATIONS {
        let packet = fixture.packet();
        assert_eq!(packet.outcome.error, None);
        assert_eq!(packet.outcome.bytes, 1 << 20);
    }
    // TX2: what survived can still be cancelled.
    std::thread::sleep(Duration::from_millis(50));
    fixture.no_more_packets();
    cancel_until_found(&fixture, &slow, Which::All, 1);
    assert_eq!(fixture.packet().outcome.error, Some(Errno::CANCELLED));
    wait_until("the packets to be let go", || Arc::strong_count(&arena) == 1);
    fixture.end();
}
