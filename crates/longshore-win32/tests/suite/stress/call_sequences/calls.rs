//! One call, chosen by chance, and what it promised.

use super::Random;
use super::world::{Area, Bound, Ending, File, Io, Number, PENDING, What, World, loopback};
use longshore_win32::testing::{
    CURRENT_THREAD, CloseHandle, CreateThread, DuplicateHandle, HANDLE, INVALID_HANDLE_VALUE, TransmitFile, *,
};
use std::ffi::c_void;
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use windows_sys::Win32::Foundation::{ERROR_IO_PENDING, ERROR_MORE_DATA, WAIT_OBJECT_0};
use windows_sys::Win32::Networking::WinSock as ws;

/// What a call returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Returned {
    Done,
    Warned,
    Pending,
    Refused,
}

fn returned(success: bool) -> Returned {
    match GetLastError() {
        _ if success => Returned::Done,
        ERROR_IO_PENDING => Returned::Pending,
        error if error == ERROR_MORE_DATA || error as i32 == ws::WSAEMSGSIZE => Returned::Warned,
        _ => Returned::Refused,
    }
}

/// A handle that is no file's, or no handle at all.
fn wrong_handle(world: &World, random: &mut Random) -> HANDLE {
    match random.below(7) {
        0 => null_mut(),
        1 => INVALID_HANDLE_VALUE,
        2 => CURRENT_THREAD,
        3 => random.pick(&world.events).0,
        4 => random.pick(&world.ports).0,
        5 => world.stale.lock().unwrap().last().map_or(null_mut(), |number| number.0),
        _ => (random.next() | 1 << 40) as HANDLE,
    }
}

fn any_file(world: &World, random: &mut Random) -> Option<File> {
    let files = world.files.lock().unwrap();
    (!files.is_empty()).then(|| files[random.below(files.len())])
}

/// What goes into hEvent: mostly nothing.
fn event_for(world: &World, random: &mut Random) -> HANDLE {
    match random.below(10) {
        0 | 1 => random.pick(&world.events).0,
        2 => (random.pick(&world.events).0 as usize | 1) as HANDLE,
        3 => (null_mut::<c_void>() as usize | 1) as HANDLE,
        4 if random.one_in(4) => (random.next() & !1 | 1 << 40) as HANDLE,
        5 if random.one_in(4) => random.pick(&world.ports).0,
        _ => null_mut(),
    }
}

/// Memory for a transfer: mostly the operation's own.
fn memory(world: &World, io: &Io, random: &mut Random) -> (*mut c_void, u32) {
    // SAFETY: inside the operation's memory.
    let own = unsafe { (&raw mut (*io.area()).data).cast::<c_void>() };
    let pages = world.half_mapped as *mut c_void;
    match random.below(16) {
        0 => (null_mut(), 0),
        1 => (own, 0),
        2 => (null_mut(), 10),
        3 => (pages.wrapping_byte_add(4096), 100),
        4 => (pages.wrapping_byte_add(4000), 200),
        5 => (pages.wrapping_byte_add(4000), u32::MAX),
        _ => (own, 1 + random.below(1000) as u32),
    }
}

/// Makes an overlapped call, and notes what it promised. `call` gets the operation's
/// memory, whose buffers are filled in.
fn issue(
    world: &World,
    random: &mut Random,
    file: &File,
    name: &str,
    call: impl Fn(&Arc<Io>, *mut Area, &mut Random) -> bool,
) {
    let event = event_for(world, random);
    let io = world.io(file, event);
    let area = io.area();
    let (start, length) = memory(world, &io, random);
    // SAFETY: nobody else knows the memory yet.
    unsafe {
        (*area).overlapped.InternalHigh = 0xdead_beef;
        (*area).from_length = 32;
        let half = length / 2;
        let second = start.wrapping_byte_add(half as usize);
        (*area).buffers[0] = ws::WSABUF { len: half, buf: start.cast() };
        (*area).buffers[1] = ws::WSABUF { len: length - half, buf: second.cast() };
    }
    *io.story.lock().unwrap() = format!("{name} on {file:?}, {start:?}+{length}, event {event:?}");
    // D13; only packets can be told apart.
    let times = if io.ending == Ending::Packets && random.one_in(15) { 2 } else { 1 };
    io.twice.store(times > 1, Ordering::Release);
    for _ in 0..times {
        let result = returned(call(&io, area, random));
        io.story.lock().unwrap().push_str(&format!(": {result:?} {}", GetLastError()));
        note(&io, file, result);
    }
    if io.ending == Ending::Status && random.one_in(20) {
        let mut bytes = 0;
        // SAFETY: only read.
        unsafe { GetOverlappedResult(file.handle, io.overlapped(), &mut bytes, 0) };
    }
}

fn note(io: &Arc<Io>, file: &File, result: Returned) {
    let skipped = file.skips && matches!(result, Returned::Done | Returned::Warned);
    match (result, io.ending) {
        (Returned::Refused, _) => {
            // A9: it is over, and nobody writes anything.
            if io.promised.load(Ordering::Acquire) == 0 {
                io.poison();
            }
        }
        (Returned::Pending, _) => drop(io.promised.fetch_add(1, Ordering::AcqRel)),
        (_, Ending::Packets) if !skipped => drop(io.promised.fetch_add(1, Ordering::AcqRel)),
        (_, Ending::Packets | Ending::Status) => {
            if !io.twice.load(Ordering::Acquire) {
                assert_ne!(io.status(), PENDING, "D8: it ended inside the call: {}", io.story());
                io.poison();
            }
        }
        (_, Ending::Either | Ending::Doubtful { .. }) => {}
    }
}

fn receive(world: &World, random: &mut Random, file: &File) {
    let flags = random.pick(&[0, 0, 0, ws::MSG_PEEK as u32, ws::MSG_WAITALL as u32, 0x4000_0000]);
    let from = random.one_in(3);
    let (socket, count) = (file.socket(), random.pick(&[1, 2, 2]));
    issue(world, random, file, "WSARecvFrom", |io, area, _| {
        // SAFETY: the places are the operation's.
        unsafe {
            (*area).flags = flags;
            let (bytes, flags) = (&raw mut (*area).bytes, &raw mut (*area).flags);
            let (name, length) = match from {
                true => ((&raw mut (*area).from).cast(), &raw mut (*area).from_length),
                false => (null_mut(), null_mut()),
            };
            let buffers = (&raw const (*area).buffers).cast();
            WSARecvFrom(socket, buffers, count, bytes, flags, name, length, io.overlapped(), None) == 0
        }
    });
}

fn send(world: &World, random: &mut Random, file: &File) {
    let (socket, count) = (file.socket(), random.pick(&[1, 2, 2]));
    let port = random.pick(&[1, 9, world.listening_at.load(Ordering::Acquire) as u16]);
    let address = loopback(port);
    issue(world, random, file, "WSASendTo", |io, area, _| {
        // SAFETY: the places are the operation's.
        unsafe {
            let bytes = &raw mut (*area).bytes;
            let (to, buffers) = (address.as_ptr().cast(), (&raw const (*area).buffers).cast());
            WSASendTo(socket, buffers, count, bytes, 0, to, 16, io.overlapped(), None) == 0
        }
    });
}

fn read_or_write(world: &World, random: &mut Random, file: &File) {
    let (handle, reads) = (file.handle, random.one_in(2));
    let offset = random.pick(&[0, 0, 10, 5000, u64::MAX, u64::MAX - 1, 1 << 40]);
    let offset = if reads { offset } else { offset.min(1 << 20) };
    issue(world, random, file, if reads { "ReadFile" } else { "WriteFile" }, |io, area, _| {
        // SAFETY: the places are the operation's.
        unsafe {
            let offsets = &mut (*area).overlapped.Anonymous.Anonymous;
            (offsets.Offset, offsets.OffsetHigh) = (offset as u32, (offset >> 32) as u32);
            let ws::WSABUF { buf, .. } = (*area).buffers[0];
            let length = (*area).buffers[0].len.wrapping_add((*area).buffers[1].len);
            let bytes = &raw mut (*area).bytes;
            (match reads {
                true => ReadFile(handle, buf.cast(), length, bytes, io.overlapped()),
                false => WriteFile(handle, buf.cast(), length, bytes, io.overlapped()),
            }) != 0
        }
    });
}

fn accept(world: &World, random: &mut Random, listener: &File) {
    let known = if random.one_in(4) { any_file(world, random) } else { None };
    let acceptor = known.map_or_else(|| longshore_socket(2, ws::SOCK_STREAM, 0), |file| file.socket());
    let (data, local) = (random.pick(&[0, 0, 1, 900]), random.pick(&[0, 4, 32, 32]));
    let remote = random.pick(&[0, 20, 32, 32, 32]);
    let own = !random.one_in(8);
    issue(world, random, listener, "AcceptEx", |io, area, _| {
        // SAFETY: the places are the operation's.
        unsafe {
            let buffer = match own {
                true => (&raw mut (*area).data).cast(),
                false => (*area).buffers[0].buf.cast(),
            };
            let (bytes, overlapped) = (&raw mut (*area).bytes, io.overlapped());
            AcceptEx(listener.socket(), acceptor, buffer, data, local, remote, bytes, overlapped) != 0
        }
    });
    if known.is_none() {
        // It may become somebody's connection, or never be one.
        let (what, bound, key) = (What::Stream, Bound::Never, usize::MAX - 1);
        let file = File { handle: acceptor as HANDLE, what, bound, key, skips: false };
        world.files.lock().unwrap().push(file);
    }
}

fn connect(world: &World, random: &mut Random, file: &File) {
    let port = match random.below(3) {
        0 => 1, // Nobody is there.
        _ => world.listening_at.load(Ordering::Acquire) as u16,
    };
    let address = loopback(port);
    let sends = random.one_in(2);
    issue(world, random, file, "ConnectEx", |io, area, _| {
        // SAFETY: the places are the operation's.
        unsafe {
            let ws::WSABUF { len, buf } = (*area).buffers[0];
            let (buf, len) = if sends { (buf.cast(), len) } else { (null_mut(), 0) };
            let address = address.as_ptr().cast();
            ConnectEx(file.socket(), address, 16, buf, len, null_mut(), io.overlapped()) != 0
        }
    });
}

fn disconnect(world: &World, random: &mut Random, file: &File) {
    let flags = random.pick(&[0, ws::TF_REUSE_SOCKET, 0x100]);
    issue(world, random, file, "DisconnectEx", |io, _, _| {
        // SAFETY: the operation's own OVERLAPPED.
        unsafe { DisconnectEx(file.socket(), io.overlapped(), flags, 0) != 0 }
    });
}

fn transmit(world: &World, random: &mut Random, file: &File) {
    let source = any_file(world, random).map_or(null_mut(), |file| file.handle);
    let source = if random.one_in(3) { null_mut() } else { source };
    let flags = random.pick(&[0, 0, ws::TF_DISCONNECT, ws::TF_DISCONNECT | ws::TF_REUSE_SOCKET]);
    issue(world, random, file, "TransmitFile", |io, area, _| {
        // SAFETY: the buffers' array is read during the call only.
        unsafe {
            let ws::WSABUF { len, buf } = (*area).buffers[0];
            let around = ws::TRANSMIT_FILE_BUFFERS {
                Head: buf.cast(),
                HeadLength: len,
                Tail: buf.cast(),
                TailLength: len,
            };
            TransmitFile(file.socket(), source, 0, 0, io.overlapped(), &around, flags) != 0
        }
    });
}

/// Calls with a handle that is none, or of another type: they fail, and that is all.
fn call_wrongly(world: &World, random: &mut Random) {
    let handle = wrong_handle(world, random);
    let socket = handle as usize;
    // SAFETY: all zeros, which lives until the calls have failed.
    let mut area: Area = unsafe { std::mem::zeroed() };
    let (mut bytes, mut key, mut out, mut flags) = (0, 0, null_mut(), 0);
    let address = loopback(9);
    let buffer = ws::WSABUF { len: 10, buf: area.data.as_mut_ptr() };
    let overlapped = &raw mut area.overlapped;
    // SAFETY: valid places; the handles name no file, so that nothing starts.
    unsafe {
        let port = random.pick(&world.ports).0;
        assert!(CreateIoCompletionPort(handle, port, 0, 0).is_null());
        assert_eq!(ReadFile(handle, buffer.buf.cast(), 10, &mut bytes, overlapped), 0);
        assert_eq!(WriteFile(handle, buffer.buf.cast(), 10, &mut bytes, overlapped), 0);
        assert_ne!(WSARecv(socket, &buffer, 1, &mut bytes, &mut flags, overlapped, None), 0);
        assert_ne!(WSASend(socket, &buffer, 1, &mut bytes, 0, overlapped, None), 0);
        assert_eq!(AcceptEx(socket, socket, buffer.buf.cast(), 0, 32, 32, &mut bytes, overlapped), 0);
        let to = address.as_ptr().cast();
        assert_eq!(ConnectEx(socket, to, 16, null_mut(), 0, null_mut(), overlapped), 0);
        assert_eq!(DisconnectEx(socket, overlapped, 0, 0), 0);
        assert_eq!(TransmitFile(socket, handle, 0, 0, overlapped, null(), 0), 0);
        assert_eq!(longshore_connect(socket, to, 16), -1);
        assert_eq!(longshore_recv(socket, buffer.buf.cast(), -5, 0), -1);
        assert_eq!(closesocket(socket), -1);
        WSAEventSelect(socket, handle, 1);
        CancelIoEx(handle, overlapped);
        CancelIo(handle);
        if !world.ports.iter().any(|port| port.0 == handle) {
            assert_eq!(PostQueuedCompletionStatus(handle, 0, 0, null_mut()), 0);
            assert_eq!(GetQueuedCompletionStatus(handle, &mut bytes, &mut key, &mut out, 0), 0);
        }
        if !world.events.iter().any(|event| event.0 == handle) {
            assert_eq!(SetEvent(handle), 0);
        }
    }
}

/// Plain calls on sockets that do not block; stale ones fail.
fn call_plainly(random: &mut Random, file: &File) {
    let mut data = [1u8; 600];
    let length = random.pick(&[0, 1, 600, -1]);
    let (socket, start) = (file.socket(), data.as_mut_ptr());
    let mut yes = 1;
    // SAFETY: the places are writable, `length` of them at `start` if it is a length.
    unsafe {
        if longshore_win32::testing::ioctlsocket(socket, ws::FIONBIO, &mut yes) != 0 {
            return;
        }
        match random.below(4) {
            0 => drop(longshore_send(socket, start.cast(), length, 0)),
            1 => drop(longshore_recv(socket, start.cast(), length, 0)),
            2 => drop(longshore_shutdown(socket, random.below(4) as i32)),
            _ => drop(longshore_send(socket, null(), 5, 0)),
        }
    }
}

struct Parting {
    world: *const World,
    seed: u64,
    file: File,
}

unsafe extern "C-unwind" fn start_and_end(parting: *mut c_void) -> u32 {
    // SAFETY: what `part` made; the world outlives the thread, which `part` waits for.
    let (parting, world) = unsafe {
        let parting = Box::from_raw(parting.cast::<Parting>());
        let world = &*parting.world;
        (parting, world)
    };
    let mut random = Random::new(parting.seed);
    for _ in 0..3 {
        on_file(world, &mut random, &parting.file);
    }
    0
}

/// A thread that starts operations and ends (TX1).
fn part(world: &World, random: &mut Random, file: File) {
    let parting = Box::new(Parting { world, seed: random.next(), file });
    // SAFETY: the routine takes the box back.
    unsafe {
        let parameter = Box::into_raw(parting).cast();
        let thread = CreateThread(null(), 0, Some(start_and_end), parameter, 0, null_mut());
        assert!(!thread.is_null());
        assert_eq!(WaitForSingleObject(thread, 30_000), WAIT_OBJECT_0);
        assert_eq!(CloseHandle(thread), 1);
    }
}

fn close(world: &World, random: &mut Random) {
    let mut files = world.files.lock().unwrap();
    if files.len() < 4 {
        return;
    }
    let place = random.below(files.len());
    let file = files.swap_remove(place);
    drop(files);
    match file.what {
        What::Disk => drop(CloseHandle(file.handle)),
        _ => drop(closesocket(file.socket())),
    }
    // Only now: until then it is nothing that a call may be made with for its failing.
    world.stale.lock().unwrap().push(Number(file.handle));
}

fn on_file(world: &World, random: &mut Random, file: &File) {
    match (file.what, random.below(10)) {
        (What::Disk, _) => read_or_write(world, random, file),
        (What::Listener, 0..=5) => accept(world, random, file),
        (What::Loose, 0..=5) => connect(world, random, file),
        (_, 0..=3) => receive(world, random, file),
        (_, 4..=6) => send(world, random, file),
        (_, 7) => read_or_write(world, random, file),
        (What::Stream | What::Loose, 8) => disconnect(world, random, file),
        (_, _) => transmit(world, random, file),
    }
}

pub fn make_one(world: &World, random: &mut Random) {
    let Some(file) = any_file(world, random) else {
        return world.add_pair(random);
    };
    match random.below(40) {
        0..22 => on_file(world, random, &file),
        22..24 => close(world, random),
        24 => world.add_pair(random),
        25 => world.add_loose(random),
        26 => match random.below(4) {
            0 => world.add_listener(random),
            1 => world.add_disk(random),
            _ => world.add_datagram(random),
        },
        27 | 28 => call_plainly(random, &file),
        29 => call_wrongly(world, random),
        30 => part(world, random, file),
        31 => world.post(random),
        32 => {
            let ios = world.ios.lock().unwrap();
            let one = ios.keys().nth(random.below(ios.len().max(1))).copied().unwrap_or(0);
            drop(ios);
            CancelIoEx(file.handle, random.pick(&[null_mut(), one as *mut _, one as *mut _]));
        }
        33 => drop(CancelIo(file.handle)),
        34 if file.bound == Bound::Later => {
            CreateIoCompletionPort(file.handle, random.pick(&world.ports).0, file.key, 0);
        }
        35 => {
            // SAFETY: readable.
            unsafe { SetWaitableTimer(world.timer.0, &-100, 1, None, null_mut(), 0) };
            let all = [random.pick(&world.events).0, world.timer.0, random.pick(&world.ports).0, file.handle];
            let count = 1 + random.below(4) as u32;
            // SAFETY: four handles.
            unsafe { WaitForMultipleObjects(count, all.as_ptr(), random.below(2) as i32, 1) };
        }
        36 => {
            let event = random.pick(&world.events).0;
            let _ = if random.one_in(2) { SetEvent(event) } else { ResetEvent(event) };
        }
        37 => drop(WSAEventSelect(file.socket(), random.pick(&world.events).0, random.pick(&[0, 0x3f]))),
        38 if random.one_in(10) && !world.doomed_closing.swap(true, Ordering::AcqRel) => {
            assert_eq!(CloseHandle(world.doomed.0), 1);
            world.doomed_closed.store(true, Ordering::Release);
        }
        _ => {
            let mut duplicate = null_mut();
            let me = INVALID_HANDLE_VALUE;
            // SAFETY: writable.
            if unsafe { DuplicateHandle(me, file.handle, me, &mut duplicate, 0, 0, 2) } != 0 {
                world.files.lock().unwrap().push(File { handle: duplicate, ..file });
            }
        }
    }
}
