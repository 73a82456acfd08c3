//! Tasks that run, wait and block.

use longshore_async::{Runtime, spawn};
use longshore_fixtures::patience::eventually;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::time::Duration;

#[test]
fn every_task_runs_and_its_output_is_its_handles() {
    let runtime = Runtime::builder().concurrency(2).threads(4).build().unwrap();
    let sum = runtime.block_on(async {
        let handles: Vec<_> = (0..10_000u64)
            .map(|i| {
                spawn(async move {
                    longshore_async::yield_now().await;
                    i
                })
            })
            .collect();
        let mut sum = 0;
        for handle in handles {
            sum += handle.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 10_000 * 9_999 / 2);
    assert_eq!(runtime.handle().task_count(), 0);
}

#[test]
fn a_task_that_blocks_holds_up_nobody_else() {
    let runtime = Runtime::builder().concurrency(1).threads(4).build().unwrap();
    runtime.block_on(async {
        let (send, receive) = std::sync::mpsc::channel();
        let blocked = spawn(async move { receive.recv().unwrap() });
        let other = spawn(async { 7 });
        assert_eq!(other.await.unwrap(), 7);
        send.send(5).unwrap();
        assert_eq!(blocked.await.unwrap(), 5);
        let nested = spawn(async { longshore_async::block_on(spawn(async { 3 })) });
        assert_eq!(nested.await.unwrap().unwrap(), 3);
    });
}

#[test]
fn threads_are_started_for_tasks_that_block() {
    const TASKS: usize = 40;
    let runtime = Runtime::builder().concurrency(1).build().unwrap();
    let met = Arc::new(Barrier::new(TASKS + 1));
    let tasks: Vec<_> = (0..TASKS)
        .map(|number| {
            let met = met.clone();
            runtime.spawn(async move {
                // Announced, and found out.
                if number % 2 == 0 {
                    longshore_async::blocking(|| met.wait())
                } else {
                    met.wait()
                };
            })
        })
        .collect();
    met.wait();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn no_more_tasks_block_than_there_may_be_threads() {
    let runtime = Runtime::builder().concurrency(1).threads(1..=4).build().unwrap();
    let (inside, open) = (Arc::new(AtomicUsize::new(0)), Arc::new((Mutex::new(false), Condvar::new())));
    let tasks: Vec<_> = (0..12)
        .map(|_| {
            let (inside, open) = (inside.clone(), open.clone());
            runtime.spawn(async move {
                inside.fetch_add(1, Ordering::SeqCst);
                longshore_async::blocking(|| {
                    drop(open.1.wait_while(open.0.lock().unwrap(), |open| !*open).unwrap());
                });
            })
        })
        .collect();
    eventually("four block", || inside.load(Ordering::SeqCst) == 4);
    std::thread::sleep(Duration::from_millis(30));
    assert_eq!(inside.load(Ordering::SeqCst), 4);
    *open.0.lock().unwrap() = true;
    open.1.notify_all();
    runtime.block_on(async {
        for task in tasks {
            task.await.unwrap();
        }
    });
    assert_eq!(inside.load(Ordering::SeqCst), 12);
}

#[test]
fn a_task_is_listed_with_its_name_and_place_while_it_lives() {
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let task = runtime.handle().spawn_named("waiting", std::future::pending::<()>());
    let tasks = runtime.handle().tasks();
    assert_eq!(tasks.len(), 1);
    assert_eq!((tasks[0].id, tasks[0].name.as_deref()), (task.id(), Some("waiting")));
    assert!(tasks[0].spawned_at.file().ends_with("tasks.rs"));
    task.abort();
    assert!(runtime.block_on(task).unwrap_err().is_cancelled());
    assert!(runtime.handle().tasks().is_empty());
}

#[test]
fn a_task_that_another_runtimes_timer_wakes_stays_in_its_runtime() {
    let there = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let here = Runtime::builder().concurrency(2).threads(2).build().unwrap();
    let timers = there.handle().clone();
    let task = here.spawn(async move {
        let mut sleep = pin!(longshore_async::time::sleep(Duration::from_millis(20)));
        poll_fn(|context| {
            // The first poll decides whose timer it is.
            let _entered = timers.enter();
            sleep.as_mut().poll(context)
        })
        .await;
        longshore_async::Handle::current().concurrency()
    });
    assert_eq!(here.block_on(task).unwrap(), 2);
}
