//! Handlers that block: announced with `longshore::blocking`, or found out by the monitor; and
//! threads that only look blocked.

mod announced;
mod compensation;
mod mistakes;
mod rest;

use crate::fixtures::*;
use longshore::Port;
use std::sync::mpsc;

/// What a handler is told to do: the context of the tests' packets.
type Task = Box<dyn FnOnce() + Send>;

fn task(f: impl FnOnce() + Send + 'static) -> Task {
    Box::new(f)
}

/// Threads that do as they are told, and say when they begin: number and key.
fn doers(port: &Port<Task>, threads: usize) -> (Crew, mpsc::Receiver<(usize, usize)>) {
    let (tell, told) = mpsc::channel();
    let crew = Crew::new(port, threads, move |number, done| {
        tell.send((number, done.key)).unwrap();
        (done.context)();
    });
    (crew, told)
}

fn post(port: &Port<Task>, key: usize, f: impl FnOnce() + Send + 'static) {
    assert!(port.post(key, task(f)).is_ok());
}

#[track_caller]
fn begins(told: &mpsc::Receiver<(usize, usize)>, key: usize) -> usize {
    let (number, began) = told.recv_timeout(PATIENCE).unwrap();
    assert_eq!(began, key);
    number
}
