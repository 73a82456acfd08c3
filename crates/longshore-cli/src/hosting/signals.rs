//! SIGINT and SIGTERM as packets, and on Windows Ctrl+C and the closing of the console: the handler
//! writes a byte to a socket whose other end is attached to the port like any stream, so that being told
//! to stop is one more completion.

use std::io;

use longshore::{Port, Stream};

/// A stream on which a byte arrives with each signal.
#[cfg(target_os = "linux")]
pub fn attach<C: Send + 'static>(port: &Port<C>) -> io::Result<Stream<C>> {
    use signal_hook::consts::{SIGINT, SIGTERM};
    let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
    for signal in [SIGINT, SIGTERM] {
        signal_hook::low_level::pipe::register(signal, theirs.try_clone()?)?;
    }
    Stream::attach(port, 0, ours)
}

/// A stream on which a byte arrives with each signal.
#[cfg(windows)]
pub fn attach<C: Send + 'static>(port: &Port<C>) -> io::Result<Stream<C>> {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let mut theirs = TcpStream::connect(listener.local_addr()?)?;
    // Another program might be quicker to connect.
    let ours = loop {
        let (ours, from) = listener.accept()?;
        if from == theirs.local_addr()? {
            break ours;
        }
    };
    ctrlc::set_handler(move || _ = theirs.write_all(&[0])).map_err(io::Error::other)?;
    Stream::attach(port, 0, ours)
}
