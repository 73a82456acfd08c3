//! The test fixture: a face whose payload owns memory, a sink that collects, and files to work on.

use crate::handle::{Handle, Kind};
use crate::operation::Regions;
use crate::operation::{Errno, Face, OpCode, Operation, Payload};
use crate::port::Core;
use crate::sources::{Sink, Source};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

/// Longer than anything here takes on a busy machine: running into it means a hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Test;

impl Face for Test {
    type Post = ();
    type Payload = Memory;
}

/// What a payload does besides holding memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Temper {
    Calm,
    PanicsInDrop,
    PanicsInAcquire,
    PanicsInRegions,
    FailsToAcquire(i32),
}

/// A payload of several blocks of memory.
pub(crate) struct Memory {
    pub(crate) blocks: Vec<Vec<u8>>,
    pub(crate) arena: Option<Lease>,
    pub(crate) temper: Temper,
    pub(crate) acquired: usize,
    pub(crate) released: usize,
    pub(crate) drops: Option<Arc<AtomicUsize>>,
}

impl Memory {
    pub(crate) fn new(blocks: Vec<Vec<u8>>) -> Self {
        Memory { blocks, arena: None, temper: Temper::Calm, acquired: 0, released: 0, drops: None }
    }

    pub(crate) fn zeroed(length: usize) -> Self {
        let mut block = vec![0; length];
        if length > 1 << 30 {
            // In pages of 4 KiB, gigabytes would take most of a test's time.
            let first = block.as_mut_ptr().align_offset(4096);
            // SAFETY: whole pages within the block; the advice changes nothing of what is in them.
            unsafe {
                libc::madvise(
                    block[first..].as_mut_ptr().cast(),
                    (length - first) & !4095,
                    libc::MADV_HUGEPAGE,
                )
            };
        }
        Self::new(vec![block])
    }

    pub(crate) fn leased(lease: Lease) -> Self {
        let mut memory = Self::new(Vec::new());
        memory.arena = Some(lease);
        memory
    }

    pub(crate) fn with_temper(mut self, temper: Temper) -> Self {
        self.temper = temper;
        self
    }

    pub(crate) fn counted(mut self, drops: &Arc<AtomicUsize>) -> Self {
        self.drops = Some(drops.clone());
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.blocks.concat()
    }
}

// SAFETY: the regions are the payload's own vectors, which nobody resizes, or a part of an arena leased to it
// alone; neither moves with the payload.
unsafe impl Payload for Memory {
    fn regions(&mut self, regions: &mut Regions) {
        assert_ne!(self.temper, Temper::PanicsInRegions, "as asked");
        for block in &mut self.blocks {
            regions.push(block.as_mut_ptr(), block.len());
        }
        if let Some(lease) = &self.arena {
            regions.push(lease.address(), lease.length);
        }
    }

    fn acquire(&mut self) -> Result<(), Errno> {
        self.acquired += 1;
        match self.temper {
            Temper::PanicsInAcquire => panic!("as asked"),
            Temper::FailsToAcquire(errno) => Err(Errno(errno)),
            _ => Ok(()),
        }
    }

    fn release(&mut self) {
        self.released += 1;
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(lease) = self.arena.take() {
            lease.poison();
        }
        if let Some(drops) = &self.drops {
            drops.fetch_add(1, Ordering::SeqCst);
        }
        assert_ne!(self.temper, Temper::PanicsInDrop, "as asked");
    }
}

/// Memory that stays mapped after its lease ended, so that a late write into it is seen, not a crash.
pub(crate) struct Arena {
    address: *mut u8,
    length: usize,
}

// SAFETY: the arena is plain memory; who may touch which part is said by the leases.
unsafe impl Send for Arena {}
// SAFETY: as above.
unsafe impl Sync for Arena {}

impl Arena {
    pub(crate) const POISON: u8 = 0xEE;

    pub(crate) fn new(length: usize) -> Arc<Arena> {
        // SAFETY: a new private mapping.
        let address = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                length,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE,
                -1,
                0,
            )
        };
        assert_ne!(address, libc::MAP_FAILED);
        Arc::new(Arena { address: address.cast(), length })
    }

    /// A part of the arena. Each part may be leased once.
    pub(crate) fn lease(self: &Arc<Self>, offset: usize, length: usize) -> Lease {
        assert!(offset + length <= self.length);
        Lease { arena: self.clone(), offset, length }
    }

    /// Bytes that are not poison. All leases must have ended.
    pub(crate) fn written_after_poisoning(&self) -> usize {
        // SAFETY: the mapping is `length` long and lives as long as the arena.
        let bytes = unsafe { std::slice::from_raw_parts(self.address, self.length) };
        // Whole pages first: byte by byte, hundreds of megabytes take seconds without optimization.
        let touched = bytes.chunks(4096).filter(|page| **page != [Self::POISON; 4096][..page.len()]);
        touched.flatten().filter(|&&byte| byte != Self::POISON).count()
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        // SAFETY: nobody holds a lease any more, for it would hold the arena.
        unsafe { libc::munmap(self.address.cast(), self.length) };
    }
}

pub(crate) struct Lease {
    arena: Arc<Arena>,
    offset: usize,
    length: usize,
}

impl Lease {
    fn address(&self) -> *mut u8 {
        self.arena.address.wrapping_add(self.offset)
    }

    fn poison(self) {
        // SAFETY: the part is inside the mapping, and leased to this payload only.
        unsafe { std::ptr::write_bytes(self.address(), Arena::POISON, self.length) };
    }
}

/// A sink that puts packets into a channel.
pub(crate) struct Collector {
    packets: Mutex<mpsc::Sender<Box<Operation<Test>>>>,
    /// Packets delivered so far.
    pub(crate) delivered: AtomicUsize,
    pub(crate) batches: AtomicUsize,
}

impl Sink<Test> for Collector {
    fn complete(&self, finished: &mut Vec<Box<Operation<Test>>>) {
        self.batches.fetch_add(1, Ordering::Relaxed);
        let packets = self.packets.lock().unwrap();
        for operation in finished.drain(..) {
            self.delivered.fetch_add(1, Ordering::SeqCst);
            let _ = packets.send(operation);
        }
    }
}

/// A source under test, with a sink to see what comes out.
pub(crate) struct Fixture {
    pub(crate) source: Arc<dyn Source<Test>>,
    pub(crate) collector: Arc<Collector>,
    pub(crate) packets: mpsc::Receiver<Box<Operation<Test>>>,
    /// Whether threads of the source still run, once the source was dropped.
    threads_alive: Box<dyn Fn() -> bool>,
}

impl Fixture {
    /// Builds the source for a sink; `make` also returns how to see whether its threads are alive.
    pub(crate) fn over<S: Source<Test> + 'static>(
        make: impl FnOnce(std::sync::Weak<dyn Sink<Test>>) -> Option<(S, Box<dyn Fn() -> bool>)>,
    ) -> Option<Fixture> {
        let (sender, packets) = mpsc::channel();
        let collector = Arc::new(Collector {
            packets: Mutex::new(sender),
            delivered: AtomicUsize::new(0),
            batches: AtomicUsize::new(0),
        });
        let weak = Arc::downgrade(&collector);
        let (source, threads_alive) = make(weak)?;
        Some(Fixture { source: Arc::new(source), collector, packets, threads_alive })
    }

    pub(crate) fn issue(&self, handle: &Arc<Handle<Test>>, op_code: OpCode, memory: Memory) -> u64 {
        issue(&*self.source, handle, op_code, memory)
    }

    /// The next packet.
    pub(crate) fn packet(&self) -> Box<Operation<Test>> {
        self.packets.recv_timeout(PATIENCE).expect("the operation should have ended")
    }

    /// Issues an operation and waits for its packet.
    pub(crate) fn run(
        &self,
        handle: &Arc<Handle<Test>>,
        op_code: OpCode,
        memory: Memory,
    ) -> Box<Operation<Test>> {
        let id = self.issue(handle, op_code, memory);
        let packet = self.packet();
        assert_eq!(packet.id, id);
        packet
    }

    /// Like `run`; the operation must succeed. Returns the bytes transferred.
    pub(crate) fn succeed(&self, handle: &Arc<Handle<Test>>, op_code: OpCode, memory: Memory) -> u64 {
        let packet = self.run(handle, op_code, memory);
        assert_eq!(packet.outcome.error, None);
        packet.outcome.bytes
    }

    /// Like `run`; the operation must fail. Returns the error.
    pub(crate) fn fail(&self, handle: &Arc<Handle<Test>>, op_code: OpCode, memory: Memory) -> i32 {
        let packet = self.run(handle, op_code, memory);
        packet.outcome.error.expect("should fail").0
    }

    pub(crate) fn no_more_packets(&self) {
        assert!(self.packets.try_recv().is_err(), "a packet too many");
    }

    /// Drops the source and waits until its threads have ended. Packets that were queued are dropped.
    pub(crate) fn end(self) {
        let Fixture { source, threads_alive, packets, .. } = self;
        drop(source);
        wait_until("the threads to end", || !threads_alive());
        drop(packets);
    }
}

/// Issues an operation under a new id.
pub(crate) fn issue(
    source: &dyn Source<Test>,
    handle: &Arc<Handle<Test>>,
    op_code: OpCode,
    memory: Memory,
) -> u64 {
    static IDS: AtomicU64 = AtomicU64::new(1);
    let mut operation = Operation::new(handle.clone(), op_code, memory);
    operation.id = IDS.fetch_add(1, Ordering::Relaxed);
    source.issue(handle, operation)
}

pub(crate) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A file of the test's own, removed afterwards.
pub(crate) struct Scratch {
    pub(crate) path: PathBuf,
}

impl Scratch {
    pub(crate) fn new(content: &[u8]) -> Scratch {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("longshore-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        let mut file = File::create(&path).unwrap();
        file.write_all(content).unwrap();
        Scratch { path }
    }

    pub(crate) fn open(&self) -> Arc<Handle<Test>> {
        self.open_with(0)
    }

    /// Opens for reading and writing, with further flags.
    pub(crate) fn open_with(&self, flags: i32) -> Arc<Handle<Test>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(flags);
        handle(options.open(&self.path).unwrap())
    }

    pub(crate) fn content(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

pub(crate) fn handle(fd: impl Into<OwnedFd>) -> Arc<Handle<Test>> {
    Core::new(1).unwrap().attach(fd.into(), 7, Some(Kind::File)).unwrap()
}

thread_local! {
    static STOP: std::cell::RefCell<Option<std::rc::Rc<dyn Fn()>>> = const { std::cell::RefCell::new(None) };
}

/// Says what a stop that was deferred does on the calling thread.
pub(crate) fn stop_by(stop: impl Fn() + 'static) {
    STOP.set(Some(std::rc::Rc::new(stop)));
    crate::on_stop(stop_here);
}

pub(crate) fn stop_here() {
    if let Some(stop) = STOP.with_borrow(Clone::clone) {
        stop();
    }
}

/// Numbers that look random enough, the same in every run.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}
