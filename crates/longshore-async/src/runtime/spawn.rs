//! Starting tasks from within a runtime.

use super::Handle;
use crate::task::JoinHandle;
use std::future::Future;

/// Starts a task on the runtime of the calling thread.
///
/// It runs whether the handle is awaited or not; dropping the handle detaches it. The future may block: see
/// [the crate](crate).
///
/// # Panics
/// Outside of a runtime: not in a task, not in [`Runtime::block_on`](crate::Runtime::block_on), and without
/// [`Handle::enter`]. [`Handle::spawn`] works anywhere.
///
/// ```
/// let runtime = longshore_async::Runtime::new()?;
/// let sum = runtime.block_on(async {
///     let parts = [longshore_async::spawn(async { 20 }), longshore_async::spawn(async { 22 })];
///     let mut sum = 0;
///     for part in parts {
///         sum += part.await.unwrap();
///     }
///     sum
/// });
/// assert_eq!(sum, 42);
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Handle::current().spawn(future)
}

/// Runs a closure as a task of its own, for those who want its result later.
///
/// It needs no threads apart: blocking is allowed in every task, and a closure that one awaits at once
/// may as well be called in place.
///
/// # Panics
/// Outside of a runtime, as [`spawn`].
///
/// ```
/// # longshore_async::Runtime::new()?.block_on(async {
/// let read = longshore_async::spawn_blocking(|| std::fs::read("Cargo.toml"));
/// assert!(read.await.unwrap().is_ok());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn_blocking<F, T>(call: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Handle::current().spawn_blocking(call)
}
