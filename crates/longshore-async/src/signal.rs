//! Requests to end.
//!
//! ```no_run
//! # async fn serve() {}
//! # async fn example() -> std::io::Result<()> {
//! longshore_async::spawn(serve()).detach();
//! longshore_async::signal::ctrl_c().await
//! # }
//! ```

use std::io;

/// Waits for the next Ctrl-C at the terminal (SIGINT; on Windows also Ctrl-Break).
///
/// From the first call on, the process no longer ends of it by itself. Cancel-safe; every future that waits
/// is woken.
///
/// # Errors
/// What the system says when the handler is set; outside of a runtime.
pub async fn ctrl_c() -> io::Result<()> {
    sys::next(sys::INTERRUPT).await
}

/// Waits for the next request to end, from the terminal or from whoever supervises the process (SIGTERM or
/// SIGINT; on Windows Ctrl-C and Ctrl-Break).
///
/// # Errors
/// As [`ctrl_c`].
pub async fn terminate() -> io::Result<()> {
    sys::next(sys::TERMINATE).await
}

#[cfg(unix)]
mod sys {
    use crate::net::UnixStream;
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::low_level::{pipe, unregister};
    use std::io;

    pub(super) const INTERRUPT: &[i32] = &[SIGINT];
    pub(super) const TERMINATE: &[i32] = &[SIGINT, SIGTERM];

    /// Takes a handler back when the future that needs it is dropped.
    struct Registered(Vec<signal_hook::SigId>);

    impl Drop for Registered {
        fn drop(&mut self) {
            for id in self.0.drain(..) {
                unregister(id);
            }
        }
    }

    pub(super) async fn next(signals: &[i32]) -> io::Result<()> {
        let (read, write) = std::os::unix::net::UnixStream::pair()?;
        let mut registered = Registered(Vec::new());
        for &signal in signals {
            registered.0.push(pipe::register(signal, write.try_clone()?)?);
        }
        drop(write);
        let read = UnixStream::from_std(read)?;
        match read.read(&mut [0]).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

#[cfg(windows)]
mod sys {
    use crate::time::sleep;
    use std::io;
    use std::sync::Once;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;
    use windows_sys::Win32::System::Console::{CTRL_BREAK_EVENT, CTRL_C_EVENT, SetConsoleCtrlHandler};

    pub(super) const INTERRUPT: () = ();
    pub(super) const TERMINATE: () = ();

    /// How often it was requested.
    static REQUESTS: AtomicU64 = AtomicU64::new(0);

    /// How often a future looks. The handler runs on a thread of the system's, where nothing of the runtime
    /// may be called.
    const LOOK: Duration = Duration::from_millis(50);

    unsafe extern "system" fn handler(event: u32) -> i32 {
        let ours = matches!(event, CTRL_C_EVENT | CTRL_BREAK_EVENT);
        if ours {
            REQUESTS.fetch_add(1, Ordering::Release);
        }
        i32::from(ours)
    }

    pub(super) async fn next(_: ()) -> io::Result<()> {
        static SET: Once = Once::new();
        let mut set = 1;
        // SAFETY: the handler is a function for good.
        SET.call_once(|| set = unsafe { SetConsoleCtrlHandler(Some(handler), 1) });
        if set == 0 {
            return Err(io::Error::last_os_error());
        }
        let before = REQUESTS.load(Ordering::Acquire);
        while REQUESTS.load(Ordering::Acquire) == before {
            sleep(LOOK).await;
        }
        Ok(())
    }
}
