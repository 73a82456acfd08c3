//! Files: what is read and written, and how it ends. Everything here holds over io_uring and over the pool of
//! threads: run it with `LONGSHORE_FILES` set to `ring` and to `pool`.

mod lifetimes;
mod limits;
mod sources;
mod transfers;

use crate::fixtures::*;
use longshore::{Buf, File, Port};
use std::fs::OpenOptions;
use std::io::{self, ErrorKind};

fn read(port: &Port, file: &File, buf: impl Into<Buf>, offset: u64) -> (Buf, io::Result<usize>) {
    file.read_at(buf, offset, ());
    ended(take(port))
}

#[track_caller]
fn write(port: &Port, file: &File, buf: impl Into<Buf>, offset: u64) -> (Buf, io::Result<usize>) {
    file.write_at(buf, offset, ());
    ended(take(port))
}

#[test]
fn attaching_to_a_closed_port_is_refused_and_issuing_on_it_drops_the_operation() {
    let scratch = Scratch::new(b"abcdef");
    let dropped = Dropped::new();
    let port = Port::new(1).unwrap();
    let file = scratch.open(&port, 0);
    port.close();
    let refused = File::open(&port, 0, &scratch.0, OpenOptions::new().read(true)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::BrokenPipe);
    file.read_at(vec![0; 8], 0, dropped.context());
    file.sync(dropped.context());
    assert_eq!(dropped.count(), 2);
}

#[test]
fn a_file_that_cannot_be_opened_is_the_openers_error() {
    let port = Port::<()>::new(1).unwrap();
    let error = File::open(&port, 0, "/nonexistent/file", OpenOptions::new().read(true)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
