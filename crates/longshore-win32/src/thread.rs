//! stub
use crate::object::*;
use std::sync::Arc;
pub struct Thread(HandleCount);
impl Object for Thread {
    fn handle_count(&self) -> &HandleCount {
        &self.0
    }
}
impl Thread {
    pub fn id(&self) -> u32 {
        0
    }
}
pub fn current() -> Arc<Thread> {
    Arc::new(Thread(HandleCount::new()))
}
pub fn current_id() -> u32 {
    unsafe { libc::gettid() as u32 }
}
