//! TCP: accept, connect, receive, send, and every way a connection can end.
//! Rules: AC3-AC8, CX2-CX3, S4-S9, S19, P9.

mod accept;
mod connect;
mod ends;
mod races;
mod receive;
mod send;

use crate::fixtures::*;
use longshore::{Buf, Event, Listener, PeerAddr, Port, Stream};
use std::io::{self};
use std::net::SocketAddr;

fn inet(address: PeerAddr) -> SocketAddr {
    match address {
        PeerAddr::Inet(address) => address,
        other => panic!("not an internet address: {other:?}"),
    }
}

fn listener<C: Send + 'static>(port: &Port<C>, key: usize) -> (Listener<C>, SocketAddr) {
    let listener = Listener::bind(port, key, "127.0.0.1:0").unwrap();
    let address = inet(listener.local_addr().unwrap());
    (listener, address)
}

fn received_or_sent(done: longshore::Completion<()>) -> (Stream<()>, Buf, io::Result<usize>) {
    match done.event {
        Event::Send { .. } => sent(done),
        _ => received(done),
    }
}
