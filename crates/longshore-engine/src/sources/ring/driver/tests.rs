//! Answers that a healthy kernel gives too rarely to wait for: the test drives a real ring, a turn at a time,
//! and changes what it says on the way (F16: "a fault-injection shim that forces short reads").

use super::super::setup;
use super::*;
use crate::fixtures::{Memory, Scratch, Test};
use crate::handle::Handle;
use crate::operation::OpCode;
use crate::operation::Which;
use std::collections::VecDeque;
use std::sync::Mutex;

#[derive(Default)]
struct Ended(Mutex<VecDeque<Box<Operation<Test>>>>);

impl Sink<Test> for Ended {
    fn complete(&self, finished: &mut Vec<Box<Operation<Test>>>) {
        self.0.lock().unwrap().extend(finished.drain(..));
    }
}

struct Bench {
    driver: Driver<Test>,
    ended: Arc<Ended>,
}

impl Bench {
    /// None where io_uring is refused.
    fn new() -> Option<Bench> {
        let shared = Arc::new(Shared { inbox: Inbox::new(IN_FLIGHT_MAX), wake_up: WakeUp::new().unwrap() });
        let ring = match setup::ring(&shared.wake_up) {
            Ok(ring) => ring,
            Err(refused) => {
                eprintln!("not tested: {refused}");
                return None;
            }
        };
        let ended = Arc::new(Ended::default());
        let sink = Arc::downgrade(&ended);
        let driver = Driver::new(ring, shared, sink);
        Some(Bench { driver, ended })
    }

    fn issue(&self, file: &Arc<Handle<Test>>, op_code: OpCode, memory: Memory) {
        let operation = Operation::new(file.clone(), op_code, memory);
        assert!(self.driver.shared.inbox.push(operation).is_ok());
    }

    /// One turn of the driver. `alter` sees each true answer and says what the driver is told.
    fn turn(&mut self, mut alter: impl FnMut(i32) -> i32) {
        let driver = &mut self.driver;
        driver.shared.inbox.exchange(&mut driver.exchange);
        driver.deliver();
        driver.start_and_cancel();
        driver.enter(driver.in_flight > 0 && driver.finished.is_empty());
        let answers: Vec<_> =
            driver.ring.completion().map(|answer| (answer.user_data(), answer.result())).collect();
        for (name, result) in answers {
            if name != CANCEL {
                driver.complete(Token(name), alter(result));
            }
        }
    }

    /// Turns until the operation ended, with these answers in place of the first ones.
    fn end_with(&mut self, answers: &[i32]) -> Box<Operation<Test>> {
        let mut answers = answers.iter();
        loop {
            self.turn(|truth| answers.next().copied().unwrap_or(truth));
            if let Some(operation) = self.ended.0.lock().unwrap().pop_front() {
                assert_eq!(self.driver.in_flight, 0);
                assert_eq!(answers.next(), None);
                return operation;
            }
        }
    }
}

#[test]
fn short_transfers_are_continued() {
    let Some(mut bench) = Bench::new() else {
        return;
    };
    let content: Vec<u8> = (0..100).collect();
    let scratch = Scratch::new(&content);
    let file = scratch.open();
    bench.issue(&file, OpCode::ReadAt(0), Memory::zeroed(100));
    let read = bench.end_with(&[1, 30, 4]);
    assert_eq!((read.outcome.bytes, read.outcome.error), (100, None));
    assert_eq!(read.payload.bytes(), content);
    let parts = vec![vec![1; 60], vec![2; 60]];
    bench.issue(&file, OpCode::WriteAt(0), Memory::new(parts.clone()));
    let write = bench.end_with(&[50, 20]);
    assert_eq!((write.outcome.bytes, write.outcome.error), (120, None));
    assert_eq!(scratch.content(), parts.concat());
}

#[test]
fn interruptions_and_refusals_are_asked_again() {
    let Some(mut bench) = Bench::new() else {
        return;
    };
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    let (eintr, eagain, etime) = (-libc::EINTR, -libc::EAGAIN, -libc::ETIME);
    // Each refusal but the first is followed by a pause, which ends with ETIME.
    for answers in [
        &[eintr, eintr][..],
        &[eagain],
        &[eagain, eagain, etime],
        &[eagain, eagain, etime, eagain, etime, eintr],
    ] {
        bench.issue(&file, OpCode::ReadAt(0), Memory::zeroed(3));
        let read = bench.end_with(answers);
        assert_eq!((read.outcome.bytes, read.outcome.error), (3, None));
    }
}

#[test]
fn repeated_refusals_take_time_and_no_cpu() {
    let Some(mut bench) = Bench::new() else {
        return;
    };
    let scratch = Scratch::new(b"abc");
    bench.issue(&scratch.open(), OpCode::ReadAt(0), Memory::zeroed(3));
    let start = std::time::Instant::now();
    let mut asked = 0;
    while bench.ended.0.lock().unwrap().is_empty() {
        let pausing = bench.driver.slots.iter().any(|slot| slot.pausing);
        bench.turn(|truth| {
            asked += usize::from(!pausing);
            if pausing || asked > 6 { truth } else { -libc::EAGAIN }
        });
    }
    // 2 + 4 + 8 + 16 + 32 ms of pauses between seven attempts.
    assert!(start.elapsed() >= Duration::from_millis(62));
    assert_eq!(asked, 7);
}

// K4, K10: what a cancelled call answers is its end, unless it says nothing; then it is cancelled.
#[test]
fn a_cancelled_operation_is_not_asked_again() {
    let Some(mut bench) = Bench::new() else {
        return;
    };
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    for (answer, bytes, error) in [
        (3, 3, None),
        (1, 1, Some(Errno::CANCELLED)),
        (-libc::EINTR, 0, Some(Errno::CANCELLED)),
        (-libc::EAGAIN, 0, Some(Errno::CANCELLED)),
        (-libc::ECANCELED, 0, Some(Errno::CANCELLED)),
        (-libc::EIO, 0, Some(Errno(libc::EIO))),
    ] {
        bench.issue(&file, OpCode::ReadAt(0), Memory::zeroed(3));
        let driver = &mut bench.driver;
        driver.shared.inbox.exchange(&mut driver.exchange);
        let found = driver.shared.inbox.cancel(&file, Which::All, &mut Vec::new());
        assert_eq!(found.0, 1);
        driver.start_and_cancel();
        // The cancel was not in that exchange; it is in the next, which finds the call submitted.
        let ended = bench.end_with(&[answer]);
        assert_eq!((ended.outcome.bytes, ended.outcome.error), (bytes, error));
    }
}

#[test]
fn a_pause_can_be_cancelled() {
    let Some(mut bench) = Bench::new() else {
        return;
    };
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    bench.issue(&file, OpCode::ReadAt(0), Memory::zeroed(3));
    bench.turn(|_| -libc::EAGAIN);
    bench.turn(|_| -libc::EAGAIN);
    assert!(bench.driver.slots.iter().any(|slot| slot.pausing));
    let inbox = &bench.driver.shared.inbox;
    assert_eq!(inbox.cancel(&file, Which::All, &mut Vec::new()).0, 1);
    let ended = bench.end_with(&[]);
    assert_eq!(ended.outcome.error, Some(Errno::CANCELLED));
}
