//! How many threads, and how many of them at a time.

use longshore::Port;

use crate::failure::Failure;

#[derive(clap::Args)]
pub struct Workers {
    /// Worker threads [default: twice the concurrency]
    ///
    /// More than the concurrency are useful: they take over when running threads block.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Threads that may run handlers at the same time [default: the CPUs this process may use]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: Option<u16>,
}

impl Workers {
    pub fn port<C: Send + 'static>(&self) -> Result<Port<C>, Failure> {
        // 0 lets the port count the CPUs this process may use.
        Port::new(self.concurrency.map_or(0, usize::from)).map_err(Failure::port)
    }

    pub fn threads(&self, concurrency: usize) -> usize {
        self.threads.map_or(concurrency * 2, usize::from)
    }
}
