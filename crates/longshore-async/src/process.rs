//! Child processes.
//!
//! ```
//! # #[cfg(unix)]
//! # longshore_async::Runtime::new()?.block_on(async {
//! use longshore_async::process;
//! use std::process::{Command, Stdio};
//!
//! let mut child = process::spawn(Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()))?;
//! let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
//! stdin.write_all(b"through a child").await?;
//! drop(stdin);
//! assert_eq!(&*stdout.recv().await?, b"through a child");
//! assert!(child.wait().await?.success());
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```

#[cfg(unix)]
use crate::net::Use;
use crate::operation;
use crate::runtime::Handle;
#[cfg(unix)]
use crate::sync::Key;
#[cfg(unix)]
use longshore::Stream;
use std::fmt;
use std::io;
use std::process::{Command, ExitStatus, Output};
#[cfg(unix)]
use std::task::{Context, Poll};

/// Starts a child process. It goes on when the [`Child`] is dropped, as `std`'s does; the system keeps its
/// exit status until this process ends.
///
/// On Windows pipes to the child are `std`'s, in [`Child::into_std`]: they cannot be waited for by a port.
///
/// # Errors
/// As [`Command::spawn`]; outside of a runtime.
pub fn spawn(command: &mut Command) -> io::Result<Child> {
    let runtime = Handle::current_or_error()?;
    let child = longshore::blocking(|| command.spawn())?;
    Child::new(child, &runtime)
}

/// Runs a child process and collects what it writes. Its output is piped, its input is closed.
///
/// # Errors
/// As [`Command::output`]; outside of a runtime.
pub async fn output(command: &mut Command) -> io::Result<Output> {
    let mut command = std::mem::replace(command, Command::new(""));
    Handle::current_or_error()?.spawn_blocking(move || command.output()).await?
}

/// A child process; from [`spawn`].
pub struct Child {
    child: std::process::Child,
    /// Readable once the child has ended. (pidfd_open(2))
    #[cfg(unix)]
    ended: Option<Stream<crate::packet::Packet>>,
    /// What is written here the child reads, if its standard input is piped.
    #[cfg(unix)]
    pub stdin: Option<PipeWriter>,
    /// What the child writes, if its standard output is piped.
    #[cfg(unix)]
    pub stdout: Option<PipeReader>,
    /// What the child reports, if its standard error is piped.
    #[cfg(unix)]
    pub stderr: Option<PipeReader>,
}

impl Child {
    #[cfg(unix)]
    fn new(mut child: std::process::Child, runtime: &Handle) -> io::Result<Child> {
        use std::os::fd::OwnedFd;
        let pipe = |end: OwnedFd| {
            Stream::attach(runtime.port(), 0, end).map(|stream| Use::new(stream, runtime.shared().clone()))
        };
        let stdin = child.stdin.take().map(|end| pipe(end.into())).transpose()?;
        let stdout = child.stdout.take().map(|end| pipe(end.into())).transpose()?;
        let stderr = child.stderr.take().map(|end| pipe(end.into())).transpose()?;
        // An old kernel, or one that forbids it: waiting then takes a thread.
        let ended = rustix::process::Pid::from_raw(child.id().cast_signed())
            .and_then(|id| rustix::process::pidfd_open(id, rustix::process::PidfdFlags::empty()).ok())
            .and_then(|descriptor| Stream::attach(runtime.port(), 0, descriptor).ok());
        Ok(Child {
            child,
            ended,
            stdin: stdin.map(|connection| PipeWriter { connection }),
            stdout: stdout.map(|connection| PipeReader { connection }),
            stderr: stderr.map(|connection| PipeReader { connection }),
        })
    }

    #[cfg(windows)]
    fn new(child: std::process::Child, _runtime: &Handle) -> io::Result<Child> {
        Ok(Child { child })
    }

    /// Waits until the child has ended. Cancel-safe; asked again, it answers the same.
    ///
    /// # Errors
    /// What the system says.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        #[cfg(unix)]
        {
            // A child that waits for more input would never end.
            drop(self.stdin.take());
            if let Some(ended) = &self.ended {
                if let Some(status) = self.child.try_wait()? {
                    return Ok(status);
                }
                operation::started(
                    |packet| ended.start_readable(packet),
                    |id| {
                        ended.cancel(id);
                    },
                )
                .await?;
            }
        }
        longshore::blocking(|| self.child.wait())
    }

    /// The exit status, if the child has ended.
    ///
    /// # Errors
    /// What the system says.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Ends the child by force. (SIGKILL)
    ///
    /// # Errors
    /// What the system says; none if it has ended.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()
    }

    /// Its number for the system.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child as `std` has it.
    pub fn into_std(self) -> std::process::Child {
        self.child
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child").field("id", &self.id()).finish()
    }
}

/// The end of a pipe from which a child is read.
#[cfg(unix)]
pub struct PipeReader {
    connection: Use,
}

/// The end of a pipe to which is written for a child. Dropping it is the end of the child's input.
#[cfg(unix)]
pub struct PipeWriter {
    connection: Use,
}

#[cfg(unix)]
impl PipeReader {
    /// Receives what is there, at least one byte; an empty buffer is the end. Cancel-safe.
    ///
    /// # Errors
    /// What the system says.
    pub async fn recv(&self) -> io::Result<longshore::Buf> {
        self.connection.receive(|key, context| self.connection.poll_recv(key, context)).await
    }

    /// Receives what is there into the caller's memory; `Ok(0)` is the end, or no room. Cancel-safe.
    ///
    /// # Errors
    /// What the system says.
    pub async fn read(&self, room: &mut [u8]) -> io::Result<usize> {
        self.connection.receive(|key, context| self.connection.poll_read(key, context, room)).await
    }

    #[allow(dead_code, reason = "only the trait behind a feature calls it")]
    pub(crate) fn poll_read_into(
        &self,
        context: &mut Context<'_>,
        room: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.poll_read(&mut Key::by_hand(), context, room)
    }
}

#[cfg(unix)]
impl PipeWriter {
    /// Accepts all of the bytes. Not cancel-safe: a future that was dropped may have accepted a part.
    ///
    /// # Errors
    /// What the system says, such as `BrokenPipe`.
    pub async fn write_all(&self, bytes: &[u8]) -> io::Result<()> {
        self.connection.write_all(bytes).await?;
        self.connection.transmit(|key, context| self.connection.poll_flush(key, context)).await
    }
}

#[cfg(unix)]
impl fmt::Debug for PipeReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipeReader").field("stream", self.connection.stream()).finish()
    }
}

#[cfg(unix)]
impl fmt::Debug for PipeWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipeWriter").field("stream", self.connection.stream()).finish()
    }
}
