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

use super::Handle;
use super::attempt::transfer_region;
use super::lane::{Direction, Turn};
use crate::operation::{Face, OpCode};
use longshore_types::Started;
use std::sync::Arc;

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
    ) -> Result<usize, Started<F::Payload>> {
        // SAFETY: the caller's promise.
        unsafe { self.start_at_once(OpCode::Recv, region, payload) }
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
    ) -> Result<usize, Started<F::Payload>> {
        // SAFETY: the caller's promise.
        unsafe { self.start_at_once(OpCode::Send, region, payload) }
    }

    /// # Safety
    /// As for the two above.
    #[inline(always)]
    unsafe fn start_at_once(
        self: &Arc<Self>,
        op_code: OpCode,
        region: (*mut u8, usize),
        payload: impl FnOnce() -> F::Payload,
    ) -> Result<usize, Started<F::Payload>> {
        let mut lane = self.lane(Direction::of(&op_code)).lock();
        let mut made = None;
        if let Turn::Try = lane.turn(true)
            && self.kind.is_socket()
        {
            // SAFETY: the caller's promise.
            made = unsafe { transfer_region(self, op_code.reads(), region) };
            if let Some(made) = made
                && let Some(bytes) = self.note_usual(&mut lane, op_code.reads(), made)
            {
                return Ok(bytes as usize);
            }
        }
        Err(self.begin_in_lane(lane, op_code, payload(), true, made).started())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{Memory, PATIENCE, Test};
    use crate::operation::{Errno, Operation, Packet};
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
        fn start(&self, op_code: OpCode, mut memory: Memory) -> Result<usize, Started<Memory>> {
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

    fn is_pending(result: &Result<usize, Started<Memory>>) -> bool {
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
        let Err(Started::Ended(_, outcome)) = bed.start(OpCode::Recv, Memory::zeroed(3)) else {
            panic!("the end is there");
        };
        assert_eq!((outcome.bytes, outcome.error), (0, None));
        let Err(Started::Ended(_, outcome)) = bed.start(OpCode::Send, Memory::zeroed(3)) else {
            panic!("nobody reads");
        };
        assert_eq!(outcome.error, Some(Errno(libc::EPIPE)));
        bed.handle.close();
        let Err(Started::Ended(_, outcome)) = bed.start(OpCode::Recv, Memory::zeroed(3)) else {
            panic!("it is closed");
        };
        assert_eq!(outcome.error, Some(Errno::CANCELLED));
        bed.core.close();
        assert!(matches!(bed.start(OpCode::Recv, Memory::zeroed(3)), Err(Started::Dropped)));
    }
}
