//! What the calls of one round work on, and what is expected of it.

use super::Random;
use longshore_win32::testing::{
    CloseHandle, CreateEventA, CreateFileA, CreateWaitableTimerA, GetLastError, HANDLE, INVALID_HANDLE_VALUE,
    SetFileCompletionNotificationModes, WSABUF, WSAStartup, handles, ioctlsocket, *,
};
use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::os::unix::ffi::OsStrExt;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use windows_sys::Win32::Foundation::{GENERIC_READ, GENERIC_WRITE, STATUS_PENDING};
use windows_sys::Win32::Networking::WinSock as ws;
use windows_sys::Win32::Storage::FileSystem as fs;
use windows_sys::Win32::System::IO::{OVERLAPPED, OVERLAPPED_ENTRY};

const POISON: u8 = 0xa5;
pub const PENDING: usize = STATUS_PENDING as usize;
/// The key of packets that were posted.
const POSTED: usize = usize::MAX;

/// Everything an operation may write to.
#[repr(C)]
pub struct Area {
    pub overlapped: OVERLAPPED,
    pub flags: u32,
    pub bytes: u32,
    pub from_length: i32,
    pub from: [u8; 32],
    pub buffers: [WSABUF; 2],
    pub data: [u8; 1024],
}

/// What has to become of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As many packets as were promised.
    Packets,
    /// No packet; what was pending has its status written.
    Status,
    /// The file was bound meanwhile: a packet, or the status (P5).
    Either,
    /// The port may be gone: a packet at most; with an event the status is written.
    Doubtful { event: bool },
}

pub struct Io {
    area: UnsafeCell<Area>,
    pub ending: Ending,
    pub key: usize,
    /// What the call said, for messages.
    pub story: Mutex<String>,
    /// Calls that promised a packet, or that something ends.
    pub promised: AtomicU32,
    pub received: AtomicU32,
    poisoned: AtomicBool,
    /// The OVERLAPPED was used twice (D13): it is not poisoned.
    pub twice: AtomicBool,
}

// SAFETY: the area is touched by the calls under test, by the thread that prepares it, and by who poisons it
// after the end; that nobody else does is what is tested.
unsafe impl Send for Io {}
// SAFETY: as above.
unsafe impl Sync for Io {}

impl Io {
    pub fn area(&self) -> *mut Area {
        self.area.get()
    }

    pub fn overlapped(&self) -> *mut OVERLAPPED {
        self.area().cast()
    }

    /// The status as it is now.
    pub fn status(&self) -> usize {
        // SAFETY: the memory is there; who sees the end sees what came before it (D7).
        unsafe { AtomicUsize::from_ptr(&raw mut (*self.area()).overlapped.Internal) }.load(Ordering::Acquire)
    }

    /// The system has nothing more to write here.
    pub fn poison(&self) {
        if !self.twice.load(Ordering::Acquire) {
            // SAFETY: plain memory, which is this test's again.
            unsafe { self.area().cast::<u8>().write_bytes(POISON, size_of::<Area>()) };
            self.poisoned.store(true, Ordering::Release);
        }
    }

    fn check_poison(&self) {
        if self.poisoned.load(Ordering::Acquire) {
            // SAFETY: plain memory.
            let bytes = unsafe { std::slice::from_raw_parts(self.area().cast::<u8>(), size_of::<Area>()) };
            let spoiled = bytes.iter().position(|&byte| byte != POISON);
            assert_eq!(spoiled, None, "A7: written to after the end: {}", self.story());
        }
    }

    pub fn story(&self) -> String {
        self.story.lock().unwrap().clone()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Stream,
    Datagram,
    Listener,
    Disk,
    /// A stream socket that is bound and not connected.
    Loose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// To a port that lives to the end.
    To(usize),
    /// To the one that does not.
    Doomed,
    Never,
    /// Some day.
    Later,
}

#[derive(Clone, Copy, Debug)]
pub struct File {
    pub handle: HANDLE,
    pub what: What,
    pub bound: Bound,
    pub key: usize,
    pub skips: bool,
}

// SAFETY: handles are numbers.
unsafe impl Send for File {}

impl File {
    pub fn socket(&self) -> usize {
        self.handle as usize
    }
}

/// A handle for statics.
#[derive(Clone, Copy)]
pub struct Number(pub HANDLE);
// SAFETY: handles are numbers.
unsafe impl Send for Number {}
// SAFETY: as above.
unsafe impl Sync for Number {}

pub struct World {
    pub ports: Vec<Number>,
    pub doomed: Number,
    pub doomed_closing: AtomicBool,
    pub doomed_closed: AtomicBool,
    pub events: Vec<Number>,
    pub timer: Number,
    pub stale: Mutex<Vec<Number>>,
    pub files: Mutex<Vec<File>>,
    pub ios: Mutex<HashMap<usize, Arc<Io>>>,
    pub listening_at: AtomicUsize,
    last_key: AtomicUsize,
    posted: AtomicUsize,
    post_received: AtomicUsize,
    stopped: AtomicBool,
    directory: std::path::PathBuf,
    /// Two pages, the second of which is not there.
    pub half_mapped: usize,
}

pub fn start_winsock() {
    let mut data = ws::WSADATA::default();
    // SAFETY: writable.
    assert_eq!(unsafe { WSAStartup(0x0202, &mut data) }, 0);
}

/// What the descriptors are.
pub fn open_descriptors() -> Vec<String> {
    let names = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    names.filter_map(|name| std::fs::read_link(name.path()).ok()).map(|to| to.display().to_string()).collect()
}

/// Handles and descriptors. The port of files that are bound to none lives as long as the process, and starts
/// its rings when it first needs them: a ring and the eventfd that goes with it do not count.
pub fn open_things() -> (usize, usize) {
    let descriptors = open_descriptors();
    let rings = descriptors.iter().filter(|to| to.contains("io_uring")).count();
    (handles::all().len(), descriptors.len() - 2 * rings)
}

/// 127.0.0.1 and a port, as Windows' `sockaddr`.
pub fn loopback(port: u16) -> [u8; 16] {
    let mut address = [0; 16];
    address[..2].copy_from_slice(&2u16.to_ne_bytes());
    address[2..4].copy_from_slice(&port.to_be_bytes());
    address[4..8].copy_from_slice(&[127, 0, 0, 1]);
    address
}

impl World {
    pub fn new(random: &mut Random) -> World {
        static LAST: AtomicUsize = AtomicUsize::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("longshore-calls-{}-{number}", std::process::id()));
        std::fs::create_dir(&directory).unwrap();
        let port = || Number(CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 2));
        // SAFETY: fresh memory, no names.
        let (half_mapped, events, timer) = unsafe {
            let rights = libc::PROT_READ | libc::PROT_WRITE;
            let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let pages = libc::mmap(null_mut(), 8192, rights, kind, -1, 0);
            assert_ne!(pages, libc::MAP_FAILED);
            libc::mprotect(pages.byte_add(4096), 4096, libc::PROT_NONE);
            let events = (0..4).map(|index| Number(CreateEventA(null(), index % 2, 0, null()))).collect();
            (pages as usize, events, Number(CreateWaitableTimerA(null(), 1, null())))
        };
        let closed = port();
        assert_eq!(CloseHandle(closed.0), 1);
        let world = World {
            ports: vec![port(), port()],
            doomed: port(),
            doomed_closing: AtomicBool::new(false),
            doomed_closed: AtomicBool::new(false),
            events,
            timer,
            stale: Mutex::new(vec![closed]),
            files: Mutex::new(Vec::new()),
            ios: Mutex::new(HashMap::new()),
            listening_at: AtomicUsize::new(0),
            last_key: AtomicUsize::new(0),
            posted: AtomicUsize::new(0),
            post_received: AtomicUsize::new(0),
            stopped: AtomicBool::new(false),
            directory,
            half_mapped,
        };
        world.add_listener(random);
        for _ in 0..2 {
            world.add_pair(random);
            world.add_datagram(random);
        }
        world.add_disk(random);
        world
    }

    /// Enters a file, bound as chance has it.
    pub fn enter(&self, handle: HANDLE, what: What, random: &mut Random) -> File {
        let bound = match random.below(8) {
            0..4 => Bound::To(random.below(self.ports.len())),
            4 if !self.doomed_closing.load(Ordering::Acquire) => Bound::Doomed,
            5 => Bound::Later,
            _ => Bound::Never,
        };
        let key = self.last_key.fetch_add(1, Ordering::Relaxed) + 1;
        let file = File { handle, what, bound, key, skips: random.one_in(3) };
        if file.skips {
            assert_eq!(SetFileCompletionNotificationModes(handle, random.pick(&[1, 3])), 1);
        }
        match bound {
            Bound::To(port) => {
                let port = self.ports[port].0;
                assert_eq!(CreateIoCompletionPort(handle, port, key, 0), port, "{}", GetLastError());
            }
            // It may be closed this moment.
            Bound::Doomed => drop(CreateIoCompletionPort(handle, self.doomed.0, key, 0)),
            _ => {}
        }
        self.files.lock().unwrap().push(file);
        file
    }

    fn bound_socket(kind: i32) -> (usize, u16) {
        let socket = longshore_socket(2, kind, 0);
        assert_ne!(socket, ws::INVALID_SOCKET);
        let mut address = loopback(0);
        let mut length = 16;
        // SAFETY: an address of sixteen bytes.
        unsafe {
            assert_eq!(longshore_bind(socket, address.as_ptr().cast(), 16), 0);
            assert_eq!(longshore_getsockname(socket, address.as_mut_ptr().cast(), &mut length), 0);
        }
        (socket, u16::from_be_bytes([address[2], address[3]]))
    }

    pub fn add_listener(&self, random: &mut Random) {
        let (socket, port) = World::bound_socket(ws::SOCK_STREAM);
        assert_eq!(longshore_listen(socket, 20), 0);
        self.listening_at.store(port.into(), Ordering::Release);
        self.enter(socket as HANDLE, What::Listener, random);
    }

    pub fn add_datagram(&self, random: &mut Random) {
        let (socket, _) = World::bound_socket(ws::SOCK_DGRAM);
        self.enter(socket as HANDLE, What::Datagram, random);
    }

    pub fn add_loose(&self, random: &mut Random) {
        let (socket, _) = World::bound_socket(ws::SOCK_STREAM);
        self.enter(socket as HANDLE, What::Loose, random);
    }

    /// Two ends of a connection; neither blocks.
    pub fn add_pair(&self, random: &mut Random) {
        let (listener, port) = World::bound_socket(ws::SOCK_STREAM);
        assert_eq!(longshore_listen(listener, 1), 0);
        let one = longshore_socket(2, ws::SOCK_STREAM, 0);
        let address = loopback(port);
        // SAFETY: an address of sixteen bytes; no address is asked for.
        let other = unsafe {
            assert_eq!(longshore_connect(one, address.as_ptr().cast(), 16), 0, "{}", GetLastError());
            longshore_win32::testing::longshore_accept(listener, null_mut(), null_mut())
        };
        assert_ne!(other, ws::INVALID_SOCKET);
        assert_eq!(closesocket(listener), 0);
        for socket in [one, other] {
            let mut yes = 1;
            // SAFETY: readable.
            assert_eq!(unsafe { ioctlsocket(socket, ws::FIONBIO, &mut yes) }, 0);
            self.enter(socket as HANDLE, What::Stream, random);
        }
    }

    pub fn add_disk(&self, random: &mut Random) {
        let name = self.directory.join(format!("{}", self.last_key.load(Ordering::Relaxed)));
        let name = std::ffi::CString::new(name.as_os_str().as_bytes()).unwrap();
        let access = GENERIC_READ | GENERIC_WRITE;
        let flags = fs::FILE_FLAG_OVERLAPPED;
        // SAFETY: a string ended by NUL.
        let file =
            unsafe { CreateFileA(name.as_ptr(), access, 7, null(), fs::OPEN_ALWAYS, flags, null_mut()) };
        assert_ne!(file, INVALID_HANDLE_VALUE, "{}", GetLastError());
        self.enter(file, What::Disk, random);
    }

    /// A fresh operation on `file`, with its memory; `event` is what hEvent will be.
    pub fn io(&self, file: &File, event: HANDLE) -> Arc<Io> {
        let quiet = event as usize & 1 != 0;
        let ending = match file.bound {
            _ if quiet => Ending::Status,
            Bound::To(_) => Ending::Packets,
            Bound::Doomed => Ending::Doubtful { event: !event.is_null() },
            Bound::Never => Ending::Status,
            Bound::Later => Ending::Either,
        };
        // SAFETY: all of it may be zero.
        let mut area: Area = unsafe { std::mem::zeroed() };
        area.overlapped.hEvent = event;
        let io = Arc::new(Io {
            area: UnsafeCell::new(area),
            ending,
            key: file.key,
            story: Mutex::default(),
            promised: AtomicU32::new(0),
            received: AtomicU32::new(0),
            poisoned: AtomicBool::new(false),
            twice: AtomicBool::new(false),
        });
        self.ios.lock().unwrap().insert(io.overlapped() as usize, io.clone());
        io
    }

    pub fn post(&self, random: &mut Random) {
        let token = (random.next() | 1) as *mut OVERLAPPED; // No OVERLAPPED has an odd address.
        let port = random.pick(&self.ports).0;
        self.posted.fetch_add(1, Ordering::AcqRel);
        assert_eq!(PostQueuedCompletionStatus(port, 7, POSTED, token), 1);
    }

    /// Takes packets until told to stop.
    pub fn take_packets(&self, random: &mut Random) {
        while !self.stopped.load(Ordering::Acquire) {
            let doomed = random.one_in(6);
            let port = if doomed { self.doomed.0 } else { random.pick(&self.ports).0 };
            let was_closed = self.doomed_closed.load(Ordering::Acquire);
            let mut entries = [OVERLAPPED_ENTRY::default(); 4];
            let mut count = 0;
            // SAFETY: room for as many as said.
            let taken = unsafe {
                if random.one_in(2) {
                    let wanted = 1 + random.below(4) as u32;
                    let alertable = random.below(2) as i32;
                    let (entry, count) = (entries.as_mut_ptr(), &mut count);
                    GetQueuedCompletionStatusEx(port, entry, wanted, count, 2, alertable) != 0
                } else {
                    let entry = &mut entries[0];
                    let (bytes, key) = (&mut entry.dwNumberOfBytesTransferred, &mut entry.lpCompletionKey);
                    GetQueuedCompletionStatus(port, bytes, key, &mut entry.lpOverlapped, 2);
                    count = 1;
                    !entry.lpOverlapped.is_null()
                }
            };
            if !taken {
                continue;
            }
            assert!(!(doomed && was_closed), "C5: a closed port gave a packet");
            entries[..count as usize].iter().for_each(|entry| self.received(entry));
        }
    }

    fn received(&self, entry: &OVERLAPPED_ENTRY) {
        if entry.lpOverlapped as usize & 1 != 0 {
            assert_eq!((entry.lpCompletionKey, entry.dwNumberOfBytesTransferred), (POSTED, 7), "N1");
            self.post_received.fetch_add(1, Ordering::AcqRel);
            return;
        }
        let io = self.ios.lock().unwrap().get(&(entry.lpOverlapped as usize)).cloned();
        let io = io.expect("a packet is for an operation");
        assert_eq!(entry.lpCompletionKey, io.key, "{}", io.story());
        assert_ne!(io.ending, Ending::Status, "D1: no packet is due: {}", io.story());
        let before = io.received.fetch_add(1, Ordering::AcqRel);
        if !io.twice.load(Ordering::Acquire) {
            assert_eq!(before, 0, "D6: a second packet: {}", io.story());
            assert_ne!(io.status(), PENDING, "D8: the status is there with the packet: {}", io.story());
        }
        io.poison();
    }

    /// Closes every file that is still open; stale ones may be among them.
    pub fn close_files(&self) {
        for file in self.files.lock().unwrap().drain(..) {
            CloseHandle(file.handle);
        }
    }

    fn has_ended(io: &Io) -> bool {
        let promised = io.promised.load(Ordering::Acquire);
        let received = io.received.load(Ordering::Acquire);
        promised == 0
            || match io.ending {
                Ending::Packets => received >= promised,
                Ending::Status => io.status() != PENDING,
                Ending::Either => received > 0 || io.status() != PENDING,
                Ending::Doubtful { event } => !event || received > 0 || io.status() != PENDING,
            }
    }

    /// Waits until everything that was promised has come.
    pub fn await_ends(&self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            let ios: Vec<_> = self.ios.lock().unwrap().values().cloned().collect();
            let late: Vec<_> = ios.iter().filter(|io| !World::has_ended(io)).collect();
            let posts = self.posted.load(Ordering::Acquire) - self.post_received.load(Ordering::Acquire);
            if late.is_empty() && posts == 0 {
                return;
            }
            if Instant::now() > deadline {
                let told: Vec<_> = late
                    .iter()
                    .map(|io| {
                        format!("{:?} {:#x} {:?}: {}\n", io.ending, io.status(), io.received, io.story())
                    })
                    .collect();
                panic!("D6, K11: {} posts and these did not end:\n{}", posts, told.concat());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
    }

    /// After the takers have ended: what came is what was promised.
    pub fn check_ends(&self) {
        for port in &self.ports {
            loop {
                let mut entry = OVERLAPPED_ENTRY::default();
                let (bytes, key) = (&mut entry.dwNumberOfBytesTransferred, &mut entry.lpCompletionKey);
                // SAFETY: three writable places.
                unsafe { GetQueuedCompletionStatus(port.0, bytes, key, &mut entry.lpOverlapped, 0) };
                if entry.lpOverlapped.is_null() {
                    break;
                }
                // One that nobody could wait for: the file was bound while the call was being made.
                self.received(&entry);
            }
        }
        let posts = (self.posted.load(Ordering::Acquire), self.post_received.load(Ordering::Acquire));
        assert_eq!(posts.0, posts.1, "posted and received");
        for io in self.ios.lock().unwrap().values() {
            if io.ending == Ending::Packets {
                let counts = (io.promised.load(Ordering::Acquire), io.received.load(Ordering::Acquire));
                assert_eq!(counts.0, counts.1, "D1, D6: promised and received: {}", io.story());
            }
            io.check_poison();
        }
    }

    /// Closes what the callers may not.
    pub fn close_rest(&self) {
        if !self.doomed_closed.load(Ordering::Acquire) {
            CloseHandle(self.doomed.0);
        }
        let rest = self.ports.iter().chain(&self.events).chain([&self.timer]);
        for handle in rest {
            assert_eq!(CloseHandle(handle.0), 1);
        }
    }
}

/// Operations whose end nobody tells of, because their port is gone: the system may still write to them (A6).
static ABANDONED: Mutex<Vec<Arc<Io>>> = Mutex::new(Vec::new());

impl Drop for World {
    fn drop(&mut self) {
        let untold = |io: &&Arc<Io>| io.ending == Ending::Doubtful { event: false };
        ABANDONED.lock().unwrap().extend(self.ios.lock().unwrap().values().filter(untold).cloned());
        // SAFETY: mapped by `new`.
        unsafe { libc::munmap(self.half_mapped as *mut c_void, 8192) };
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
