//! stub
use crate::thread::Thread;
use std::sync::Arc;
pub fn queue(_t: &Arc<Thread>, _a: Box<dyn FnOnce() + Send>) -> bool {
    false
}
pub fn run_pending() -> bool {
    false
}
pub fn with_rouser<R>(_r: &dyn Fn(), wait: impl FnOnce() -> R) -> R {
    wait()
}
