//! A reason to give up, as a sentence for the person at the terminal.

use std::fmt;
use std::io;

#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    pub fn new(sentence: String) -> Failure {
        Failure(sentence)
    }

    pub fn port(error: io::Error) -> Failure {
        Failure(format!("cannot create a completion port: {error}. `longshore doctor` may tell why"))
    }

    pub fn attaching(error: io::Error) -> Failure {
        Failure(format!("cannot use a socket with the completion port: {error}"))
    }

    pub fn threads(error: io::Error) -> Failure {
        Failure(format!("cannot start the worker threads: {error}. Try fewer: --threads N"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
