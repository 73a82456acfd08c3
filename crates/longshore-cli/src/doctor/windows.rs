//! The report on Windows, where there is little to choose: the kernel has the port.
//! What can be tried is tried.

use std::fmt::Write;
use std::io;
use std::time::{Duration, Instant};

use longshore::{Event, File, Listener, PeerAddr, Port, Stream};

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn report() -> String {
    let mut text = String::from("This machine\n");
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let _ = writeln!(text, "  {:<15} Windows, {}", "system", std::env::consts::ARCH);
    let _ = writeln!(text, "  {:<15} {cpus} for this process", "CPUs");
    let _ = writeln!(text, "\nWhat Longshore uses");
    let _ = writeln!(text, "  {:<15} the kernel's completion ports", "sockets");
    let _ = writeln!(text, "  {:<15} the same, opened with FILE_FLAG_OVERLAPPED", "files");
    let _ = writeln!(text, "  {:<15} resolved, then compared with the directory", "paths in serve");
    let concurrency = Port::<()>::new(0).map_or(cpus, |port| port.concurrency());
    let _ = writeln!(text, "  {:<15} {concurrency}, with {} threads", "concurrency", concurrency * 2);
    let _ = writeln!(text, "\nWhat was tried");
    for (name, attempt) in
        [("packets", packets as fn() -> io::Result<()>), ("a socket", socket), ("a file", file)]
    {
        let start = Instant::now();
        let _ = match attempt() {
            Ok(()) => writeln!(text, "  {name:<15} works ({} us)", start.elapsed().as_micros()),
            Err(error) => writeln!(text, "  {name:<15} fails: {error}"),
        };
    }
    text
}

fn next(port: &Port<()>) -> io::Result<Event<()>> {
    match port.get_timeout(PATIENCE)? {
        Some(done) => Ok(done.event),
        None => Err(io::Error::new(io::ErrorKind::TimedOut, "no completion came")),
    }
}

fn packets() -> io::Result<()> {
    let port = Port::new(1)?;
    port.post(0, ())?;
    next(&port).map(drop)
}

fn socket() -> io::Result<()> {
    let port = Port::new(1)?;
    let listener = Listener::bind(&port, 0, "127.0.0.1:0")?;
    let PeerAddr::Inet(address) = listener.local_addr()? else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    listener.accept(());
    let _stream = Stream::connect(&port, 0, address, ())?;
    for _ in 0..2 {
        match next(&port)? {
            Event::Accept { result, .. } => drop(result?),
            Event::Connect { result, .. } => result?,
            _ => {}
        }
    }
    Ok(())
}

fn file() -> io::Result<()> {
    let port = Port::new(1)?;
    let file = File::attach(&port, 0, std::fs::File::open(std::env::current_exe()?)?)?;
    file.read_at(vec![0; 2], 0, ());
    match next(&port)? {
        Event::Read { result, .. } => result.map(drop),
        _ => Ok(()),
    }
}
