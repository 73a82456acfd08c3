//! Blocking calls that the handler announces with `longshore::blocking` (Q8).

use super::{Task, begins, doers, post, task};
use crate::fixtures::*;
use longshore::{Port, blocking};
use std::io::Write;
use std::sync::mpsc;

// Q8: by the announcement itself, not by the monitor.
#[cfg(target_os = "linux")]
#[test]
fn an_announced_blocking_call_releases_the_next_thread_at_once() {
    let _turn = one_at_a_time();
    let port = Port::new(1).unwrap();
    let (crew, told) = doers(&port, 2);
    let (go_on, resume) = (Gate::default(), Gate::default());
    let (released, observed) = mpsc::channel();
    post(&port, 1, {
        let (port, go_on, resume) = (port.clone(), go_on.clone(), resume.clone());
        move || {
            go_on.spin();
            let before = port.stats();
            blocking(|| {
                let stats = port.stats();
                released.send((stats.wakes - before.wakes, stats.queued, stats.blocked)).unwrap();
                resume.sleep();
            });
        }
    });
    begins(&told, 1);
    post(&port, 2, || {});
    for_a_while("a running handler keeps its slot", || told.try_recv().is_err());
    go_on.open();
    assert_eq!(observed.recv_timeout(PATIENCE), Ok((1, 0, 1)), "one wake, and the packet is gone");
    begins(&told, 2);
    resume.open();
    parked(&port, 2);
    assert_eq!(port.stats().compensations, 0);
    crew.dismiss(&port);
}

// Q8: two run on a port of one; a third packet waits until fewer than one run.
#[cfg(target_os = "linux")]
#[test]
fn a_resumed_thread_runs_over_the_value_and_nobody_else_is_released_until_below_it() {
    let _turn = one_at_a_time();
    let port = Port::new(1).unwrap();
    let (crew, told) = doers(&port, 3);
    let (resume, first, second) = (Gate::default(), Gate::default(), Gate::default());
    post(&port, 1, {
        let (resume, first) = (resume.clone(), first.clone());
        move || {
            blocking(|| resume.sleep());
            first.spin();
        }
    });
    begins(&told, 1);
    post(&port, 2, {
        let second = second.clone();
        move || second.spin()
    });
    begins(&told, 2);
    resume.open();
    eventually("both run", || port.stats().running == 2);
    post(&port, 3, || {});
    for_a_while("two of one", || told.try_recv().is_err() && port.stats().running == 2);
    second.open();
    eventually("the second is back", || port.stats().running == 1);
    for_a_while("one of one", || told.try_recv().is_err() && port.stats().queued == 1);
    first.open();
    begins(&told, 3);
    parked(&port, 3);
    assert_eq!(port.stats().compensations, 0);
    crew.dismiss(&port);
}

// Q8: only the outermost of nested announcements counts.
#[test]
fn nested_announcements_are_one() {
    let _turn = one_at_a_time();
    let port = Port::new(1).unwrap();
    let (tell, told) = mpsc::channel();
    let look = {
        let port = port.clone();
        move |place: &'static str| tell.send((place, port.stats().running, port.stats().blocked)).unwrap()
    };
    assert!(port.post(0, task(|| {})).is_ok());
    take(&port);
    look("before");
    blocking(|| {
        look("outer");
        blocking(|| blocking(|| look("inner")));
        look("still in the outer");
    });
    look("after");
    let seen: Vec<_> = told.try_iter().collect();
    let expected =
        [("before", 1, 0), ("outer", 0, 1), ("inner", 0, 1), ("still in the outer", 0, 1), ("after", 1, 0)];
    assert_eq!(seen, expected);
}

// Q8
#[test]
fn a_panic_in_a_blocking_call_takes_the_slot_back() {
    let _turn = one_at_a_time();
    let port = Port::<Task>::new(1).unwrap();
    assert!(port.try_get().unwrap().is_none());
    for _ in 0..3 {
        let call = || {
            blocking(|| {
                assert_eq!(port.stats().running, 0);
                std::panic::resume_unwind(Box::new("on purpose"));
            })
        };
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(call));
        assert!(panic.is_err());
        assert_eq!((port.stats().running, port.stats().blocked), (1, 0));
    }
}

// Q7, Q8: a get on another port inside ends the membership here; what comes after
// the call does not restore it.
#[test]
fn turning_to_another_port_inside_a_blocking_call_is_for_good() {
    let _turn = one_at_a_time();
    let (first, second) = (Port::<Task>::new(1).unwrap(), Port::<Task>::new(1).unwrap());
    assert!(first.try_get().unwrap().is_none());
    blocking(|| {
        assert!(second.try_get().unwrap().is_none());
        assert_eq!((first.stats().running, second.stats().running), (0, 1));
    });
    assert_eq!((first.stats().running, second.stats().running), (0, 1));
    assert_eq!((first.stats().blocked, second.stats().blocked), (0, 0));
    // And the new membership works like any other.
    blocking(|| assert_eq!((second.stats().running, second.stats().blocked), (0, 1)));
    assert_eq!((second.stats().running, second.stats().blocked), (1, 0));
    // A get on the same port inside: back in the slot once, not twice.
    blocking(|| assert!(second.try_get().unwrap().is_none()));
    assert_eq!((second.stats().running, second.stats().blocked), (1, 0));
}

#[test]
fn outside_a_handler_a_blocking_call_is_just_a_call() {
    let _turn = one_at_a_time();
    assert_eq!(blocking(|| 7), 7);
    let port = Port::<Task>::new(1).unwrap();
    let waited = std::thread::spawn(|| blocking(|| blocking(|| 8))).join();
    assert_eq!(waited.unwrap(), 8);
    assert_eq!((port.stats().running, port.stats().blocked), (0, 0));
}

// Q8 with operations only: the thread that blocks was the one who listened. Somebody takes that over.
#[cfg(target_os = "linux")]
#[test]
fn while_a_thread_blocks_somebody_listens() {
    let _turn = one_at_a_time();
    let port = Port::new(1).unwrap();
    let (crew, told) = doers(&port, 2);
    let (blocks, resume) = (Gate::default(), Gate::default());
    post(&port, 1, {
        let (blocks, resume) = (blocks.clone(), resume.clone());
        move || blocking(|| (blocks.open(), resume.sleep()).1)
    });
    begins(&told, 1);
    eventually("it blocks", || blocks.is_open());
    let (stream, mut peer) = connection(&port, 9);
    for _ in 0..20 {
        stream.recv(vec![0; 1], task(|| {}));
        peer.write_all(b"x").unwrap();
        begins(&told, 9);
    }
    assert_eq!(port.stats().compensations, 0);
    resume.open();
    parked(&port, 2);
    crew.dismiss(&port);
}
