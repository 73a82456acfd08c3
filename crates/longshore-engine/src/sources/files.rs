//! Chooses the source for regular files: io_uring if the kernel allows it, otherwise the blocking pool.

use super::ring::RingSource;
use super::workers::Workers;
use super::{Sink, Source};
use crate::operation::{Errno, Face};
use std::sync::{Arc, Once, Weak};

/// `ring` or `pool` forces one of the two, for tests and for users who need it.
const CHOICE: &str = "LONGSHORE_FILES";

/// Starts one of the two. If io_uring is refused, that is logged once, and the pool is used. It is an error
/// only if the ring was asked for by name.
pub(crate) fn start<F: Face>(sink: Weak<dyn Sink<F>>) -> Result<Arc<dyn Source<F>>, Errno> {
    let choice = std::env::var(CHOICE).unwrap_or_default();
    if !matches!(choice.as_str(), "" | "ring" | "pool") {
        tracing::warn!("{CHOICE}={choice} means nothing; it is ring or pool");
    }
    if choice == "pool" || choice.is_empty() && under_valgrind() {
        return Ok(Arc::new(Workers::new(sink)));
    }
    match RingSource::new(sink.clone()) {
        Ok(ring) => Ok(Arc::new(ring)),
        Err(refused) if choice == "ring" => {
            tracing::error!("{CHOICE}=ring, but io_uring is refused: {refused}");
            Err(refused.errno)
        }
        Err(refused) => {
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                tracing::warn!("files are served by a pool of threads instead of io_uring: {refused}");
            });
            Ok(Arc::new(Workers::new(sink)))
        }
    }
}

/// Whether valgrind runs the program. It lets one thread run at a time, and takes `io_uring_enter` for a call that
/// returns at once: while a thread waits there, no other goes on.
fn under_valgrind() -> bool {
    std::env::var_os("LD_PRELOAD")
        .is_some_and(|libraries| libraries.as_encoded_bytes().windows(10).any(|part| part == b"vgpreload_"))
}
