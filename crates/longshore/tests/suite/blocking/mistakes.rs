//! Threads that only look blocked: the monitor must not take them for blocked.

use super::{begins, doers, post};
use crate::fixtures::*;
use longshore::Port;
use std::io::Write;
use std::time::{Duration, Instant};

// The opposite mistake: a preempted thread is not a blocked one. More spinning threads than CPUs keep the
// handlers off the CPU for many ticks at a time.
#[cfg(target_os = "linux")]
#[test]
fn a_handler_that_is_kept_off_the_cpu_is_not_taken_for_blocked() {
    let _turn = one_at_a_time();
    const PACKETS: usize = 10;
    let port = Port::new(1).unwrap();
    let overlap = Overlap::default();
    let stop = Gate::default();
    let cpus = std::thread::available_parallelism().unwrap().get();
    let crew = Crew::new(&port, 3, {
        let overlap = overlap.clone();
        move |_, _| {
            let _inside = overlap.enter();
            spin(Duration::from_millis(100));
        }
    });
    let spinners: Vec<_> = (0..2 * cpus)
        .map(|_| {
            let stop = stop.clone();
            go(move || stop.spin())
        })
        .collect();
    let (stream, mut peer) = connection(&port, 0);
    stream.recv(vec![0; 1], ());
    (1..PACKETS).for_each(|key| port.post(key, ()).unwrap());
    peer.write_all(b"x").unwrap();
    eventually("all are handled", || overlap.entered() == PACKETS && overlap.now() == 0);
    stop.open();
    spinners.into_iter().for_each(|spinner| spinner.join());
    assert_eq!((overlap.most(), port.stats().compensations), (1, 0));
    crew.dismiss(&port);
}

// Nor is one that naps: it is asleep whenever one looks, but its CPU time moves from tick to tick. A virtual
// machine that stands still for some ticks can make a nap look long, so one round of ten without a mistake is
// enough; whoever looks at the state alone makes one in every round.
#[cfg(target_os = "linux")]
#[test]
fn a_handler_that_naps_is_not_taken_for_blocked() {
    let _turn = one_at_a_time();
    let mistakes = |_| {
        let port = Port::new(1).unwrap();
        let (crew, told) = doers(&port, 2);
        post(&port, 1, || {
            let end = Instant::now() + A_WHILE;
            while Instant::now() < end {
                std::thread::sleep(Duration::from_micros(50));
            }
        });
        begins(&told, 1);
        post(&port, 2, || {});
        begins(&told, 2);
        parked(&port, 2);
        let mistakes = port.stats().compensations;
        crew.dismiss(&port);
        mistakes
    };
    assert!((0..10).map(mistakes).any(|mistakes| mistakes == 0));
}
