//! The way of an overlapped operation: from the call, through the engine, to its notification.
//!
//! 1. A call makes a [`Request`]: the OVERLAPPED, its event, its completion routine, the buffers. From here
//!    on `OVERLAPPED::Internal` is `STATUS_PENDING`, even if the call fails (A8, A9).
//! 2. [`begin`] starts it. If it ended inside the call, [`ended_inside`] writes the status and queues a
//!    packet or not (the upper rows of D1), and the caller returns the result.
//! 3. Otherwise the call returns "pending", and the thread that finds it ended calls [`finished`]. There an
//!    action may go on with a second step (AcceptEx that also receives), or the end is [delivered](deliver):
//!    status, event, routine, packet, in this order (D7).
//! 4. A packet of a pending operation without an event carries the status; the dequeuer writes it (D8). After
//!    the packet, or the event, can be seen, the OVERLAPPED is the program's and is not touched again (A7).
//!
//! Whether a packet is queued is decided when the operation ends, not when it starts: the file may be
//! bound to a port in between (P5).

use crate::abi::status::Status;
use crate::object::handles;
use crate::object::suspend;
use crate::object::thread::{self, Thread};
use crate::object::wait::apc;
use crate::port::action::Next;
use crate::port::background_poller;
use crate::port::face::{Origin, Post, Win32};
use crate::port::file_object::{Binding, FileObject};
use crate::port::request::{BoxedRoutine, Request, has_event, issuer_of, recycle, write_status};
use crate::port::retry;
use longshore_engine::{Errno, OpCode, Operation, Outcome, Packet, Started};
use std::cell::Cell;
use std::sync::{Arc, Once};
use windows_sys::Win32::Foundation::{
    STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_HANDLE, STATUS_NOT_FOUND,
};
use windows_sys::Win32::System::IO::OVERLAPPED;

thread_local! {
    /// The thread has started an operation that is cancelled when the thread ends.
    static MAY_DOOM: Cell<bool> = const { Cell::new(false) };
}

#[cold]
fn may_doom() {
    MAY_DOOM.set(true);
    static HOOK: Once = Once::new();
    HOOK.call_once(|| thread::at_exit(thread_exits));
}

/// The result of starting a request.
pub enum StartResult {
    /// It ended; an error (not a warning) has no packet and leaves its OVERLAPPED pending (A9).
    Ended(Status, usize),
    /// It goes on.
    Pending,
}

/// Starts a request.
pub(crate) fn begin(request: Box<Request>, op_code: OpCode) -> StartResult {
    start(request, op_code, false)
}

/// Starts a request whose call always says that it is pending (F1, CX1, DX1).
pub(crate) fn begin_pending(request: Box<Request>, op_code: OpCode) -> StartResult {
    start(request, op_code, true)
}

/// A thread that is terminated here ends after the operation was started, and not
/// while it holds a lock of the engine.
fn start(request: Box<Request>, op_code: OpCode, always_pending: bool) -> StartResult {
    suspend::not_now(|| start_now(request, op_code, always_pending))
}

fn start_now(mut request: Box<Request>, op_code: OpCode, always_pending: bool) -> StartResult {
    request.reset_signals();
    let handle = match request.file.engine() {
        Ok(handle) => handle,
        Err(status) => {
            give_up(&mut request, status);
            return StartResult::Ended(status, 0);
        }
    };
    let binding = request.file.binding();
    if binding.is_none() || request.event.is_some() {
        may_doom();
    }
    if let Some(binding) = binding
        && (request.event.is_some() || !request.wants_packet() || binding.port.is_retired())
    {
        request.cared = Some(background_poller::care_for(&binding.port));
    }
    // A pending operation may be over, and its file closed, before this thread goes on.
    let waited_for_by_peer = peer_waits_for(&op_code).then(|| {
        let bytes = request.buffers.iter().map(|buffer| buffer.iov_len).fold(0, usize::saturating_add);
        (request.file.clone(), bytes)
    });
    match handle.start(op_code, request) {
        Started::Ended(request, outcome) if always_pending => {
            finish(request, outcome);
            StartResult::Pending
        }
        other => started(other, waited_for_by_peer.as_ref().map(|(file, bytes)| (&**file, *bytes))),
    }
}

/// The engine has started an operation, or carried it out. Of one that the peer may wait for, the file and the
/// number of bytes are given.
pub(super) fn started(
    started: Started<Box<Request>>,
    waited_for_by_peer: Option<(&FileObject, usize)>,
) -> StartResult {
    match started {
        Started::Pending(_) => {
            if let Some((file, bytes)) = waited_for_by_peer
                && let Some(binding) = file.binding()
            {
                file.poll_on_behalf(binding);
                if bytes >= LONG_SEND {
                    file.attend_soon(binding);
                }
            }
            StartResult::Pending
        }
        Started::Dropped => StartResult::Ended(Status(STATUS_INSUFFICIENT_RESOURCES), 0),
        Started::Ended(request, outcome) => conclude_inside(request, outcome),
    }
}

/// A send of so many bytes may yield to other operations before the kernel's buffer is full. It then goes on
/// when a thread comes to the port, and no event tells of it. The engine never yields after fewer bytes.
const LONG_SEND: usize = 1 << 20;

/// Whether the peer may depend on the operation, so that it must go on even if no thread comes to the port:
/// sends, and what comes before a send. (A receive can wait.)
fn peer_waits_for(op_code: &OpCode) -> bool {
    matches!(
        op_code,
        OpCode::Connect(_) | OpCode::Send | OpCode::SendTo(_) | OpCode::SendMessage(..) | OpCode::SendFile(_)
    )
}

/// A request will wait outside of the engine; its OVERLAPPED and buffers belong to the operation now.
pub(crate) fn begin_outside(request: &Request) {
    request.reset_signals();
    MAY_DOOM.set(true);
}

/// The engine ended it inside the call: the action may have a second step.
fn conclude_inside(mut request: Box<Request>, outcome: Outcome) -> StartResult {
    match request.conclude(outcome) {
        Next::Ended(status, bytes) => ended_inside(request, status, bytes),
        Next::Later(file, op_code, next) => {
            request.action = next;
            retry::later(request, &file, op_code);
            StartResult::Pending
        }
        Next::Continue(file, op_code, next) => {
            request.action = next;
            match go_on(request, &file, op_code) {
                None => StartResult::Pending,
                Some((request, status, bytes)) => ended_inside(request, status, bytes),
            }
        }
    }
}

/// Starts the next step of an operation on the engine's handle of `file`; gives it
/// back if that ended at once.
fn go_on(
    mut request: Box<Request>,
    file: &Arc<FileObject>,
    op_code: OpCode,
) -> Option<(Box<Request>, Status, usize)> {
    let (mut file, mut op_code) = (file.clone(), op_code);
    loop {
        let handle = match file.engine() {
            Ok(handle) => {
                // Its end is awaited in the port of the operation's own file, if that is another (P10).
                let own = request.file.binding().map(|own| &own.port);
                if let Some(Binding { port, .. }) = file.binding()
                    && own.is_none_or(|own| !Arc::ptr_eq(own, port))
                {
                    request.cared = Some(background_poller::care_for(port));
                }
                handle
            }
            Err(status) => {
                let status = give_up(&mut request, status);
                return Some((request, status, 0));
            }
        };
        let (owner, tag) = (request.file.clone(), request.tag());
        let (back, outcome) = match handle.start(op_code, request) {
            Started::Dropped => return None,
            Started::Pending(_) => {
                // The operation's own file may have been closed before this step existed,
                // so that the close did not find it.
                if owner.is_closed() && !Arc::ptr_eq(&owner, &file) {
                    handle.cancel_matching(&|other| other == tag);
                }
                return None;
            }
            Started::Ended(request, outcome) => (request, outcome),
        };
        request = back;
        match request.conclude(outcome) {
            Next::Ended(status, bytes) => return Some((request, status, bytes)),
            Next::Later(file, op_code, next) => {
                request.action = next;
                retry::later(request, &file, op_code);
                return None;
            }
            Next::Continue(next_file, next_op_code, next) => {
                request.action = next;
                file = next_file;
                op_code = next_op_code;
            }
        }
    }
}

/// The engine refuses a request or its next step: the action releases what it holds.
/// Returns how the request ends.
fn give_up(request: &mut Request, status: Status) -> Status {
    let outcome = Outcome { error: Some(Errno::CANCELLED), ..Outcome::default() };
    match request.conclude(outcome) {
        Next::Ended(ended, _) if status == Status(STATUS_INVALID_HANDLE) => ended, // It was closed.
        _ => status,
    }
}

/// A request that the call itself finished, or that ended in the engine before the call returned: the rows
/// "sync" of D1. Returns what the call returns.
pub(crate) fn ended_inside(mut request: Box<Request>, status: Status, bytes: usize) -> StartResult {
    if status.is_error() {
        return StartResult::Ended(status, bytes); // A9: nothing is written or signaled.
    }
    let overlapped = request.overlapped;
    // SAFETY: the program's places; the end has not been announced yet.
    unsafe { request.answer.give(status, bytes) };
    if !overlapped.is_null() {
        // SAFETY: the program's OVERLAPPED, not delivered yet.
        unsafe { write_status(overlapped, status, bytes) };
    }
    let wants_packet = request.wants_packet();
    signal(&request);
    let skipped = request.file.skips_port_on_success(); // D1, 5: warnings as well.
    if let Some((routine, thread)) = request.routine.take() {
        call_later(routine, &thread, status, bytes, overlapped);
    } else if wants_packet
        && !skipped
        && let Some(binding) = request.file.binding()
    {
        let post = Post { overlapped, bytes: bytes as u32, status: status.0, origin: Origin::Finished };
        binding.port.complete(binding.key, post);
    }
    recycle(request);
    StartResult::Ended(status, bytes)
}

/// Signals the event, or the file in its place (D9, D10).
#[inline]
fn signal(request: &Request) {
    match &request.event {
        Some(event) => event.set(),
        None if request.overlapped.is_null() => {}
        None => request.file.signal(),
    }
}

/// Queues the completion routine to the thread that started the operation. If that thread has ended,
/// the routine is not called (AP5).
fn call_later(
    routine: BoxedRoutine,
    thread: &Arc<Thread>,
    status: Status,
    bytes: usize,
    overlapped: *mut OVERLAPPED,
) {
    let post = Post { overlapped, bytes: 0, status: status.0, origin: Origin::Finished };
    let call = move |routine: BoxedRoutine, post: Post| routine(Status(post.status), bytes, post.overlapped);
    apc::queue(thread, Box::new(move || call(routine, post)));
}

/// A request ended after its call had returned.
pub(crate) fn finished(operation: Box<Operation<Win32>>) -> Option<Packet<Win32>> {
    let (handle, request, outcome) = operation.into_parts();
    // The thread that polls for the port holds a reference to it.
    let core = Arc::as_ptr(handle.core());
    drop(handle);
    let (mut request, status, bytes) = conclude(request, outcome)?;
    let (binding, post) = deliver(&mut request, status, bytes)?;
    if Arc::as_ptr(&binding.port.core) == core {
        let key = binding.key;
        recycle(request);
        return Some(Packet::Posted { key, post });
    }
    let (port, key) = (binding.port.clone(), binding.key);
    drop(request);
    port.complete(key, post);
    None
}

/// A step of a pending request is over: starts the next one, or delivers the end.
fn conclude(mut request: Box<Request>, outcome: Outcome) -> Option<(Box<Request>, Status, usize)> {
    match request.conclude(outcome) {
        Next::Ended(status, bytes) => Some((request, status, bytes)),
        Next::Continue(file, op_code, next) => {
            request.action = next;
            go_on(request, &file, op_code)
        }
        Next::Later(file, op_code, next) => {
            request.action = next;
            retry::later(request, &file, op_code);
            None
        }
    }
}

/// A step of a pending request that was not in the engine is over.
pub(crate) fn finish(request: Box<Request>, outcome: Outcome) {
    if let Some((request, status, bytes)) = suspend::not_now(|| conclude(request, outcome)) {
        end_pending(request, status, bytes);
    }
}

/// A pending request that was not in the engine goes on there.
pub(crate) fn resume(request: Box<Request>, file: &Arc<FileObject>, op_code: OpCode) {
    if let Some((request, status, bytes)) = suspend::not_now(|| go_on(request, file, op_code)) {
        end_pending(request, status, bytes);
    }
}

/// The rows "pending" of D1: everything but queueing the packet, which is returned if there is one.
fn deliver(request: &mut Request, status: Status, bytes: usize) -> Option<(&Binding, Post)> {
    if let Some(waiting) = &request.waiting {
        waiting.end(status, bytes);
        return None;
    }
    let overlapped = request.overlapped;
    let wanted = request.wants_packet();
    let routine = request.routine.take();
    let request = &*request;
    let binding = if wanted { request.file.binding() } else { None };
    // D8, with an exception of this library: if a file is closed after the last worker has gone, programs
    // wait for the status of pending operations, and no thread is left to dequeue it.
    let deserted = |binding: &Binding| request.file.is_closed() && binding.port.core.is_deserted();
    let deferred = request.event.is_none() && binding.is_some_and(|binding| !deserted(binding));
    if !deferred && !overlapped.is_null() {
        // SAFETY: the program's OVERLAPPED, not delivered yet.
        unsafe { write_status(overlapped, status, bytes) };
    }
    signal(request);
    if let Some((routine, thread)) = routine {
        call_later(routine, &thread, status, bytes, overlapped); // AP5: false if it ended.
        return None;
    }
    let origin = if deferred { Origin::Deferred } else { Origin::Finished };
    Some((binding?, Post { overlapped, bytes: bytes as u32, status: status.0, origin }))
}

/// Delivers the end of a pending request that is not in the engine (a lock that waited, a disconnect).
pub(crate) fn end_pending(mut request: Box<Request>, status: Status, bytes: usize) {
    let Some((binding, post)) = deliver(&mut request, status, bytes) else {
        return;
    };
    let (port, key) = (binding.port.clone(), binding.key);
    drop(request);
    port.complete(key, post);
}

/// Cancels the operations on `file` that were started with this OVERLAPPED, or all (K1, K7).
///
/// # Errors
/// `STATUS_NOT_FOUND` if there is none.
pub(crate) fn cancel(file: &FileObject, overlapped: *mut OVERLAPPED) -> Result<(), Status> {
    let name = overlapped as usize;
    let found = file.cancel(&|tag| (name == 0 && tag.token != 0) || (name != 0 && tag.token == name));
    if found == 0 { Err(Status(STATUS_NOT_FOUND)) } else { Ok(()) }
}

/// Cancels the calling thread's operations on `file` (K6).
pub(crate) fn cancel_own(file: &FileObject) {
    let thread = thread::current_id();
    file.cancel(&|tag| issuer_of(tag) == thread && tag.token != 0);
}

/// A thread ends: its operations are cancelled, except those whose end is told by a packet alone (TX1).
pub(crate) fn thread_exits(thread: u32) {
    if thread == thread::current_id() && !MAY_DOOM.try_with(Cell::get).unwrap_or(true) {
        return;
    }
    for object in handles::all() {
        let object: Arc<dyn std::any::Any + Send + Sync> = object;
        let Ok(file) = object.downcast::<FileObject>() else {
            continue;
        };
        let bound = file.is_bound();
        file.cancel(&|tag| issuer_of(tag) == thread && tag.token != 0 && (!bound || has_event(tag)));
    }
}
