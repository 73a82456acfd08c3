//! A request: an overlapped operation as this face knows it, from its start to the delivery
//! of its end, and the OVERLAPPED through which the program sees it. What happens to a
//! request is told in [`super::overlapped`].

use crate::abi::argument::{Argument, In, Out, WriteIfAsked, plain};
use crate::abi::fault::Fault;
use crate::abi::last_error::Win32Error;
use crate::abi::reserve;
use crate::abi::status::Status;
use crate::object::event::Event;
use crate::object::handles::{self, HANDLE};
use crate::object::thread::{self, Thread};
use crate::port::action::{Action, Next, Plain};
use crate::port::background_poller;
use crate::port::file_object::FileObject;
use crate::port::synchronous::Waiting;
use libc::iovec;
use longshore_engine::{Errno, Outcome, Payload, Regions, Tag, magazine};
use smallvec::SmallVec;
use std::alloc::Layout;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use windows_sys::Win32::Networking::WinSock::MSG_PARTIAL;
use windows_sys::Win32::System::IO::OVERLAPPED;

/// The memory of an operation, as the caller gave it.
pub type Buffers = SmallVec<[iovec; 2]>;

/// The memory of an operation that has one region, made without a loop.
#[inline]
pub(crate) fn one_region(region: iovec) -> Buffers {
    let nothing = iovec { iov_base: std::ptr::null_mut(), iov_len: 0 };
    Buffers::from_buf_and_len([region, nothing], 1)
}

/// A completion routine, called by an alertable wait of the issuing thread (AP4, AP6).
pub(crate) type BoxedRoutine = Box<dyn FnOnce(Status, usize, *mut OVERLAPPED) + Send>;

/// Where a call reports an operation that ended inside it; NULL for what the program did not ask
/// for. It is written before the end is announced, because a thread that learns of the end may free
/// the memory before the call has returned (A7). It is not used once the operation is pending,
/// because programs have it on the stack.
#[derive(Clone, Copy)]
pub(crate) struct SyncResult {
    pub(crate) bytes: *mut u32,
    /// The flags of a receive.
    pub(crate) flags: *mut u32,
}

impl SyncResult {
    /// For a call that reports only a count, or nothing.
    pub(crate) fn of_count(bytes: *mut u32) -> SyncResult {
        SyncResult { bytes, flags: std::ptr::null_mut() }
    }

    /// A place that cannot be written is skipped without an error: the operation has already ended.
    ///
    /// # Safety
    /// The places are NULL, or the program asked for a write there.
    #[inline]
    pub(super) unsafe fn give(self, status: Status, bytes: usize) {
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
    pub(super) quiet: bool,
    pub(super) routine: Option<(BoxedRoutine, Arc<Thread>)>,
    issuer: u32,
    /// A thread may wait for its end outside the port.
    pub(super) cared: Option<background_poller::PollOnBehalf>,
    pub(crate) buffers: Buffers,
    pub(crate) action: Box<dyn Action>,
    /// The second step of an operation of another file (AC7) is under way.
    pub(crate) second_step: bool,
    pub(crate) answer: SyncResult,
    /// The thread that waits for it. Then there is no other notification.
    pub(super) waiting: Option<Arc<Waiting>>,
}

// SAFETY: the OVERLAPPED and the buffers belong to the operation until its end is delivered (A6); that is
// what a program promises by starting it. The answer's places are used inside the call only.
unsafe impl Send for Request {}

// SAFETY: the regions are the program's, which must not move or reuse them before the end is delivered (A6),
// and which are passed to system calls only.
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
pub(super) fn issuer_of(tag: Tag) -> u32 {
    (tag.issuer >> ISSUER_SHIFT) as u32
}

/// Whether the operation of a [`Tag`] has an event.
pub(super) fn has_event(tag: Tag) -> bool {
    tag.issuer & HAS_EVENT != 0
}

/// Whether it is the second step of an operation of another file (AC7).
pub(crate) fn is_second_step(tag: Tag) -> bool {
    tag.issuer & SECOND_STEP != 0
}

/// The tag of the second step of an operation.
pub(crate) fn second_step_of(tag: Tag) -> Tag {
    Tag { issuer: tag.issuer | SECOND_STEP, ..tag }
}

/// An OVERLAPPED as an argument. The thread that finds the operation ended writes the kernel's part of it,
/// and the program may read that at any time, so no Rust reference to it exists.
///
/// C's promise: from the call until the end is delivered, the OVERLAPPED and the buffers do not move, and the
/// program does not use them (A6).
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Overlapped(NonNull<OVERLAPPED>);

plain!(OVERLAPPED);

impl Overlapped {
    /// Marks the operation as pending (A8); the byte count is left alone.
    ///
    /// # Errors
    /// [`Fault::Access`] if it is not there.
    #[inline]
    pub(crate) fn mark_pending(self) -> Result<(), Fault> {
        // SAFETY: the C program's promise; the write is one word, so no thread sees half of it.
        unsafe { Out::from_c(&raw mut (*self.0.as_ptr()).Internal) }.write(Status::PENDING.to_internal())
    }

    /// The program's part of it: the offset and the event.
    fn read(self) -> Result<OVERLAPPED, Fault> {
        self.argument().read()
    }

    #[inline]
    fn argument(&self) -> In<'_, OVERLAPPED> {
        // SAFETY: the C program's promise.
        unsafe { In::from_c(self.0.as_ptr()) }
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
    #[inline]
    pub(crate) fn event(self) -> Result<HANDLE, Fault> {
        self.argument().field(offset_of!(OVERLAPPED, hEvent)).read()
    }

    /// The status and the count it holds.
    ///
    /// # Errors
    /// As for [`Overlapped::mark_pending`].
    pub(crate) fn status(self) -> Result<(Status, usize), Fault> {
        self.read()?;
        // SAFETY: it could be written before, and by the C program's promise it is still there.
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

/// Writes one word of an OVERLAPPED, which the program may read at the same time. As soon as it sees the
/// status it may free the memory, so no reference to the word outlives the access: what is held is a pointer,
/// and an atomic's own `&self` promises nothing about the memory after the instruction (it is a cell).
///
/// # Safety
/// `word` points into an OVERLAPPED that is valid and aligned when the call is made.
#[inline]
unsafe fn store(word: *mut usize, value: usize, order: Ordering) {
    // SAFETY: the caller's promise; an AtomicUsize has the layout of a usize.
    unsafe { AtomicUsize::from_ptr(word) }.store(value, order);
}

/// Reads one word of an OVERLAPPED, likewise.
///
/// # Safety
/// As for [`store`].
unsafe fn load(word: *mut usize, order: Ordering) -> usize {
    // SAFETY: as in `store`.
    unsafe { AtomicUsize::from_ptr(word) }.load(order)
}

/// Writes how the operation ended: the count first, so that whoever sees the status sees it too (D7).
///
/// # Safety
/// `overlapped` points to a valid OVERLAPPED whose operation has not been delivered.
#[inline]
pub(crate) unsafe fn write_status(overlapped: *mut OVERLAPPED, status: Status, bytes: usize) {
    // SAFETY: the caller's promise.
    unsafe {
        store(&raw mut (*overlapped).InternalHigh, bytes, Ordering::Relaxed);
        store(&raw mut (*overlapped).Internal, status.to_internal(), Ordering::Release);
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
        let status = load(&raw mut (*overlapped).Internal, Ordering::Acquire);
        (Status::from_internal(status), load(&raw mut (*overlapped).InternalHigh, Ordering::Relaxed))
    }
}

/// A new request, in memory that this thread kept from another one if it has some.
#[inline(always)]
fn boxed(make: impl FnOnce() -> Request) -> Box<Request> {
    // First the place, so that the parts go there directly.
    let block = magazine::take(Layout::new::<Request>()).cast::<Request>();
    // SAFETY: the block is as large and as aligned as a request, came from the global allocator with the layout
    // of one, as a box does, and is ours alone.
    unsafe {
        block.write(make());
        Box::from_raw(block.as_ptr())
    }
}

/// The end of a request. Its memory is kept for the next one of this thread.
#[inline]
pub(super) fn recycle(request: Box<Request>) {
    let block = NonNull::from(Box::leak(request));
    // SAFETY: a box has the global allocator's memory with the layout of its type; nobody uses this one any more.
    unsafe {
        block.drop_in_place();
        magazine::keep(block.cast(), Layout::new::<Request>());
    }
}

/// The event of an OVERLAPPED, and whether its packet is suppressed (D4).
///
/// # Errors
/// `ERROR_INVALID_HANDLE` if it is not an event (D10).
#[inline(never)]
fn event_of(handle: HANDLE) -> Result<(Option<Arc<Event>>, bool), Win32Error> {
    let quiet = handle as usize & 1 != 0;
    let handle = (handle as usize & !3) as HANDLE;
    let event = if handle.is_null() { None } else { Some(handles::get::<Event>(handle)?) };
    Ok((event, quiet))
}

impl Request {
    /// A request on `file`; `overlapped` becomes pending (A8). With a completion routine, hEvent
    /// is the program's own (AP4, S14).
    ///
    /// # Errors
    /// `ERROR_INVALID_HANDLE` if hEvent is not an event (D10); `ERROR_NOACCESS` if the OVERLAPPED cannot be read
    /// and written; `ERROR_NO_SYSTEM_RESOURCES`.
    #[inline]
    pub(crate) fn of(
        file: Arc<FileObject>,
        overlapped: Option<Overlapped>,
        routine: Option<BoxedRoutine>,
        action: Box<dyn Action>,
    ) -> Result<Box<Request>, Win32Error> {
        reserve::admit()?;
        let mut event = None;
        let mut quiet = false;
        if let Some(overlapped) = overlapped {
            let handle = overlapped.event()?;
            overlapped.mark_pending()?;
            if routine.is_none() && !handle.is_null() {
                (event, quiet) = event_of(handle)?;
            }
        }
        let overlapped = overlapped.map_or(std::ptr::null_mut(), Overlapped::as_ptr);
        Ok(boxed(|| Request {
            overlapped,
            file,
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

    /// The request of a transfer that did not end inside its call: on a bound file, without event and routine.
    /// The OVERLAPPED is pending already.
    #[inline(never)]
    pub(super) fn unsettled(
        file: Arc<FileObject>,
        overlapped: Overlapped,
        issuer: u32,
        region: iovec,
        answer: SyncResult,
        action: Box<dyn Action>,
    ) -> Box<Request> {
        boxed(|| Request {
            overlapped: overlapped.as_ptr(),
            file,
            event: None,
            quiet: false,
            routine: None,
            issuer,
            cared: None,
            buffers: one_region(region),
            action,
            second_step: false,
            answer,
            waiting: None,
        })
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

    /// A request whose end is not announced.
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

    /// The token of a request that a thread waits for. It is odd, which the address
    /// of an OVERLAPPED never is.
    pub(crate) fn name_of(waiting: &Arc<Waiting>) -> usize {
        Arc::as_ptr(waiting) as usize | 1
    }

    /// What the engine knows it by.
    #[inline]
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
    #[inline]
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
    #[inline]
    pub(super) fn conclude(&mut self, outcome: Outcome) -> Next {
        let action = std::mem::replace(&mut self.action, Box::new(Plain));
        action.conclude(self, outcome)
    }

    /// D1, conditions 2 and 3: it has an OVERLAPPED, its packet is not suppressed, and it has no routine.
    #[inline]
    pub(super) fn wants_packet(&self) -> bool {
        !self.overlapped.is_null() && !self.quiet && self.routine.is_none()
    }

    /// The operation has reached the driver: the event or the file is made not signaled (D9, D10).
    #[inline]
    pub(crate) fn reset_signals(&self) {
        if let Some(event) = &self.event {
            event.reset();
        }
        if !self.overlapped.is_null() {
            self.file.unsignal();
        }
    }
}
