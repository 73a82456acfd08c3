//! Which system the headers of a library are read for.
//!
//! A library that lies in the system's directories was built for Linux, and its headers are Linux' (`build/linux_headers.rs`).
//! One that is headers alone, and knows Windows' completion ports, is part of the program instead: it sees
//! what the user's files see, and its sockets are Winsock's.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// What a header's name means that is no file of the user's.
pub enum Library {
    /// Longshore's own.
    Sdk,
    Linux,
    /// This file, read as Windows has it.
    Windows(PathBuf),
    Unknown,
}

/// Headers in these are never a user's, even if an `-I` leads there.
const SYSTEM_ROOTS: [&str; 3] = ["/usr/include", "/usr/local/include", "/usr/lib"];

/// Headers alone, made for Windows as well.
const KNOWING_WINDOWS: [&str; 4] = ["asio.hpp", "asio/", "boost/asio.hpp", "boost/asio/"];

/// Those of the SDK that bring Winsock.
const WINSOCK: [&str; 10] = [
    "windows.h",
    "winsock.h",
    "winsock2.h",
    "ws2tcpip.h",
    "ws2def.h",
    "ws2ipdef.h",
    "mswsock.h",
    "mstcpip.h",
    "afunix.h",
    "iphlpapi.h",
];

pub fn is_systems(path: &Path) -> bool {
    SYSTEM_ROOTS.iter().any(|root| path.starts_with(root))
}

/// Whether a header of a library is read as the user's files are.
pub fn knows_windows(name: &str) -> bool {
    KNOWING_WINDOWS.iter().any(|start| match start.strip_suffix('/') {
        Some(_) => name.starts_with(start),
        None => name == *start,
    })
}

/// The headers that a source reaches.
#[derive(Default)]
pub struct Libraries {
    pub linux: BTreeSet<String>,
    pub windows: BTreeSet<String>,
    /// Winsock is there as well, and its names are what these headers share with it.
    pub beside_winsock: bool,
}

impl Libraries {
    pub fn note(&mut self, name: &str, kind: &Library) {
        match kind {
            Library::Sdk => {
                self.beside_winsock |= WINSOCK.iter().any(|known| name.eq_ignore_ascii_case(known))
            }
            Library::Linux => {
                self.linux.insert(name.to_owned());
            }
            Library::Windows(_) => {
                self.windows.insert(name.to_owned());
            }
            Library::Unknown => {}
        }
    }

    pub fn add(&mut self, other: &Libraries) {
        self.linux.extend(other.linux.iter().cloned());
        self.windows.extend(other.windows.iter().cloned());
        self.beside_winsock |= other.beside_winsock;
    }
}
