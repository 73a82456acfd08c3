//! Arguments that are wrong, each in its own way, and sound ones beside them.

use super::signatures::{Kind, Signature};
use longshore_win32::testing::{
    CloseHandle, CreateEventA, CreateFileA, CreateIoCompletionPort, CreateMutexA, CreateThreadpool,
    CreateThreadpoolCleanupGroup, CreateThreadpoolTimer, CreateThreadpoolWait, CreateThreadpoolWork,
    CreateWaitableTimerA, HANDLE, INVALID_HANDLE_VALUE, WSAStartup, longshore_socket,
};
use std::ptr::{null, null_mut};
use windows_sys::Win32::Networking::WinSock as ws;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// What a sensible program passes: memory with room, a handle of the right type, 64.
    Sound,
    Null,
    One,
    /// -1: `INVALID_HANDLE_VALUE`, `INVALID_SOCKET`, `INFINITE`, a pointer to the last byte there is.
    Minus,
    HugeInt,
    TopBit,
    HugeLong,
    /// Where nothing is.
    Wild,
    /// What no address looks like: the processor does not say where the fault was.
    NoAddress,
    Unaligned,
    ReadOnly,
    /// The last byte of a page, with nothing behind it, and no NUL.
    Edge,
    /// Memory with room, all ones: lengths, counts and pointers in it are wild.
    Filled,
    Stale,
    Event,
    Port,
    Stream,
    Datagram,
    File,
    Thread,
    Process,
    Mutex,
}

/// Bytes of memory a sound pointer has before it. The size is what programs' structures and 64 elements need.
const ROOM: usize = 1 << 16;

/// The memory of one call.
pub struct World {
    zeros: usize,
    filled: usize,
    read_only: usize,
}

/// `ROOM` bytes, then four gigabytes of nothing.
fn memory(fill: u8, rights: i32) -> usize {
    // SAFETY: fresh memory.
    unsafe {
        let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        let start = libc::mmap(null_mut(), ROOM + (1 << 32), libc::PROT_NONE, kind, -1, 0);
        assert_ne!(start, libc::MAP_FAILED);
        libc::mprotect(start, ROOM, libc::PROT_READ | libc::PROT_WRITE);
        if fill != 0 {
            start.cast::<u8>().write_bytes(fill, ROOM);
        }
        libc::mprotect(start, ROOM, rights);
        start as usize
    }
}

impl World {
    pub fn new() -> World {
        let both = libc::PROT_READ | libc::PROT_WRITE;
        World { zeros: memory(0, both), filled: memory(0xff, both), read_only: memory(0, libc::PROT_READ) }
    }

    pub fn argument(&self, signature: &Signature, kind: &Kind, value: Value) -> usize {
        match value {
            Value::Sound => match kind {
                Kind::Number => 64,
                Kind::Handle(of) => sound(of),
                // Two pointers of one call may mean the same memory: a program could do that, too.
                Kind::Pointer => self.zeros,
                Kind::Trusted(of) => self.trusted(&signature.name, of),
                Kind::Callback => nothing as *const () as usize,
            },
            Value::Null => 0,
            Value::One => 1,
            Value::Minus => usize::MAX,
            Value::HugeInt => i32::MAX as usize,
            Value::TopBit => 1 << 31,
            Value::HugeLong => isize::MAX as usize,
            Value::Wild => 0x10_dead_0000,
            Value::NoAddress => 0xdead_beef_dead_beef,
            Value::Unaligned => self.zeros + 1,
            Value::ReadOnly => self.read_only,
            Value::Edge => self.filled + ROOM - 1,
            Value::Filled => self.filled,
            Value::Stale => {
                let event = sound("Event");
                CloseHandle(event as HANDLE);
                event
            }
            Value::Event => sound("Event"),
            Value::Port => sound("CompletionPort"),
            Value::Stream => socket(ws::SOCK_STREAM),
            Value::Datagram => socket(ws::SOCK_DGRAM),
            Value::File => sound("FileObject"),
            Value::Thread => sound("Thread"),
            Value::Process => sound("Process"),
            Value::Mutex => sound("Mutex"),
        }
    }
}

impl World {
    /// What Windows trusts a program to pass.
    #[allow(clippy::missing_transmute_annotations)] // The type is the parameter's.
    fn trusted(&self, function: &str, kind: &str) -> usize {
        let callback = nothing as *const ();
        // SAFETY: a callback that is never called, no context, no environment.
        unsafe {
            match kind {
                _ if kind.contains("TP_POOL") => CreateThreadpool(null()) as usize,
                _ if kind.contains("TP_CLEANUP_GROUP") => CreateThreadpoolCleanupGroup() as usize,
                _ if function.to_lowercase().contains("freeaddrinfo") => 0,
                _ if function.starts_with("FreeEnvironmentStrings") => 0,
                _ if !kind.contains("TP_OBJECT") => self.zeros,
                _ if function.contains("Wait") && !function.starts_with("WaitForThreadpool")
                    || function.contains("ThreadpoolWaitCallbacks") =>
                {
                    CreateThreadpoolWait(std::mem::transmute(callback), null_mut(), null()) as usize
                }
                _ if function.contains("Timer") => {
                    CreateThreadpoolTimer(std::mem::transmute(callback), null_mut(), null()) as usize
                }
                _ if function.contains("Io") => 0,
                _ => CreateThreadpoolWork(std::mem::transmute(callback), null_mut(), null()) as usize,
            }
        }
    }
}

/// A callback that takes anything and does nothing.
extern "C" fn nothing() -> usize {
    0
}

fn socket(kind: i32) -> usize {
    // SAFETY: a writable place.
    unsafe { WSAStartup(0x0202, &mut ws::WSADATA::default()) };
    longshore_socket(2, kind, 0)
}

/// An object of the type a parameter names.
fn sound(kind: &str) -> usize {
    // SAFETY: no names, or sound ones.
    unsafe {
        let handle = match kind {
            _ if kind.contains("SocketArg") => socket(ws::SOCK_DGRAM) as HANDLE,
            _ if kind.contains("CompletionPort") => {
                CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0)
            }
            _ if kind.contains("Thread") => -2isize as HANDLE,
            _ if kind.contains("Process") => -1isize as HANDLE,
            _ if kind.contains("Mutex") => CreateMutexA(null(), 0, null()),
            _ if kind.contains("Timer") => CreateWaitableTimerA(null(), 1, null()),
            _ if kind.contains("Event") => CreateEventA(null(), 1, 0, null()),
            "Module" | "Key" => null_mut(),
            _ => {
                const ALL: u32 = 0xc000_0000;
                const OVERLAPPED: u32 = 0x4000_0000;
                CreateFileA(c"sound".as_ptr(), ALL, 7, null(), 4, OVERLAPPED, null_mut())
            }
        };
        handle as usize
    }
}
