//! The way of an overlapped operation: from the call, through the engine, to its notification.
//!
//! 1. A call makes a [`Request`]: the OVERLAPPED, its event, its completion routine, the buffers. From here on
//!    `OVERLAPPED::Internal` is `STATUS_PENDING`, whatever comes of it (A8, A9).
//! 2. [`begin`] starts it. If it ended inside the call, [`ended_inside`] writes the status and queues a packet or not
//!    (the upper rows of D1), and the caller returns the result.
//! 3. Otherwise the call returns "pending", and whoever finds it ended comes to [`finished`]: there an action may
//!    go on with a second step (AcceptEx that also receives), or the end is [delivered](deliver): status, event,
//!    routine, packet, in this order (D7).
//! 4. A packet of a pending operation without an event carries the status; the dequeuer writes it (D8). After the
//!    packet, or the event, can be seen, the OVERLAPPED is the program's and is not touched again (A7).
//!
//! What decides between port and routine is looked up when the operation ends, not when it starts: a file may be
//! bound to a port meanwhile (P5).

use crate::abi::argument::{Argument, In, Out, WriteIfAsked, plain};
use crate::abi::fault::Fault;
use crate::abi::last_error::Win32Error;
use crate::abi::status::Status;
use crate::object::event::Event;
use crate::object::handles::{self, HANDLE};
use crate::object::suspend;
use crate::object::thread::{self, Thread};
use crate::object::wait::apc;
use crate::port::action::{Action, Next, Plain};
use crate::port::background_poller;
use crate::port::face::{Origin, Post, Win32};
use crate::port::file_object::{Binding, FileObject};
use crate::port::retry;
use crate::port::synchronous::Waiting;
use libc::iovec;
use longshore_engine::{Errno, OpCode, Operation, Outcome, Packet, Payload, Regions, Started, Tag};
use smallvec::SmallVec;
use std::cell::Cell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use windows_sys::Win32::Foundation::{
    STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_HANDLE, STATUS_NOT_FOUND,
};
use windows_sys::Win32::Networking::WinSock::MSG_PARTIAL;
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The memory of an operation, as the caller gave it.
pub type Buffers = SmallVec<[iovec; 2]>;

/// A completion routine, called by an alertable wait of the issuing thread (AP4, AP6).
pub(crate) type BoxedRoutine = Box<dyn FnOnce(Status, usize, *mut OVERLAPPED) + Send>;

/// Where a call itself reports an operation that ended inside it; NULL for what nobody asked for. This is written
/// before anybody hears of the end, because whoever does may free the memory at once, though the call has not
/// returned (A7). It is not looked at once the call has said that the operation goes on: programs keep it on the stack.
#[derive(Clone, Copy)]
pub(crate) struct SyncResult {
    pub(crate) bytes: *mut u32,
    /// The flags of a receive.
    pub(crate) flags: *mut u32,
}

impl SyncResult {
    /// To a call that reports a count at most.
    pub(crate) fn of_count(bytes: *mut u32) -> SyncResult {
        SyncResult { bytes, flags: std::ptr::null_mut() }
    }

    /// Where nothing is there, nothing is written: the operation has ended, and that counts.
    ///
    /// # Safety
    /// The places are NULL, or the program has told to write there.
    unsafe fn give(self, status: Status, bytes: usize) {
        // SAFETY: the caller's promise.
        let (count, flags) =
            unsafe { (Option::<Out<u32>>::from_c(self.bytes), Option::<Out<u32>>::from_c(self.flags)) };
        let _ = count.write_if_asked(bytes as u32);
        let partial = status == Status::BUFFER_OVERFLOW;
        let _ = flags.write_if_asked(if partial { MSG_PARTIAL } else { 0 });
    }
}

/// An operation as this face knows it.
pub struct Request {
    pub(crate) overlapped: *mut OVERLAPPED,
    pub(crate) file: Arc<FileObject>,
    pub(crate) event: Option<Arc<Event>>,
    /// hEvent's low bit was set: no packet (D4).
    quiet: bool,
    routine: Option<(BoxedRoutine, Arc<Thread>)>,
    issuer: u32,
    /// Somebody may wait for its end elsewhere than in the port.
    cared: Option<background_poller::PollOnBehalf>,
    pub(crate) buffers: Buffers,
    pub(crate) action: Box<dyn Action>,
    /// The second step of an operation of another file (AC7) is under way.
    pub(crate) second_step: bool,
    pub(crate) answer: SyncResult,
    /// The thread that waits for it, instead of every other notification.
    waiting: Option<Arc<Waiting>>,
}

// SAFETY: the OVERLAPPED and the buffers belong to the operation until its end is delivered (A6); that is what a
// program promises by starting it. The answer's places are looked at inside the call only.
unsafe impl Send for Request {}

// SAFETY: the regions are the program's, which must not move or reuse them before the end is delivered (A6), and which
// are passed to system calls only.
unsafe impl Payload for Box<Request> {
    fn regions(&mut self, regions: &mut Regions) {
        for buffer in &self.buffers {
            regions.push(buffer.iov_base.cast(), buffer.iov_len);
        }
    }

    fn region(&mut self) -> Option<(*mut u8, usize)> {
        match self.buffers.as_slice() {
            [buffer] => Some((buffer.iov_base.cast(), buffer.iov_len)),
            _ => None,
        }
    }

    fn tag(&self) -> Tag {
        (**self).tag()
    }

    fn waits_for_descriptors(&self) -> bool {
        false // The action has a place to give up, and waits otherwise.
    }

    fn control(&mut self) -> &mut [u8] {
        self.action.control()
    }
}

/// In the issuer of a [`Tag`]: the operation has an event.
const HAS_EVENT: usize = 1;
/// It is the second step of an operation of another file (AC7), which alone decides about its end.
const SECOND_STEP: usize = 2;
/// The rest of it is the issuing thread.
const ISSUER_SHIFT: u32 = 2;

/// The thread in a [`Tag`].
fn issuer_of(tag: Tag) -> u32 {
    (tag.issuer >> ISSUER_SHIFT) as u32
}

/// See [`SECOND_STEP`].
pub(crate) fn is_second_step(tag: Tag) -> bool {
    tag.issuer & SECOND_STEP != 0
}

/// What the second step of an operation is known by.
pub(crate) fn second_step_of(tag: Tag) -> Tag {
    Tag { issuer: tag.issuer | SECOND_STEP, ..tag }
}

thread_local! {
    /// The thread has started an operation that its end would cancel.
    static MAY_DOOM: Cell<bool> = const { Cell::new(false) };
}

/// An OVERLAPPED as an argument. The kernel's part of it is written by whoever finds the operation ended, and the program
/// may read it at any time: nobody has a reference to it.
///
/// C's promise: a call that begins an operation leaves it, and the buffers of the operation, where they are and to the
/// operation, until its end was delivered (A6).
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Overlapped(NonNull<OVERLAPPED>);

plain!(OVERLAPPED);

impl Overlapped {
    /// Marks the operation as pending (A8); the byte count is left alone.
    ///
    /// # Errors
    /// [`Fault::Access`] if it is not there.
    pub(crate) fn mark_pending(self) -> Result<(), Fault> {
        // SAFETY: the C program's promise; one write of a word, which nobody sees half of.
        unsafe { Out::from_c(&raw mut (*self.0.as_ptr()).Internal) }.write(Status::PENDING.to_internal())
    }

    /// What the program put there: the offset and the event.
    fn read(self) -> Result<OVERLAPPED, Fault> {
        // SAFETY: the C program's promise.
        unsafe { In::<OVERLAPPED>::from_c(self.0.as_ptr()) }.read()
    }

    /// The offset in it.
    ///
    /// # Errors
    /// As for [`Overlapped::mark_pending`].
    pub(crate) fn offset(self) -> Result<u64, Fault> {
        let overlapped = self.read()?;
        // SAFETY: every bit pattern is a valid offset.
        let parts = unsafe { overlapped.Anonymous.Anonymous };
        Ok(u64::from(parts.OffsetHigh) << 32 | u64::from(parts.Offset))
    }

    /// The event in it, NULL for none.
    ///
    /// # Errors
    /// As for [`Overlapped::mark_pending`].
    pub(crate) fn event(self) -> Result<HANDLE, Fault> {
        Ok(self.read()?.hEvent)
    }

    /// The status and the count it holds.
    ///
    /// # Errors
    /// As for [`Overlapped::mark_pending`].
    pub(crate) fn status(self) -> Result<(Status, usize), Fault> {
        self.read()?;
        // SAFETY: it was there a moment ago, by the C program's promise still is.
        Ok(unsafe { read_status(self.0.as_ptr()) })
    }

    pub(crate) fn as_ptr(self) -> *mut OVERLAPPED {
        self.0.as_ptr()
    }
}

/// NULL is `None`.
// SAFETY: C's promise, as the type states it.
unsafe impl Argument for Option<Overlapped> {
    type C = *mut OVERLAPPED;
    const PROMISE: bool = true;

    #[inline(always)]
    unsafe fn from_c(value: *mut OVERLAPPED) -> Self {
        NonNull::new(value).map(Overlapped)
    }
}

/// One word of an OVERLAPPED, which the program may read at the same time.
///
/// # Safety
/// `word` points into an OVERLAPPED that is valid and aligned.
unsafe fn word<'a>(word: *mut usize) -> &'a AtomicUsize {
    // SAFETY: the caller's promise; an AtomicUsize has the layout of a usize.
    unsafe { AtomicUsize::from_ptr(word) }
}

/// Marks the operation as pending (A8); the byte count is left alone.
///
/// # Safety
/// `overlapped` points to a valid OVERLAPPED.
pub(crate) unsafe fn mark_pending(overlapped: *mut OVERLAPPED) {
    // SAFETY: the caller's promise.
    unsafe { word(&raw mut (*overlapped).Internal) }.store(Status::PENDING.to_internal(), Ordering::Relaxed);
}

/// Writes how the operation ended: the count first, so that whoever sees the status sees it too (D7).
///
/// # Safety
/// `overlapped` points to a valid OVERLAPPED whose operation has not been delivered.
pub(crate) unsafe fn write_status(overlapped: *mut OVERLAPPED, status: Status, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        word(&raw mut (*overlapped).InternalHigh).store(bytes, Ordering::Relaxed);
        word(&raw mut (*overlapped).Internal).store(status.to_internal(), Ordering::Release);
    }
}

/// The status and count an OVERLAPPED holds.
///
/// # Safety
/// `overlapped` points to a valid OVERLAPPED.
pub(crate) unsafe fn read_status(overlapped: *const OVERLAPPED) -> (Status, usize) {
    let overlapped = overlapped.cast_mut();
    // SAFETY: the caller's promise.
    unsafe {
        let status = word(&raw mut (*overlapped).Internal).load(Ordering::Acquire);
        (Status::from_internal(status), word(&raw mut (*overlapped).InternalHigh).load(Ordering::Relaxed))
    }
}

impl Request {
    /// A request on `file`; `overlapped` becomes pending (A8). With a completion routine, hEvent is the program's
    /// own (AP4, S14).
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` if hEvent is not an event (D10).
    ///
    /// # Safety
    /// `overlapped` is NULL or points to an OVERLAPPED that stays where it is until the end is delivered.
    pub(crate) unsafe fn new(
        file: &Arc<FileObject>,
        overlapped: *mut OVERLAPPED,
        routine: Option<BoxedRoutine>,
        action: Box<dyn Action>,
    ) -> Result<Box<Request>, Win32Error> {
        let mut event = None;
        let mut quiet = false;
        if let Some(overlapped) = NonNull::new(overlapped) {
            // SAFETY: the caller's promise.
            let handle = unsafe {
                mark_pending(overlapped.as_ptr());
                overlapped.as_ref().hEvent
            };
            if routine.is_none() && !handle.is_null() {
                quiet = handle as usize & 1 != 0;
                let handle = (handle as usize & !3) as HANDLE;
                if !handle.is_null() {
                    event = Some(handles::get::<Event>(handle)?);
                }
            }
        }
        Ok(Box::new(Request {
            overlapped,
            file: file.clone(),
            event,
            quiet,
            routine: routine.map(|routine| (routine, thread::current())),
            issuer: thread::current_id(),
            cared: None,
            buffers: Buffers::new(),
            action,
            second_step: false,
            answer: SyncResult::of_count(std::ptr::null_mut()),
            waiting: None,
        }))
    }

    /// The same for an argument.
    ///
    /// # Errors
    /// As for [`Request::new`]; `ERROR_NOACCESS`.
    pub(crate) fn of(
        file: &Arc<FileObject>,
        overlapped: Option<Overlapped>,
        routine: Option<BoxedRoutine>,
        action: Box<dyn Action>,
    ) -> Result<Box<Request>, Win32Error> {
        let overlapped = match overlapped {
            None => std::ptr::null_mut(),
            Some(overlapped) => {
                overlapped.read()?;
                overlapped.as_ptr()
            }
        };
        // SAFETY: it is there, and by the C program's promise stays there.
        unsafe { Request::new(file, overlapped, routine, action) }
    }

    /// A request without an OVERLAPPED that the calling thread waits for.
    pub(crate) fn waited_for(
        file: &Arc<FileObject>,
        buffers: Buffers,
        action: Box<dyn Action>,
        waiting: Arc<Waiting>,
    ) -> Box<Request> {
        Box::new(Request { waiting: Some(waiting), ..*Request::unnoticed(file, buffers, action) })
    }

    /// A request whose end nobody is told of.
    pub(crate) fn unnoticed(
        file: &Arc<FileObject>,
        buffers: Buffers,
        action: Box<dyn Action>,
    ) -> Box<Request> {
        Box::new(Request {
            overlapped: std::ptr::null_mut(),
            file: file.clone(),
            event: None,
            quiet: true,
            routine: None,
            issuer: thread::current_id(),
            cared: None,
            buffers,
            action,
            second_step: false,
            answer: SyncResult::of_count(std::ptr::null_mut()),
            waiting: None,
        })
    }

    /// What a request that is waited for is known by: no OVERLAPPED has an odd address.
    pub(crate) fn name_of(waiting: &Arc<Waiting>) -> usize {
        Arc::as_ptr(waiting) as usize | 1
    }

    /// What the engine knows it by.
    pub(crate) fn tag(&self) -> Tag {
        Tag {
            token: match &self.waiting {
                Some(waiting) => Request::name_of(waiting),
                None => self.overlapped as usize,
            },
            issuer: (self.issuer as usize) << ISSUER_SHIFT
                | if self.second_step { SECOND_STEP } else { 0 }
                | if self.event.is_some() { HAS_EVENT } else { 0 },
        }
    }

    /// How the operation ended, by what the engine says.
    pub(crate) fn status_of(&self, outcome: &Outcome) -> Status {
        self.status_by(outcome, |errno| self.file.status_of(errno))
    }

    /// The same, with errors proper translated by `of`.
    pub(crate) fn status_by(&self, outcome: &Outcome, of: impl FnOnce(Errno) -> Status) -> Status {
        match outcome.error {
            None => Status::SUCCESS,
            Some(Errno::CANCELLED) if self.file.is_closed() => self.file.status_at_close(),
            Some(errno) => of(errno),
        }
    }

    /// The engine's part of a step is over.
    fn conclude(&mut self, outcome: Outcome) -> Next {
        let action = std::mem::replace(&mut self.action, Box::new(Plain));
        action.conclude(self, outcome)
    }

    /// D1, 2 and 3: it has an OVERLAPPED, wants its packet, and has no routine.
    fn wants_packet(&self) -> bool {
        !self.overlapped.is_null() && !self.quiet && self.routine.is_none()
    }

    /// The operation has reached the driver: its signals are taken back (D9, D10).
    pub(crate) fn reset_signals(&self) {
        if let Some(event) = &self.event {
            event.reset();
        }
        if !self.overlapped.is_null() {
            self.file.unsignal();
        }
    }
}

/// What became of a request inside its call.
pub enum StartResult {
    /// It ended; an error proper has no packet and leaves its OVERLAPPED pending (A9).
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

/// A thread that is terminated in here ends when the operation has been started, not with a lock of the engine's held.
fn start(request: Box<Request>, op_code: OpCode, always_pending: bool) -> StartResult {
    suspend::not_now(|| start_now(request, op_code, always_pending))
}

fn start_now(mut request: Box<Request>, op_code: OpCode, always_pending: bool) -> StartResult {
    request.reset_signals();
    let file = request.file.clone();
    let (handle, binding) = match file.engine() {
        Ok(engine) => engine,
        Err(status) => {
            give_up(&mut request, status);
            return StartResult::Ended(status, 0);
        }
    };
    if binding.is_none() || request.event.is_some() {
        MAY_DOOM.set(true);
        static HOOK: Once = Once::new();
        HOOK.call_once(|| thread::at_exit(thread_exits));
    }
    if let Some(binding) = &binding
        && (request.event.is_some() || !request.wants_packet() || binding.port.is_retired())
    {
        request.cared = Some(background_poller::care_for(&binding.port));
    }
    let peer_waits = peer_waits_for(&op_code);
    let is_long =
        request.buffers.iter().map(|buffer| buffer.iov_len).fold(0, usize::saturating_add) >= LONG_SEND;
    match handle.start(op_code, request) {
        Started::Pending(_) => {
            if peer_waits && let Some(binding) = &binding {
                file.poll_on_behalf(binding);
                if is_long {
                    file.attend_soon(binding);
                }
            }
            StartResult::Pending
        }
        Started::Dropped => StartResult::Ended(Status(STATUS_INSUFFICIENT_RESOURCES), 0),
        Started::Ended(operation) if always_pending => {
            if let Some(Packet::Posted { key, post }) = finished(operation)
                && let Some(binding) = file.binding()
            {
                binding.port.core.complete(key, post);
            }
            StartResult::Pending
        }
        Started::Ended(operation) => {
            let (_, request, outcome) = operation.into_parts();
            conclude_inside(request, outcome)
        }
    }
}

/// A send of so many bytes may yield to others before the kernel had enough: it goes on as soon as a thread comes to the
/// port, and no event will say so. The engine yields later than that.
const LONG_SEND: usize = 1 << 20;

/// Whether the peer may wait for the operation to go on, so that it has to though no thread comes to the port: what
/// sends, and what has to come before that. (What has been received already keeps.)
fn peer_waits_for(op_code: &OpCode) -> bool {
    matches!(
        op_code,
        OpCode::Connect(_) | OpCode::Send | OpCode::SendTo(_) | OpCode::SendMessage(..) | OpCode::SendFile(_)
    )
}

/// A request is going to wait outside of the engine; what it was given becomes the operation's.
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

/// Starts the next step of an operation on the engine's handle of `file`; gives it back if that ended at once.
fn go_on(
    mut request: Box<Request>,
    file: &Arc<FileObject>,
    op_code: OpCode,
) -> Option<(Box<Request>, Status, usize)> {
    let (mut file, mut op_code) = (file.clone(), op_code);
    loop {
        let handle = match file.engine() {
            Ok((handle, binding)) => {
                // Its end is awaited in the port of the operation's own file, if that is another (P10).
                let own = request.file.binding().map(|own| own.port);
                if let Some(Binding { port, .. }) = binding
                    && own.is_none_or(|own| !Arc::ptr_eq(&own, &port))
                {
                    request.cared = Some(background_poller::care_for(&port));
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
                // A close of the operation's own file that looked for this step before it was there found nothing.
                if owner.is_closed() && !Arc::ptr_eq(&owner, &file) {
                    handle.cancel_matching(&|other| other == tag);
                }
                return None;
            }
            Started::Ended(operation) => {
                let (_, request, outcome) = operation.into_parts();
                (request, outcome)
            }
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

/// The engine does not take a request, or its next step: the action lets go of what it holds. Returns how the request
/// ends.
fn give_up(request: &mut Request, status: Status) -> Status {
    let outcome = Outcome { error: Some(Errno::CANCELLED), ..Outcome::default() };
    match request.conclude(outcome) {
        Next::Ended(ended, _) if status == Status(STATUS_INVALID_HANDLE) => ended, // It was closed.
        _ => status,
    }
}

/// A request that the call itself finished, or that ended in the engine before the call returned: the rows "sync" of
/// D1. Returns what the call returns.
#[expect(clippy::boxed_local, reason = "the box ends here")]
pub(crate) fn ended_inside(request: Box<Request>, status: Status, bytes: usize) -> StartResult {
    if status.is_error() {
        return StartResult::Ended(status, bytes); // A9: nothing is written, nobody is told.
    }
    let request = *request;
    let overlapped = request.overlapped;
    // SAFETY: the program's places, of which nobody has been told yet.
    unsafe { request.answer.give(status, bytes) };
    if !overlapped.is_null() {
        // SAFETY: the program's OVERLAPPED, not delivered yet.
        unsafe { write_status(overlapped, status, bytes) };
    }
    let binding = if request.wants_packet() { request.file.binding() } else { None };
    match &request.event {
        Some(event) => event.set(),
        None if overlapped.is_null() => {}
        None => request.file.signal(),
    }
    let skipped = request.file.skips_port_on_success(); // D1, 5: warnings as well.
    if let Some((routine, thread)) = request.routine {
        call_later(routine, &thread, status, bytes, overlapped);
    } else if let Some(binding) = binding
        && !skipped
    {
        let post = Post { overlapped, bytes: bytes as u32, status: status.0, origin: Origin::Finished };
        binding.port.core.complete(binding.key, post); // A closed port: nobody could dequeue it (C4).
        binding.port.note_packet();
    }
    StartResult::Ended(status, bytes)
}

/// Queues the completion routine to the thread that started the operation. If that has ended, nobody calls it (AP5).
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
    let core = handle.core().clone();
    drop(handle);
    let (request, status, bytes) = conclude(request, outcome)?;
    let (binding, post) = deliver(request, status, bytes)?;
    if Arc::ptr_eq(&binding.port.core, &core) {
        return Some(Packet::Posted { key: binding.key, post });
    }
    binding.port.core.complete(binding.key, post); // As above (C4).
    binding.port.note_packet();
    None
}

/// A step of a pending request is over: what comes next, up to its end, if that is here.
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
#[expect(clippy::boxed_local, reason = "the box ends here")]
fn deliver(request: Box<Request>, status: Status, bytes: usize) -> Option<(Binding, Post)> {
    let request = *request;
    if let Some(waiting) = &request.waiting {
        waiting.end(status, bytes);
        return None;
    }
    let overlapped = request.overlapped;
    let binding = if request.wants_packet() { request.file.binding() } else { None };
    // D8. The exception is ours: when a file is closed after the last worker has gone, programs wait for the status of what
    // was pending, and nobody is left to dequeue it.
    let deserted = |binding: &Binding| request.file.is_closed() && binding.port.core.is_deserted();
    let deferred = request.event.is_none() && binding.as_ref().is_some_and(|binding| !deserted(binding));
    if !deferred && !overlapped.is_null() {
        // SAFETY: the program's OVERLAPPED, not delivered yet.
        unsafe { write_status(overlapped, status, bytes) };
    }
    match &request.event {
        Some(event) => event.set(),
        None if overlapped.is_null() => {}
        None => request.file.signal(),
    }
    if let Some((routine, thread)) = request.routine {
        call_later(routine, &thread, status, bytes, overlapped); // AP5: false if it ended.
        return None;
    }
    let origin = if deferred { Origin::Deferred } else { Origin::Finished };
    Some((binding?, Post { overlapped, bytes: bytes as u32, status: status.0, origin }))
}

/// Delivers the end of a pending request that is not in the engine (a lock that waited, a disconnect).
pub(crate) fn end_pending(request: Box<Request>, status: Status, bytes: usize) {
    if let Some((binding, post)) = deliver(request, status, bytes) {
        binding.port.core.complete(binding.key, post);
        binding.port.note_packet();
    }
}

/// Requests the end of the operations on `file` that were started with this OVERLAPPED, or of all (K1, K7).
///
/// # Errors
/// `STATUS_NOT_FOUND` if there is none.
pub(crate) fn cancel(file: &FileObject, overlapped: *mut OVERLAPPED) -> Result<(), Status> {
    let name = overlapped as usize;
    let found = file.cancel(&|tag| (name == 0 && tag.token != 0) || (name != 0 && tag.token == name));
    if found == 0 { Err(Status(STATUS_NOT_FOUND)) } else { Ok(()) }
}

/// Requests the end of the calling thread's operations on `file` (K6).
pub(crate) fn cancel_own(file: &FileObject) {
    let thread = thread::current_id();
    file.cancel(&|tag| issuer_of(tag) == thread && tag.token != 0);
}

/// A thread ends: its operations are cancelled, but for those that only a port will hear of (TX1).
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
        file.cancel(&|tag| {
            let has_event = tag.issuer & HAS_EVENT != 0;
            issuer_of(tag) == thread && tag.token != 0 && (!bound || has_event)
        });
    }
}
