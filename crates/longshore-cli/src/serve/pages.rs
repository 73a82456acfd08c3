//! The pages of directories, made at most once a second each.
//!
//! A page of ten thousand names takes long to make and a megabyte to keep, and a client may ask for many
//! and read slowly. So a page is shared by all who are being sent it, and the bytes of all pages that
//! anybody still holds are bounded.

use std::sync::{Arc, Mutex, PoisonError, Weak};

/// Pages of this second, kept for the next who asks.
const RECENT_MAX: usize = 16;
/// What all pages together may take, those on their way out included.
const BYTES_MAX: usize = 64 * 1024 * 1024;

#[derive(Default)]
pub struct Pages {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    second: u64,
    recent: Vec<(Vec<u8>, Arc<[u8]>)>,
    /// Every page that was made, until it is gone.
    made: Vec<Weak<[u8]>>,
}

impl State {
    fn forget_before(&mut self, second: u64) {
        if self.second != second {
            self.second = second;
            self.recent.clear();
        }
    }

    fn bytes(&mut self) -> usize {
        self.made.retain(|page| page.strong_count() > 0);
        self.made.iter().filter_map(Weak::upgrade).map(|page| page.len()).sum()
    }
}

impl Pages {
    /// The page made for the directory at `path` in this second.
    pub fn get(&self, path: &[u8], second: u64) -> Option<Arc<[u8]>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.forget_before(second);
        state.recent.iter().find(|(known, _)| known == path).map(|(_, page)| page.clone())
    }

    /// Whether another page may be made now.
    pub fn has_room(&self) -> bool {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).bytes() < BYTES_MAX
    }

    pub fn put(&self, path: &[u8], second: u64, page: String) -> Arc<[u8]> {
        let page: Arc<[u8]> = Arc::from(page.into_bytes());
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.forget_before(second);
        state.made.push(Arc::downgrade(&page));
        if state.recent.len() == RECENT_MAX {
            state.recent.remove(0);
        }
        state.recent.push((path.to_vec(), page.clone()));
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_good_for_its_second() {
        let pages = Pages::default();
        assert!(pages.get(b"a", 1).is_none());
        pages.put(b"a", 1, "page".into());
        assert_eq!(&*pages.get(b"a", 1).unwrap(), b"page");
        assert!(pages.get(b"b", 1).is_none() && pages.get(b"a", 2).is_none() && pages.get(b"a", 1).is_none());
    }

    #[test]
    fn pages_that_are_still_being_sent_count() {
        let pages = Pages::default();
        let held: Vec<_> = (0..8).map(|second| pages.put(b"a", second, "x".repeat(BYTES_MAX / 8))).collect();
        assert!(!pages.has_room());
        drop(held);
        assert!(pages.has_room());
    }
}
