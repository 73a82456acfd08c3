//! Runs commands side by side, each line of their output behind the command's number:
//! `run 'echo one' 'ls -l'`.

use clap::Parser;
use futures::StreamExt;
use futures::io::{AsyncBufReadExt, AsyncRead, BufReader};
use longshore_async::process;
use longshore_async::time::timeout;
use std::io;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

#[derive(Parser)]
struct Options {
    /// Lines for `sh -c`.
    #[arg(required = true)]
    commands: Vec<String>,
    /// Seconds that each of them has.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

async fn show(number: usize, output: impl AsyncRead + Unpin) -> io::Result<()> {
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next().await {
        println!("{number}: {}", line?);
    }
    Ok(())
}

async fn run(number: usize, command: String, limit: Duration) -> io::Result<bool> {
    let mut shell = Command::new("sh");
    let shell =
        shell.arg("-c").arg(&command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = process::spawn(shell)?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    for output in [stdout, stderr].into_iter().flatten() {
        longshore_async::spawn(show(number, output)).detach();
    }
    match timeout(limit, child.wait()).await {
        Ok(status) => {
            let status = status?;
            println!("{number}: {status}");
            Ok(status.success())
        }
        Err(elapsed) => {
            child.kill()?;
            child.wait().await?;
            println!("{number}: {elapsed}");
            Ok(false)
        }
    }
}

fn main() -> io::Result<ExitCode> {
    let options = Options::parse();
    let limit = Duration::from_secs(options.seconds);
    let runtime = longshore_async::Runtime::new()?;
    let all = runtime.block_on(async {
        let commands = options.commands.into_iter().enumerate();
        let tasks: Vec<_> = commands
            .map(|(number, command)| longshore_async::spawn(run(number + 1, command, limit)))
            .collect();
        let mut all = true;
        for task in tasks {
            all &= task.await??;
        }
        io::Result::Ok(all)
    })?;
    // What the commands have written is shown to its end.
    runtime.shutdown(Duration::from_secs(1));
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
