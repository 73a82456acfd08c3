//! Receives and sends of one region that are over after one system call: they need no operation.
//!
//! [`Handle::start`] makes an operation first and tries it then. Most sends end in the first try, and so do
//! receives of data that is there. Here the call comes first, under the lane's lock:
//!
//! 1. If something waits in the lane, it is not this transfer's turn (S4, S5): it is started as usual.
//! 2. Else the call is made. If it did all there was to do, the transfer is over. No cancel and no close can
//!    have found it: to them it ended before they came, as any operation that ends inside its issue.
//! 3. If not, the payload and the operation are made, still under the lock, so that nothing comes between the
//!    call and the rest. The operation goes on from what the call found: not ready, a part, the end, an error.

use super::attempt::{recv_region, send_region};
use super::lane::{Direction, Lane};
use super::{Handle, Kind, Started};
use crate::operation::{Errno, Face, OpCode, Operation};
use crate::sync::LockGuard;
use rustix::net::SendFlags;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl<F: Face> Handle<F> {
    /// Receives, as [`Handle::start`] does with [`OpCode::Recv`]. Returns the number of bytes if all was done in
    /// the call, at least one. `payload` is called otherwise, with a lock held: it must not call the engine.
    ///
    /// # Errors
    /// What became of the operation.
    ///
    /// # Safety
    /// The region is as a payload's (see [`Payload`](crate::Payload)), and the only one of the payload that
    /// is made.
    #[inline(always)]
    pub unsafe fn receive_at_once(
        self: &Arc<Self>,
        region: (*mut u8, usize),
        payload: impl FnOnce() -> F::Payload,
    ) -> Result<usize, Started<F>> {
        // SAFETY: the caller's promise.
        unsafe { self.start_at_once(Direction::Read, region, payload) }
    }

    /// Sends, likewise, as with [`OpCode::Send`].
    ///
    /// # Errors
    /// What became of the operation.
    ///
    /// # Safety
    /// As for [`Handle::receive_at_once`].
    #[inline(always)]
    pub unsafe fn send_at_once(
        self: &Arc<Self>,
        region: (*mut u8, usize),
        payload: impl FnOnce() -> F::Payload,
    ) -> Result<usize, Started<F>> {
        // SAFETY: the caller's promise.
        unsafe { self.start_at_once(Direction::Write, region, payload) }
    }

    /// # Safety
    /// As for the two above.
    #[inline(always)]
    unsafe fn start_at_once(
        self: &Arc<Self>,
        direction: Direction,
        (start, length): (*mut u8, usize),
        payload: impl FnOnce() -> F::Payload,
    ) -> Result<usize, Started<F>> {
        let mut lane = self.lane(direction).lock();
        let mut found = None;
        if lane.is_free()
            && length > 0
            && self.kind.is_socket()
            && !self.core.is_closed()
            && !self.closed.load(Ordering::Acquire)
            && !self.stream.is_cut_off()
        {
            // SAFETY: the caller's promise.
            let result = unsafe {
                match direction {
                    Direction::Read => recv_region(self.descriptor(), start, length),
                    Direction::Write => {
                        let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
                        send_region(self.descriptor(), start, length, flags)
                    }
                }
            };
            match result {
                Ok(bytes) if bytes == length => return Ok(bytes),
                Ok(bytes) if direction == Direction::Read && bytes > 0 => {
                    if self.kind == Kind::Tcp {
                        lane.note_drained();
                    }
                    return Ok(bytes);
                }
                result => found = Some(result),
            }
        }
        Err(self.go_on(lane, direction, payload(), found))
    }

    /// Step 3.
    #[inline(never)]
    fn go_on(
        self: &Arc<Self>,
        mut lane: LockGuard<'_, Lane<F>>,
        direction: Direction,
        payload: F::Payload,
        found: Option<Result<usize, Errno>>,
    ) -> Started<F> {
        let op_code = if direction == Direction::Read { OpCode::Recv } else { OpCode::Send };
        let mut operation = Operation::new(self.clone(), op_code, payload);
        let mut eager = true;
        match found {
            None => {}
            Some(Err(Errno(libc::EAGAIN))) => {
                lane.note_not_ready();
                eager = false;
            }
            Some(Ok(bytes)) if direction == Direction::Write => operation.outcome.bytes = bytes as u64,
            Some(ended) => {
                operation.outcome.error = ended.err();
                return self.end_in_lane(lane, operation);
            }
        }
        self.start_in_locked_lane(lane, direction, operation, eager)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Memory, PATIENCE, Test};
    use crate::operation::Packet;
    use crate::port::Core;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    struct Bed {
        core: Arc<Core<Test>>,
        handle: Arc<Handle<Test>>,
        peer: UnixStream,
    }

    fn bed() -> Bed {
        let (ours, peer) = UnixStream::pair().unwrap();
        let core = Core::new(1).unwrap();
        let handle = core.attach(std::os::fd::OwnedFd::from(ours), 0, None).unwrap();
        Bed { core, handle, peer }
    }

    impl Bed {
        fn start(&self, op_code: OpCode, mut memory: Memory) -> Result<usize, Started<Test>> {
            let region = (memory.blocks[0].as_mut_ptr(), memory.blocks[0].len());
            let memory = std::cell::Cell::new(Some(memory));
            let payload = || memory.take().unwrap();
            // SAFETY: the payload's own region, which stays where it is when the payload moves; whoever does not
            // ask for the payload is done with it.
            let result = unsafe {
                match op_code.reads() {
                    true => self.handle.receive_at_once(region, payload),
                    false => self.handle.send_at_once(region, payload),
                }
            };
            assert_eq!(result.is_err(), memory.take().is_none(), "a payload is for an operation");
            result
        }

        fn packet(&self) -> Box<Operation<Test>> {
            match self.core.take(Some(PATIENCE)) {
                Ok(Packet::Finished(operation)) => operation,
                _ => panic!("an operation ends"),
            }
        }
    }

    fn is_pending(result: &Result<usize, Started<Test>>) -> bool {
        matches!(result, Err(Started::Pending(_)))
    }

    #[test]
    fn what_one_call_does_needs_no_operation() {
        let mut bed = bed();
        assert_eq!(bed.start(OpCode::Send, Memory::new(vec![b"hello".to_vec()])).ok(), Some(5));
        let mut five = [0; 5];
        bed.peer.read_exact(&mut five).unwrap();
        assert_eq!(&five, b"hello");
        bed.peer.write_all(b"abc").unwrap();
        assert_eq!(bed.start(OpCode::Recv, Memory::zeroed(2)).ok(), Some(2));
        assert_eq!(bed.start(OpCode::Recv, Memory::zeroed(2)).ok(), Some(1), "what is there");
        assert!(bed.core.take(Some(std::time::Duration::ZERO)).is_err(), "and no packet");
    }

    #[test]
    fn a_receive_of_nothing_waits_and_those_after_it_do_not_overtake() {
        let mut bed = bed();
        assert!(is_pending(&bed.start(OpCode::Recv, Memory::zeroed(1))));
        bed.peer.write_all(b"ab").unwrap();
        assert!(is_pending(&bed.start(OpCode::Recv, Memory::zeroed(1))), "the first has not been served");
        assert_eq!(
            (bed.packet().payload.bytes(), bed.packet().payload.bytes()),
            (b"a".to_vec(), b"b".to_vec())
        );
    }

    #[test]
    fn a_send_of_which_a_part_went_out_goes_on_where_it_stopped() {
        let bed = bed();
        let all: Vec<u8> = (0..4 << 20).map(|index: u32| (index >> 8) as u8).collect();
        assert!(is_pending(&bed.start(OpCode::Send, Memory::new(vec![all.clone()]))));
        assert!(
            is_pending(&bed.start(OpCode::Send, Memory::new(vec![b"end".to_vec()]))),
            "in one piece (S5)"
        );
        let mut peer = bed.peer.try_clone().unwrap();
        let reading = std::thread::spawn(move || {
            let mut received = vec![0; (4 << 20) + 3];
            peer.read_exact(&mut received).unwrap();
            received
        });
        let first = bed.packet();
        assert_eq!((first.outcome.bytes, first.outcome.error), (4 << 20, None));
        assert_eq!(bed.packet().outcome.bytes, 3);
        assert!(reading.join().unwrap() == [&all[..], b"end"].concat());
    }

    #[test]
    fn the_end_of_the_stream_an_error_and_a_closed_handle_end_an_operation() {
        let bed = bed();
        bed.peer.shutdown(std::net::Shutdown::Both).unwrap();
        let Err(Started::Ended(operation)) = bed.start(OpCode::Recv, Memory::zeroed(3)) else {
            panic!("the end is there");
        };
        assert_eq!((operation.outcome.bytes, operation.outcome.error), (0, None));
        let Err(Started::Ended(operation)) = bed.start(OpCode::Send, Memory::zeroed(3)) else {
            panic!("nobody reads");
        };
        assert_eq!(operation.outcome.error, Some(Errno(libc::EPIPE)));
        bed.handle.close();
        let Err(Started::Ended(operation)) = bed.start(OpCode::Recv, Memory::zeroed(3)) else {
            panic!("it is closed");
        };
        assert_eq!(operation.outcome.error, Some(Errno::CANCELLED));
        bed.core.close();
        assert!(matches!(bed.start(OpCode::Recv, Memory::zeroed(3)), Err(Started::Dropped)));
    }
}
