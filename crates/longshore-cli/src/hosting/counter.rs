//! A count that many threads raise and one thread reads once a second.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crossbeam_utils::CachePadded;

/// Threads beyond this many share a lane, which is slower but still right.
const LANES: usize = 16;

/// One lane per thread, each on a cache line of its own: a count that all threads raised in one
/// place would travel between their caches with every request.
#[derive(Default)]
pub struct Counter {
    lanes: [CachePadded<AtomicU64>; LANES],
}

impl Counter {
    pub fn add(&self, count: u64) {
        thread_local! {
            static LANE: usize = {
                static NEXT: AtomicUsize = AtomicUsize::new(0);
                NEXT.fetch_add(1, Ordering::Relaxed) % LANES
            };
        }
        LANE.with(|&lane| self.lanes[lane].fetch_add(count, Ordering::Relaxed));
    }

    pub fn total(&self) -> u64 {
        self.lanes.iter().map(|lane| lane.load(Ordering::Relaxed)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::Counter;

    #[test]
    fn no_count_is_lost_among_threads() {
        let counter = Counter::default();
        std::thread::scope(|scope| {
            for _ in 0..20 {
                scope.spawn(|| (0..1000).for_each(|_| counter.add(2)));
            }
        });
        assert_eq!(counter.total(), 40_000);
    }
}
