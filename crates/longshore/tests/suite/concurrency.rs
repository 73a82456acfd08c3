//! The concurrency value, changed while the port is in use.

use crate::fixtures::*;
use longshore::Port;

// Q5: the kernel's ports keep theirs.
#[cfg(windows)]
#[test]
fn on_windows_the_value_is_fixed_and_the_call_says_so() {
    let port = Port::<()>::new(2).unwrap();
    assert_eq!(port.set_concurrency(3).unwrap_err().kind(), std::io::ErrorKind::Unsupported);
    assert_eq!(port.concurrency(), 2);
}

#[cfg(target_os = "linux")]
mod changed {
    use super::*;
    use longshore::{WorkerPool, blocking};
    use std::thread::sleep;
    use std::time::Duration;

    /// A pool of eight whose handlers compute until they are told to end.
    fn computing(concurrency: usize) -> (Port<()>, WorkerPool, Overlap, Gate) {
        let port = Port::new(concurrency).unwrap();
        let (overlap, end) = (Overlap::default(), Gate::default());
        let pool = WorkerPool::new(&port, 8, {
            let (overlap, end) = (overlap.clone(), end.clone());
            move |_| {
                let _inside = overlap.enter();
                end.spin();
            }
        })
        .unwrap();
        parked(&port, 8);
        (port, pool, overlap, end)
    }

    #[test]
    fn a_larger_value_wakes_as_many_as_there_is_work_for() {
        let (port, pool, overlap, end) = computing(1);
        (0..4).for_each(|_| port.post(0, ()).unwrap());
        for_a_while("one computes", || overlap.now() <= 1);
        port.set_concurrency(3).unwrap();
        eventually("three compute", || overlap.now() == 3);
        for_a_while("no more may", || overlap.now() == 3);
        port.set_concurrency(8).unwrap();
        eventually("four compute", || overlap.now() == 4);
        // The others slept on: there was nothing for them.
        assert_eq!((port.stats().parked, port.stats().queued, port.concurrency()), (4, 0, 8));
        end.open();
        pool.shutdown();
    }

    #[test]
    fn a_smaller_value_takes_effect_as_handlers_return() {
        let port = Port::new(3).unwrap();
        let (overlap, ends) = (Overlap::default(), [(); 6].map(|()| Gate::default()));
        let pool = WorkerPool::new(&port, 8, {
            let (overlap, ends) = (overlap.clone(), ends.clone());
            move |done| {
                if let Some(end) = ends.get(done.key) {
                    let _inside = overlap.enter();
                    end.spin();
                }
            }
        })
        .unwrap();
        // Threads that have taken some packets come back by the fast path.
        (0..600).for_each(|_| port.post(99, ()).unwrap());
        parked(&port, 8);
        (0..6).for_each(|key| port.post(key, ()).unwrap());
        eventually("three compute", || overlap.now() == 3);
        port.set_concurrency(1).unwrap();
        for_a_while("those that run go on", || overlap.now() == 3);
        ends[0].open();
        eventually("one is over", || overlap.now() == 2);
        ends[1].open();
        eventually("two are over", || overlap.now() == 1);
        for_a_while("and no other began", || overlap.entered() == 3);
        ends[2].open();
        eventually("the fourth began", || overlap.entered() == 4);
        for_a_while("alone", || overlap.now() == 1 && overlap.entered() == 4);
        ends.iter().for_each(Gate::open);
        pool.shutdown();
        assert_eq!((overlap.entered(), port.stats().running), (6, 0));
    }

    #[test]
    fn zero_stands_for_the_cpus() {
        let port = Port::<()>::new(99).unwrap();
        port.set_concurrency(0).unwrap();
        assert_eq!(port.concurrency(), std::thread::available_parallelism().unwrap().get());
    }

    // Handlers that come, block and go while the value goes up and down: nobody is forgotten.
    #[test]
    fn it_may_change_at_any_time() {
        let port = Port::new(1).unwrap();
        let overlap = Overlap::default();
        let pool = WorkerPool::new(&port, 1..=12, {
            let overlap = overlap.clone();
            move |done| {
                let _inside = overlap.enter();
                match done.key % 20 {
                    0 => blocking(|| sleep(Duration::from_micros(300))),
                    1 => sleep(Duration::from_micros(300)),
                    _ => {}
                }
            }
        })
        .unwrap();
        let changer = go({
            let port = port.clone();
            move || {
                for round in 0..400 {
                    port.set_concurrency(1 + round % 5).unwrap();
                    sleep(Duration::from_micros(500));
                }
            }
        });
        let mut posted = 0;
        while !changer.is_finished() {
            (0..50).for_each(|key| port.post(key, ()).unwrap());
            posted += 50;
            eventually("it is handled", || overlap.entered() == posted);
        }
        changer.join();
        pool.shutdown();
        assert_eq!((port.stats().running, port.stats().queued), (0, 0));
    }

    #[test]
    fn a_closed_port_does_not_mind() {
        let port = Port::<()>::new(1).unwrap();
        port.close();
        port.set_concurrency(4).unwrap();
        assert_eq!(port.concurrency(), 4);
        assert!(port.get().is_err());
    }
}
