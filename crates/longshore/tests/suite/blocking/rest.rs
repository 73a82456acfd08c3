//! The monitor rests while there is nothing to look after.

use super::{begins, doers, post, task};
use crate::fixtures::*;
use longshore::{Port, blocking};
use std::io::Write;
use std::time::Duration;

/// Voluntary context switches of the monitor, of which there is one in a process, so far: its ticks.
/// `None` if there is no such thread.
#[cfg(target_os = "linux")]
fn monitor_ticks() -> Option<u64> {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks.filter_map(Result::ok).find_map(|task| {
        let status = std::fs::read_to_string(task.path().join("status")).ok()?;
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        // The kernel keeps 15 characters of a name.
        (field("Name:") == Some("longshore-watch"))
            .then(|| field("voluntary_ctxt_switches:").unwrap().parse().unwrap())
    })
}

/// Ticks that may be left over from before: a monitor that was kept off the CPU looks as if it rested. One
/// that is at work ticks a hundred times in the windows below.
#[cfg(target_os = "linux")]
const LEFT_OVER: u64 = 10;

/// How often the monitor ticks while `f` runs, once it has come to rest.
#[cfg(target_os = "linux")]
fn ticks_during(f: impl FnOnce()) -> u64 {
    let mut before = monitor_ticks();
    eventually("the monitor rests", || {
        std::thread::sleep(Duration::from_millis(50));
        let now = monitor_ticks();
        std::mem::replace(&mut before, now) == now
    });
    f();
    monitor_ticks().unwrap_or(0) - before.unwrap_or(0)
}

/// A port whose monitor is at work, to have one in the process, and to show that its ticks are counted.
#[cfg(target_os = "linux")]
fn start_the_monitor() {
    let port = Port::new(1).unwrap();
    let (crew, told) = doers(&port, 2);
    let resume = Gate::default();
    post(&port, 1, {
        let resume = resume.clone();
        move || resume.spin()
    });
    begins(&told, 1);
    post(&port, 2, || {});
    let before = monitor_ticks().unwrap_or(0);
    eventually("ticks for a backlog", || monitor_ticks().is_some_and(|now| now > before + 5));
    resume.open();
    begins(&told, 2);
    parked(&port, 2);
    crew.dismiss(&port);
}

// "Cost when the port is idle or attended: zero."
#[cfg(target_os = "linux")]
#[test]
fn the_monitor_rests_while_ports_are_idle() {
    if !alone(this_test!()) {
        return;
    }
    start_the_monitor();
    let port = Port::new(1).unwrap();
    let (crew, _told) = doers(&port, 4);
    let (stream, _peer) = connection(&port, 1);
    stream.recv(vec![0; 1], task(|| {}));
    assert!(ticks_during(|| std::thread::sleep(Duration::from_millis(300))) <= LEFT_OVER);
    crew.dismiss(&port);
}

#[cfg(target_os = "linux")]
#[test]
fn the_monitor_rests_while_somebody_listens_and_nothing_waits() {
    if !alone(this_test!()) {
        return;
    }
    start_the_monitor();
    let port = Port::new(2).unwrap();
    let (crew, told) = doers(&port, 2);
    let resume = Gate::default();
    post(&port, 1, {
        let resume = resume.clone();
        move || resume.spin()
    });
    // The newer thread took it; the older one listens.
    assert_eq!(begins(&told, 1), 1);
    assert!(ticks_during(|| std::thread::sleep(Duration::from_millis(300))) <= LEFT_OVER);
    resume.open();
    crew.dismiss(&port);
}

// Whatever its handlers do, and however long the queue: there is nobody to release.
#[cfg(target_os = "linux")]
#[test]
fn the_monitor_does_not_look_after_a_port_with_one_thread() {
    if !alone(this_test!()) {
        return;
    }
    start_the_monitor();
    let port = Port::new(1).unwrap();
    let (crew, told) = doers(&port, 1);
    let ticks = ticks_during(|| {
        post(&port, 1, || spin(A_WHILE));
        post(&port, 2, || std::thread::sleep(A_WHILE));
        post(&port, 3, || blocking(|| std::thread::sleep(A_WHILE)));
        (1..=3).for_each(|key| _ = begins(&told, key));
        parked(&port, 1);
        let (stream, mut peer) = connection(&port, 4);
        for _ in 0..100 {
            stream.recv(vec![0; 1], task(|| {}));
            peer.write_all(b"x").unwrap();
            begins(&told, 4);
        }
    });
    assert!(ticks <= LEFT_OVER, "{ticks} ticks");
    crew.dismiss(&port);
}

// When the trouble is over the monitor goes to rest, although it was needed.
#[cfg(target_os = "linux")]
#[test]
fn the_monitor_rests_again_afterwards() {
    if !alone(this_test!()) {
        return;
    }
    let port = Port::new(1).unwrap();
    let (crew, told) = doers(&port, 2);
    post(&port, 1, || std::thread::sleep(A_WHILE));
    post(&port, 2, || {});
    begins(&told, 1);
    begins(&told, 2);
    parked(&port, 2);
    assert!(port.stats().compensations > 0);
    assert!(ticks_during(|| std::thread::sleep(Duration::from_millis(200))) <= LEFT_OVER);
    crew.dismiss(&port);
}
