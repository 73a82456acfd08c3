//! Alarms: functions called at a time, by one thread that sleeps until the earliest.
//!
//! The process has two such threads, each started by its first alarm: one for this library's own short work,
//! and one for functions of the program that Windows runs on its timer thread as well.

use crate::object::library_thread;
use crate::sync::futex::{self, Deadline};
use crate::sync::lock::Lock;
use crate::sync::rank::Rank;
use std::any::Any;
use std::collections::BTreeMap;
use std::ffi::CStr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};

/// The time of an alarm, and a number: if two times are equal, the alarm that was set first goes off first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AlarmId {
    at_ns: u64,
    number: u64,
}

type Call = Box<dyn FnOnce() + Send>;
type AlarmCall = Box<dyn FnOnce(AlarmId) + Send>;

#[derive(Default)]
struct Pending {
    alarms: BTreeMap<AlarmId, AlarmCall>,
    number: u64,
    running: bool,
}

/// A thread that calls functions at their time.
pub(crate) struct Alarms {
    name: &'static CStr,
    pending: Lock<Option<Pending>>,
    /// Changed when an alarm is set that is the earliest; the thread sleeps on it.
    earlier: AtomicU32,
}

/// For this library: work that signals, queues or submits, and never takes long.
pub(crate) static ALARMS: Alarms = Alarms::new(c"longshore-timer");
/// For functions of the program.
pub(crate) static CALLBACKS: Alarms = Alarms::new(c"longshore-timcb");

impl Alarms {
    const fn new(name: &'static CStr) -> Alarms {
        Alarms { name, pending: Lock::new(Rank::ALARMS, None), earlier: AtomicU32::new(0) }
    }

    /// Calls the function at a time of the monotonic clock.
    pub(crate) fn at(&'static self, at_ns: u64, call: impl FnOnce(AlarmId) + Send + 'static) -> AlarmId {
        let mut guard = self.pending.lock();
        let pending = guard.get_or_insert_default();
        pending.number += 1;
        let id = AlarmId { at_ns, number: pending.number };
        pending.alarms.insert(id, Box::new(call));
        let earliest = pending.alarms.first_key_value().is_some_and(|(first, _)| *first == id);
        if !pending.running {
            // Without a thread the alarm waits for the next one, which tries again.
            let started = library_thread::start(self.name, || self.run());
            pending.running = started.is_ok();
            if let Err(error) = started {
                tracing::error!(name = ?self.name, %error, "no thread for the timers");
            }
        }
        drop(guard);
        if earliest {
            self.earlier.fetch_add(1, Ordering::AcqRel);
            futex::wake(&self.earlier, 1);
        }
        id
    }

    /// Cancels an alarm. False if it has gone off, or is about to.
    pub(crate) fn cancel(&self, id: AlarmId) -> bool {
        let cancelled = self.pending.lock().as_mut().and_then(|pending| pending.alarms.remove(&id));
        cancelled.is_some() // What it held is dropped here, outside the lock.
    }

    fn run(&self) {
        loop {
            let number = self.earlier.load(Ordering::Acquire);
            let mut guard = self.pending.lock();
            let alarms = &mut guard.get_or_insert_default().alarms;
            let first = alarms.first_key_value().map(|(first, _)| first.at_ns);
            let due = first.is_some_and(|first| first <= futex::now_ns());
            let call = if due { alarms.pop_first() } else { None };
            drop(guard);
            match call {
                Some((id, call)) => call(id),
                None => {
                    let deadline = first.map_or(Deadline::NEVER, Deadline::at_ns);
                    futex::wait(&self.earlier, number, deadline);
                }
            }
        }
    }
}

/// An alarm that can be set, again and again, and may repeat itself.
pub(crate) struct Ticker {
    alarms: &'static Alarms,
    /// Held while it ticks: once it is stopped, nothing more happens, except for the
    /// work that `tick` returned.
    setting: Lock<Option<Setting>>,
    /// Returns the work to be done outside the lock.
    tick: Tick,
    this: Weak<Ticker>,
}

/// What must live until the lock is released. The owner's last reference may be among it: whoever drops an
/// owner stops its ticker, which takes the lock.
type Kept = Option<Arc<dyn Any + Send + Sync>>;

type Tick = Box<dyn Fn(&mut Kept) -> Option<Call> + Send + Sync>;

struct Setting {
    alarm: AlarmId,
    period_ms: u32,
}

impl Ticker {
    /// A ticker whose owner lives longer than the ticker is set: `tick` holds no
    /// reference that may be the last one.
    pub(crate) fn new(
        alarms: &'static Alarms,
        tick: impl Fn() -> Option<Call> + Send + Sync + 'static,
    ) -> Arc<Ticker> {
        Ticker::make(alarms, move |_| tick())
    }

    /// A ticker that is part of `owner`, and ticks while that lives.
    pub(crate) fn of<T: Send + Sync + 'static>(
        owner: &Weak<T>,
        alarms: &'static Alarms,
        tick: impl Fn(&Arc<T>) -> Option<Call> + Send + Sync + 'static,
    ) -> Arc<Ticker> {
        let owner = owner.clone();
        Ticker::make(alarms, move |kept| {
            let owner = owner.upgrade()?;
            *kept = Some(owner.clone());
            tick(&owner)
        })
    }

    fn make(
        alarms: &'static Alarms,
        tick: impl Fn(&mut Kept) -> Option<Call> + Send + Sync + 'static,
    ) -> Arc<Ticker> {
        Arc::new_cyclic(|this: &Weak<Ticker>| Ticker {
            alarms,
            setting: Lock::new(Rank::TIMER, None),
            tick: Box::new(tick),
            this: this.clone(),
        })
    }

    /// Ticks after this time, and then every so many milliseconds, if not 0. Returns
    /// whether it was set before.
    pub(crate) fn set(&self, distance_ns: u64, period_ms: u32) -> bool {
        let mut setting = self.setting.lock();
        let alarm = self.alarm(futex::now_ns() + distance_ns);
        let former = setting.replace(Setting { alarm, period_ms });
        drop(setting);
        self.forget(former)
    }

    /// Returns whether it was set.
    pub(crate) fn stop(&self) -> bool {
        let former = self.setting.lock().take();
        self.forget(former)
    }

    /// Whether it will tick.
    pub(crate) fn is_set(&self) -> bool {
        self.setting.lock().is_some()
    }

    fn forget(&self, former: Option<Setting>) -> bool {
        former.map(|former| self.alarms.cancel(former.alarm)).is_some()
    }

    fn alarm(&self, at_ns: u64) -> AlarmId {
        let this = self.this.clone();
        self.alarms.at(at_ns, move |id| {
            if let Some(ticker) = this.upgrade() {
                ticker.go_off(id);
            }
        })
    }

    fn go_off(&self, id: AlarmId) {
        let mut kept = None; // Declared before the guard, so that it is dropped after it.
        let mut guard = self.setting.lock();
        // It may have been set again or stopped at this moment.
        let Some(setting) = guard.as_mut().filter(|setting| setting.alarm == id) else { return };
        if setting.period_ms > 0 {
            setting.alarm = self.alarm(id.at_ns + u64::from(setting.period_ms) * 1_000_000);
        } else {
            *guard = None;
        }
        let rest = (self.tick)(&mut kept);
        drop(guard);
        if let Some(rest) = rest {
            rest();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    #[test]
    fn alarms_go_off_in_the_order_of_their_times() {
        let (send, receive) = channel();
        let start = futex::now_ns();
        for delay_ms in [30, 10, 20, 0] {
            let send = send.clone();
            ALARMS.at(start + delay_ms * 1_000_000, move |_| send.send((delay_ms, futex::now_ns())).unwrap());
        }
        for expected in [0, 10, 20, 30] {
            let (delay_ms, now) = receive.recv().unwrap();
            assert_eq!(delay_ms, expected);
            assert!(now >= start + delay_ms * 1_000_000);
        }
    }

    #[test]
    fn an_alarm_that_was_cancelled_does_not_go_off() {
        let (send, receive) = channel();
        let id = ALARMS.at(futex::now_ns() + 10_000_000_000, move |_| send.send(()).unwrap());
        assert!(ALARMS.cancel(id) && !ALARMS.cancel(id));
        assert!(receive.recv().is_err(), "the function is gone");
    }

    #[test]
    fn the_owners_last_reference_may_go_while_it_ticks() {
        struct Owner(Arc<Ticker>);
        impl Drop for Owner {
            fn drop(&mut self) {
                self.0.stop();
            }
        }
        let last = Arc::new(Lock::last("the last alarm", None));
        let (ticking, in_tick) = (last.clone(), channel());
        let (send, receive) = in_tick;
        let owner = Arc::new_cyclic(|owner| {
            Owner(Ticker::of(owner, &ALARMS, move |_| {
                // The program closes the timer's handle at this moment.
                drop(ticking.lock().take());
                send.send(()).unwrap();
                None
            }))
        });
        let ticker = owner.0.clone();
        *last.lock() = Some(owner);
        ticker.set(0, 0);
        receive.recv().unwrap();
        let (send, receive) = channel();
        ALARMS.at(futex::now_ns(), move |_| send.send(()).unwrap());
        assert_eq!(receive.recv_timeout(Duration::from_secs(30)), Ok(()), "the timer thread lives");
    }

    #[test]
    fn an_alarm_that_went_off_while_the_ticker_was_set_anew_does_not_count() {
        let (send, receive) = channel();
        let ticker = Ticker::new(&ALARMS, move || {
            send.send(()).unwrap();
            None
        });
        let far_ns = 10_000_000_000;
        let set = || {
            ticker.set(far_ns, 0);
            ticker.setting.lock().as_ref().unwrap().alarm
        };
        let (first, second) = (set(), set());
        ticker.go_off(first);
        assert!(receive.try_recv().is_err() && ticker.is_set());
        ticker.go_off(second);
        assert!(receive.try_recv().is_ok() && !ticker.is_set());
        ticker.go_off(second);
        assert!(receive.try_recv().is_err(), "once");
    }
}
