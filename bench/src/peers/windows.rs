//! Programs written for Windows: compiled for Linux with `longshore c++`, and for
//! Windows with MinGW to run on Wine.
//!
//! Wine does a program's work in two processes: the program's own and `wineserver`, which keeps every
//! handle and every completion port. What either of the two uses is counted; Wine's service
//! processes, which idle meanwhile, are not.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
    time::{Duration, Instant},
};

use crate::{
    Result,
    measure::child::{Ending, Guarded, Server},
    measure::process::{self, Usage},
    peers::tool,
};

const WINESERVER_START_TIMEOUT: Duration = Duration::from_secs(15);
const NEEDS: &str = "skipped, it needs MinGW and Wine (Debian: g++-mingw-w64-x86-64 wine)";

/// A running server written for Windows.
pub struct WindowsServer {
    server: Server,
    wineserver: Option<u32>,
}

impl WindowsServer {
    /// Starts `examples/win32/echo_server.cpp` as a program for Linux, on a port of its choice.
    pub fn echo(arguments: &[&str]) -> Result<Self> {
        Ok(Self { server: Server::start(Self::command(arguments)?)?, wineserver: None })
    }

    /// The command that starts it.
    pub fn command(arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(once(&FOR_LINUX, || compile_for_linux(SERVER, "win32_echo"))?);
        command.args(["--port", "0"]).args(arguments);
        Ok(command)
    }

    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What it used so far, in all processes that do its work.
    pub fn usage(&self) -> Result<Usage> {
        let mut usage = process::usage(self.server.pid())?;
        if let Some(wineserver) = self.wineserver {
            usage = usage + process::usage(wineserver)?;
        }
        Ok(usage)
    }
}

/// The command that posts and takes so many packets through the C face, on Linux.
pub fn packets(count: u64) -> Result<Command> {
    let mut command = Command::new(once(&PACKETS, || compile_for_linux("peers/win32_packets.c", "win32_packets"))?);
    command.arg(count.to_string());
    Ok(command)
}

/// Wine, with its services started; everything that runs on it ends when this is dropped.
pub struct Wine {
    wineserver: Guarded,
    prefix: PathBuf,
}

impl Wine {
    pub fn start() -> Result<Self> {
        let prefix = once(&PREFIX, make_prefix)?;
        let wineserver = start_wineserver(&prefix)?;
        // Starts the services, which would otherwise start while the first program is measured.
        run_wine("wine", &prefix, &["wineboot"])?;
        Ok(Self { wineserver, prefix })
    }

    /// Starts the same server as [`WindowsServer::echo`] as a program for Windows.
    pub fn echo(&self, arguments: &[&str]) -> Result<WindowsServer> {
        let mut command = wine("wine", &self.prefix);
        command.arg(once(&FOR_WINDOWS, compile_for_windows)?).args(["--port", "0"]).args(arguments);
        Ok(WindowsServer { server: Server::start(command)?, wineserver: Some(self.wineserver.pid()) })
    }
}

type Once = OnceLock<std::result::Result<PathBuf, String>>;
static FOR_LINUX: Once = OnceLock::new();
static PACKETS: Once = OnceLock::new();
static FOR_WINDOWS: Once = OnceLock::new();
static PREFIX: Once = OnceLock::new();

const SERVER: &str = "../examples/win32/echo_server.cpp";

/// Made when first asked for, or the reason why it cannot be.
fn once(cell: &Once, make: impl FnOnce() -> Result<PathBuf>) -> Result<PathBuf> {
    Ok(cell.get_or_init(|| make().map_err(|error| error.to_string())).clone()?)
}

/// Where what is made here is kept: next to this binary, like the other peers.
fn directory() -> Result<PathBuf> {
    let directory = std::env::current_exe()?.parent().ok_or("this binary has no directory")?.join("peers");
    fs::create_dir_all(&directory)?;
    Ok(directory)
}

fn compile_for_linux(source: &str, name: &str) -> Result<PathBuf> {
    tool::build_library_for_c()?;
    let mut compiler = Command::new(tool::program()?);
    compiler.arg("c++");
    compile(compiler, source, name, &[])
}

fn compile_for_windows() -> Result<PathBuf> {
    compile(Command::new("x86_64-w64-mingw32-g++"), SERVER, "win32_echo.exe", &["-static", "-lws2_32"])
        .map_err(|error| format!("{NEEDS}: {error}").into())
}

fn compile(mut compiler: Command, source: &str, name: &str, more: &[&str]) -> Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let program = directory()?.join(name);
    compiler.args(["-O2", "-DNDEBUG"]).arg(source).arg("-o").arg(&program).args(more);
    let output = compiler.output().map_err(|error| format!("{}: {error}", compiler.get_program().to_string_lossy()))?;
    if output.status.success() {
        return Ok(program);
    }
    let messages = String::from_utf8_lossy(&output.stderr);
    let first = messages.lines().find(|line| line.contains("error")).unwrap_or("the compiler failed");
    Err(first.to_owned().into())
}

/// A command of Wine's, quiet and in a prefix that is not the user's; its socket lies there too.
fn wine(program: &str, prefix: &Path) -> Command {
    let mut command = Command::new(program);
    command
        .env("WINEPREFIX", prefix)
        .env("TMPDIR", prefix)
        .env("WINEDEBUG", "-all")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}

/// A fresh prefix takes Wine some seconds, so it is kept from run to run.
fn make_prefix() -> Result<PathBuf> {
    let prefix = directory()?.join("wine-prefix");
    if prefix.join("system.reg").exists() {
        return Ok(prefix);
    }
    run_wine("wine", &prefix, &["wineboot", "--init"])?;
    // The server writes the registry when it ends; the runs start their own.
    run_wine("wineserver", &prefix, &["-k"])?;
    run_wine("wineserver", &prefix, &["-w"])?;
    Ok(prefix)
}

fn run_wine(program: &str, prefix: &Path, arguments: &[&str]) -> Result<()> {
    let status = wine(program, prefix)
        .args(arguments)
        .stdout(Stdio::null())
        .status()
        .map_err(|error| format!("{NEEDS}: {program}: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{program} {} failed", arguments.join(" ")).into()) }
}

/// Starts the prefix's wineserver and waits until it can be reached.
fn start_wineserver(prefix: &Path) -> Result<Guarded> {
    let mut command = wine("wineserver", prefix);
    command.args(["--foreground", "--persistent"]).stdout(Stdio::null());
    let mut wineserver = Guarded::spawn(command, Ending::Interrupt).map_err(|error| format!("{NEEDS}: {error}"))?;
    // It works in the directory of its socket, wherever a distribution puts that.
    let socket = PathBuf::from(format!("/proc/{}/cwd/socket", wineserver.pid()));
    let patience = Instant::now() + WINESERVER_START_TIMEOUT;
    while !socket.exists() {
        if let Some(status) = wineserver.ended()? {
            return Err(format!("wineserver ended at once: {status}").into());
        }
        if Instant::now() > patience {
            return Err("wineserver does not open its socket".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(wineserver)
}
