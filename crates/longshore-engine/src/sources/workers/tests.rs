//! What is the workers' own. The promises they share with the ring are in `file_suite`.

use super::*;
use crate::fixtures::{Fixture, Memory, Scratch, Test, wait_until};
use crate::operation::OpCode;
use std::io::Write;

impl Fixture {
    pub(crate) fn over_workers() -> Fixture {
        Self::over_a_pool(4, IDLE_MAX, None).expect("needs nothing")
    }

    fn over_a_pool(threads: usize, idle_max: Duration, stack_bytes: Option<usize>) -> Option<Fixture> {
        Fixture::over(|sink| {
            let source = Workers::<Test>::with_bounds(sink, threads, idle_max, stack_bytes);
            let pool = Arc::downgrade(&source.pool);
            let alive = Box::new(move || pool.strong_count() > 0);
            Some((source, alive))
        })
    }
}

#[test]
fn without_any_thread_operations_fail_rather_than_hang() {
    // No address space has room for such a stack.
    let fixture = Fixture::over_a_pool(4, IDLE_MAX, Some(1 << 60)).unwrap();
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    for _ in 0..3 {
        let errno = fixture.fail(&file, OpCode::ReadAt(0), Memory::zeroed(3));
        assert_eq!(errno, libc::EAGAIN);
    }
    fixture.no_more_packets();
    fixture.end();
}

struct Nobody;

impl Sink<Test> for Nobody {
    fn complete(&self, _: &mut Vec<Box<Operation<Test>>>) {}
}

fn read(source: &Workers<Test>, file: &Arc<Handle<Test>>) {
    source.issue(file, Operation::new(file.clone(), OpCode::ReadAt(0), Memory::zeroed(3)));
}

#[test]
fn threads_are_bounded_and_end_when_idle() {
    let idle_max = Duration::from_millis(30);
    let sink: Arc<dyn Sink<Test>> = Arc::new(Nobody);
    let source = Workers::with_bounds(Arc::downgrade(&sink), 3, idle_max, None);
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    assert_eq!(source.pool.lock().threads, 0);
    for _ in 0..2 {
        for _ in 0..200 {
            read(&source, &file);
            assert!(source.pool.lock().threads <= 3);
        }
        wait_until("the threads to end", || source.pool.lock().threads == 0);
        assert!(source.pool.lock().queue.is_empty());
    }
    assert!(source.pool.lock().started <= 6);
}

#[test]
fn an_idle_thread_is_used_before_a_new_one() {
    let sink: Arc<dyn Sink<Test>> = Arc::new(Nobody);
    let source = Workers::with_bounds(Arc::downgrade(&sink), 3, IDLE_MAX, None);
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    for _ in 0..50 {
        read(&source, &file);
        wait_until("a thread at leisure", || {
            let state = source.pool.lock();
            state.idle == 1 && state.queue.is_empty()
        });
    }
    assert_eq!(source.pool.lock().threads, 1);
}

// K4, K10. A pipe belongs elsewhere, but nothing else is certain to keep a call waiting.
#[test]
fn a_running_call_is_not_cancelled_and_not_counted() {
    let fixture = Fixture::over_workers();
    let (reader, mut writer) = io::pipe().unwrap();
    let file = crate::fixtures::handle(reader);
    fixture.issue(&file, OpCode::ReadAt(0), Memory::zeroed(1));
    // Until a thread has it, it can be cancelled; in 100 ms one has.
    thread::sleep(Duration::from_millis(100));
    assert_eq!(fixture.source.cancel(&file, Which::All), 0);
    writer.write_all(b"!").unwrap();
    let packet = fixture.packet();
    assert_eq!((packet.outcome.bytes, packet.outcome.error), (1, None));
    fixture.end();
}

// A call that waits must not keep the other threads from working.
#[test]
fn operations_run_side_by_side() {
    let fixture = Fixture::over_workers();
    let (reader, mut writer) = io::pipe().unwrap();
    let slow = crate::fixtures::handle(reader);
    let scratch = Scratch::new(b"abc");
    let file = scratch.open();
    let waiting = fixture.issue(&slow, OpCode::ReadAt(0), Memory::zeroed(1));
    for _ in 0..100 {
        assert_eq!(fixture.succeed(&file, OpCode::ReadAt(0), Memory::zeroed(3)), 3);
    }
    writer.write_all(b"!").unwrap();
    assert_eq!(fixture.packet().id, waiting);
    fixture.end();
}
