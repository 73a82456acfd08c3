//! SIGINT and SIGTERM as packets: the handler writes a byte to a socket whose other end is
//! attached to the port like any stream, so that being told to stop is one more completion.

use std::io;
use std::os::unix::net::UnixStream;

use longshore::{Port, Stream};
use signal_hook::consts::{SIGINT, SIGTERM};

/// A stream on which a byte arrives with each signal.
pub fn attach<C: Send + 'static>(port: &Port<C>) -> io::Result<Stream<C>> {
    let (ours, theirs) = UnixStream::pair()?;
    for signal in [SIGINT, SIGTERM] {
        signal_hook::low_level::pipe::register(signal, theirs.try_clone()?)?;
    }
    Stream::attach(port, 0, ours)
}
