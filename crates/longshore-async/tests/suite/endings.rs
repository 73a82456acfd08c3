//! Panics, nested runtimes and shutting down.

use longshore_async::{Runtime, spawn};
use std::future::{pending, poll_fn};
use std::sync::mpsc::channel;
use std::task::Poll;
use std::time::{Duration, Instant};

struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            panic!("in drop");
        }
    }
}

#[test]
fn a_panic_in_a_poll_is_the_tasks_error_and_nobody_elses() {
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    runtime.block_on(async {
        let error = spawn(async { panic!("in poll") }).await.unwrap_err();
        assert!(error.is_panic() && !error.is_cancelled());
        assert_eq!(error.try_into_panic().unwrap().downcast_ref(), Some(&"in poll"));
        assert_eq!(spawn(async { 1 }).await.unwrap(), 1);
    });
}

#[test]
fn a_panic_while_the_future_is_dropped_is_its_tasks_error() {
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    runtime.block_on(async {
        let (say, said) = channel();
        let task = spawn(async move {
            let _held = PanicsInDrop;
            say.send(()).unwrap();
            pending::<()>().await;
        });
        said.recv().unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_panic());
        // An output that nobody takes: reported, and no more.
        spawn(async { PanicsInDrop }).detach();
        assert_eq!(spawn(async { 1 }).await.unwrap(), 1);
    });
    assert_eq!(runtime.shutdown(Duration::from_secs(10)).tasks, 0);
}

#[test]
fn a_panic_in_a_waker_does_not_stop_a_thread() {
    use std::sync::Arc;
    use std::task::{Context, Wake, Waker};
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("in wake");
        }
    }
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let (go, wait) = channel::<()>();
    let mut task = runtime.spawn(async move { wait.recv().is_ok() });
    let waker = Waker::from(Arc::new(Panics));
    let polled = std::pin::Pin::new(&mut task);
    assert!(Future::poll(polled, &mut Context::from_waker(&waker)).is_pending());
    go.send(()).unwrap();
    assert_eq!(runtime.block_on(spawn_on(&runtime, async { 1 })), 1);
    assert!(runtime.block_on(task).unwrap());
}

async fn spawn_on<T: Send + 'static>(
    runtime: &Runtime,
    future: impl Future<Output = T> + Send + 'static,
) -> T {
    runtime.spawn(future).await.unwrap()
}

#[test]
fn runtimes_may_be_nested_and_many_and_wake_each_others_tasks() {
    let outer = Runtime::builder().concurrency(1).threads(3).build().unwrap();
    let output = outer.block_on(async {
        spawn(async {
            let inner = Runtime::builder().concurrency(1).threads(2).build().unwrap();
            let there = inner.spawn(async { 20 });
            let here = spawn(async { 22 });
            // On this runtime a task of that one is awaited, and in its block_on a task of this one.
            let sum = there.await.unwrap();
            sum + inner.block_on(here).unwrap()
        })
        .await
        .unwrap()
    });
    assert_eq!(output, 42);
}

#[test]
fn a_shutdown_waits_until_its_deadline_and_counts_what_is_left() {
    let runtime = Runtime::builder().concurrency(2).threads(4).build().unwrap();
    let (dropped, told) = channel::<()>();
    runtime
        .spawn(async move {
            let _dropped = dropped;
            pending::<()>().await;
        })
        .detach();
    runtime.spawn(longshore_async::time::sleep(Duration::from_millis(20))).detach();
    let begun = Instant::now();
    let left = runtime.shutdown(Duration::from_millis(200));
    assert_eq!((left.tasks, left.blocked), (1, 0));
    assert!(begun.elapsed() >= Duration::from_millis(200));
    assert!(told.recv().is_err(), "its future was dropped");
}

#[test]
fn a_shutdown_does_not_wait_for_a_poll_that_does_not_return() {
    let runtime = Runtime::builder().concurrency(1).threads(2).build().unwrap();
    let (go, wait) = channel::<()>();
    let (say, said) = channel::<()>();
    runtime
        .spawn(async move {
            say.send(()).unwrap();
            let _ = wait.recv();
        })
        .detach();
    said.recv().unwrap();
    let left = runtime.shutdown(Duration::from_millis(10));
    assert_eq!((left.tasks, left.blocked), (1, 1));
    drop(go);
}

#[test]
fn what_is_spawned_after_the_end_is_cancelled() {
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let handle = runtime.handle().clone();
    drop(runtime);
    let error = longshore_async::block_on(handle.spawn(async { 1 })).unwrap_err();
    assert!(error.is_cancelled());
    assert_eq!(handle.task_count(), 0);
}

#[test]
fn a_task_woken_while_it_is_polled_is_polled_once_more() {
    let runtime = Runtime::builder().concurrency(2).threads(2).build().unwrap();
    let mut polls = 0;
    let polls = runtime.block_on(async move {
        spawn(poll_fn(move |context| {
            polls += 1;
            if polls < 1000 {
                // Many wakes, from here and from elsewhere.
                context.waker().wake_by_ref();
                let waker = context.waker().clone();
                if polls % 100 == 0 {
                    std::thread::spawn(move || waker.wake()).join().unwrap();
                }
                return Poll::Pending;
            }
            Poll::Ready(polls)
        }))
        .await
        .unwrap()
    });
    assert_eq!(polls, 1000);
}

#[test]
fn a_panic_in_a_timers_waker_loses_no_other_task() {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Wake, Waker};
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("in wake");
        }
    }
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let due = Instant::now() + Duration::from_millis(50);
    let (tell, told) = channel();
    {
        let _entered = runtime.handle().enter();
        let mut first = pin!(longshore_async::time::sleep_until(due));
        let waker = Waker::from(Arc::new(Panics));
        assert!(Future::poll(first.as_mut(), &mut Context::from_waker(&waker)).is_pending());
        runtime
            .spawn(async move {
                longshore_async::time::sleep_until(due).await;
                // Both on the thread on which the waker panicked.
                tell.send(spawn(async { 1 }).await.unwrap()).unwrap();
            })
            .detach();
        assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(1));
    }
}

#[test]
fn a_task_ends_though_its_future_and_its_output_panic_while_they_are_dropped() {
    struct Both(PanicsInDrop);
    impl Future for Both {
        type Output = PanicsInDrop;
        fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> Poll<PanicsInDrop> {
            let _ = &self.0;
            Poll::Ready(PanicsInDrop)
        }
    }
    let runtime = Runtime::builder().concurrency(1).threads(1).build().unwrap();
    let (tell, told) = channel();
    let task = runtime.spawn(Both(PanicsInDrop));
    std::thread::spawn(move || tell.send(longshore_async::block_on(task).is_err()).unwrap());
    assert_eq!(told.recv_timeout(Duration::from_secs(10)), Ok(true));
}
