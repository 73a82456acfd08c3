//! fio with its io_uring engine: the disk's yardstick, in a process of its own.
//!
//! `gtod_reduce` spares fio the clock reads of its latency statistics, which nobody else here takes.

use std::{process::Command, time::Duration};

use super::{BLOCK_BYTES, Reads, Target};
use crate::{
    Result,
    measure::child::{self, Ending},
};

pub fn read(target: &Target, depth: usize, window: Duration) -> Result<Reads> {
    let mut command = Command::new("fio");
    command
        .args(["--name=reads", "--ioengine=io_uring", "--rw=randread", "--readonly", "--thread", "--time_based"])
        .args(["--norandommap", "--randrepeat=0", "--gtod_reduce=1", "--allow_file_create=0"])
        .args(["--output-format=json"])
        .arg(format!("--filename={}", target.path().display()))
        .arg(format!("--size={}", target.bytes()))
        .arg(format!("--bs={BLOCK_BYTES}"))
        .arg(format!("--iodepth={depth}"))
        .arg(format!("--direct={}", u8::from(target.is_direct())))
        .arg(format!("--runtime={}ms", window.as_millis()));
    child::bind_to_harness(&mut command, Ending::Kill);
    let output = command.output().map_err(|error| format!("skipped, it needs fio (Debian: fio): {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        return Err(format!("fio failed: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    // Warnings may come before the report.
    let report = text.find('{').map(|start| &text[start..]).ok_or("fio printed no report")?;
    let report: serde_json::Value = serde_json::from_str(report)?;
    let job = &report["jobs"][0];
    let number = |value: &serde_json::Value| value.as_f64().ok_or("fio's report lacks a figure");
    let seconds = number(&job["read"]["runtime"])? / 1e3;
    let reads = number(&job["read"]["total_ios"])?;
    let cpu_seconds = (number(&job["usr_cpu"])? + number(&job["sys_cpu"])?) / 100.0 * seconds;
    Ok(Reads { per_second: reads / seconds, cpu_ns_per_read: cpu_seconds * 1e9 / reads })
}
