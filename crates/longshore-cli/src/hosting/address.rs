//! Listening on the address the user asked for, or saying why not.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use crate::failure::Failure;

/// Connections the kernel keeps for us while every accept is busy; `net.core.somaxconn` bounds it.
const BACKLOG: i32 = 4096;

pub fn listen(text: &str) -> Result<TcpListener, Failure> {
    let addresses = resolve(text)?;
    let listener =
        TcpListener::bind(&addresses[..]).map_err(|error| Failure::new(explain(text, &addresses, &error)))?;
    // Accepted sockets inherit TCP_NODELAY, so it costs nothing per connection. Every response
    // leaves in as few sends as possible; holding the last segment back would only delay it.
    let socket = socket2::SockRef::from(&listener);
    socket
        .set_tcp_nodelay(true)
        .and_then(|()| socket.listen(BACKLOG))
        .map_err(|error| Failure::new(format!("cannot listen on {text}: {error}")))?;
    Ok(listener)
}

fn resolve(text: &str) -> Result<Vec<SocketAddr>, Failure> {
    let bad = |why: &str| {
        Failure::new(format!(
            "{text:?} is not an address to listen on: {why}. \
             Give a host and a port, such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:80"
        ))
    };
    match text.to_socket_addrs().map(Vec::from_iter) {
        Ok(addresses) if !addresses.is_empty() => Ok(addresses),
        Ok(_) => Err(bad("the host has no address")),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(bad(&error.to_string())),
        Err(error) => {
            Err(bad(error.to_string().trim_start_matches("failed to lookup address information: ")))
        }
    }
}

fn explain(text: &str, addresses: &[SocketAddr], error: &io::Error) -> String {
    let port = addresses[0].port();
    let advice = match error.kind() {
        #[cfg(windows)]
        io::ErrorKind::AddrInUse => format!(
            "another program is listening there. See which one: netstat -ano | findstr :{port}; \
             or choose another port with --addr"
        ),
        #[cfg(target_os = "linux")]
        io::ErrorKind::AddrInUse => format!(
            "another program is listening there. See which one: ss -ltnp 'sport = :{port}'; \
             or choose another port with --addr"
        ),
        #[cfg(target_os = "linux")]
        io::ErrorKind::PermissionDenied if port < 1024 => format!(
            "ports below 1024 need a permission. Choose a higher port with --addr, or allow it: \
             sudo sysctl net.ipv4.ip_unprivileged_port_start={port}"
        ),
        io::ErrorKind::AddrNotAvailable => {
            let command = if cfg!(windows) { "ipconfig" } else { "ip -brief address" };
            format!("this machine has no such address. See its addresses: {command}")
        }
        _ => error.to_string(),
    };
    format!("cannot listen on {text}: {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(text: &str) -> String {
        listen(text).unwrap_err().to_string()
    }

    #[test]
    fn addresses_in_every_notation_are_taken() {
        for text in ["127.0.0.1:0", "localhost:0", "0.0.0.0:0"] {
            assert_ne!(listen(text).unwrap().local_addr().unwrap().port(), 0, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_explained() {
        for text in ["", "8080", "127.0.0.1", "127.0.0.1:99999", "127.0.0.1:http"] {
            let failure = failure(text);
            assert!(failure.contains("is not an address") && failure.contains("127.0.0.1:8080"), "{failure}");
        }
    }

    #[test]
    fn an_address_that_is_taken_or_foreign_is_explained() {
        let taken = listen("127.0.0.1:0").unwrap().local_addr().unwrap();
        let holder = TcpListener::bind(taken).unwrap();
        assert!(failure(&taken.to_string()).contains("another program is listening"));
        drop(holder);
        assert!(failure("192.0.2.1:0").contains("no such address"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_privileged_port_is_explained() {
        let error = io::Error::from(io::ErrorKind::PermissionDenied);
        let text = explain("127.0.0.1:80", &["127.0.0.1:80".parse().unwrap()], &error);
        assert!(text.contains("ip_unprivileged_port_start=80"), "{text}");
    }
}
