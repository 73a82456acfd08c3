//! Timers.

use longshore_async::time::{MissedTicks, interval, sleep, sleep_until, timeout};
use longshore_async::{Runtime, spawn};
use std::time::{Duration, Instant};

#[test]
fn sleeps_end_in_the_order_of_their_deadlines_and_not_before() {
    let runtime = Runtime::builder().concurrency(1).threads(2).build().unwrap();
    runtime.block_on(async {
        let (tell, told) = std::sync::mpsc::channel();
        let begun = Instant::now() + Duration::from_millis(50);
        for number in (0..50u32).rev() {
            let tell = tell.clone();
            spawn(async move {
                let due = begun + Duration::from_millis(2) * number;
                sleep_until(due).await;
                assert!(Instant::now() >= due);
                tell.send(number).unwrap();
            })
            .detach();
        }
        drop(tell);
        let order: Vec<_> = longshore_async::spawn_blocking(move || told.iter().collect()).await.unwrap();
        assert_eq!(order, (0..50).collect::<Vec<_>>());
    });
}

#[test]
fn a_sleep_that_is_dropped_leaves_nothing_and_one_that_is_reset_moves() {
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    runtime.block_on(async {
        for _ in 0..1000 {
            assert!(timeout(Duration::from_secs(3600), std::future::ready(())).await.is_ok());
            assert!(timeout(Duration::ZERO, sleep(Duration::from_secs(3600))).await.is_err());
        }
        let begun = Instant::now();
        let mut moved = sleep(Duration::from_secs(3600));
        assert!(timeout(Duration::from_millis(5), &mut moved).await.is_err());
        moved.reset(begun + Duration::from_millis(20));
        moved.await;
        assert!(begun.elapsed() >= Duration::from_millis(20));
    });
}

#[test]
fn an_interval_ticks_by_its_rule() {
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let period = Duration::from_millis(10);
    runtime.block_on(async {
        let mut ticks = interval(period);
        let first = ticks.tick().await;
        assert_eq!(ticks.tick().await, first + period);
        // Late on purpose: three ticks are missed.
        sleep_until(first + period * 4 + period / 2).await;
        assert_eq!(ticks.tick().await, first + period * 2);
        ticks.set_missed_ticks(MissedTicks::Skip);
        assert_eq!(ticks.tick().await, first + period * 3);
        let next = ticks.tick().await;
        assert!(next >= first + period * 5, "{:?}", next - first);
        assert_eq!((next - first).as_nanos() % period.as_nanos(), 0);
    });
}
