//! The program, run for real. One binary, because each one more takes its time to link and its room on disk.
#![cfg(target_os = "linux")]

mod compile;
mod doctor;
mod echo;
mod fixtures;
mod log;
mod serve;
