//! Timers.

use longshore_async::time::{MissedTicks, Sleep, interval, sleep, sleep_until, timeout};
use longshore_async::{Runtime, spawn};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
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

#[test]
fn short_sleeps_leave_no_packets_for_a_long_one() {
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    runtime.block_on(async {
        let long = spawn(sleep(Duration::from_millis(600)));
        spawn(async {}).await.unwrap();
        let before = runtime.handle().port_stats().dequeued;
        for _ in 0..200 {
            sleep(Duration::from_millis(1)).await;
        }
        long.await.unwrap();
        // Behind whatever else came with the long one.
        spawn(async {}).await.unwrap();
        let packets = runtime.handle().port_stats().dequeued - before;
        assert!(packets <= 220, "{packets} packets for 201 sleeps");
    });
}

/// A waker that drops a sleep with itself.
struct Owner(#[allow(dead_code, reason = "it is there to be dropped")] Option<Sleep>);

impl Wake for Owner {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn a_waker_that_owns_a_sleep_may_be_replaced() {
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let handle = runtime.handle().clone();
    std::thread::spawn(move || {
        let _entered = handle.enter();
        let far = Duration::from_secs(3600);
        let poll = |sleep: &mut Sleep, owned| {
            let waker = Waker::from(Arc::new(Owner(owned)));
            assert!(Pin::new(sleep).poll(&mut Context::from_waker(&waker)).is_pending());
        };
        let (mut one, mut other) = (sleep(far), sleep(far));
        poll(&mut other, None);
        poll(&mut one, Some(other));
        poll(&mut one, None);
        tell.send(()).unwrap();
    });
    told.recv_timeout(Duration::from_secs(10)).expect("it took a lock twice");
}
