//! Worker threads: handlers, panics, and every way for a pool to end.

use crate::fixtures::*;
use longshore::{Event, Port, WorkerPool, blocking};
use std::io::Write;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn the_handler_runs_once_for_every_completion() {
    let port = Port::new(2).unwrap();
    let (tell, told) = mpsc::channel();
    let pool = WorkerPool::new(&port, 4, move |done| {
        tell.send((done.key, done.context, matches!(done.event, Event::Posted))).unwrap();
    })
    .unwrap();
    for number in 0..1000 {
        port.post(number % 3, number).unwrap();
    }
    let (stream, mut peer) = connection(&port, 7);
    stream.recv(vec![0; 8], 1000);
    peer.write_all(b"x").unwrap();
    let mut got: Vec<_> = (0..=1000).map(|_| told.recv_timeout(PATIENCE).unwrap()).collect();
    got.sort_unstable_by_key(|(_, number, _)| *number);
    assert!(got[..1000].iter().enumerate().all(|(number, got)| *got == (number % 3, number, true)));
    assert_eq!(got[1000], (7, 1000, false));
    pool.shutdown();
    assert!(told.try_recv().is_err());
}

#[test]
fn a_pool_without_threads_is_refused() {
    let port = Port::<()>::new(1).unwrap();
    let refused = WorkerPool::new(&port, 0, |_| {}).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidInput);
    // And the port is none the worse for it.
    port.post(1, ()).unwrap();
    assert_eq!(take(&port).key, 1);
}

/// Ends a handler the way a panic does, without a message on the test's output.
fn panic() {
    resume_unwind(Box::new("on purpose"));
}

#[test]
fn a_panic_in_a_handler_costs_its_own_packet_only_and_is_counted() {
    let port = Port::new(1).unwrap();
    let handled = Count::default();
    let pool = WorkerPool::new(&port, 2, {
        let handled = handled.clone();
        move |done| {
            handled.add();
            if done.key == 1 {
                panic();
            }
            if done.key == 2 {
                blocking(panic);
            }
        }
    })
    .unwrap();
    for number in 0..300 {
        port.post(number % 3, ()).unwrap();
    }
    eventually("all are handled", || handled.get() == 300);
    // Both workers are back, and no slot is lost.
    parked(&port, 2);
    assert_eq!(pool.panics(), 200);
    assert_eq!((port.stats().running, port.stats().blocked, port.stats().queued), (0, 0, 0));
    pool.shutdown();
}

fn shutdown_drains(concurrency: usize, threads: usize, packets: usize, handler: fn(usize)) {
    let port = Port::new(concurrency).unwrap();
    let (handled, go_on) = (Count::default(), Gate::default());
    let pool = WorkerPool::new(&port, threads, {
        let (handled, go_on) = (handled.clone(), go_on.clone());
        move |done| {
            go_on.sleep();
            handler(done.key);
            handled.add();
        }
    })
    .unwrap();
    parked(&port, threads);
    (0..packets).for_each(|key| port.post(key, ()).unwrap());
    let stopper = go(move || pool.shutdown());
    go_on.open();
    stopper.join();
    assert_eq!(handled.get(), packets);
    assert_eq!((port.stats().queued, port.stats().running, port.stats().parked), (0, 0, 0));
    // The port stays open.
    port.post(1, ()).unwrap();
    assert_eq!(take(&port).key, 1);
}

#[test]
fn shutdown_handles_all_that_is_queued_before_it_returns() {
    shutdown_drains(2, 4, 10_000, |_| {});
}

// The other workers find a backlog and no slot. That is no reason to be gone when the slot comes free.
#[test]
fn shutdown_drains_a_port_of_one_too() {
    for _ in 0..20 {
        shutdown_drains(1, 4, 500, |_| {});
    }
}

#[test]
fn shutdown_drains_through_handlers_that_block() {
    shutdown_drains(1, 4, 60, |key| match key % 3 {
        0 => std::thread::sleep(Duration::from_millis(1)),
        1 => blocking(|| std::thread::sleep(Duration::from_millis(1))),
        _ => {}
    });
}

// Q10: the thread that asks may itself hold the only slot; it blocks in the call.
#[test]
fn shutdown_drains_although_the_caller_holds_the_slot() {
    let port = Port::new(1).unwrap();
    let handled = Count::default();
    let pool = WorkerPool::new(&port, 3, {
        let handled = handled.clone();
        move |_| handled.add()
    })
    .unwrap();
    parked(&port, 3);
    let stopper = go({
        let port = port.clone();
        move || {
            assert!(port.try_get().unwrap().is_none());
            (0..1000).for_each(|key| port.post(key, ()).unwrap());
            pool.shutdown();
        }
    });
    stopper.join();
    assert_eq!((handled.get(), port.stats().queued), (1000, 0));
}

// The same with a stranger, who keeps the slot by computing: the workers stay until they get it.
#[test]
fn shutdown_drains_although_a_stranger_holds_the_slot() {
    let port = Port::new(1).unwrap();
    let (handled, holds, end) = (Count::default(), Gate::default(), Gate::default());
    let pool = WorkerPool::new(&port, 3, {
        let handled = handled.clone();
        move |_| handled.add()
    })
    .unwrap();
    parked(&port, 3);
    let stranger = go({
        let (port, holds, end) = (port.clone(), holds.clone(), end.clone());
        move || {
            assert!(port.try_get().unwrap().is_none());
            holds.open();
            end.spin();
        }
    });
    eventually("the slot is held", || holds.is_open());
    (0..100).for_each(|key| port.post(key, ()).unwrap());
    let stopper = go(move || pool.shutdown());
    for_a_while("it waits for the slot", || !stopper.is_finished());
    assert_eq!(handled.get(), 0);
    end.open();
    stranger.join();
    stopper.join();
    assert_eq!((handled.get(), port.stats().queued), (100, 0));
}

#[test]
fn shutdown_waits_for_handlers_that_block() {
    let port = Port::new(1).unwrap();
    let (begun, handled, go_on) = (Count::default(), Count::default(), Gate::default());
    let pool = WorkerPool::new(&port, 3, {
        let (begun, handled, go_on) = (begun.clone(), handled.clone(), go_on.clone());
        move |_| {
            begun.add();
            blocking(|| go_on.sleep());
            handled.add();
        }
    })
    .unwrap();
    (0..6).for_each(|key| port.post(key, ()).unwrap());
    eventually("all three block", || begun.get() == 3);
    let stopper = go(move || pool.shutdown());
    for_a_while("it waits", || !stopper.is_finished());
    assert_eq!(handled.get(), 0);
    go_on.open();
    stopper.join();
    assert_eq!(handled.get(), 6);
}

// What a handler posts during the shutdown is queued too.
#[test]
fn shutdown_handles_what_handlers_post_meanwhile() {
    let port = Port::new(2).unwrap();
    let handled = Count::default();
    let pool = WorkerPool::new(&port, 3, {
        let (handled, port) = (handled.clone(), port.clone());
        move |done| {
            handled.add();
            if done.key > 0 {
                port.post(done.key - 1, ()).unwrap();
            }
        }
    })
    .unwrap();
    port.post(2000, ()).unwrap();
    pool.shutdown();
    assert_eq!(handled.get(), 2001);
}

#[test]
fn shutdown_of_an_idle_pool_returns_and_leaves_the_port_and_others_alone() {
    let port = Port::new(1).unwrap();
    let other = go({
        let port = port.clone();
        move || take(&port).key
    });
    parked(&port, 1);
    let pool = WorkerPool::new(&port, 3, |_| {}).unwrap();
    parked(&port, 4);
    let (stream, mut peer) = connection(&port, 8);
    stream.recv(vec![0; 8], ());
    pool.shutdown();
    // The stranger was roused with the rest, and sleeps again. The operation is still in flight.
    parked(&port, 1);
    assert!(!other.is_finished());
    peer.write_all(b"x").unwrap();
    assert_eq!(other.join(), 8);
}

#[test]
fn dropping_a_pool_is_shutting_it_down() {
    let port = Port::new(1).unwrap();
    let handled = Count::default();
    let pool = WorkerPool::new(&port, 2, {
        let handled = handled.clone();
        move |_| handled.add()
    })
    .unwrap();
    (0..500).for_each(|key| port.post(key, ()).unwrap());
    go(move || drop(pool)).join();
    assert_eq!(handled.get(), 500);
    assert_eq!((port.stats().parked, port.stats().queued), (0, 0));
}

#[test]
fn join_returns_when_the_port_is_closed_and_not_before() {
    let port = Port::new(1).unwrap();
    let (inside, go_on) = (Gate::default(), Gate::default());
    let pool = WorkerPool::new(&port, 3, {
        let (inside, go_on) = (inside.clone(), go_on.clone());
        move |_| {
            inside.open();
            go_on.sleep();
        }
    })
    .unwrap();
    let joiner = go(move || pool.join());
    port.post(1, ()).unwrap();
    eventually("a handler runs", || inside.is_open());
    for_a_while("the port is open", || !joiner.is_finished());
    port.close();
    for_a_while("a handler still runs", || !joiner.is_finished());
    go_on.open();
    joiner.join();
}

// The handler runs on a thread of the pool it ends; it cannot wait for itself.
#[test]
fn a_handler_may_drop_the_pool_that_runs_it() {
    for threads in [1, 3] {
        let port = Port::new(1).unwrap();
        let slot = Arc::new(Mutex::new(None));
        let (handled, dropped) = (Count::default(), Gate::default());
        let pool = WorkerPool::new(&port, threads, {
            let (slot, handled, dropped) = (slot.clone(), handled.clone(), dropped.clone());
            move |done| {
                handled.add();
                if done.key == 0 {
                    let pool: Option<WorkerPool> = slot.lock().unwrap().take();
                    drop(pool);
                    dropped.open();
                }
            }
        })
        .unwrap();
        // Nobody drops it before all of them are queued.
        let mut place = slot.lock().unwrap();
        *place = Some(pool);
        (0..100).for_each(|key| port.post(key, ()).unwrap());
        drop(place);
        eventually("the drop returns", || dropped.is_open());
        eventually("everything queued is handled", || handled.get() == 100);
        eventually("the workers are gone", || port.stats().parked == 0 && port.stats().running == 0);
    }
}

// What the handler captured goes with the pool.
#[test]
fn a_pool_that_ended_lets_go_of_its_handler() {
    let port = Port::<()>::new(1).unwrap();
    let held = Arc::new(());
    let pool = WorkerPool::new(&port, 3, {
        let held = held.clone();
        move |_| drop(held.clone())
    })
    .unwrap();
    pool.shutdown();
    assert_eq!(Arc::strong_count(&held), 1);
}

#[test]
fn two_pools_share_a_port_and_end_one_by_one() {
    let port = Port::new(2).unwrap();
    let (first_count, second_count) = (Count::default(), Count::default());
    let counting = |count: &Count| {
        let count = count.clone();
        move |_| count.add()
    };
    let first = WorkerPool::new(&port, 2, counting(&first_count)).unwrap();
    let second = WorkerPool::new(&port, 2, counting(&second_count)).unwrap();
    (0..1000).for_each(|key| port.post(key, ()).unwrap());
    go(move || first.shutdown()).join();
    (0..1000).for_each(|key| port.post(key, ()).unwrap());
    eventually("the other goes on", || first_count.get() + second_count.get() == 2000);
    go(move || second.shutdown()).join();
    assert_eq!(port.stats().parked, 0);
}
