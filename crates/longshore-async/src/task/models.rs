//! Models of where wakers, the polling thread, abort and the join handle meet (`state.rs`), on the real cell.

use super::cell::{Description, Schedule, Scheduled, TaskRef};
use super::{Id, JoinHandle};
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Mutex};
use std::future::{Future, poll_fn};
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll, Wake, Waker};

/// What the port is elsewhere.
#[derive(Default)]
struct Queue {
    tasks: Mutex<Vec<Scheduled>>,
}

impl Schedule for Queue {
    fn schedule(&self, task: Scheduled) {
        self.tasks.lock().unwrap().push(task);
    }

    fn completed(&self, _index: usize) {}
}

impl Queue {
    fn run_all(&self) {
        loop {
            let task = self.tasks.lock().unwrap().pop();
            match task {
                Some(task) => task.run(),
                None => return,
            }
        }
    }
}

fn task<F>(queue: &std::sync::Arc<Queue>, future: F) -> (TaskRef, Scheduled)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let description = Description { id: Id::next(), index: 0, name: None, spawned_at: Location::caller() };
    TaskRef::new(future, queue.clone(), description)
}

/// Counts how often it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Flag(AtomicUsize);

impl Wake for Flag {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(1, Ordering::Release);
    }
}

#[test]
fn news_that_come_with_a_wake_are_seen_whatever_the_poll_is_at() {
    loom::model(|| {
        let queue = std::sync::Arc::new(Queue::default());
        let news = Arc::new(AtomicUsize::new(0));
        let future = {
            let news = news.clone();
            poll_fn(move |_: &mut Context<'_>| match news.load(Ordering::Relaxed) {
                0 => Poll::Pending,
                _ => Poll::Ready(()),
            })
        };
        let (task, scheduled) = task(&queue, future);
        scheduled.run();
        let other = {
            let (task, queue) = (task.clone(), queue.clone());
            loom::thread::spawn(move || {
                news.store(1, Ordering::Relaxed);
                task.wake();
                queue.run_all();
            })
        };
        task.wake();
        queue.run_all();
        other.join().unwrap();
        queue.run_all();
        assert!(task.header().state.is_completed());
        drop(JoinHandle::<()>::new(task));
    });
}

#[test]
fn the_join_handle_hears_of_the_end() {
    loom::model(|| {
        let queue = std::sync::Arc::new(Queue::default());
        let (task, scheduled) = task(&queue, async { 7 });
        let mut handle = JoinHandle::<i32>::new(task);
        let other = loom::thread::spawn(move || scheduled.run());
        let flag = std::sync::Arc::new(Flag(AtomicUsize::new(0)));
        let waker = Waker::from(flag.clone());
        let mut context = Context::from_waker(&waker);
        let first = Pin::new(&mut handle).poll(&mut context);
        other.join().unwrap();
        let output = match first {
            Poll::Ready(output) => output,
            Poll::Pending => {
                assert_eq!(flag.0.load(Ordering::Acquire), 1, "it was not woken");
                match Pin::new(&mut handle).poll(&mut context) {
                    Poll::Ready(output) => output,
                    Poll::Pending => panic!("it was woken too early"),
                }
            }
        };
        assert_eq!(output.unwrap(), 7);
    });
}

#[test]
fn an_output_that_nobody_wants_is_dropped_once() {
    loom::model(|| {
        let queue = std::sync::Arc::new(Queue::default());
        let drops = Arc::new(AtomicUsize::new(0));
        let output = Counted(drops.clone());
        let (task, scheduled) = task(&queue, async move { output });
        let handle = JoinHandle::<Counted>::new(task);
        let other = loom::thread::spawn(move || scheduled.run());
        drop(handle);
        other.join().unwrap();
        assert_eq!(drops.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn an_abort_ends_the_task_whatever_it_is_at_and_drops_the_future_once() {
    loom::model(|| {
        let queue = std::sync::Arc::new(Queue::default());
        let drops = Arc::new(AtomicUsize::new(0));
        let held = Counted(drops.clone());
        let (task, scheduled) = task(&queue, async move {
            std::future::pending::<()>().await;
            drop(held);
        });
        let other = {
            let (task, queue) = (task.clone(), queue.clone());
            loom::thread::spawn(move || {
                task.abort();
                queue.run_all();
            })
        };
        scheduled.run();
        queue.run_all();
        other.join().unwrap();
        queue.run_all();
        assert!(task.header().state.is_completed());
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        drop(JoinHandle::<()>::new(task));
    });
}
