//! What follows at the end of a transfer on a stream. A receive must report a reset that another call got
//! (S26). A send that was cut off must not look like a clean end to the peer (S28).

use crate::abi::status::Status;
use crate::port::action::{Action, Next};
use crate::port::request::Request;
use crate::socket::options::reset_at_close;
use crate::socket::socket_object::state_of;
use longshore_engine::Outcome;

/// A receive on a stream.
pub(crate) struct Receive;

impl Action for Receive {
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        Next::ended(status_at_end(request, &outcome), &outcome)
    }
}

/// How a receive ended. The kernel reports a reset once, and an end of the stream after that.
pub(crate) fn status_at_end(request: &Request, outcome: &Outcome) -> Status {
    let status = request.status_of(outcome);
    if outcome.error.is_none()
        && outcome.bytes == 0
        && let Err(errno) = state_of(&request.file).check_end()
    {
        return request.file.status_of(errno);
    }
    status
}

/// A send on a stream.
pub(crate) struct StreamSend;

impl Action for StreamSend {
    fn conclude(self: Box<Self>, request: &mut Request, outcome: Outcome) -> Next {
        let status = request.status_of(&outcome);
        if status.is_error() && outcome.bytes > 0 {
            reset_at_close(&request.file.descriptor()); // K9: the peer has a part of it.
        }
        Next::ended(status, &outcome)
    }
}
