//! `timeSetEvent`. The functions are called one after the other, on one thread, as on Windows.

use crate::abi::argument::Callback;
use crate::object::event::Event;
use crate::object::handles::{self, HANDLE};
use crate::pool::outstanding::Outstanding;
use crate::sync::lock::Lock;
use crate::timer::alarm::{CALLBACKS, Ticker};
use longshore_win32_macros::export;
use std::collections::HashMap;
use std::sync::Arc;
use windows_sys::Win32::Media::{
    MMSYSERR_ERROR, MMSYSERR_INVALPARAM, TIME_CALLBACK_EVENT_PULSE, TIME_CALLBACK_EVENT_SET,
    TIME_KILL_SYNCHRONOUS, TIME_PERIODIC, TIMERR_NOERROR,
};

/// What a timer calls: its id, nothing, the user's number, nothing, nothing.
pub type TimeProc = unsafe extern "C-unwind" fn(u32, u32, usize, usize, usize);

struct MultimediaTimer {
    ticker: Arc<Ticker>,
    outstanding: Arc<Outstanding>,
    waits_when_killed: bool,
}

#[derive(Default)]
struct Timers {
    by_id: HashMap<u32, MultimediaTimer>,
    last: u32,
}

static TIMERS: Lock<Option<Timers>> = Lock::last("multimedia timers", None);

/// Calls a function, or signals or pulses an event (whose handle is in its place), after `delay_ms`, once or
/// again and again. Returns an id, or 0.
///
/// Source: Windows documentation, `timeSetEvent`.
#[export]
pub unsafe fn timeSetEvent(
    delay_ms: u32,
    _resolution_ms: u32,
    procedure: Option<Callback<TimeProc>>,
    user: usize,
    flags: u32,
) -> u32 {
    let Some(procedure) = procedure else { return 0 };
    let mut guard = TIMERS.lock();
    let timers = guard.get_or_insert_default();
    timers.last = timers.last.wrapping_add(1).max(1);
    let id = timers.last;
    let once = flags & TIME_PERIODIC == 0;
    let outstanding = Arc::<Outstanding>::default();
    let expected = outstanding.clone();
    let ticker = Ticker::new(&CALLBACKS, move || {
        let ticket = expected.expect();
        Some(Box::new(move || {
            if let Some(running) = ticket.redeem() {
                call(id, procedure, user, flags);
                drop(running);
            }
            if once {
                forget(id);
            }
        }))
    });
    let waits_when_killed = flags & TIME_KILL_SYNCHRONOUS != 0;
    let timer = MultimediaTimer { ticker: ticker.clone(), outstanding, waits_when_killed };
    timers.by_id.insert(id, timer);
    drop(guard);
    let delay_ms = delay_ms.max(1);
    ticker.set(u64::from(delay_ms) * 1_000_000, if once { 0 } else { delay_ms });
    id
}

fn forget(id: u32) -> Option<MultimediaTimer> {
    TIMERS.lock().as_mut()?.by_id.remove(&id)
}

fn call(id: u32, procedure: Callback<TimeProc>, user: usize, flags: u32) {
    if flags & (TIME_CALLBACK_EVENT_SET | TIME_CALLBACK_EVENT_PULSE) == 0 {
        // SAFETY: what the page of TimeProc says it is called with.
        unsafe { procedure.call(id, 0, user, 0, 0) };
    } else if let Ok(event) = handles::get::<Event>(procedure.function() as usize as HANDLE) {
        if flags & TIME_CALLBACK_EVENT_SET != 0 { event.set() } else { event.pulse() }
    }
}

/// Stops a timer; with `TIME_KILL_SYNCHRONOUS`, its function is not running any more on return.
///
/// Source: Windows documentation, `timeKillEvent`.
#[export(failure = MMSYSERR_ERROR)]
pub fn timeKillEvent(id: u32) -> u32 {
    let Some(timer) = forget(id) else { return MMSYSERR_INVALPARAM };
    timer.ticker.stop();
    timer.outstanding.cancel();
    if timer.waits_when_killed {
        timer.outstanding.wait();
    }
    TIMERR_NOERROR
}
