//! Each operation has one packet, with the right bytes, while sockets are cancelled, reset and closed around it, threads
//! end in every way a thread can end, and signals interrupt their calls 10,000 times a second.
//!
//! 1. Each operation that was begun has one packet, and no packet is for nobody (D1, D6), whatever became of the
//!    thread that began it (TX2).
//! 2. What is received is what was sent, in order, byte for byte; a cancelled receive loses nothing (K9).
//! 3. Only a connection that was disturbed has errors, and one that was not has all its bytes before its end.
//! 4. A packet that was posted comes once; one whose thread was terminated as it posted, once at most.
//!
//! `LONGSHORE_STRESS_SECONDS` says how long rounds are run, `LONGSHORE_FUZZ_SEED` which is the first. The Rust face has the
//! same test.

use crate::stress::call_sequences::{Random, number_from};
use longshore_fixtures::process::{alone, without_limit};
use longshore_fixtures::signals::interrupt_threads;
use longshore_fixtures::this_test;
use longshore_win32::testing::{
    _endthreadex, CancelIoEx, CloseHandle, CreateIoCompletionPort, CreateThread, ExitThread,
    GetCurrentThread, GetExitCodeThread, GetLastError, GetQueuedCompletionStatusEx, HANDLE,
    INVALID_HANDLE_VALUE, PostQueuedCompletionStatus, TerminateThread, WSARecv, WSASend, WSAStartup,
    WaitForSingleObject, closesocket, longshore_accept, longshore_bind, longshore_connect,
    longshore_getsockname, longshore_listen, longshore_setsockopt, longshore_shutdown, longshore_socket,
};
use std::collections::HashMap;
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, STATUS_CANCELLED, STATUS_SUCCESS, WAIT_OBJECT_0};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::System::IO::{OVERLAPPED, OVERLAPPED_ENTRY};

const LINES: usize = 8;
const SENDS_PER_LINE: usize = 40;
const SENDS_PENDING_MAX: usize = 3;
const SEND_MAX: usize = 30_000;
const POSTERS: usize = 6;
const POSTS_EACH: usize = 300;
const TAKERS: usize = 4;
const PACKETS_OF_A_LIFE: usize = 60;
/// The exit code of a taker whose port was closed.
const NO_MORE: u32 = 1;

/// What is done to the accounts, to see that they show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sabotage {
    None,
    LosePacket,
    DoublePacket,
    CorruptByte,
}

/// The byte at a place of a line's content.
fn byte_at(line: usize, place: usize) -> u8 {
    let mixed = (line as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ (place as u64 / 8 + 1).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (mixed ^ mixed >> 29).to_le_bytes()[place % 8]
}

fn is_content(line: usize, from: usize, bytes: &[u8]) -> bool {
    bytes.iter().enumerate().all(|(index, &byte)| byte == byte_at(line, from + index))
}

/// An operation: all it needs while it is under way.
#[repr(C)]
struct Io {
    overlapped: OVERLAPPED,
    buffer: ws::WSABUF,
    count: u32,
    flags: u32,
    line: usize,
    /// Of a send, where its bytes begin.
    place: Option<usize>,
    bytes: Vec<u8>,
}

/// An `Io` whose memory the system has; the address is its name.
struct Given(*mut Io);
// SAFETY: whoever takes it out of the accounts has it alone.
unsafe impl Send for Given {}

struct Line {
    sender: usize,
    receiver: usize,
    state: Mutex<LineState>,
}

#[derive(Default)]
struct LineState {
    sent: usize,
    received: usize,
    sends_begun: usize,
    sends_pending: usize,
    /// The name of the receive under way, or of one that was.
    receive: usize,
    disturbed: bool,
    receiver_closed: bool,
}

struct Round {
    port: usize,
    lines: Vec<Line>,
    seed: u64,
    lives: AtomicUsize,
    /// Operations that have no packet yet.
    pending: Mutex<HashMap<usize, Given>>,
    ended: AtomicUsize,
    /// For each packet to be posted: begun, posted.
    posts: Vec<[AtomicBool; 2]>,
    posts_taken: Vec<AtomicU8>,
    posting: AtomicUsize,
    sabotage: Sabotage,
    sabotaged: AtomicBool,
    fault: Mutex<Option<String>>,
}

fn port_of(round: &Round) -> HANDLE {
    round.port as HANDLE
}

/// Two ends of a connection.
fn pair() -> [usize; 2] {
    let mut data = ws::WSADATA::default();
    let mut address = [2, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0u8];
    let mut length = 16;
    // SAFETY: writable places, and an address of sixteen bytes.
    unsafe {
        WSAStartup(0x0202, &mut data);
        let listener = longshore_socket(2, ws::SOCK_STREAM, 0);
        assert_eq!(longshore_bind(listener, address.as_ptr().cast(), 16), 0);
        assert_eq!(longshore_getsockname(listener, address.as_mut_ptr().cast(), &mut length), 0);
        assert_eq!(longshore_listen(listener, 1), 0);
        let one = longshore_socket(2, ws::SOCK_STREAM, 0);
        assert_eq!(longshore_connect(one, address.as_ptr().cast(), 16), 0, "{}", GetLastError());
        let other = longshore_accept(listener, null_mut(), null_mut());
        assert_ne!(other, ws::INVALID_SOCKET);
        assert_eq!(closesocket(listener), 0);
        [one, other]
    }
}

impl Round {
    fn new(seed: u64, sabotage: Sabotage) -> Arc<Round> {
        let port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 2);
        let line = |index| {
            let [sender, receiver] = pair();
            for socket in [sender, receiver] {
                assert_eq!(CreateIoCompletionPort(socket as HANDLE, port, index, 0), port);
            }
            Line { sender, receiver, state: Mutex::default() }
        };
        Arc::new(Round {
            port: port as usize,
            lines: (0..LINES).map(line).collect(),
            seed,
            lives: AtomicUsize::new(0),
            pending: Mutex::default(),
            ended: AtomicUsize::new(0),
            posts: (0..POSTERS * POSTS_EACH).map(|_| Default::default()).collect(),
            posts_taken: (0..POSTERS * POSTS_EACH).map(|_| AtomicU8::new(0)).collect(),
            posting: AtomicUsize::new(0),
            sabotage,
            sabotaged: AtomicBool::new(false),
            fault: Mutex::default(),
        })
    }

    /// Something is not as it should be; the first such thing is told.
    fn fault(&self, what: impl FnOnce() -> String) {
        self.fault.lock().unwrap().get_or_insert_with(what);
    }

    /// Whether this is the moment for the sabotage: once, in the midst of things.
    fn sabotages(&self, what: Sabotage) -> bool {
        self.sabotage == what
            && self.ended.load(Ordering::SeqCst) > 100
            && !self.sabotaged.swap(true, Ordering::SeqCst)
    }

    /// Begins an operation, whose packet is due if the call says so; its name.
    fn begin(&self, line: usize, place: Option<usize>, bytes: Vec<u8>, disturbed: bool) -> Option<usize> {
        let io = Io {
            overlapped: OVERLAPPED::default(),
            buffer: ws::WSABUF { len: bytes.len() as u32, buf: null_mut() },
            count: 0,
            flags: 0,
            line,
            place,
            bytes,
        };
        let io = Box::into_raw(Box::new(io));
        self.pending.lock().unwrap().insert(io as usize, Given(io));
        let sockets = &self.lines[line];
        // SAFETY: the memory is the operation's until its packet comes, and may be gone as soon as it was begun.
        let result = unsafe {
            (*io).buffer.buf = (*io).bytes.as_mut_ptr();
            let (buffer, count, flags) =
                (&raw const (*io).buffer, &raw mut (*io).count, &raw mut (*io).flags);
            match place {
                Some(_) => WSASend(sockets.sender, buffer, 1, count, 0, io.cast(), None),
                None => WSARecv(sockets.receiver, buffer, 1, count, flags, io.cast(), None),
            }
        };
        if result == 0 || GetLastError() == ERROR_IO_PENDING {
            return Some(io as usize);
        }
        let error = GetLastError();
        if !disturbed {
            self.fault(|| format!("line {line}: refused with {error}"));
        }
        let refused = self.pending.lock().unwrap().remove(&(io as usize));
        match refused {
            // SAFETY: it was refused, so nobody else has it.
            Some(Given(io)) => drop(unsafe { Box::from_raw(io) }),
            None => self.fault(|| format!("line {line}: a packet for what was refused with {error}")),
        }
        None
    }

    fn send(&self, index: usize, random: &mut Random) {
        let line = &self.lines[index];
        let mut state = line.state.lock().unwrap();
        while state.sends_pending < SENDS_PENDING_MAX
            && state.sends_begun < SENDS_PER_LINE
            && !state.disturbed
        {
            let length = 1 + if random.one_in(4) { random.below(SEND_MAX) } else { random.below(100) };
            let bytes = (state.sent..state.sent + length).map(|place| byte_at(index, place)).collect();
            // Begun with the state locked, so that the bytes go out in the order they are counted in.
            if self.begin(index, Some(state.sent), bytes, state.disturbed).is_none() {
                return;
            }
            state.sent += length;
            state.sends_begun += 1;
            state.sends_pending += 1;
        }
        if state.sends_pending == 0 && !state.disturbed && state.sends_begun == SENDS_PER_LINE {
            longshore_shutdown(line.sender, ws::SD_SEND);
        }
    }

    fn receive(&self, index: usize, random: &mut Random) {
        let mut state = self.lines[index].state.lock().unwrap();
        let begun = self.begin(index, None, vec![0; 1 + random.below(5000)], state.disturbed);
        state.receive = begun.unwrap_or(0);
    }

    fn handle(&self, entry: &OVERLAPPED_ENTRY, random: &mut Random) {
        let name = entry.lpOverlapped as usize;
        if self.sabotages(Sabotage::LosePacket) {
            return;
        }
        if name & 1 != 0 {
            let before = self.posts_taken[name / 2].fetch_add(1, Ordering::SeqCst);
            if before != 0 || !self.posts[name / 2][0].load(Ordering::SeqCst) {
                self.fault(|| format!("post {} came {} times", name / 2, before + 1));
            }
            return;
        }
        let times = if self.sabotages(Sabotage::DoublePacket) { 2 } else { 1 };
        for _ in 0..times {
            let known = self.pending.lock().unwrap().remove(&name);
            match known {
                // SAFETY: its packet came, and nobody else took it out of the accounts.
                Some(Given(io)) => self.ended(*unsafe { Box::from_raw(io) }, entry, random),
                None => self.fault(|| format!("a packet for nobody, or a second one, {name:#x}")),
            }
        }
    }

    fn ended(&self, io: Io, entry: &OVERLAPPED_ENTRY, random: &mut Random) {
        self.ended.fetch_add(1, Ordering::SeqCst);
        let (status, count) = (entry.Internal as i32, entry.dwNumberOfBytesTransferred as usize);
        let mut state = self.lines[io.line].state.lock().unwrap();
        let told = || format!("line {}, {:?}+{}: {status:#x}, {count}", io.line, io.place, io.bytes.len());
        if entry.lpCompletionKey != io.line {
            self.fault(|| format!("{}, key {}", told(), entry.lpCompletionKey));
        }
        if let Some(place) = io.place {
            state.sends_pending -= 1;
            if !is_content(io.line, place, &io.bytes) {
                self.fault(|| format!("{}: the buffer was changed", told()));
            }
            if !(status == STATUS_SUCCESS && count == io.bytes.len()
                || state.disturbed && status != STATUS_SUCCESS)
            {
                self.fault(told);
            }
            drop(state);
            return self.send(io.line, random);
        }
        let go_on = match status {
            STATUS_SUCCESS if count == 0 => {
                if !state.disturbed && state.received != state.sent {
                    self.fault(|| {
                        format!("{}: the end after {} of {} bytes", told(), state.received, state.sent)
                    });
                }
                false
            }
            STATUS_SUCCESS => {
                let mut bytes = io.bytes[..count].to_vec();
                if self.sabotages(Sabotage::CorruptByte) {
                    bytes[count / 2] ^= 0x10;
                }
                if !is_content(io.line, state.received, &bytes) {
                    self.fault(|| format!("{}: wrong bytes from {} on", told(), state.received));
                }
                state.received += count;
                true
            }
            STATUS_CANCELLED => !state.receiver_closed,
            _ => {
                if !state.disturbed {
                    self.fault(told);
                }
                false
            }
        };
        drop(state);
        if go_on {
            self.receive(io.line, random);
        }
    }

    /// Cancels, resets and closes, now and then, until the round is over.
    fn disturb(&self, over: &AtomicBool) {
        let mut random = Random::new(self.seed ^ 0x5555_0000);
        while !over.load(Ordering::SeqCst) {
            let line = &self.lines[random.below(LINES)];
            match random.below(400) {
                choice @ (0 | 1) => {
                    line.state.lock().unwrap().disturbed = true;
                    if choice == 0 {
                        let (level, name, linger) = (ws::SOL_SOCKET, ws::SO_LINGER, [1u16, 0]);
                        // SAFETY: four readable bytes.
                        unsafe { longshore_setsockopt(line.sender, level, name, linger.as_ptr().cast(), 4) };
                    }
                    closesocket(line.sender);
                }
                2 => {
                    let mut state = line.state.lock().unwrap();
                    (state.disturbed, state.receiver_closed) = (true, true);
                    closesocket(line.receiver);
                }
                3..=60 => _ = CancelIoEx(line.receiver as HANDLE, null_mut()),
                _ => {
                    let name = line.state.lock().unwrap().receive;
                    CancelIoEx(line.receiver as HANDLE, name as *mut OVERLAPPED);
                }
            }
            std::thread::sleep(Duration::from_micros(random.below(200) as u64));
        }
    }
}

/// One thread's life on the port; it ends in one of the ways there are.
unsafe extern "C-unwind" fn take_for_a_life(round: *mut c_void) -> u32 {
    // SAFETY: the round outlives its threads.
    let round = unsafe { &*round.cast::<Round>() };
    let life = round.lives.fetch_add(1, Ordering::SeqCst) as u64;
    let mut random = Random::new(round.seed << 20 ^ life);
    let packets = PACKETS_OF_A_LIFE / 2 + random.below(PACKETS_OF_A_LIFE);
    for _ in 0..packets {
        let mut entries = [OVERLAPPED_ENTRY::default(); 8];
        let (wanted, wait_ms) = (1 + random.below(8) as u32, random.pick(&[0, 1, 5, u32::MAX]));
        let mut count = 0;
        // SAFETY: room for as many as said.
        let taken = unsafe {
            GetQueuedCompletionStatusEx(port_of(round), entries.as_mut_ptr(), wanted, &mut count, wait_ms, 0)
        };
        if taken != 0 {
            entries[..count as usize].iter().for_each(|entry| round.handle(entry, &mut random));
        } else if GetLastError() != WAIT_TIMEOUT {
            return NO_MORE;
        }
    }
    match random.below(4) {
        0 => ExitThread(0),
        1 => _endthreadex(0),
        2 => {
            TerminateThread(GetCurrentThread(), 0);
            0
        }
        _ => 0,
    }
}
const WAIT_TIMEOUT: u32 = 258;

/// Posts its share, and may be terminated anywhere.
unsafe extern "C-unwind" fn post(round: *mut c_void) -> u32 {
    // SAFETY: the round outlives its threads.
    let round = unsafe { &*round.cast::<Round>() };
    let share = round.posting.fetch_add(1, Ordering::SeqCst);
    for number in share * POSTS_EACH..(share + 1) * POSTS_EACH {
        round.posts[number][0].store(true, Ordering::SeqCst);
        PostQueuedCompletionStatus(port_of(round), 0, 0, (number * 2 + 1) as *mut OVERLAPPED);
        round.posts[number][1].store(true, Ordering::SeqCst);
        std::thread::yield_now();
    }
    0
}

fn start(routine: unsafe extern "C-unwind" fn(*mut c_void) -> u32, round: &Arc<Round>) -> usize {
    let mut id = 0;
    let parameter = Arc::as_ptr(round).cast_mut().cast();
    // SAFETY: `round` waits for its threads.
    let thread = unsafe { CreateThread(null(), 0, Some(routine), parameter, 0, &mut id) };
    assert!(!thread.is_null(), "{}", GetLastError());
    thread as usize
}

/// Waits for a thread; its exit code.
fn join(thread: usize) -> u32 {
    let (thread, mut code) = (thread as HANDLE, 0);
    assert_eq!(WaitForSingleObject(thread, 60_000), WAIT_OBJECT_0, "a thread does not end");
    // SAFETY: a writable place.
    assert_eq!(unsafe { GetExitCodeThread(thread, &mut code) }, 1);
    CloseHandle(thread);
    code
}

/// One round; the accounts must add up within the time. The operations there were.
fn round(seed: u64, sabotage: Sabotage, time_max: Duration) -> Result<usize, String> {
    let round = Round::new(seed, sabotage);
    let over = Arc::new(AtomicBool::new(false));
    let mut random = Random::new(seed);
    for index in 0..LINES {
        round.receive(index, &mut random);
        round.send(index, &mut random);
    }
    let takers: Vec<_> = (0..TAKERS)
        .map(|_| {
            let round = round.clone();
            std::thread::spawn(move || while join(start(take_for_a_life, &round)) != NO_MORE {})
        })
        .collect();
    let others = [
        std::thread::spawn({
            let (round, over) = (round.clone(), over.clone());
            move || round.disturb(&over)
        }),
        std::thread::spawn({
            let over = over.clone();
            move || interrupt_threads(&over)
        }),
    ];
    // Every other poster is terminated.
    let posters: Vec<_> = (0..POSTERS).map(|_| start(post, &round)).collect();
    for &poster in posters.iter().step_by(2) {
        std::thread::sleep(Duration::from_micros(random.below(2000) as u64));
        TerminateThread(poster as HANDLE, 9);
    }
    posters.into_iter().for_each(|poster| _ = join(poster));
    let posts_due = || {
        let came = |number: usize| round.posts_taken[number].load(Ordering::SeqCst) > 0;
        (0..round.posts.len()).find(|&number| round.posts[number][1].load(Ordering::SeqCst) && !came(number))
    };
    // A packet that is handled begins what follows while its line is not yet quiet, so look twice.
    let deadline = Instant::now() + time_max;
    let is_faulty = || round.fault.lock().unwrap().is_some();
    let is_over = || {
        let quiet = |line: &Line| {
            let state = line.state.lock().unwrap();
            state.sends_pending == 0
        };
        round.pending.lock().unwrap().is_empty() && round.lines.iter().all(quiet) && posts_due().is_none()
    };
    let mut quiet_looks = 0;
    while quiet_looks < 20 && !is_faulty() && Instant::now() < deadline {
        quiet_looks = if is_over() { quiet_looks + 1 } else { 0 };
        std::thread::sleep(Duration::from_millis(1));
    }
    over.store(true, Ordering::SeqCst);
    others.into_iter().for_each(|thread| thread.join().unwrap());
    let lost = round.pending.lock().unwrap().len();
    let unposted = posts_due();
    let ended = round.ended.load(Ordering::SeqCst);
    CloseHandle(port_of(&round));
    takers.into_iter().for_each(|taker| taker.join().unwrap());
    for line in &round.lines {
        closesocket(line.sender);
        closesocket(line.receiver);
    }
    if let Some(fault) = round.fault.lock().unwrap().take() {
        return Err(format!("seed {seed}: {fault}"));
    }
    match (lost, unposted) {
        (0, None) => Ok(ended),
        _ => Err(format!("seed {seed}: {lost} operations never ended, post {unposted:?} is lost")),
    }
}

const PATIENCE: Duration = Duration::from_secs(30);

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
    assert!(lost.contains("never ended") || lost.contains("is lost"), "{lost}");
    let doubled = wrong(Sabotage::DoublePacket, PATIENCE);
    assert!(doubled.contains("a second one"), "{doubled}");
    let corrupt = wrong(Sabotage::CorruptByte, PATIENCE);
    assert!(corrupt.contains("wrong bytes"), "{corrupt}");
}
