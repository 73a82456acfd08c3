//! Giving others a turn.

use std::future::poll_fn;
use std::task::Poll;

/// Lets every other task that is ready run once before the calling one goes on: its packet goes
/// to the end of the port's queue. A thread in `block_on` has no packet, and gives nobody a turn.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
