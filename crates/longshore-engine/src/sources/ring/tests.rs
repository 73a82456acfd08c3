//! What is a ring's own. The promises it shares with the workers are in `file_suite`.

use super::*;
use crate::fixtures::{Fixture, Memory, Scratch, Test};
use crate::operation::OpCode;

impl Fixture {
    /// None, and a word about it, where io_uring is refused.
    pub(crate) fn over_a_ring() -> Option<Fixture> {
        Self::over_rings(1)
    }

    fn over_rings(shards: usize) -> Option<Fixture> {
        Fixture::over(|sink| {
            let source = match RingSource::<Test>::with_shards(sink, shards) {
                Ok(source) => source,
                Err(refused) => {
                    eprintln!("not tested: {refused}");
                    return None;
                }
            };
            let first = source.shards[0].get().map(Arc::downgrade)?;
            let alive = Box::new(move || first.strong_count() > 0);
            Some((source, alive))
        })
    }
}

#[test]
fn handles_are_spread_over_shards_and_each_keeps_its_own() {
    let source = match RingSource::<Test>::with_shards(Weak::<Nobody>::new(), 4) {
        Ok(source) => source,
        Err(refused) => return eprintln!("not tested: {refused}"),
    };
    let scratch = Scratch::new(b"abc");
    let files: Vec<_> = (0..64).map(|_| scratch.open()).collect();
    for file in &files {
        let shard = source.start_shard_of(file).unwrap();
        assert!(Arc::ptr_eq(shard, source.start_shard_of(file).unwrap()));
    }
    assert!(source.shards.iter().all(|cell| cell.get().is_some()));
    let shards: Vec<_> = source.shards.iter().filter_map(|cell| cell.get().map(Arc::downgrade)).collect();
    source.close();
    assert!(source.start_shard_of(&scratch.open()).is_some());
    drop(source);
    crate::fixtures::wait_until("the drivers to end", || {
        shards.iter().all(|shard| shard.strong_count() == 0)
    });
}

struct Nobody;

impl Sink<Test> for Nobody {
    fn complete(&self, _: &mut Vec<Box<Operation<Test>>>) {}
}

#[test]
fn a_closed_source_starts_no_further_shard() {
    let source = match RingSource::<Test>::with_shards(Weak::<Nobody>::new(), 64) {
        Ok(source) => source,
        Err(refused) => return eprintln!("not tested: {refused}"),
    };
    source.close();
    let scratch = Scratch::new(b"abc");
    let files: Vec<_> = (0..64).map(|_| scratch.open()).collect();
    for file in &files {
        source.issue(file, Operation::new(file.clone(), OpCode::ReadAt(0), Memory::zeroed(3)));
    }
    let started = source.shards.iter().filter(|cell| cell.get().is_some());
    assert_eq!(started.count(), 1);
    assert!(files.iter().all(|file| Arc::strong_count(file) == 1));
}

#[test]
fn completions_come_in_batches() {
    const OPERATIONS: usize = 5000;
    let Some(fixture) = Fixture::over_rings(1) else {
        return;
    };
    let scratch = Scratch::new(&[1; 4096]);
    let file = scratch.open();
    for _ in 0..OPERATIONS {
        fixture.issue(&file, OpCode::ReadAt(0), Memory::zeroed(64));
    }
    for _ in 0..OPERATIONS {
        assert_eq!(fixture.packet().outcome.bytes, 64);
    }
    let batches = fixture.collector.batches.load(std::sync::atomic::Ordering::Relaxed);
    assert!(batches < OPERATIONS / 2, "{batches} for {OPERATIONS}");
    fixture.end();
}

/// What Docker's default profile does.
#[test]
fn a_forbidden_ring_is_an_error_that_says_what_to_do() {
    let refused = thread::spawn(|| {
        forbid_io_uring();
        RingSource::<Test>::new(Weak::<Nobody>::new()).err()
    });
    let refused = refused.join().unwrap().expect("should be refused");
    assert_eq!(refused.errno, Errno(libc::EPERM));
    let text = refused.to_string();
    assert!(text.contains("seccomp") && text.contains("io_uring_disabled"), "{text}");
}

/// Makes `io_uring_setup` fail with EPERM for this thread and those it starts.
fn forbid_io_uring() {
    let statement =
        |code: u32, k: u32, jump_false: u8| libc::sock_filter { code: code as u16, jt: 0, jf: jump_false, k };
    let mut program = [
        // The number of the system call.
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, libc::SYS_io_uring_setup as u32, 1),
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ERRNO | libc::EPERM as u32, 0),
        statement(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW, 0),
    ];
    let filter = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: no pointers.
    let result = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(result, 0);
    // SAFETY: the program lives through the call, which copies it.
    let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter) };
    assert_eq!(result, 0);
}
