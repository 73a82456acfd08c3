//! Server processes: started, found by the port they print, never left behind.
//!
//! A server runs in a process of its own so that the kernel accounts its CPU apart from the load generator's.
//! Three things end it: this guard's drop, the death of the harness (parent-death signal), and an alarm.

use std::{
    fs::File,
    io::{self, Read},
    net::{Ipv4Addr, SocketAddr},
    os::{fd::AsRawFd, unix::process::CommandExt},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use crate::Result;

/// No measurement takes this long; a server older than this has been forgotten.
const LIFETIME_SECONDS_MAX: u32 = 300;
const START_TIMEOUT: Duration = Duration::from_secs(30);
const END_TIMEOUT: Duration = Duration::from_secs(30);

/// How a child is asked to end: by drop of its guard and by the death of the harness.
#[derive(Clone, Copy)]
pub enum Ending {
    /// At once. For a process without children.
    Kill,
    /// SIGTERM first, so that the process can end its own children.
    Terminate,
    /// SIGINT first, which is the signal at which wineserver ends its clients.
    Interrupt,
}

impl Ending {
    fn signal(self) -> libc::c_int {
        match self {
            Ending::Kill => libc::SIGKILL,
            Ending::Terminate => libc::SIGTERM,
            Ending::Interrupt => libc::SIGINT,
        }
    }
}

/// A child process that is ended and reaped on drop.
pub struct Guarded {
    child: Child,
    ending: Ending,
}

impl Guarded {
    pub fn spawn(mut command: Command, ending: Ending) -> io::Result<Self> {
        bind_to_harness(&mut command, ending);
        Ok(Self { child: command.spawn()?, ending })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        if let Ending::Terminate | Ending::Interrupt = self.ending {
            // SAFETY: the child has not been reaped, so its id is still its own.
            unsafe { libc::kill(self.pid() as libc::pid_t, self.ending.signal()) };
            let patience = Instant::now() + END_TIMEOUT;
            while Instant::now() < patience {
                if let Ok(Some(_)) | Err(_) = self.child.try_wait() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        // Both fail only if the child is already gone and reaped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes the command's process end with the harness, and on its own after a while.
pub fn bind_to_harness(command: &mut Command, ending: Ending) {
    let death_signal = ending.signal();
    let harness = std::process::id();
    let prepare = move || {
        // SAFETY: prctl, alarm and getppid are async-signal-safe and touch no memory of ours.
        unsafe {
            if libc::prctl(libc::PR_SET_PDEATHSIG, death_signal) != 0 {
                return Err(io::Error::last_os_error());
            }
            libc::alarm(LIFETIME_SECONDS_MAX);
            // The harness may have died before the line above took effect.
            if libc::getppid() as u32 != harness {
                return Err(io::Error::from_raw_os_error(libc::ESRCH));
            }
        }
        Ok(())
    };
    // SAFETY: between fork and exec the closure calls only the functions above, and allocates nothing.
    unsafe { command.pre_exec(prepare) };
}

/// A server that told us where it listens.
pub struct Server {
    process: Guarded,
    pub address: SocketAddr,
    // Held open so that the server never writes to a closed pipe.
    _stdout: File,
}

impl Server {
    /// Starts a server whose first line ends with `port N`.
    pub fn start(command: Command) -> Result<Self> {
        Self::start_to_end_by(command, Ending::Kill)
    }

    /// The same, with the way it is asked to end.
    pub fn start_to_end_by(mut command: Command, ending: Ending) -> Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut process = Guarded::spawn(command, ending)?;
        let mut stdout: File =
            std::os::fd::OwnedFd::from(process.child.stdout.take().expect("stdout was asked to be a pipe")).into();
        let line = first_line(&mut stdout)?;
        let port = line
            .rsplit_once("port ")
            .and_then(|(_, port)| port.trim_end().parse().ok())
            .ok_or_else(|| format!("the server said {line:?} instead of its port"))?;
        Ok(Self { process, address: (Ipv4Addr::LOCALHOST, port).into(), _stdout: stdout })
    }

    pub fn pid(&self) -> u32 {
        self.process.pid()
    }
}

fn first_line(stdout: &mut File) -> Result<String> {
    let mut line = String::new();
    loop {
        let mut poll = libc::pollfd { fd: stdout.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one valid pollfd.
        let ready = unsafe { libc::poll(&mut poll, 1, START_TIMEOUT.as_millis() as libc::c_int) };
        if ready <= 0 {
            return Err("the server did not start in time".into());
        }
        let mut byte = [0];
        if stdout.read(&mut byte)? == 0 {
            return Err(format!("the server ended before it listened (its last words: {line:?})").into());
        }
        if byte[0] == b'\n' {
            return Ok(line);
        }
        line.push(byte[0] as char);
    }
}
