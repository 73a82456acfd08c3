//! Pieces of work that this program does so many times, to count what they cost.

use std::process::Command;

use clap::{Args, ValueEnum};

use crate::{
    Result,
    readers::{self, Stop, Target},
    rows,
};

#[derive(Args, Clone, Debug)]
pub struct WorkArgs {
    #[arg(value_enum)]
    work: Work,
    count: u64,
}

#[derive(ValueEnum, Clone, Copy, Debug)]
pub enum Work {
    /// A packet through crossbeam-channel.
    Channel,
    /// A packet through a port.
    Port,
    /// A packet through a deque under a lock.
    Deque,
    /// A read with pread.
    Pread,
    /// A read through a port.
    Read,
}

impl Work {
    /// The command that does this `count` times.
    pub fn command(self, count: u64) -> Result<Command> {
        let name = self.to_possible_value().expect("no kind of work is skipped");
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["work", name.get_name(), &count.to_string()]);
        Ok(command)
    }
}

pub fn run(args: &WorkArgs) -> Result<()> {
    match args.work {
        Work::Channel | Work::Port | Work::Deque => rows::packets::repeat(args.work, args.count as usize),
        Work::Pread | Work::Read => {
            let file = Target::zeros(&std::env::temp_dir())?;
            let stop = Stop::After(args.count);
            let reads = match args.work {
                Work::Pread => readers::pread::read(&file, stop)?,
                _ => readers::longshore::read(&file, 1, stop)?,
            };
            assert_eq!(reads, args.count);
            Ok(())
        }
    }
}
