//! What the monitor does, once a tick, for a port whose own threads may be blocked.
//!
//! A port needs no monitor while a thread leads and nothing is queued, or while no thread sleeps in it.
//! Otherwise its running threads are expected to come back soon. Once a tick the monitor checks that they do:
//!
//! 1. *No thread came back for the backlog* since the last tick although there is headroom, or threads came
//!    back, but there was a backlog and headroom for several ticks. The estimate that a wake would not pay
//!    was wrong. Release the newest sleeper.
//! 2. *No thread polled the kernel* since the last tick, and something is ready there. That is backlog, too.
//! 3. *There is backlog and no headroom*: check whether the running threads really run. A thread that is in
//!    the same turn as at the last tick, has used no CPU time since, and is asleep (state S or D, not R: a
//!    preempted thread is not blocked) loses its slot, and the newest sleeper is released in its place (Q8,
//!    Q9). When the monitor sees it run again, it counts again, above the cap if necessary.
//!
//! A handler that blocks is seldom the last one. So after one was found, the port is checked more often for a
//! while ([`ALERT_TICK`]). A port whose threads always come back is checked less often ([`CALM_TICK`]). A
//! thread that is found asleep for the first time is checked again shortly ([`CONFIRM_TICK`]).
//!
//! The port asks to be watched under its own lock, in the change that left it unattended. The monitor stops,
//! under the same lock, when nothing is left to watch. In between, a tick costs one timer wake. An idle port,
//! an attended port and a port with one thread cost nothing.

use super::Dispatch;
use super::concurrency::{MemberState, State};
use super::event_source::EventSource;
use crate::monitor::thread_state::{is_asleep, thread_time};
use crate::monitor::{RECOUNT_TICK, TICK};
use std::time::{Duration, Instant};

/// The tick of a port where many checks in a row found that its threads come back: a check costs such a port
/// more than it gains (at 1 ms, a seventh of an echo server's CPU). It is still well below the 5 ms within
/// which a blocked handler must be found.
const CALM_TICK: Duration = Duration::from_millis(3);
const CALM_AFTER_TICKS: u32 = 8;

/// The tick of a port whose handlers block. Only such ports pay for it.
const ALERT_TICK: Duration = Duration::from_micros(150);

/// How long a port stays on alert after its last compensation.
const ALERT: Duration = Duration::from_millis(200);

/// The time until the second check of a thread that was found asleep. The shortest sleep (50 us, and 50 us of
/// timer slack) has ended by then.
const CONFIRM_TICK: Duration = Duration::from_micros(300);

/// After so many ticks without anything to do the monitor stops watching a port. Watching
/// it again costs the port a wake.
const QUIET_TICKS_MAX: u32 = 10;

/// Ticks in a row with a backlog and a free slot before a sleeper is released
/// although packets are being taken.
const IDLE_SLOT_TICKS_MAX: u32 = 3;

/// What the monitor remembers of a port between ticks, and between watches. The port stores it.
#[derive(Debug, Default)]
pub(crate) struct MonitorState {
    dequeued: u64,
    polls: u64,
    quiet: u32,
    /// Ticks in a row that found a backlog and a free slot.
    idle_slot: u32,
    /// Ticks in a row on which nothing had to be done.
    calm: u32,
    alert_until: Option<Instant>,
}

/// A member as it was when the lock was held.
struct Suspect {
    member: usize,
    thread: i32,
    turn: u64,
    seen: Option<(u64, u64)>,
}

/// What the monitor found out, without the lock, about a running member.
struct Finding {
    suspect: Suspect,
    time: u64,
    asleep: bool,
}

impl Finding {
    /// `None` if the thread is gone.
    fn of(suspect: Suspect, alert: bool) -> Option<Finding> {
        let time = thread_time(suspect.thread)?;
        // While checks are frequent, a member in a new turn is not asked for its state, which costs more.
        let same_turn = suspect.seen.is_some_and(|(turn, _)| turn == suspect.turn);
        let asleep = (same_turn || !alert) && is_asleep(suspect.thread);
        Some(Finding { suspect, time, asleep })
    }

    /// It sleeps now, is in the same handler as at the last check, and used no CPU in between.
    fn is_blocked(&self) -> bool {
        self.asleep && self.suspect.seen == Some((self.suspect.turn, self.time))
    }
}

fn suspects<P, W>(port: &State<P, W>, state: MemberState) -> Vec<Suspect> {
    let matching = port.members.iter().filter(|(_, member)| member.state == state);
    let suspects = matching.map(|(index, member)| Suspect {
        member: index,
        thread: member.thread,
        turn: member.turn,
        seen: member.seen,
    });
    suspects.collect()
}

impl<A: EventSource> Dispatch<A> {
    /// See the head of [`crate::monitor`].
    pub(crate) fn tick(&self) -> Option<Duration> {
        let monitor_state = &mut *self.monitor_state.lock();
        let mut state = self.lock();
        if state.closed {
            state.watched = false;
            return None;
        }
        let (dequeued, polls) = (state.dequeued(), state.counters.polls);
        let came_back = std::mem::replace(&mut monitor_state.dequeued, dequeued) != dequeued;
        let listened = std::mem::replace(&mut monitor_state.polls, polls) != polls;
        let asleep = suspects(&state, MemberState::Asleep);
        let sleepers = !state.waiters.is_empty();
        let attended = state.waiters.attended();
        let backlog = state.backlog() > 0;
        let quiet = !sleepers || (attended && !backlog);
        monitor_state.quiet = if quiet { monitor_state.quiet + 1 } else { 0 };
        if asleep.is_empty() && monitor_state.quiet >= QUIET_TICKS_MAX {
            monitor_state.quiet = 0;
            state.watched = false;
            return None;
        }
        let full = !state.has_headroom();
        let running = if sleepers && full { suspects(&state, MemberState::Running) } else { Vec::new() };
        drop(state);

        // The slow system calls are made without the lock; their answers are checked again under it.
        let heard = !attended && !listened && self.events().is_ready();
        let resumed: Vec<Suspect> = asleep.into_iter().filter(|one| !still_asleep(one)).collect();
        let pending = backlog || heard;
        let alert = monitor_state.alert_until.is_some();
        let examined = running.into_iter().filter(|_| pending);
        let examined: Vec<Finding> = examined.filter_map(|one| Finding::of(one, alert)).collect();

        let mut state = self.lock();
        resumed.iter().for_each(|one| count_again(&mut state, one));
        let mut compensated = false;
        let mut confirm = false;
        for finding in &examined {
            // One at a time: releasing one thread may be all that is needed.
            let blocked = !compensated && finding.is_blocked();
            compensated |= note(&mut state, finding, blocked);
            confirm |= finding.asleep && !blocked;
        }
        let backlog = state.backlog() > 0;
        monitor_state.idle_slot =
            if backlog && state.has_headroom() { monitor_state.idle_slot + 1 } else { 0 };
        let stuck = !came_back || compensated || monitor_state.idle_slot >= IDLE_SLOT_TICKS_MAX;
        let wake = if !state.has_headroom() || state.looking > 0 {
            None
        } else if backlog && stuck {
            state.release_one()
        } else if heard && !state.waiters.attended() {
            state.rouse()
        } else {
            None
        };
        monitor_state.calm = if wake.is_some() || confirm { 0 } else { monitor_state.calm + 1 };
        let decision = state.settled(wake);
        drop(state);
        self.run(decision);

        if compensated {
            tracing::debug!("a handler blocks; its slot goes to the next thread");
            monitor_state.alert_until = Some(Instant::now() + ALERT);
        }
        monitor_state.alert_until = monitor_state.alert_until.filter(|until| Instant::now() < *until);
        Some(match (confirm, quiet, monitor_state.alert_until) {
            (true, ..) => CONFIRM_TICK,
            (false, true, None) if monitor_state.quiet >= QUIET_TICKS_MAX => RECOUNT_TICK,
            (false, _, None) if monitor_state.calm > CALM_AFTER_TICKS => CALM_TICK,
            (false, _, None) => TICK,
            (false, _, Some(_)) => ALERT_TICK,
        })
    }
}

/// A member that slept runs again: it counts again, above the cap if necessary (Q8).
fn count_again<P, W>(state: &mut State<P, W>, one: &Suspect) {
    if let Some(member) = state.members.get_mut(one.member)
        && member.state == MemberState::Asleep
        && member.turn == one.turn
    {
        member.state = MemberState::Running;
        state.running += 1;
    }
}

/// Stores what was found, and takes the slot of a member that blocks. True if it took one.
fn note<P, W>(state: &mut State<P, W>, finding: &Finding, blocked: bool) -> bool {
    let suspect = &finding.suspect;
    let Some(member) = state.members.get_mut(suspect.member) else {
        return false;
    };
    if member.turn != suspect.turn || member.state != MemberState::Running {
        return false;
    }
    member.seen = Some((suspect.turn, finding.time));
    if blocked {
        member.state = MemberState::Asleep;
        state.running -= 1;
        state.counters.compensations += 1;
    }
    blocked
}

/// Whether a member that lost its slot has used no CPU time since, and still sleeps.
fn still_asleep(suspect: &Suspect) -> bool {
    let Some(time) = thread_time(suspect.thread) else {
        return true;
    };
    suspect.seen.is_some_and(|(_, seen)| seen == time) && is_asleep(suspect.thread)
}
