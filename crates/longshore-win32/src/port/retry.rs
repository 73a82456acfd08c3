//! Operations that wait until a descriptor becomes free, which no event tells.
//!
//! Such an operation is tried again after a while. Until then it is in no lane of the engine:
//! cancelling it and closing its file find it here. The thread that takes it off the list (for the
//! alarm, a cancel or a close) alone owns it.

use crate::port::file_object::FileObject;
use crate::port::overlapped;
use crate::port::request::Request;
use crate::sync::futex;
use crate::sync::lock::Lock;
use crate::timer::alarm::ALARMS;
use longshore_engine::{Errno, OpCode, Outcome, Tag};
use std::sync::Arc;

/// How long it waits.
const PAUSE_NS: u64 = 100_000_000;

struct Waiting {
    number: u64,
    file: Arc<FileObject>,
    op_code: OpCode,
    request: Box<Request>,
}

#[derive(Default)]
struct List {
    waiting: Vec<Waiting>,
    last: u64,
}

static LIST: Lock<List> = Lock::last("accepts that are tried again", List { waiting: Vec::new(), last: 0 });

/// Tries the operation on `file` again after a while.
pub(crate) fn later(request: Box<Request>, file: &Arc<FileObject>, op_code: OpCode) {
    let number = {
        let mut list = LIST.lock();
        list.last += 1;
        let number = list.last;
        list.waiting.push(Waiting { number, file: file.clone(), op_code, request });
        number
    };
    if file.is_closed() {
        cancel(file, &|_| true); // The file may have been closed before the operation was on the list.
        return;
    }
    ALARMS.at(futex::now_ns() + PAUSE_NS, move |_| {
        let found = {
            let mut list = LIST.lock();
            let place = list.waiting.iter().position(|one| one.number == number);
            place.map(|place| list.waiting.remove(place))
        };
        if let Some(Waiting { file, op_code, request, .. }) = found {
            overlapped::resume(request, &file, op_code);
        }
    });
}

/// Cancels those on `file` whose tag is recognised; says how many there were.
pub(crate) fn cancel(file: &FileObject, recognised: &dyn Fn(Tag) -> bool) -> usize {
    let cancelled: Vec<_> = {
        let mut list = LIST.lock();
        let found =
            |one: &mut Waiting| std::ptr::eq(&raw const *one.file, file) && recognised(one.request.tag());
        list.waiting.extract_if(.., found).collect()
    };
    let count = cancelled.len();
    for one in cancelled {
        let outcome = Outcome { error: Some(Errno::CANCELLED), ..Outcome::default() };
        overlapped::finish(one.request, outcome);
    }
    count
}
