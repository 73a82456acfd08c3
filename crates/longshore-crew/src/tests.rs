//! The account and the rate, without threads.

use super::*;
use std::sync::Mutex as Shelf;

/// Keeps the workers instead of starting threads.
struct Hands {
    crew: Arc<Crew>,
    workers: Arc<Shelf<Vec<Worker>>>,
    start: Arc<dyn Start>,
}

fn hands(least: usize, most: usize) -> Hands {
    let crew = Crew::new(least, most, 1, IDLE_MAX);
    let workers = Arc::new(Shelf::new(Vec::new()));
    let shelf = workers.clone();
    let start: Arc<dyn Start> = Arc::new(move |worker| {
        shelf.lock().unwrap().push(worker);
        Ok(())
    });
    crew.fill(&start).unwrap();
    Hands { crew, workers, start }
}

impl Hands {
    fn take(&self) -> Worker {
        self.workers.lock().unwrap().pop().expect("a thread was started")
    }

    fn started(&self) -> usize {
        self.workers.lock().unwrap().len()
    }
}

#[test]
fn the_last_spare_worker_that_takes_starts_its_successor_until_there_are_most() {
    let hands = hands(1, 3);
    assert_eq!(hands.started(), 1);
    let first = hands.take();
    first.takes();
    let second = hands.take();
    first.takes();
    assert_eq!(hands.started(), 0, "one is on its way");
    second.sleeps();
    first.sleeps();
    first.takes();
    assert_eq!(hands.started(), 0, "another sleeps");
    second.takes();
    let third = hands.take();
    third.takes();
    assert_eq!((hands.started(), hands.crew.threads()), (0, 3));
    drop((first, second, third));
    assert_eq!(hands.crew.threads(), 0);
}

// Each of them blocks as soon as it has a packet.
#[test]
fn threads_that_are_needed_one_after_the_other_may_begin_at_the_rate() {
    let hands = hands(1, 99);
    let begin = Instant::now();
    let mut workers = vec![hands.take()];
    while workers.len() < 2 * AT_ONCE_LEAST {
        workers.last().unwrap().takes();
        workers.push(hands.take());
    }
    let (at_once, later) = workers[1..].split_at(AT_ONCE_LEAST);
    let now = Instant::now();
    assert!(at_once.iter().all(|worker| worker.due.unwrap() <= now));
    for (number, worker) in later.iter().enumerate() {
        assert!(worker.due.unwrap() >= begin + INTERVAL * (number as u32 + 1));
    }
}

#[test]
fn none_leaves_below_the_least_and_not_the_last_that_is_spare() {
    let hands = hands(2, 9);
    let [one, two] = [hands.take(), hands.take()];
    assert!(one.sleeps().is_none(), "it is one of the least");
    assert!(!one.leave());
    one.takes();
    two.takes();
    let three = hands.take();
    assert!(three.sleeps().is_some());
    assert!(!three.leave(), "nobody else is spare");
    two.sleeps();
    assert!(three.leave());
    assert!(!three.leave(), "once");
    assert!(!two.leave(), "two are the least");
    three.sleeps();
    assert_eq!((hands.crew.threads(), hands.crew.spare.load(Ordering::Relaxed)), (2, 1));
}

#[test]
fn without_a_least_the_only_thread_leaves_and_who_posts_asks_for_another() {
    let hands = hands(0, 2);
    assert_eq!(hands.started(), 0);
    hands.crew.want(&hands.start);
    hands.crew.want(&hands.start);
    let only = hands.take();
    assert_eq!(hands.started(), 0, "it is on its way");
    assert!(only.leave());
    hands.crew.want(&hands.start);
    assert_eq!((hands.started(), hands.crew.threads()), (1, 1));
}

#[test]
fn a_suspended_worker_is_not_spare_and_still_has_its_place() {
    let hands = hands(1, 2);
    let first = hands.take();
    first.set_suspended(|| true);
    first.is_missed().unwrap();
    let second = hands.take();
    second.set_suspended(|| true);
    hands.crew.want(&hands.start);
    assert_eq!((hands.started(), hands.crew.threads()), (0, 2));
    first.set_suspended(|| false);
    first.end();
    first.set_suspended(|| true);
    hands.crew.want(&hands.start);
    assert_eq!((hands.started(), hands.crew.threads()), (1, 2));
}

#[test]
fn a_crew_that_stops_starts_nobody() {
    let hands = hands(1, 3);
    let first = hands.take();
    hands.crew.stop();
    first.takes();
    hands.crew.fill(&hands.start).unwrap();
    assert!(first.is_stopping());
    assert_eq!(hands.started(), 0);
}

#[test]
fn a_refused_thread_is_tried_again_but_not_at_once() {
    let crew = Crew::new(1, 3, 1, IDLE_MAX);
    let (refuse, tries) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let kept = Arc::new(Shelf::new(Vec::new()));
    let start: Arc<dyn Start> = Arc::new({
        let (refuse, tries, kept) = (refuse.clone(), tries.clone(), kept.clone());
        move |worker| {
            tries.fetch_add(1, Ordering::Relaxed);
            if refuse.load(Ordering::Relaxed) {
                return Err(io::Error::from(io::ErrorKind::WouldBlock));
            }
            kept.lock().unwrap().push(worker);
            Ok(())
        }
    });
    crew.fill(&start).unwrap();
    let first = kept.lock().unwrap().pop().unwrap();
    refuse.store(true, Ordering::Relaxed);
    first.takes();
    first.takes();
    assert_eq!((tries.load(Ordering::Relaxed), crew.threads()), (2, 1));
    assert_eq!(crew.spare.load(Ordering::Relaxed), 0);
    // It need not have slept again.
    refuse.store(false, Ordering::Relaxed);
    crew.lock().again_after = Some(Instant::now());
    first.takes();
    assert_eq!((tries.load(Ordering::Relaxed), crew.threads()), (3, 2));
    assert!(!crew.short.load(Ordering::Relaxed));
}

#[test]
fn a_crew_of_fixed_size_counts_nothing() {
    let hands = hands(2, 2);
    let worker = hands.take();
    worker.takes();
    assert!(worker.sleeps().is_none());
    assert_eq!((hands.started(), hands.crew.threads()), (1, 2));
}

#[test]
fn so_many_start_at_once_then_one_each_interval_and_credit_accumulates() {
    let mut rate = Rate::new(3);
    let mut now = Instant::now();
    let mut due_after = |now: Instant| rate.next(now) - now;
    assert_eq!([(); 3].map(|()| due_after(now)), [Duration::ZERO; 3]);
    assert_eq!(due_after(now), INTERVAL);
    now += INTERVAL;
    assert_eq!(due_after(now), INTERVAL);
    now += INTERVAL * 3;
    assert_eq!([(); 2].map(|()| due_after(now)), [Duration::ZERO; 2]);
    assert_eq!(due_after(now), INTERVAL);
    now += INTERVAL * 100;
    assert_eq!([(); 3].map(|()| due_after(now)), [Duration::ZERO; 3]);
    assert_eq!(due_after(now), INTERVAL);
}
