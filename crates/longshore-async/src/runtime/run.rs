//! What a thread of the pool does with a packet.

use super::{Shared, current};
use crate::packet::Packet;
use crate::task::cell::Scheduled;
use longshore::Completion;
use std::sync::Arc;
use std::time::Instant;

impl Shared {
    /// Does what a packet asks for, on a thread of the pool.
    #[inline]
    pub(super) fn dispatch(self: &Arc<Self>, completion: Completion<Packet>) {
        let Completion { context, event, .. } = completion;
        let task = match context {
            Packet::Task(task) => Some(task),
            Packet::Operation(ticket) => current::first_woken(self, || ticket.ended(event)),
        };
        if let Some(task) = task {
            self.run(task);
        }
    }

    fn run(self: &Arc<Self>, task: Scheduled) {
        current::stay_in(self);
        let Some(limit) = self.slow_poll() else {
            return task.run();
        };
        let description = task.description().clone();
        let begun = Instant::now();
        task.run();
        let took = begun.elapsed();
        if took > limit {
            let (name, spawned_at) = (description.name.as_deref(), description.spawned_at);
            tracing::warn!(task = %description.id, name, %spawned_at, ?took, "a poll took long");
        }
    }
}
