//! Receives and sends on streams that end inside their call, as most do: they need no request.
//!
//! The steps are those of [`super::overlapped`], in the same order, for the common case: the file is bound to
//! a port, the OVERLAPPED has no event, there is no routine, and the memory is one region. What then happens
//! in the call is known from the beginning, so nothing is kept for later. If the transfer does not end in the
//! call, the engine asks for the request (`Handle::start_at_once`) and all goes on as usual.

use crate::abi::last_error::Win32Error;
use crate::abi::reserve;
use crate::abi::status::Status;
use crate::object::handles::Borrowed;
use crate::object::thread;
use crate::port::action::Action;
use crate::port::face::{Origin, Post};
use crate::port::file_object::{Binding, FileObject};
use crate::port::overlapped::{StartResult, begin, started};
use crate::port::request::{Overlapped, Request, SyncResult, one_region, write_status};
use crate::port::transfer::Direction;
use libc::iovec;
use longshore_engine::{HoldOff, OpCode};
use std::sync::Arc;

/// A receive or a send of one region, which is not empty, on a stream.
#[derive(Clone, Copy)]
pub(crate) struct Transfer {
    pub(crate) region: iovec,
    pub(crate) answer: SyncResult,
    /// What follows if it does not end in the call with success, or with nothing received.
    pub(crate) action: fn() -> Box<dyn Action>,
}

/// A file object that a caller keeps alive.
pub(crate) trait Lent: std::ops::Deref<Target = FileObject> {
    /// A reference that may outlive the call.
    fn share(&self) -> Arc<FileObject>;
}

impl Lent for Borrowed<FileObject> {
    #[inline]
    fn share(&self) -> Arc<FileObject> {
        self.to_arc()
    }
}

impl Lent for Arc<FileObject> {
    fn share(&self) -> Arc<FileObject> {
        self.clone()
    }
}

/// Starts a transfer without a routine.
///
/// # Errors
/// As for [`Request::of`].
#[inline(always)]
pub(crate) fn begin_transfer(
    file: &impl Lent,
    direction: Direction,
    overlapped: Overlapped,
    transfer: Transfer,
) -> Result<StartResult, Win32Error> {
    if let Some(binding) = file.binding()
        && overlapped.event()?.is_null()
        && !binding.port.is_retired()
    {
        reserve::admit()?;
        overlapped.mark_pending()?;
        return Ok(begin_at_once(file, direction, binding, overlapped, transfer));
    }
    begin_as_usual(file.share(), direction, overlapped, transfer)
}

#[inline(never)]
fn begin_as_usual(
    file: Arc<FileObject>,
    direction: Direction,
    overlapped: Overlapped,
    transfer: Transfer,
) -> Result<StartResult, Win32Error> {
    let mut request = Request::of(file, Some(overlapped), None, (transfer.action)())?;
    request.buffers = one_region(transfer.region);
    request.answer = transfer.answer;
    Ok(begin(request, op_code_of(direction)))
}

fn op_code_of(direction: Direction) -> OpCode {
    match direction {
        Direction::Read => OpCode::Recv,
        Direction::Write => OpCode::Send,
    }
}

#[inline(always)]
fn begin_at_once(
    file: &impl Lent,
    direction: Direction,
    binding: &Binding,
    overlapped: Overlapped,
    Transfer { region, answer, action }: Transfer,
) -> StartResult {
    let _held_off = HoldOff::new(); // As for every start of an operation.
    let issuer = thread::current_id(); // Before the engine's lock is held.
    let request = || Request::unsettled(file.share(), overlapped, issuer, region, answer, action());
    let Ok(handle) = file.engine() else {
        return begin(request(), op_code_of(direction)); // Finds the same, and ends as it should.
    };
    file.unsignal();
    let memory = (region.iov_base.cast(), region.iov_len);
    // SAFETY: the program's memory, which is the operation's until its end is delivered (A6); it is passed to
    // system calls only.
    let result = unsafe {
        match direction {
            Direction::Read => handle.receive_at_once(memory, request),
            Direction::Write => handle.send_at_once(memory, request),
        }
    };
    let bytes = match result {
        Ok(bytes) => bytes,
        Err(other) => {
            let waited_for_by_peer = direction == Direction::Write;
            return started(other, waited_for_by_peer.then_some((&**file, region.iov_len)));
        }
    };
    let status = Status::SUCCESS;
    // SAFETY: the program's places; the end has not been announced yet.
    unsafe {
        answer.give(status, bytes);
        write_status(overlapped.as_ptr(), status, bytes);
    }
    file.signal();
    if !file.skips_port_on_success() {
        let overlapped = overlapped.as_ptr();
        let post = Post { overlapped, bytes: bytes as u32, status: status.0, origin: Origin::Finished };
        binding.port.complete(binding.key, post);
    }
    StartResult::Ended(status, bytes)
}
