//! The responses that will leave a connection together.

use std::ops::Range;
use std::sync::Arc;

use longshore::{Buf, File};

use super::Work;

/// No further pipelined request is answered in the same send once this much has gathered.
const BATCH_BYTES_MAX: usize = 64 * 1024;

/// One answer straight from the cache, or several copied behind each other, and perhaps a page or a
/// file after them.
#[derive(Default)]
pub struct Outgoing {
    shared: Option<Arc<[u8]>>,
    bytes: Vec<u8>,
    tail: Option<Tail>,
}

/// What is sent after the bytes, without being copied.
pub enum Tail {
    Page(Arc<[u8]>),
    File(Part),
}

/// A file, and which of its bytes.
pub type Part = (File<Work>, Range<u64>);

impl Outgoing {
    /// Adds a prebuilt response. When it stays the only one, it is sent without being copied.
    pub fn push_shared(&mut self, response: &Arc<[u8]>) {
        if self.bytes.is_empty() && self.shared.is_none() {
            self.shared = Some(response.clone());
        } else {
            self.buffer().extend_from_slice(response);
        }
    }

    /// Where the next response is to be appended.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        if let Some(first) = self.shared.take() {
            self.bytes.extend_from_slice(&first);
        }
        &mut self.bytes
    }

    /// Ends the batch with part of a file.
    pub fn send_file(&mut self, file: File<Work>, range: Range<u64>) {
        debug_assert!(self.tail.is_none(), "a file ends its batch");
        if !range.is_empty() {
            self.tail = Some(Tail::File((file, range)));
        }
    }

    /// Ends the batch with a page that others are being sent too.
    pub fn send_page(&mut self, page: Arc<[u8]>) {
        debug_assert!(self.tail.is_none(), "a page ends its batch");
        self.tail = Some(Tail::Page(page));
    }

    pub fn is_empty(&self) -> bool {
        self.shared.is_none() && self.bytes.is_empty()
    }

    pub fn is_full(&self) -> bool {
        self.tail.is_some() || self.bytes.len() >= BATCH_BYTES_MAX
    }

    /// The bytes to send first, and what to send after them.
    pub fn into_parts(self) -> (Buf, Option<Tail>) {
        let bytes = match self.shared {
            Some(response) => Buf::from(response),
            None => Buf::from(self.bytes),
        };
        (bytes, self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(out: Outgoing) -> Vec<u8> {
        out.into_parts().0.to_vec()
    }

    #[test]
    fn answers_keep_their_order() {
        let shared: Arc<[u8]> = Arc::from(&b"shared "[..]);
        let mut out = Outgoing::default();
        assert!(out.is_empty());
        out.push_shared(&shared);
        out.buffer().extend_from_slice(b"own ");
        out.push_shared(&shared);
        assert!(!out.is_empty());
        assert_eq!(bytes(out), b"shared own shared ");
    }

    #[test]
    fn a_single_prebuilt_answer_is_not_copied() {
        let shared: Arc<[u8]> = Arc::from(&b"shared"[..]);
        let mut out = Outgoing::default();
        out.push_shared(&shared);
        assert!(out.bytes.is_empty());
        assert_eq!(bytes(out), b"shared");
    }

    #[test]
    fn a_page_ends_a_batch() {
        let mut out = Outgoing::default();
        out.buffer().push(0);
        out.send_page(Arc::from(&b"page"[..]));
        assert!(out.is_full());
        assert!(matches!(out.into_parts().1, Some(Tail::Page(page)) if *page == *b"page"));
    }

    #[test]
    fn a_batch_ends_when_it_is_large() {
        let mut out = Outgoing::default();
        out.buffer().resize(BATCH_BYTES_MAX - 1, 0);
        assert!(!out.is_full());
        out.buffer().push(0);
        assert!(out.is_full());
    }
}
