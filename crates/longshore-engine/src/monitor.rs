//! The monitor: one thread for all ports of the process, which looks after ports that cannot look after
//! themselves for the moment.
//!
//! A port needs no monitor while somebody leads and nothing is queued, or while nobody sleeps in it. Otherwise
//! its running threads are expected back in a moment, and the monitor makes sure of it, once a tick:
//!
//! 1. *Nobody came back for the backlog* since the last tick although there is headroom, or they do but there has
//!    been a backlog and headroom for several ticks: the estimate that waking would not pay was wrong. Release
//!    the newest sleeper.
//! 2. *Nobody listened to the kernel* since the last tick, and something is ready there: that is backlog too.
//! 3. *There is backlog and no headroom*: look whether the running threads really run. One that is in the same
//!    turn as at the last tick, has used no CPU time since, and is asleep (state S or D, not R: a preempted
//!    thread is not blocked) loses its slot, and the newest sleeper is released in its place (Q8, Q9). When
//!    it is seen running again it counts again, over the cap if need be.
//!
//! The port asks to be watched under its own lock, by the very change that left it unattended, and the monitor
//! stops, under the same lock, when nothing is left to watch. Between, a tick costs one timer wake. An idle
//! port, an attended port and a port with one thread cost nothing.

use crate::concurrency::Standing;
use crate::dispatch::{Attendance, Dispatch};
use std::fs;
use std::sync::{Condvar, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

/// One tick. Detection takes two to three.
const TICK: Duration = Duration::from_millis(1);

/// Ticks without anything to do before the monitor lets go of a port.
const QUIET_TICKS_MAX: u32 = 3;

/// Ticks in a row with a backlog and a free slot before a sleeper is released although packets are being taken.
const IDLE_SLOT_TICKS_MAX: u32 = 3;

/// While the only thing left is to notice that a sleeping handler resumed, only every so many ticks are used.
const RECOUNT_EVERY_TICKS: u32 = 8;

/// A port as the monitor sees it.
pub(crate) trait Watched: Send + Sync {
    /// Looks once; false to be left alone from now on.
    fn tick(&self, memory: &mut Memory) -> bool;
}

/// What the monitor remembers of a port from tick to tick.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    dequeued: u64,
    harvests: u64,
    quiet: u32,
    /// Ticks in a row that found a backlog and a free slot.
    idle_slot: u32,
}

struct Monitor {
    ports: Mutex<Vec<(Weak<dyn Watched>, Memory)>>,
    asked: Condvar,
}

/// Puts a port on the list; starts the thread with the first one.
pub(crate) fn watch(port: Weak<dyn Watched>) {
    static MONITOR: OnceLock<Monitor> = OnceLock::new();
    let mut first = false;
    let monitor = MONITOR.get_or_init(|| {
        first = true;
        Monitor { ports: Mutex::new(Vec::new()), asked: Condvar::new() }
    });
    if first {
        let name = String::from("longshore-watch");
        let started = crate::threads::start(name, Some(64 * 1024), || MONITOR.wait().run());
        if let Err(error) = started {
            tracing::error!(%error, "no monitor thread: handlers that block hold their slot until they return");
        }
    }
    let mut ports = monitor.ports.lock().unwrap_or_else(PoisonError::into_inner);
    ports.push((port, Memory::default()));
    let asleep = ports.len() == 1;
    drop(ports);
    if asleep {
        monitor.asked.notify_one();
    }
}

impl Monitor {
    fn run(&self) {
        let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            while ports.is_empty() {
                ports = self.asked.wait(ports).unwrap_or_else(PoisonError::into_inner);
            }
            drop(ports);
            std::thread::sleep(TICK);
            // Ports are ticked off the list, so that a tick may itself ask for a watch.
            let mut turn = {
                let mut ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
                std::mem::take(&mut *ports)
            };
            turn.retain_mut(|(port, memory)| port.upgrade().is_some_and(|port| port.tick(memory)));
            ports = self.ports.lock().unwrap_or_else(PoisonError::into_inner);
            turn.append(&mut ports);
            *ports = turn;
        }
    }
}

/// A running member that has not moved since the last tick.
struct Suspect {
    member: usize,
    thread: i32,
    turn: u64,
    seen: Option<(u64, u64)>,
}

impl<A: Attendance> Dispatch<A> {
    /// See the head of [`crate::monitor`].
    pub(crate) fn tick(&self, memory: &mut Memory) -> bool {
        let mut state = self.lock();
        if state.closed {
            state.watched = false;
            return false;
        }
        let counters = state.counters;
        let came_back = state.dequeued() != memory.dequeued;
        let listened = counters.harvests != memory.harvests;
        memory.dequeued = state.dequeued();
        memory.harvests = counters.harvests;

        let sleepers = !state.waiters.is_empty();
        let attended = state.waiters.attended();
        let backlog = state.backlog() > 0;
        let suspects = |standing: Standing| -> Vec<Suspect> {
            let matching = state.members.iter().filter(|(_, member)| member.standing == standing);
            matching
                .map(|(index, member)| Suspect {
                    member: index,
                    thread: member.thread,
                    turn: member.turn,
                    seen: member.seen,
                })
                .collect()
        };
        let asleep = suspects(Standing::Asleep);
        if !sleepers || (attended && !backlog) {
            memory.quiet += 1;
            if asleep.is_empty() && memory.quiet >= QUIET_TICKS_MAX {
                state.watched = false;
                return false;
            }
            if !memory.quiet.is_multiple_of(RECOUNT_EVERY_TICKS) {
                return true;
            }
        } else {
            memory.quiet = 0;
        }
        let full = !state.has_headroom();
        let running = if sleepers && full { suspects(Standing::Running) } else { Vec::new() };
        drop(state);

        // The slow questions are asked without the lock; the answers are checked again under it.
        let heard = !attended && !listened && self.attendance().is_ready();
        let resumed: Vec<Suspect> = asleep.into_iter().filter(|one| !still_asleep(one)).collect();
        let examined: Vec<(Suspect, u64, bool)> = if backlog || heard {
            let with_time = running.into_iter().filter_map(|one| {
                let time = thread_time(one.thread)?;
                let blocked = one.seen == Some((one.turn, time)) && is_asleep(one.thread);
                Some((one, time, blocked))
            });
            with_time.collect()
        } else {
            Vec::new()
        };

        let mut state = self.lock();
        for one in resumed {
            if let Some(member) = state.members.get_mut(one.member)
                && member.standing == Standing::Asleep
                && member.turn == one.turn
            {
                member.standing = Standing::Running;
                state.running += 1;
            }
        }
        let mut compensated = 0;
        for (one, time, blocked) in examined {
            let Some(member) = state.members.get_mut(one.member) else {
                continue;
            };
            if member.turn != one.turn || member.standing != Standing::Running {
                continue;
            }
            member.seen = Some((one.turn, time));
            // One at a time: releasing one thread may be all that is needed.
            if blocked && compensated == 0 {
                member.standing = Standing::Asleep;
                state.running -= 1;
                state.counters.compensations += 1;
                compensated += 1;
                tracing::debug!(thread = one.thread, "a handler blocks; its slot goes to the next thread");
            }
        }
        let backlog = state.backlog() > 0;
        memory.idle_slot = if backlog && state.has_headroom() { memory.idle_slot + 1 } else { 0 };
        let stuck = !came_back || compensated > 0 || memory.idle_slot >= IDLE_SLOT_TICKS_MAX;
        let wake = if !state.has_headroom() || state.looking > 0 {
            None
        } else if backlog && stuck {
            state.release_one()
        } else if heard && !state.waiters.attended() {
            state.rouse()
        } else {
            None
        };
        let aftermath = state.settled(wake);
        drop(state);
        self.run(aftermath);
        true
    }
}

/// A member that lost its slot: has it used CPU time since, or is it on its way?
fn still_asleep(suspect: &Suspect) -> bool {
    let Some(time) = thread_time(suspect.thread) else {
        return true;
    };
    suspect.seen.is_some_and(|(_, seen)| seen == time) && is_asleep(suspect.thread)
}

/// CPU time of a thread of this process, in nanoseconds.
fn thread_time(thread: i32) -> Option<u64> {
    // The per-thread scheduler clock of another thread, as clock_getcpuclockid(3) and the kernel's
    // posix-cpu-timers encode it: the inverted id above three bits, "per thread" (4) and "sched" (2) below.
    let clock: libc::clockid_t = (!thread << 3) | 6;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for the result.
    let result = unsafe { libc::clock_gettime(clock, &mut time) };
    (result == 0).then(|| time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// Whether the scheduler has the thread asleep (S, D) rather than running or waiting for a CPU (R).
fn is_asleep(thread: i32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/self/task/{thread}/stat")) else {
        return false;
    };
    // The name in parentheses may contain anything; the state follows the last parenthesis.
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    matches!(state, Some('S' | 'D'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn this_thread() -> i32 {
        // SAFETY: gettid has no preconditions.
        unsafe { libc::gettid() }
    }

    #[test]
    fn a_running_thread_is_not_asleep_and_its_time_moves() {
        let before = thread_time(this_thread()).unwrap();
        let mut x = 0u64;
        while thread_time(this_thread()).unwrap() < before + 1_000_000 {
            x = x.wrapping_mul(31).wrapping_add(7);
        }
        std::hint::black_box(x);
        assert!(!is_asleep(this_thread()));
    }

    #[test]
    fn a_thread_in_a_system_call_is_asleep_and_its_time_stands_still() {
        let (tell, told) = std::sync::mpsc::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let sleeper = std::thread::spawn(move || {
            tell.send(this_thread()).unwrap();
            let _ = ended.recv();
        });
        let thread = told.recv().unwrap();
        while !is_asleep(thread) {
            std::thread::yield_now();
        }
        let time = thread_time(thread).unwrap();
        assert_eq!(thread_time(thread).unwrap(), time);
        drop(end);
        sleeper.join().unwrap();
        assert!(!is_asleep(thread), "a thread that is gone is not asleep");
    }
}
