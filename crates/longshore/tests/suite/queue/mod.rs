//! The queue: order, values, batches, timeouts, timers, closing, and the descriptor to poll it by.

mod batches;
mod closing;
mod descriptor;
mod order;
mod timeouts;
mod timers;

use longshore::Completion;

fn keys<C: Send>(batch: &[Completion<C>]) -> Vec<usize> {
    batch.iter().map(|done| done.key).collect()
}
