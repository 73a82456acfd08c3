//! What the program says to the person who runs it.
//!
//! Nothing here panics as `println!` does: standard output and standard error may be closed, full or broken.

use std::fmt::{Arguments, Display};
use std::io::{self, Write};

use crate::failure::Failure;

/// Writes what was asked for. A reader that went away has seen enough; any other failure is one.
pub fn output(text: Arguments<'_>) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_fmt(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(format!("cannot write the output: {error}")))
        }
        _ => Ok(()),
    }
}

/// Says something beside the output: why there is none, or what may help. Nobody may be there to read it.
pub fn remark(text: impl Display) {
    let _ = writeln!(io::stderr(), "longshore: {text}");
}
