//! The message every client sends and every server echoes: 64 bytes, but where a row says otherwise.
//!
//! The first byte asks the server to sleep, which is how one request in twenty blocks its handler. Every
//! server looks at that byte, in every row, so that all of them run the same handler.

use std::time::Duration;

pub const BYTES: usize = 64;
/// What a server reads at most at once: the same in every server.
pub const BUFFER_BYTES: usize = 4096;
/// How long a handler that was asked to sleeps.
pub const SLEEP: Duration = Duration::from_millis(5);

const QUICK: u8 = 0;
const SLEEPY: u8 = 1;

/// A message of so many bytes that asks for an immediate answer, or for one after a sleep.
pub fn message(sleepy: bool, bytes: usize) -> Vec<u8> {
    let mut message = vec![b'.'; bytes];
    message[0] = if sleepy { SLEEPY } else { QUICK };
    message
}

/// The servers' handler.
#[inline]
pub fn handle(request: &[u8]) {
    if asks_to_sleep(request) {
        std::thread::sleep(SLEEP);
    }
}

#[inline]
pub fn asks_to_sleep(request: &[u8]) -> bool {
    request.first() == Some(&SLEEPY)
}
