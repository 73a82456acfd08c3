//! What `longshore` promises, tested over its public interface: on Linux with io_uring and with the pool of
//! threads (`LONGSHORE_FILES=pool`), and on Windows. One binary, because each one more takes its time to link
//! and its room on disk; what needs a process of its own runs this program again, see `fixtures/process.rs`.
#![cfg_attr(windows, allow(dead_code, unused_imports, reason = "some tests are about what Linux alone has"))]

#[cfg(target_os = "linux")]
mod accounting;
mod blocking;
mod cancel;
mod concurrency;
#[cfg(target_os = "linux")]
mod endings;
mod files;
mod files_memory;
mod fixtures;
mod growing;
#[cfg(target_os = "linux")]
mod idle;
mod pool;
mod queue;
#[cfg(target_os = "linux")]
mod refused;
mod send_file;
mod soundness;
mod started;
mod stress;
mod tcp;
mod udp;
#[cfg(target_os = "linux")]
mod unix;
mod waking;
#[cfg(windows)]
mod windows;
